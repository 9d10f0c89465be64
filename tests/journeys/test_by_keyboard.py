"""A seeker who uses no pointer, on the smallest phone: every step is reached and seen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.journeys import enter_room, live_session
from tests.support.live import LiveApp

pytestmark = pytest.mark.browser
SMALL = {"width": 360, "height": 640}
MOST_STOPS = 60
FOCUSED = """() => {
  const at = document.activeElement;
  const box = at.getBoundingClientRect();
  const style = getComputedStyle(at);
  return {
    matches: at.matches(%r) || (at.matches("label *") && at.closest("label").matches(%r)),
    visible: box.width > 0 && box.bottom > 0 && box.top < innerHeight,
    ringed: style.outlineStyle !== "none" || style.boxShadow !== "none",
  };
}"""


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until ``selector`` has the focus, in sight and marked as focused."""
    for _stop in range(MOST_STOPS):
        page.keyboard.press("Tab")
        state = page.evaluate(FOCUSED % (selector, selector))
        if state["matches"]:
            assert state["visible"], f"{selector} has the focus out of sight"
            assert state["ringed"], f"{selector} does not show that it has the focus"
            return
    raise AssertionError(f"{selector} is not reached by Tab")


def test_apply_without_a_pointer(new_page: Callable[..., Page], live_app: LiveApp) -> None:
    page, phone = new_page(viewport=SMALL), "+8613811110061"
    enter_room(page, live_app)
    tab_to(page, ".live__pin [data-intent]")
    page.keyboard.press("Enter")
    sheet = page.locator("#intent-sheet")
    expect(sheet.locator("[name=phone]")).to_be_focused()
    page.keyboard.type("13811110061")
    page.keyboard.press("Enter")
    expect(sheet.locator("[name=code]")).to_be_focused()
    page.keyboard.type(live_app.sms.code(phone))
    result = sheet.locator("[data-intent-result]")
    if not result.is_visible():
        tab_to(page, "#intent-sheet button[aria-describedby=intent-consent]")
        page.keyboard.press("Enter")
    expect(result).to_be_visible()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(page.locator(".live__pin [data-intent-done]").first).to_be_visible()
    focused = page.evaluate("document.activeElement !== document.body")
    assert focused, "the focus is lost when the sheet closes"


def test_nothing_is_wider_than_the_smallest_phone(
    new_page: Callable[..., Page], live_app: LiveApp
) -> None:
    page = new_page(viewport=SMALL)
    for place in ("/", "/sign-in/", f"/live/{live_session(live_app)}/"):
        page.goto(live_app.url + place)
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0, f"{place} is {overflow} px too wide"
