"""axe-core finds nothing on any page: two languages, light and dark, on a phone.

The pages are those of the permission table, seen by somebody who may, and the demo's fair and
rooms. Dark is looked at for contrast alone: nothing else differs.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from jobfair.demo.seed import SLUG
from tests.permissions.visits import PAGES
from tests.support.axe import CONTRAST, bring_axe, violations
from tests.support.browser import Contexts, Watch, running
from tests.support.journeys import live_session
from tests.support.live import LiveApp

pytestmark = pytest.mark.browser

BrowserAndLoop = tuple[Browser, asyncio.AbstractEventLoop]
LANGUAGES = ["zh-hans", "en"]
#: Forms that are out of sight until asked for count as well.
UNFOLD = "document.querySelectorAll('details.more-form').forEach((form) => { form.open = true; })"
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
    app.close()


@pytest.fixture(scope="module")
def visits(app: LiveApp) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(
        app.shell("from tests.permissions.visits import visits; visits()").splitlines()[-1]
    )
    return found


@pytest.fixture(scope="module")
def looking(browser_and_loop: BrowserAndLoop) -> Iterator[tuple[Page, Watch]]:
    """One page for all addresses of this module: its cache stays warm, its cookies change."""
    browser, loop = browser_and_loop
    with running(loop):
        watch = Watch([])
        contexts = Contexts(browser, watch)
        context = contexts(reduced_motion="reduce")
        bring_axe(context)
        page = context.new_page()
    yield page, watch
    with running(loop):
        contexts.close()


@pytest.fixture
def page(
    looking: tuple[Page, Watch], browser_and_loop: BrowserAndLoop, watch: Watch
) -> Iterator[Page]:
    """That page, whose errors are those of the test that looks at it."""
    page, common = looking
    common.allowed, common.problems = watch.allowed, watch.problems
    with running(browser_and_loop[1]):
        yield page
    assert not watch.problems, "the page reported:\n" + "\n".join(watch.problems)


def assert_accessible(page: Page, app: LiveApp, path: str, *, session: str = "") -> None:
    problems = []
    page.context.clear_cookies()
    for language in LANGUAGES:
        cookies = {"django_language": language, "sessionid": session}
        page.context.add_cookies(
            [{"name": k, "value": v, "url": app.url} for k, v in cookies.items() if v]
        )
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        page.goto(f"{app.url}{path}", wait_until="load")
        assert page.locator("html").get_attribute("lang") == (
            "en" if language == "en" else "zh-Hans"
        )
        page.evaluate(UNFOLD)
        problems += [f"{language}, light: {line}" for line in violations(page)]
        page.evaluate(STILL)
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        problems += [f"{language}, dark: {line}" for line in violations(page, CONTRAST)]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("row", PAGES, ids=str)
def test_pages(row: object, page: Page, app: LiveApp, visits: dict[str, dict[str, str]]) -> None:
    visit = visits[str(row)]
    assert_accessible(page, app, visit["url"], session=visit["session"])


@pytest.mark.parametrize("elsewhere", [False, True])
def test_rooms_on_air(elsewhere: bool, page: Page, app: LiveApp) -> None:
    session = live_session(app, elsewhere=elsewhere)
    assert_accessible(page, app, f"/live/{session}/")
    page.click("[data-sheet-open='#playback']")
    assert not violations(page)


@pytest.mark.allow_console("404")
@pytest.mark.parametrize(
    "path", [f"/fairs/{SLUG}/", f"/fairs/{SLUG}/?q=没有这样的岗位", "/nothing/"]
)
def test_the_demo(path: str, page: Page, app: LiveApp) -> None:
    assert_accessible(page, app, path)
