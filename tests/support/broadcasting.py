"""The page to go live from, as a crew member works it."""

from __future__ import annotations

from playwright.sync_api import Page, expect

STATE = "[data-broadcast]"


def open_camera(page: Page) -> None:
    """Allow the devices; ready for the button afterwards."""
    root = page.locator(STATE)
    root.and_(page.locator(":not([data-state=none])")).wait_for()
    if root.get_attribute("data-state") == "ask":
        page.locator("[data-press=open]").click()
    expect(root).to_have_attribute("data-state", "check")


def press_go_live(page: Page) -> None:
    """Go live; the page counts down from three."""
    page.locator("[data-press=go]").click()


def press_stop(page: Page) -> None:
    """Go off air, and say so again when asked; waits until the server has it all."""
    page.locator("[data-press=stop]").click()
    page.locator("[data-stop-now]").click()
    expect(page.locator(STATE)).to_have_attribute("data-state", "over")
