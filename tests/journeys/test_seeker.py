"""Journey 2: a visitor taps 我要报名, becomes a seeker, withdraws and comes back."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.journeys import live_session, plays, sign_in
from tests.support.live import LiveApp

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]
LATEST = """
import json
from intents.models import Intent
i = Intent.objects.filter(seeker__phone="{phone}").order_by("id").last()
print(json.dumps({{"pin": i.pin_seq, "source": i.moment_source, "seen": bool(i.seen_at),
    "channel": i.entry_channel.code if i.entry_channel else "", "client": str(i.client_id),
    "outcome": i.outcome, "rows": Intent.objects.filter(seeker=i.seeker).count()}}))
"""


def latest(live_app: LiveApp, phone: str) -> dict[str, object]:
    recorded: dict[str, object] = json.loads(live_app.shell(LATEST.format(phone=phone)))
    return recorded


def test_tap_verify_agree_withdraw_and_again(page: Page, live_app: LiveApp) -> None:
    phone = "+8613811110001"
    page.goto(f"{live_app.url}/live/{live_session(live_app)}/?c=wx")
    plays(page)
    page.locator(".live__pin [data-intent]").first.click()
    sheet = page.locator("#intent-sheet")
    sheet.locator("input[name=phone]").fill("138 1111 0001")
    sheet.locator("button[type=submit]").first.click()
    sheet.locator("input[name=code]").wait_for()
    expect(sheet.locator(".consent")).to_contain_text("岭州")
    sheet.locator("input[name=code]").fill(live_app.sms.code(phone))
    agree = sheet.locator("button[aria-describedby=intent-consent]")
    if agree.count():
        expect(agree).to_contain_text("岭州")
        agree.click()
    expect(sheet.locator("[data-intent-result]")).to_be_visible()
    first = latest(live_app, phone)
    assert first["pin"]
    assert (first["source"], first["seen"], first["channel"]) == ("player", True, "wx")

    page.goto(f"{live_app.url}/me/")
    intent = page.locator(".intent").first
    expect(intent).to_be_visible()
    _withdraw(page)
    assert latest(live_app, phone)["outcome"] == "withdrawn"

    page.goto(f"{live_app.url}/me/")
    page.locator("main [data-intent]").first.click()
    page.locator("#intent-sheet button[type=submit]").first.click()
    expect(page.locator("#intent-sheet [data-intent-result]")).to_be_visible()
    again = latest(live_app, phone)
    assert (again["outcome"], again["rows"]) == ("live", 2)
    assert again["client"] != first["client"]


def _withdraw(page: Page) -> None:
    form = page.locator("form[action*='withdraw']").first
    details = page.locator("details:has(form[action*='withdraw'])").first
    if details.count() and not form.locator("button").first.is_visible():
        details.locator("summary").click()
    page.on("dialog", lambda dialog: dialog.accept())
    form.locator("button").first.click()
    confirm = page.locator("dialog[open] button, .sheet[open] button").filter(has_text="撤回")
    if confirm.count():
        confirm.first.click()
    expect(page.locator("main")).to_contain_text("已撤回")


def test_without_javascript(new_page: NewPage, live_app: LiveApp) -> None:
    phone = "+8613811110002"
    page = new_page(java_script_enabled=False)
    page.goto(f"{live_app.url}/live/{live_session(live_app)}/")
    page.locator(".live__pin [data-intent]").first.click()
    page.locator("main input[name=phone]").fill("13811110002")
    page.locator("main button[type=submit]").first.click()
    page.locator("main input[name=code]").fill(live_app.sms.code(phone))
    page.locator("main button[aria-describedby=intent-consent]").click()
    expect(page.locator("[data-intent-result]")).to_be_visible()
    recorded = latest(live_app, phone)
    assert recorded["pin"]
    assert recorded["source"] == "estimated"


def test_a_signed_in_seeker_needs_one_tap_and_a_double_tap_is_one(
    page: Page, live_app: LiveApp
) -> None:
    phone = "+8613811110003"
    sign_in(page, live_app, phone)
    page.goto(f"{live_app.url}/live/{live_session(live_app)}/")
    page.locator(".live__pin [data-intent]").first.click()
    page.locator("#intent-sheet button[type=submit]").first.dblclick()
    expect(page.locator("#intent-sheet [data-intent-result]")).to_be_visible()
    assert latest(live_app, phone)["rows"] == 1
