"""What people do in a browser in many journeys."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlencode

from playwright._impl._api_structures import SetCookieParam
from playwright.sync_api import Locator, Page, expect

from jobfair.demo.seed import SLUG
from tests.support.accounts import totp_code
from tests.support.live import LiveApp

COOKIES = (
    "import json; from tests.support.accounts import session_cookies; "
    "print(json.dumps(session_cookies('{}')))"
)
_SESSIONS: dict[tuple[Path, str], list[SetCookieParam]] = {}


def sign_in(page: Page, live_app: LiveApp, phone: str, *, next_path: str = "/me/") -> None:
    """Be signed in with ``phone`` at ``next_path``, without the way through the pages in a browser.

    The way itself is taken, once for each phone and server, by a client beside the server; an
    account of the demo that has an authenticator app (secret ``tests.support.accounts.SECRET``)
    shows its code, too. :func:`sign_in_by_pages` is for tests about signing in.
    """
    cookies = _SESSIONS.get((live_app.var_dir, phone))
    if cookies is None:
        found: dict[str, str] = json.loads(live_app.shell(COOKIES.format(phone)).splitlines()[-1])
        cookies = [{"name": k, "value": v, "url": live_app.url} for k, v in found.items()]
        _SESSIONS[live_app.var_dir, phone] = cookies
    page.context.add_cookies(cookies)
    page.goto(f"{live_app.url}{next_path}")
    page.wait_for_url(f"{live_app.url}{next_path}")
    expect(page.locator("header form[action*='sign-out']")).to_have_count(1)


def sign_in_by_pages(page: Page, live_app: LiveApp, phone: str, *, next_path: str) -> None:
    """The whole way of a person, to ``next_path``: number, code, authenticator app."""
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


@lru_cache
def live_session(live_app: LiveApp, *, elsewhere: bool = False) -> str:
    """The public id of the demo's live session here, or of the one whose picture is elsewhere."""
    source = "elsewhere" if elsewhere else "test"
    code = (
        "from livestream.models import Session; "
        f"demo = Session.objects.filter(fair__slug='{SLUG}', video_source='{source}'); "
        "print(demo.earliest('pk').public_id)"
    )
    return live_app.shell(code).strip()


def enter_room(page: Page, live_app: LiveApp, *, elsewhere: bool = False) -> None:
    """Open the room of :func:`live_session` and wait for its socket."""
    page.goto(f"{live_app.url}/live/{live_session(live_app, elsewhere=elsewhere)}/")
    expect(page.locator("[data-room-state]")).to_have_attribute("data-state", "online")


def played_s(video: Locator) -> float:
    """How far the player has come, in seconds."""
    return float(video.evaluate("video => video.currentTime"))


def eventually(page: Page, holds: Callable[[], bool], what: str, *, timeout_s: float = 30) -> None:
    """Wait until ``holds()``; ``page`` lives on meanwhile. Raises AssertionError naming ``what``.

    ``page.wait_for_function`` would need ``unsafe-eval``, which the pages forbid.
    """
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, f"not within {timeout_s} s: {what}"
        page.wait_for_timeout(50)


def plays(page: Page, *, beyond_s: float = 0) -> None:
    """Wait until the picture has moved beyond ``beyond_s`` of media time."""
    video = page.locator("video")
    eventually(page, lambda: played_s(video) > beyond_s, "the video plays", timeout_s=45)
