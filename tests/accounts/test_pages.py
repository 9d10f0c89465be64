"""The sign-in pages in a real browser, with and without scripts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.axe import bring_axe, violations
from tests.support.journeys import sign_in_by_pages
from tests.support.live import LiveApp

pytestmark = pytest.mark.browser
WITH_APP = (
    "from tests.factories import UserFactory; from tests.support.accounts import set_up_totp; "
    "set_up_totp(UserFactory(phone='{}'))"
)


def test_six_digits_send_themselves(page: Page, live_app: LiveApp) -> None:
    phone = "13811110001"
    page.goto(f"{live_app.url}/sign-in/?next=/me/account/")
    page.fill("input[name=phone]", phone)
    page.keyboard.press("Enter")
    again = page.locator("[data-resend]")
    expect(again).to_be_disabled()
    expect(again).to_contain_text("秒后可重新发送")
    code = live_app.sms.code(phone)
    page.fill("input[name=code]", f"{(int(code) + 1) % 1_000_000:06d}")
    expect(page.locator(".field__error")).to_contain_text("还可以试 2 次")
    page.keyboard.type(code)
    page.wait_for_url("**/me/account/")
    page.fill("input[name=display_name]", "李师傅")
    with page.expect_navigation():
        page.click("text=保存")
    expect(page.locator("input[name=display_name]")).to_have_value("李师傅")


def test_without_scripts(new_page: Callable[..., Page], live_app: LiveApp) -> None:
    page = new_page(java_script_enabled=False)
    phone = "13811110002"
    page.goto(f"{live_app.url}/sign-in/?next=/me/account/")
    page.fill("input[name=phone]", phone)
    page.click("main button[type=submit]")
    page.click("text=重新发送验证码")
    expect(page.locator(".notice")).to_contain_text("秒后再获取")
    page.fill("input[name=code]", live_app.sms.code(phone))
    page.click("main form[action='/sign-in/code/'] button")
    page.wait_for_url("**/me/account/")


@pytest.mark.parametrize("look", [{}, {"color_scheme": "dark", "locale": "en"}])
def test_nothing_in_the_way_of_anybody(
    new_page: Callable[..., Page], live_app: LiveApp, look: dict[str, str]
) -> None:
    """While a code is waited for; test_axe.py has looked at the other pages."""
    page = new_page(**look)
    bring_axe(page.context)
    page.goto(f"{live_app.url}/sign-in/")
    page.fill("input[name=phone]", f"1381111001{len(look)}")
    page.click("main button[type=submit]")
    page.wait_for_url("**/sign-in/code/**")
    assert violations(page) == []


def test_a_person_with_an_app_types_its_code_too(page: Page, live_app: LiveApp) -> None:
    phone = "+8613811110003"
    live_app.shell(WITH_APP.format(phone))
    sign_in_by_pages(page, live_app, phone, next_path="/me/account/")
