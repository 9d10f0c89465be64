"""Text that people store never runs in a real browser: on no page, and not when it comes live.

test_pages.py reads the markup of every page; here are those where scripts work with the text. They
fail this test by themselves if they report an error or a breach of their policy.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import Contexts
from tests.support.live import LiveApp

pytestmark = pytest.mark.browser

#: Gets out of text, attributes and script elements, and runs wherever it gets to.
MARK = "\"'></script><img src=/x onerror=self.hit=1><svg onload=self.hit=1>"
RAN = "() => 'hit' in self || document.querySelector('img[onerror], svg[onload]') !== null"
WITH_SCRIPTS = [
    "room",
    "studio",
    "GET /fairs/<slug:slug>/",
    "GET /vacancies/<uuid:vacancy>/",
    "GET /intents/new/",
    "GET /me/",
    "GET /employer/<uuid:employer>/intents/<uuid:intent>/",
    "GET /employer/<uuid:employer>/import/<uuid:batch>/",
    "GET /desk/employers/<uuid:employer_id>/",
    "GET /desk/sessions/<uuid:session_id>/",
]
Visit = dict[str, str]


@pytest.fixture(scope="module")
def app(live_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveApp]:
    app = LiveApp(live_template, tmp_path_factory.mktemp("hostile") / "var")
    yield app
    app.close()


@pytest.fixture(scope="module")
def visits(app: LiveApp) -> dict[str, Visit]:
    code = f"from tests.permissions.visits import visits; visits(mark={MARK!r})"
    found: dict[str, Visit] = json.loads(app.shell(code).splitlines()[-1])
    return found


def opened(new_context: Contexts, app: LiveApp, visit: Visit, query: str = "") -> Page:
    context = new_context(viewport={"width": 1280, "height": 800})
    if visit["session"]:
        cookie = {"name": "sessionid", "value": visit["session"], "url": app.url}
        context.add_cookies([cookie])  # type: ignore[list-item]
    page = context.new_page()
    page.goto(f"{app.url}{visit['url']}{query}", wait_until="load")
    return page


@pytest.mark.parametrize("line", WITH_SCRIPTS)
def test_on_no_page(
    line: str, new_context: Contexts, app: LiveApp, visits: dict[str, Visit]
) -> None:
    assert not opened(new_context, app, visits[line]).evaluate(RAN)


def test_not_when_it_comes_live(
    new_context: Contexts, app: LiveApp, visits: dict[str, Visit]
) -> None:
    """A message, a question and a pinned card reach open pages through the socket."""
    watching = opened(new_context, app, {**visits["room"], "session": ""})
    writing = opened(new_context, app, visits["room"])
    crew = opened(new_context, app, visits["studio"], "?q=%E7%94%B5%E5%B7%A5")
    for page in (watching, writing):
        expect(page.locator("[data-room-state]")).to_have_attribute("data-state", "online")
    writing.fill("form[data-chat-form] [name=text]", f"看这里{MARK}")
    writing.press("form[data-chat-form] [name=text]", "Enter")
    for page in (watching, writing):
        expect(page.locator("[data-chat-list]")).to_contain_text(f"看这里{MARK}")
    writing.locator("#t-questions").click()
    writing.fill("form[data-ask] [name=text]", f"请问{MARK}")
    writing.locator("form[data-ask] button[type=submit]").click()
    crew.locator("#r-found input[type=checkbox]").first.check()
    crew.locator("#r-found button[type=submit]").click()
    expect(watching.locator(".live__cards")).to_contain_text(f"电工{MARK}")
    watching.locator("#t-questions").click()
    expect(watching.locator("#p-questions")).to_contain_text(f"请问{MARK}")
    for page in (watching, writing, crew):
        assert not page.evaluate(RAN)
