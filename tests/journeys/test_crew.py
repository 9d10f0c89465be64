"""Journey 3: the operator takes the next step; every open page follows within a second."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page, expect

from jobfair.demo.people import OPERATOR
from tests.support.journeys import live_session, sign_in
from tests.support.live import LiveApp

pytestmark = pytest.mark.browser


def test_next_skip_and_a_late_joiner(page: Page, new_page, fresh_live_app: LiveApp) -> None:
    app = fresh_live_app
    session = live_session(app)
    viewer = new_page()
    viewer.goto(f"{app.url}/live/{session}/")
    expect(viewer.locator("[data-room-state]")).to_have_attribute("data-state", "online")
    before = viewer.locator(".live__pin .vacancy, .live__pin [data-vacancy]").first.inner_text()
    sign_in(page, app, OPERATOR.phone)
    page.goto(f"{app.url}/studio/{session}/")
    page.locator("button.next").click()
    pressed = time.monotonic()
    viewer.wait_for_function(
        "text => { const card = document.querySelector('.live__pin [data-vacancy]');"
        " return card && card.innerText !== text; }",
        arg=before,
    )
    assert time.monotonic() - pressed < 2  # a second for the event, a second for two browsers
    title = viewer.locator(".live__pin [data-field=title]").first.inner_text()
    late = new_page()
    late.goto(f"{app.url}/live/{session}/")
    expect(late.locator(".live__pin [data-field=title]").first).to_have_text(title)
    expect(late.locator("[data-step].is-now")).to_have_count(1)


def test_pinning_by_search_reaches_the_room(page: Page, new_page, fresh_live_app: LiveApp) -> None:
    app = fresh_live_app
    session = live_session(app)
    viewer = new_page()
    viewer.goto(f"{app.url}/live/{session}/")
    expect(viewer.locator("[data-room-state]")).to_have_attribute("data-state", "online")
    sign_in(page, app, OPERATOR.phone)
    page.goto(f"{app.url}/studio/{session}/?q=氩弧焊工#pin")
    page.locator("#r-found input[name=vacancies]").first.check()
    page.locator("#r-found button").click()
    expect(viewer.locator(".live__pin [data-field=title]").first).to_contain_text("氩弧焊工")


def test_on_and_off_air_where_the_picture_is_elsewhere(
    page: Page, new_page, fresh_live_app: LiveApp
) -> None:
    app = fresh_live_app
    session = live_session(app, elsewhere=True)
    viewer = new_page()
    viewer.goto(f"{app.url}/live/{session}/")
    expect(viewer.locator("[data-room-state]")).to_have_attribute("data-state", "online")
    sign_in(page, app, OPERATOR.phone)
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{app.url}/studio/{session}/")
    _two_steps(page, "off-air")
    expect(viewer.locator("[data-room-status]")).to_have_attribute("data-status", "off")
    _two_steps(page, "on-air")
    expect(viewer.locator("[data-room-status]")).to_have_attribute("data-status", "live")


def _two_steps(page: Page, action: str) -> None:
    page.locator(f"form[action$='/{action}/'] button").first.click()
    confirm = page.locator("dialog[open] [data-confirm-yes], dialog[open] .btn--primary")
    if confirm.count():
        confirm.first.click()


def test_the_studio_is_unknown_to_strangers(page: Page, live_app: LiveApp) -> None:
    sign_in(page, live_app, "+8613811110009")
    answer = page.request.get(f"{live_app.url}/studio/{live_session(live_app)}/")
    assert answer.status == 404
