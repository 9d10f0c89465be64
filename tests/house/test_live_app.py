"""The fixtures the journeys stand on: a real server, a real browser."""

from __future__ import annotations

import json
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page

from tests.support.live import LiveApp

pytestmark = pytest.mark.browser


def test_front_page_is_served_in_chinese_without_errors(live_app: LiveApp, page: Page) -> None:
    page.goto(live_app.url)
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    assert page.title()


def test_server_survives_a_kill_with_its_data(fresh_live_app: LiveApp) -> None:
    count = "from livestream.models import Session; print(Session.objects.count())"
    before = json.loads(fresh_live_app.shell(count))
    fresh_live_app.kill()
    fresh_live_app.start()
    assert urlopen(f"{fresh_live_app.url}/").status == 200
    assert json.loads(fresh_live_app.shell(count)) == before > 0


@pytest.mark.allow_console("deliberate")
def test_page_errors_are_collected_unless_allowed(page: Page) -> None:
    page.goto("about:blank")
    page.evaluate("console.error('deliberate')")
