"""Journey 3: the operator takes the next step; every open page follows within a second."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from jobfair.demo.people import OPERATOR
from tests.support.journeys import enter_room, live_session, sign_in
from tests.support.live import LiveApp

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]
SHOWN = ".live__pin [data-field=title]"
#: Keeps how long after its writing each event reached this page, in milliseconds.
NOTE_LAGS = """() => {
  window.lags = [];
  document.addEventListener("room:event", (event) => {
    window.lags.push(Date.now() - Date.parse(event.detail.at));
  });
}"""
AT_ONCE_MS = 4000  # a second for the event, and the rest for three browsers on two busy cores


def test_next_then_a_late_joiner(page: Page, new_page: NewPage, live_app: LiveApp) -> None:
    viewer, late = new_page(), new_page()
    enter_room(viewer, live_app)
    viewer.evaluate(NOTE_LAGS)
    before = viewer.locator(SHOWN).all_inner_texts()
    to_studio(page, live_app)
    page.locator("button.next").click()
    expect(viewer.locator(SHOWN)).not_to_have_text(before)
    shown = viewer.locator(SHOWN).all_inner_texts()
    expect(page.locator("#r-now [data-field=title]")).to_have_text(shown)
    assert viewer.evaluate("Math.min(...window.lags)") < AT_ONCE_MS
    enter_room(late, live_app)
    expect(late.locator(SHOWN)).to_have_text(shown)
    expect(late.locator("[data-step].is-now")).to_have_count(1)


def test_insert_skip_and_take_down(page: Page, new_page: NewPage, live_app: LiveApp) -> None:
    viewer = new_page()
    enter_room(viewer, live_app)
    to_studio(page, live_app)
    page.get_by_text("插入一项").click()
    page.locator("#insert-title").fill("抽奖：三张体检卡")
    page.locator("#insert-after").select_option("")
    page.get_by_role("button", name="插入", exact=True).click()
    inserted = page.locator("#r-sheet li").filter(has_text="抽奖：三张体检卡")
    expect(inserted).to_be_visible()
    inserted.locator("summary").click()
    inserted.get_by_role("button", name="跳过").click()
    expect(inserted).to_have_class("is-skipped")
    page.locator("#r-now form[action$='/unpin/'] button").click()
    expect(viewer.locator("[data-pin]").filter(visible=True)).to_have_count(0)


def test_pinning_several_by_search(page: Page, new_page: NewPage, live_app: LiveApp) -> None:
    viewer = new_page()
    enter_room(viewer, live_app)
    to_studio(page, live_app)
    page.locator("[data-pin-search] input[name=q]").fill("焊工")
    page.locator("[data-pin-search] button").click()
    found = page.locator("#r-found input[name=vacancies]")
    found.nth(0).check()
    found.nth(1).check()
    page.locator("#r-found button[type=submit]").click()
    expect(viewer.locator(SHOWN)).to_have_count(2)
    expect(viewer.locator(SHOWN).first).to_contain_text("焊工")


def test_on_and_off_air_where_the_picture_is_elsewhere(
    page: Page, new_page: NewPage, live_app: LiveApp
) -> None:
    viewer = new_page()
    enter_room(viewer, live_app, elsewhere=True)
    to_studio(page, live_app, elsewhere=True)
    page.locator("form[action$='/off-air/'] button").click()
    expect(viewer.locator("[data-room-status]")).to_have_attribute("data-status", "off")
    page.locator("form[action$='/on-air/'] button").click()
    expect(viewer.locator("[data-room-status]")).to_have_attribute("data-status", "live")


def test_the_studio_is_unknown_to_strangers(page: Page, live_app: LiveApp) -> None:
    sign_in(page, live_app, "+8613811110009")
    answer = page.request.get(f"{live_app.url}/studio/{live_session(live_app)}/")
    assert answer.status == 404


def to_studio(page: Page, live_app: LiveApp, *, elsewhere: bool = False) -> None:
    studio = f"/studio/{live_session(live_app, elsewhere=elsewhere)}/"
    page.on("dialog", lambda dialog: dialog.accept())
    sign_in(page, live_app, OPERATOR.phone, next_path=studio)
    expect(page.locator("[data-room-state]")).to_have_attribute("data-state", "online")
