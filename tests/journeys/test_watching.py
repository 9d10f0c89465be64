"""A viewer watches: the count on the page says it, and the statistics know it afterwards."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.journeys import live_session
from tests.support.live import LiveApp

pytestmark = pytest.mark.browser
#: Waits in the server's database for reports of this run, and tells them apart from the demo's.
STORED = """
import time
from livestream.models import WatchSpan
for _turn in range(40):
    newer = WatchSpan.objects.filter(pk__gt={last}).values_list("session__public_id", "kind")
    if len(set(newer)) > 1:
        break
    time.sleep(0.25)
print(*(f"{{session}} {{kind}}" for session, kind in newer))
"""
LAST = "from livestream.models import WatchSpan; print(WatchSpan.objects.latest('pk').pk)"


def test_what_was_watched_is_stored(new_page: Callable[..., Page], live_app: LiveApp) -> None:
    here, there = live_session(live_app), live_session(live_app, elsewhere=True)
    last = live_app.shell(LAST).strip()
    watching, beside = new_page(), new_page()
    watching.goto(f"{live_app.url}/live/{here}/")
    beside.goto(f"{live_app.url}/live/{there}/")
    expect(watching.locator("[data-player]")).to_have_attribute(
        "data-state", "playing", timeout=30_000
    )
    expect(watching.locator("[data-room-count]")).to_have_text("1 人在看", timeout=30_000)
    expect(beside.locator("[data-room-count]")).to_contain_text("人在房间")
    for page in (watching, beside):
        page.wait_for_timeout(1000)
        page.goto("about:blank")  # the last report is a beacon
    stored = live_app.shell(STORED.format(last=last))
    assert f"{here} media" in stored
    assert f"{there} room" in stored
