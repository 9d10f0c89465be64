"""The sheet of 我要报名 in a real browser: what scripts add to the pages behind it."""

from __future__ import annotations

import re
import secrets
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.live import LiveApp

pytestmark = pytest.mark.browser
FAIR = "/fairs/spring-2026/"
SHEET, BUTTON = "#intent-sheet", "[data-vacancy] a[data-intent]"


def new_phone() -> str:
    return f"139{secrets.randbelow(10**8):08d}"


def open_fair(page: Page, live_app: LiveApp) -> str:
    """Open the fair; return the public id of the first vacancy that can be applied for."""
    page.goto(f"{live_app.url}{FAIR}")
    card = page.locator(f"[data-vacancy]:has({BUTTON.split()[1]})").first
    return str(card.get_attribute("data-vacancy"))


def apply_as_new_person(page: Page, live_app: LiveApp, phone: str) -> None:
    """From the sheet's first step to the recorded intent."""
    page.fill(f"{SHEET} [name=phone]", phone)
    page.click(f"{SHEET} form.form [type=submit]")
    page.locator(f"{SHEET} [name=code]").fill(live_app.sms.code(f"+86{phone}"))
    page.click(f"{SHEET} form.form [type=submit]")
    expect(page.locator(f"{SHEET} [data-intent-result]")).to_be_visible()


def test_a_visitor_applies_and_the_card_says_so(page: Page, live_app: LiveApp) -> None:
    vacancy = open_fair(page, live_app)
    page.click(f"[data-vacancy='{vacancy}'] a[data-intent]")
    apply_as_new_person(page, live_app, new_phone())
    with page.expect_event("load"):  # somebody new is signed in: the page is loaded again
        page.keyboard.press("Escape")
    expect(page.locator(f"[data-vacancy='{vacancy}'] [data-intent-done]")).to_be_visible()
    page.goto(f"{live_app.url}/me/")
    expect(page.locator(f"article[data-vacancy='{vacancy}']")).to_be_visible()


def test_back_closes_the_sheet_and_stays_on_the_page(page: Page, live_app: LiveApp) -> None:
    open_fair(page, live_app)
    page.locator(BUTTON).first.click()
    expect(page.locator(f"{SHEET} [name=phone]")).to_be_focused()
    page.go_back()
    expect(page.locator(SHEET)).to_be_hidden()
    assert page.url.endswith(FAIR)


def test_escape_gives_the_focus_back(page: Page, live_app: LiveApp) -> None:
    open_fair(page, live_app)
    button = page.locator(BUTTON).first
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"{SHEET} [name=phone]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()


def test_the_first_tap_keeps_its_id(page: Page, live_app: LiveApp) -> None:
    open_fair(page, live_app)
    ids = []
    for _tap in range(2):
        page.locator(BUTTON).first.click()
        hidden = page.locator(f"{SHEET} form.form [name=client_id]")
        expect(hidden).to_have_count(1)
        ids.append(hidden.get_attribute("value"))
        page.keyboard.press("Escape")
        expect(page.locator(SHEET)).to_be_hidden()
    assert ids[0] == ids[1]


def test_a_double_press_sends_once(page: Page, live_app: LiveApp) -> None:
    open_fair(page, live_app)
    page.locator(BUTTON).first.click()
    sent: list[str] = []

    def slow(route: Route) -> None:
        if route.request.method == "POST":
            sent.append(route.request.url)
            page.wait_for_timeout(300)
        route.continue_()

    page.route("**/intents/new/", slow)
    page.fill(f"{SHEET} [name=phone]", new_phone())
    page.locator(f"{SHEET} form.form [type=submit]").dblclick()
    expect(page.locator(f"{SHEET} [name=code]")).to_be_visible()
    assert len(sent) == 1


@pytest.mark.allow_console("net::ERR_", "Failed to load resource")
def test_without_a_connection_nothing_typed_is_lost(page: Page, live_app: LiveApp) -> None:
    open_fair(page, live_app)
    page.locator(BUTTON).first.click()
    phone = new_phone()
    page.fill(f"{SHEET} [name=phone]", phone)
    page.route("**/intents/new/", lambda route: route.abort())
    page.click(f"{SHEET} form.form [type=submit]")
    expect(page.locator(f"{SHEET} [role=alert]")).to_be_visible()
    expect(page.locator(f"{SHEET} [name=phone]")).to_have_value(phone)
    page.unroute("**/intents/new/")
    page.click(f"{SHEET} form.form [type=submit]")
    expect(page.locator(f"{SHEET} [name=code]")).to_be_visible()


def test_a_wrong_number_is_named_in_the_sheet(page: Page, live_app: LiveApp) -> None:
    open_fair(page, live_app)
    page.locator(BUTTON).first.click()
    page.fill(f"{SHEET} [name=phone]", "123")
    page.click(f"{SHEET} form.form [type=submit]")
    expect(page.locator(f"{SHEET} [name=phone][aria-invalid=true]")).to_be_focused()


def test_without_scripts(new_page: Any, live_app: LiveApp) -> None:
    page: Page = new_page(java_script_enabled=False)
    open_fair(page, live_app)
    page.locator(BUTTON).first.click()
    phone = new_phone()
    page.fill("[name=phone]", phone)
    page.click("main form.form [type=submit]")
    page.fill("[name=code]", live_app.sms.code(f"+86{phone}"))
    page.click("main form.form [type=submit]")
    page.wait_for_url(re.compile(r"/intents/[0-9a-f-]+/done/$"))
    page.fill("[name=display_name]", "老王")
    with page.expect_navigation():
        page.click("main form.form [type=submit]")
    page.goto(f"{live_app.url}/me/")
    page.click(".intent__acts form [type=submit]")
    expect(page.locator("article.intent")).to_have_attribute("data-outcome", "withdrawn")
