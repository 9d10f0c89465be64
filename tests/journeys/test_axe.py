"""axe-core finds nothing on any page: two languages, light and dark, on a phone.

The pages are those of the permission table, seen by somebody who may, and the demo's fair and
rooms. Dark is looked at for contrast alone: nothing else differs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from jobfair.demo.seed import SLUG
from tests.permissions.visits import PAGES
from tests.support.browser import Contexts
from tests.support.journeys import live_session
from tests.support.live import LiveApp

pytestmark = pytest.mark.browser

LANGUAGES = ["zh-hans", "en"]
EVERYTHING: dict[str, Any] = {"resultTypes": ["violations"]}
CONTRAST: dict[str, Any] = {**EVERYTHING, "runOnly": ["color-contrast"]}
#: Colours change at once, not frame by frame.
STILL = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("*, *::before, *::after { transition: none !important; }");
  document.adoptedStyleSheets = [sheet];
}"""


@pytest.fixture(scope="module")
def app(live_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveApp]:
    """A server of this module's own: the world of the permission table beside the demo."""
    app = LiveApp(live_template, tmp_path_factory.mktemp("axe") / "var")
    yield app
    app.stop()


@pytest.fixture(scope="module")
def visits(app: LiveApp) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(
        app.shell("from tests.permissions.visits import visits; visits()").splitlines()[-1]
    )
    return found


def violations(page: Page, options: dict[str, Any]) -> list[str]:
    """What axe finds, one line for each element."""
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{rule['id']}: {' '.join(map(str, node['target']))}: {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]


def assert_accessible(new_context: Contexts, app: LiveApp, path: str, *, session: str = "") -> None:
    problems = []
    for language in LANGUAGES:
        context = new_context(locale="en" if language == "en" else "zh-CN", reduced_motion="reduce")
        cookies = {"django_language": language, "sessionid": session}
        context.add_cookies(
            [{"name": k, "value": v, "url": app.url} for k, v in cookies.items() if v]
        )
        page = context.new_page()
        page.goto(f"{app.url}{path}", wait_until="load")
        assert page.locator("html").get_attribute("lang") == (
            "en" if language == "en" else "zh-Hans"
        )
        problems += [f"{language}, light: {line}" for line in violations(page, EVERYTHING)]
        page.evaluate(STILL)
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        problems += [f"{language}, dark: {line}" for line in violations(page, CONTRAST)]
        context.close()
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("row", PAGES, ids=str)
def test_pages(
    row: object, new_context: Contexts, app: LiveApp, visits: dict[str, dict[str, str]]
) -> None:
    visit = visits[str(row)]
    assert_accessible(new_context, app, visit["url"], session=visit["session"])


@pytest.mark.parametrize("elsewhere", [False, True])
def test_rooms_on_air(elsewhere: bool, new_context: Contexts, app: LiveApp) -> None:
    session = live_session(app, elsewhere=elsewhere)
    assert_accessible(new_context, app, f"/live/{session}/")


@pytest.mark.allow_console("404")
@pytest.mark.parametrize(
    "path", [f"/fairs/{SLUG}/", f"/fairs/{SLUG}/?q=没有这样的岗位", "/nothing/"]
)
def test_the_demo(path: str, new_context: Contexts, app: LiveApp) -> None:
    assert_accessible(new_context, app, path)
