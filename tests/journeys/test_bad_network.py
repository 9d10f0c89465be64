"""A seeker in a factory yard: the line is slow, and gone at the worst moment."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from jobfair.demo.seed import SLUG
from tests.support.journeys import sign_in
from tests.support.live import LiveApp

pytestmark = pytest.mark.browser
#: Crowded 3G: bytes per second and milliseconds.
SLOW = {
    "offline": False,
    "latency": 300,
    "downloadThroughput": 100_000,
    "uploadThroughput": 40_000,
}
PHONE = "+8613811110071"
COUNT = (
    "from intents.models import Intent as I; print(I.objects.filter(seeker__phone='%s').count())"
)


@pytest.mark.allow_console("ERR_INTERNET_DISCONNECTED", "Failed to fetch")
def test_applying_while_the_line_is_gone(page: Page, live_app: LiveApp) -> None:
    sign_in(page, live_app, PHONE, next_path=f"/fairs/{SLUG}/")
    page.locator(".vlist [data-intent]").last.click()
    agree = page.locator("#intent-sheet button[aria-describedby=intent-consent]")
    expect(agree).to_be_visible()
    page.context.set_offline(True)
    agree.click()
    expect(page.locator("#intent-sheet [role=alert]")).to_be_visible()
    page.context.set_offline(False)
    agree.click()
    expect(page.locator("#intent-sheet [data-intent-result]")).to_be_visible()
    assert live_app.shell(COUNT % PHONE) == "1"


def test_a_slow_line_still_gives_a_page_to_read(page: Page, live_app: LiveApp) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW)
    page.goto(f"{live_app.url}/fairs/{SLUG}/", wait_until="domcontentloaded")
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator(".vlist [data-vacancy]").first).to_be_visible()
    page.fill("form.finder input[name=q]", "护士")
    page.press("form.finder input[name=q]", "Enter")
    expect(page.locator(".vlist [data-vacancy]").first).to_contain_text("护", timeout=30_000)
