"""Journey 1: a visitor finds the fair, searches, and watches without an account."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from jobfair.demo.seed import SLUG
from tests.support.journeys import live_session, played_s, plays
from tests.support.live import LiveApp

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]


def test_from_the_poster_to_the_picture(page: Page, live_app: LiveApp) -> None:
    page.goto(f"{live_app.url}/fairs/{SLUG}/?c=poster")
    expect(page.locator("h1")).to_contain_text("春送岗位")
    expect(page.locator("#schedule, .timeline").first).to_contain_text("焊花里的三十年")
    expect(page.locator(".hosts, .person").first).to_be_visible()
    expect(page.get_by_text("全国技术能手").first).to_be_visible()
    expect(page.locator("body")).to_contain_text("岭州南粤船舶工程有限公司")
    page.get_by_role("link", name="进入直播间").first.click()
    page.wait_for_url("**/live/**")
    plays(page)
    plays(page, beyond_s=played_s(page.locator("video")) + 1)
    expect(page.locator(".live__pin [data-vacancy]").first).to_be_visible()
    expect(page.locator("[data-chat-list]")).to_contain_text("欢迎来到直播间")
    expect(page.locator("[data-room-count]").first).to_have_text(re.compile(r"[1-9]\d*"))


def test_search_and_filters(page: Page, live_app: LiveApp) -> None:
    page.goto(f"{live_app.url}/fairs/{SLUG}/")
    page.fill("form.finder input[name=q]", "焊工")
    with page.expect_navigation():
        page.press("form.finder input[name=q]", "Enter")
    cards = page.locator(".vlist [data-vacancy]")
    expect(cards.first).to_contain_text("焊")
    found = cards.count()
    page.goto(f"{live_app.url}/fairs/{SLUG}/?q=焊工&place=4406")
    assert 0 < cards.count() < found
    for parameters in (
        "trade=焊工",
        "pay_min=10000",
        "education=40",
        "experience=0",
        "shift=night",
        "board=both",
    ):
        page.goto(f"{live_app.url}/fairs/{SLUG}/?{parameters}")
        expect(cards.first, parameters).to_be_visible()
    page.goto(f"{live_app.url}/fairs/{SLUG}/?q=宇航员")
    expect(cards).to_have_count(0)
    expect(page.locator(".empty").first).to_be_visible()


def test_the_picture_elsewhere_and_the_room_beside_it(page: Page, live_app: LiveApp) -> None:
    page.goto(f"{live_app.url}/live/{live_session(live_app, elsewhere=True)}/")
    link = page.locator("[data-watch-elsewhere]")
    expect(link).to_have_attribute("href", "https://live.example.com/lingzhou")
    expect(page.locator("video")).to_have_count(0)
    expect(page.locator("[data-room-state]")).to_have_attribute("data-state", "online")
    expect(page.locator(".live__pin [data-vacancy]").first).to_be_visible()


def test_reading_without_javascript(new_page: NewPage, live_app: LiveApp) -> None:
    page = new_page(java_script_enabled=False)
    page.goto(f"{live_app.url}/fairs/{SLUG}/")
    page.locator("form.finder input[name=q]").fill("护理")
    with page.expect_navigation():
        page.locator("form.finder button").first.click()
    expect(page.locator(".vlist [data-vacancy]").first).to_contain_text("护理")
    page.goto(f"{live_app.url}/live/{live_session(live_app)}/")
    expect(page.locator("[data-chat-list]")).to_contain_text("欢迎来到直播间")
    expect(page.locator(".live__pin [data-vacancy]").first).to_be_visible()
