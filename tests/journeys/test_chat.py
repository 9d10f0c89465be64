"""Journey 6: two browsers talk; nothing is lost over a reload or a dropped socket."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.journeys import enter_room, live_session, sign_in
from tests.support.live import LiveApp

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]
STORED = "from livestream.models import Message; print(Message.objects.filter(text='{}').count())"


def say(page: Page, text: str) -> None:
    """Say it and wait until it is stored and acknowledged."""
    page.fill("[data-chat-form] [name=text]", text)
    page.press("[data-chat-form] [name=text]", "Enter")
    line = page.locator("[data-chat-list] [data-own]").filter(has_text=text)
    expect(line).to_have_attribute("data-state", "", timeout=30_000)


def in_room(page: Page, live_app: LiveApp, phone: str) -> None:
    sign_in(page, live_app, phone)
    enter_room(page, live_app)


def test_two_people_talk_and_a_reload_shows_it(
    page: Page, new_page: NewPage, live_app: LiveApp
) -> None:
    other = new_page()
    in_room(page, live_app, "+8613811110011")
    in_room(other, live_app, "+8613811110012")
    say(page, "夜班补贴怎么算")
    expect(other.locator("[data-chat-list]")).to_contain_text("夜班补贴怎么算")
    say(other, "一天三十")
    expect(page.locator("[data-chat-list]")).to_contain_text("一天三十")
    assert live_app.shell(STORED.format("夜班补贴怎么算")).strip() == "1"
    page.reload()
    expect(page.locator("[data-chat-list]")).to_contain_text("夜班补贴怎么算")
    expect(page.locator("[data-chat-list]")).to_contain_text("一天三十")


@pytest.mark.allow_console("WebSocket", "ERR_", "Failed to (load|fetch)")
def test_a_dropped_socket_reconnects_and_has_missed_nothing(
    page: Page, new_page: NewPage, fresh_live_app: LiveApp
) -> None:
    other = new_page()
    in_room(page, fresh_live_app, "+8613811110013")
    in_room(other, fresh_live_app, "+8613811110014")
    page.context.set_offline(True)
    for number in range(5):
        say(other, f"第{number}句")
    fresh_live_app.restart()
    page.context.set_offline(False)
    for number in range(5):
        line = page.locator("[data-chat-list]").get_by_text(f"第{number}句", exact=True)
        expect(line).to_have_count(1, timeout=60_000)


#: Pins a vacancy that is not on the screen; its title.
PIN = """
from accounts.actor import Actor
from livestream.models import Session
from livestream.services import pin_vacancies
from employers.models import Vacancy
session = Session.objects.get(public_id='{session}')
shown = session.pins.get(ended_at=None).shown.values("revision__vacancy")
vacancy = Vacancy.objects.filter(run_sheet_items__session=session).exclude(pk__in=shown).first()
operator = session.crew.filter(role="operator").first().person
pin_vacancies(actor=Actor(user=operator), session=session, vacancies=[vacancy])
print(vacancy.title)
"""


@pytest.mark.allow_console("WebSocket", "ERR_", "Failed to (load|fetch)")
def test_without_a_socket_the_page_follows_the_feed(
    new_page: NewPage, page: Page, live_app: LiveApp
) -> None:
    session = live_session(live_app, elsewhere=True)
    blocked, read = new_page(), []
    blocked.route_web_socket("**/ws/**", lambda socket: socket.close())
    blocked.on("request", lambda request: read.append(request.url))
    sign_in(blocked, live_app, "+8613811110015")
    blocked.goto(f"{live_app.url}/live/{session}/")
    expect(blocked.locator("[data-room-state]")).to_have_attribute("data-state", "polling")
    sign_in(page, live_app, "+8613811110016")
    enter_room(page, live_app, elsewhere=True)
    say(page, "听得到吗")
    expect(blocked.locator("[data-chat-list]")).to_contain_text("听得到吗", timeout=60_000)
    say(blocked, "听得到")
    expect(page.locator("[data-chat-list]")).to_contain_text("听得到", timeout=30_000)
    title = live_app.shell(PIN.format(session=session)).strip()
    for viewer in (page, blocked):
        expect(viewer.locator("[data-pin]").first).to_contain_text(title, timeout=30_000)
    assert any(url.endswith("/feed/tail.json") for url in read)
    assert not any("/events/?" in url for url in read)
