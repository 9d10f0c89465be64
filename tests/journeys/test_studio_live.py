"""The crew's console with a hand on it: 断播 in two steps, thirty steps, two operators, rehearsal."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from jobfair.demo.people import OPERATOR
from tests.support.axe import bring_axe, violations
from tests.support.burnt_clock import Size
from tests.support.journeys import sign_in
from tests.support.live import LiveApp
from tests.support.publishing import SocketPublisher, until

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]
#: 断播 is to be seen everywhere within five seconds; this machine may be busy with other tests.
WITHIN_MS = 15_000
OTHER = "+8613900001907"
PREPARE = """
import json
from datetime import timedelta
from django.utils import timezone
from accounts.actor import Actor
from accounts.models import User
from fairs.models import Fair
from livestream import services
from livestream.models import Session, SessionCrew
crew = User.objects.get(phone={phone!r})
other, _made = User.objects.get_or_create(phone={other!r}, defaults=dict(
    display_name="另一位场控", phone_verified_at=timezone.now()))
fair = Session.objects.filter(status="live").first().fair
now = timezone.now()
session = Session.objects.create(
    fair=fair, title={title!r}, starts_at=now, ends_at=now + timedelta(hours=2), status="scheduled",
    video_source={source!r}, external_url={url!r}, platform_name={platform!r},
    stop_contact="视频号值班 周主任")
for person in (crew, other):
    SessionCrew.objects.create(session=session, person=person, role="operator")
actor = Actor(user=crew)
for n in range({steps}):
    services.add_item(actor=actor, session=session, kind="employer", title=f"第{{n + 1}}项讲解")
if {on_air}:
    services.mark_on_air(actor=actor, session=session)
print(json.dumps(str(session.public_id)))
"""


def prepare(live_app: LiveApp, title: str, *, source: str = "test", **more: Any) -> str:
    facts = {"steps": 3, "on_air": True, "url": "", "platform": "", **more}
    code = PREPARE.format(phone=OPERATOR.phone, other=OTHER, title=title, source=source, **facts)
    return str(json.loads(live_app.shell(code).strip().splitlines()[-1]))


def to_studio(page: Page, live_app: LiveApp, session: str, phone: str = OPERATOR.phone) -> None:
    sign_in(page, live_app, phone, next_path=f"/studio/{session}/")
    expect(page.locator("[data-room-state]")).to_have_attribute("data-state", "online")


def titles(page: Page) -> list[str]:
    return page.locator("#r-sheet .cues__title").all_inner_texts()


def step(page: Page, title: str) -> Locator:
    return page.locator("#r-sheet li").filter(has=page.get_by_text(title, exact=True))


@pytest.mark.parametrize("source", ["test", "elsewhere"])
def test_the_cut_takes_two_presses_and_shows_everywhere(
    source: str, page: Page, new_page: NewPage, live_app: LiveApp
) -> None:
    where = {"url": "https://live.example.com/x", "platform": "视频号"}
    session = prepare(
        live_app, f"断播 {source}", source=source, **(where if source == "elsewhere" else {})
    )
    viewer = new_page()
    viewer.goto(f"{live_app.url}/live/{session}/")
    expect(viewer.locator("[data-room-state]")).to_have_attribute("data-state", "online")
    to_studio(page, live_app, session)
    if source == "elsewhere":
        expect(page.locator(".stop-contact")).to_contain_text("周主任")
    page.locator("#r-picture summary").filter(has_text="断播").press("Enter")
    sure = page.get_by_role("button", name="确认断播")
    expect(sure).to_be_focused()
    expect(viewer.locator("[data-room-status]")).to_have_attribute("data-status", "live")
    page.keyboard.press("Escape")
    expect(sure).to_be_hidden()
    expect(page.locator("#r-picture summary")).to_be_focused()
    page.keyboard.press("Enter")
    expect(sure).to_be_focused()
    page.keyboard.press("Enter")
    off = viewer.locator("[data-room-status]")
    expect(off).to_have_attribute("data-status", "off", timeout=WITHIN_MS)
    expect(viewer.locator("[data-chat-list]")).to_contain_text("马上回来", timeout=WITHIN_MS)
    expect(page.locator("#r-picture")).to_contain_text("已断播")
    expect(page.locator("#r-bar")).to_contain_text("已断播")
    if source == "elsewhere":
        expect(page.locator("#r-bar")).to_contain_text("关闭先审后发")


SMALL = Size(320, 180, 15)
KEY = """
from accounts.actor import Actor
from accounts.models import User
from livestream.media.ingest import tickets
from livestream.models import Session
from livestream.services import stream_keys
session = Session.objects.get(public_id={session!r})
actor = Actor(user=User.objects.get(phone={phone!r}))
print(stream_keys.issue_key(actor=actor, session=session, kind="browser").secret)
print(tickets.address(session.public_id, actor.key))
"""


def test_the_cut_throws_the_publisher_out(
    page: Page, new_page: NewPage, live_app: LiveApp, tmp_path: Path
) -> None:
    session = prepare(live_app, "断播：真的在推流", source="hosted", on_air=False)
    said = live_app.shell(KEY.format(phone=OPERATOR.phone, session=session))
    key, path = said.strip().splitlines()[-2:]
    to_studio(page, live_app, session)
    viewer = new_page()
    viewer.goto(f"{live_app.url}/live/{session}/")
    expect(viewer.locator("[data-room-state]")).to_have_attribute("data-state", "online")
    address = live_app.ws_url + path
    publisher = SocketPublisher(address, key, tmp_path / "encoder.log", size=SMALL)
    try:
        assert until(lambda: publisher.up, 30)
        expect(page.locator("#r-picture")).to_contain_text("第 1 段", timeout=15000)
        page.locator("#r-picture summary").filter(has_text="断播").click()
        page.get_by_role("button", name="确认断播").click()
        assert until(lambda: publisher.closed is not None, WITHIN_MS / 1000)
        assert publisher.closed == 4410
        expect(viewer.locator("[data-room-status]")).to_have_attribute(
            "data-status", "off", timeout=WITHIN_MS
        )
        expect(page.locator("#r-picture")).to_contain_text("已断播")
        expect(page.locator("#r-picture")).to_contain_text("推流码已全部作废")
    finally:
        publisher.stop()
    again = SocketPublisher(address, key, tmp_path / "again.log", size=SMALL)
    assert again.closed == 4401


def test_the_second_press_must_come_within_ten_seconds(page: Page, live_app: LiveApp) -> None:
    session = prepare(live_app, "犹豫")
    page.clock.install()
    to_studio(page, live_app, session)
    page.locator("#r-picture summary").filter(has_text="断播").click()
    expect(page.locator("[data-two-step-left]").first).to_have_text("10 秒内有效")
    page.clock.run_for(9000)
    expect(page.get_by_role("button", name="确认断播")).to_be_visible()
    page.clock.run_for(1500)
    expect(page.get_by_role("button", name="确认断播")).to_be_hidden()
    expect(page.locator("#r-picture")).to_contain_text("直播中")


def test_thirty_steps_on_a_phone_by_keyboard(page: Page, live_app: LiveApp) -> None:
    session = prepare(live_app, "三十项", steps=30)
    page.set_viewport_size({"width": 360, "height": 740})
    to_studio(page, live_app, session)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    last = step(page, "第30项讲解")
    last.locator("summary").press("Enter")
    last.locator("[name=place]").fill("2")
    last.locator("[name=place]").press("Enter")
    expect(page.locator("#r-sheet .cues__title").nth(1)).to_have_text("第30项讲解")
    # The one who moved it is still on it, wherever it is now.
    expect(last.locator("summary")).to_be_focused()
    page.keyboard.press("Enter")
    last.get_by_role("button", name="跳过").press("Enter")
    expect(last).to_have_class("is-skipped")
    # However far down one is, the next step is in reach.
    step(page, "第29项讲解").scroll_into_view_if_needed()
    expect(page.locator("button.next")).to_be_in_viewport()
    page.locator("button.next").press("Enter")
    expect(step(page, "第1项讲解")).to_have_class("is-now")
    expect(page.locator("button.next")).to_contain_text("第2项讲解")
    expect(page.locator("button.next")).to_be_focused()


def test_two_operators_at_once(page: Page, new_page: NewPage, live_app: LiveApp) -> None:
    session = prepare(live_app, "两位场控", steps=6)
    colleague = new_page()
    to_studio(page, live_app, session)
    to_studio(colleague, live_app, session, OTHER)
    # One reorders: no entry of the log tells, but the other's page sees it soon.
    step(page, "第6项讲解").locator("summary").click()
    step(page, "第6项讲解").get_by_role("button", name="上移").click()
    expect(page.locator("#r-sheet .cues__title").nth(4)).to_have_text("第6项讲解")
    expect(colleague.locator("#r-sheet .cues__title").nth(4)).to_have_text(
        "第6项讲解", timeout=12000
    )
    # Both press 下一项 at once, on the same step: it starts once.
    for one in (page, colleague):
        one.evaluate("document.querySelector('button.next').click()")
    for one in (page, colleague):
        expect(step(one, "第1项讲解")).to_have_class("is-now")
        expect(one.locator("button.next")).to_contain_text("第2项讲解")
    assert titles(page) == titles(colleague)


@pytest.mark.allow_console("404")  # the room's page notices that the room is gone, before it leaves
def test_a_rehearsal_from_the_studio_and_back(page: Page, live_app: LiveApp) -> None:
    session = prepare(live_app, "正式的一场", steps=4, on_air=False)
    bring_axe(page.context)
    to_studio(page, live_app, session)
    page.get_by_role("button", name="开始彩排").click()
    expect(page.locator(".rehearsal")).to_contain_text("彩排")
    expect(page.locator("h1")).to_have_text("彩排 · 正式的一场")
    assert len(titles(page)) == 4
    page.locator("button.next").click()
    expect(step(page, "第1项讲解")).to_have_class("is-now")
    assert violations(page) == []
    page.locator(".rehearsal").get_by_role("link", name="直播间").click()
    expect(page.locator(".rehearsal")).to_be_visible()
    page.locator(".rehearsal").get_by_role("link", name="回到正式场次").click()
    expect(page.locator("h1")).to_have_text("正式的一场")
    expect(step(page, "第1项讲解")).not_to_have_class("is-now")
    page.get_by_role("link", name="进入彩排").click()
    page.locator("#r-picture summary").filter(has_text="删除这场彩排").click()
    page.get_by_role("button", name="确认删除").click()
    expect(page.locator("h1")).to_have_text("正式的一场")
    expect(page.get_by_role("button", name="开始彩排")).to_be_visible()


def test_what_viewers_see_plays_small_and_muted(page: Page, live_app: LiveApp) -> None:
    session = prepare(live_app, "预览")
    to_studio(page, live_app, session)
    video = page.locator(".preview video")
    expect(page.locator("[data-own-delay]")).to_contain_text("秒", timeout=20000)
    assert video.evaluate("video => video.muted && video.currentTime > 0")


def test_an_answer_marked_by_mistake_goes_back_on_every_page(
    page: Page, new_page: NewPage, live_app: LiveApp
) -> None:
    session = prepare(live_app, "标错了")
    live_app.shell(
        "from accounts.actor import Actor; from accounts.models import User; "
        "from core.ids import new_id; from livestream import services; "
        "from livestream.models import Session; "
        f"services.ask_question(actor=Actor(user=User.objects.get(phone='{OTHER}')), "
        f"session=Session.objects.get(public_id='{session}'), client_id=new_id(), text='夜班多吗')"
    )
    viewer = new_page()
    viewer.goto(f"{live_app.url}/live/{session}/")
    expect(viewer.locator("[data-room-state]")).to_have_attribute("data-state", "online")
    to_studio(page, live_app, session)
    page.get_by_role("button", name="已口播回答").click()
    listed = viewer.locator("[data-questions] li").filter(has_text="夜班多吗")
    expect(listed).to_have_class("q is-answered")
    page.get_by_role("button", name="标错了，放回待答").click()
    expect(listed).not_to_have_class("q is-answered")
    expect(listed).to_have_count(1)
    said = viewer.locator("[data-chat-list]")
    expect(said.locator("[data-kind=question]")).to_have_count(1)
    expect(said.locator("[data-kind=answer]")).to_have_count(0)
    expect(page.get_by_role("button", name="已口播回答")).to_be_visible()
