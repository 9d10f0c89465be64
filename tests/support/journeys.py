"""What people do in a browser in many journeys."""

from __future__ import annotations

from urllib.parse import urlencode

from playwright.sync_api import Locator, Page, expect

from tests.support.accounts import totp_code
from tests.support.live import LiveApp


def sign_in(page: Page, live_app: LiveApp, phone: str, *, next_path: str = "/") -> None:
    """Sign in by the page and the code of the message; end at ``next_path``.

    An account of the demo that has an authenticator app (secret ``tests.support.accounts.SECRET``)
    is asked for its code, too.
    """
    sent = len(live_app.sms.messages(phone))
    page.goto(f"{live_app.url}/sign-in/?{urlencode({'next': next_path})}")
    page.fill("input[name=phone]", phone)
    page.click("main button[type=submit]")
    page.wait_for_url("**/sign-in/code/**")
    page.fill("input[name=code]", live_app.sms.code(phone, after=sent))
    page.wait_for_url(lambda url: "/sign-in/code/" not in url)
    if "/account/2fa/authenticate/" in page.url:
        page.fill("input[name=code]", totp_code())
        page.click("main button[type=submit]")
    page.wait_for_url(f"{live_app.url}{next_path}")
    expect(page.locator("header form[action*='sign-out']")).to_have_count(1)


def live_session(live_app: LiveApp, *, elsewhere: bool = False) -> str:
    """The public id of the demo's live session here, or of the one whose picture is elsewhere."""
    source = "elsewhere" if elsewhere else "hosted"
    code = (
        "from livestream.models import Session; "
        f"print(Session.objects.get(status='live', video_source='{source}').public_id)"
    )
    return live_app.shell(code).strip()


def played_s(video: Locator) -> float:
    """How far the player has come, in seconds."""
    return float(video.evaluate("video => video.currentTime"))
