"""When the studio's page is read again, in a browser whose timers the test moves."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Page, Route, expect

from tests.livestream.scripted import wait_until

pytestmark = pytest.mark.browser

STATIC = Path(settings.BASE_DIR) / "static"
ORIGIN = "http://studio.test"
PAGE = """<!doctype html><html lang="zh-Hans"><meta charset="utf-8"><title>studio</title>
<link rel="icon" href="data:,"><main data-studio><p id="r" data-region>{n}</p></main>
<script type="module" src="/static/js/studio/actions.js"></script></html>"""
#: Timers that only ``pass(ms)`` moves.
TIMERS = """(() => {
  const timers = new Map();
  let now = 0;
  let last = 0;
  window.setTimeout = (run, ms) => {
    last += 1;
    timers.set(last, { run, at: now + (ms || 0) });
    return last;
  };
  window.clearTimeout = (id) => timers.delete(id);
  window.setInterval = () => 0;
  window.timersLeft = () => timers.size;
  window.pass = (ms) => {
    now += ms;
    timers.forEach((timer, id) => {
      if (timer.at <= now) {
        timers.delete(id);
        timer.run();
      }
    });
  };
})()"""
HAPPENS = """([kind, data, ms]) => {
  document.dispatchEvent(new CustomEvent("room:event", { detail: { kind, data } }));
  window.pass(ms);
}"""


class Studio:
    """The page, and how often it was read."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.reads = 0
        self.holds: list[Route] | None = None
        page.add_init_script(TIMERS)
        page.route(f"{ORIGIN}/**", self._answer)
        page.goto(f"{ORIGIN}/")

    def _answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        if path.startswith("/static/"):
            route.fulfill(path=STATIC / path.removeprefix("/static/"))
            return
        if path == "/last":
            route.fulfill(status=204)
            return
        self.reads += 1
        if self.holds is None:
            self.give(route)
        else:
            self.holds.append(route)

    def give(self, route: Route) -> None:
        route.fulfill(content_type="text/html", body=PAGE.format(n=self.reads))

    def happens(self, kind: str, ms: int, **data: str) -> None:
        """An entry of the log, and then this much time."""
        self.page.evaluate(HAPPENS, [kind, data, ms])


@pytest.fixture
def studio(page: Page) -> Studio:
    return Studio(page)


def test_a_room_in_which_much_happens_does_not_put_the_reading_off(studio: Studio) -> None:
    for _ in range(4):
        studio.happens("question", 250)
    expect(studio.page.locator("#r")).not_to_have_text("1")


def test_what_is_said_reads_nothing_what_waits_for_a_moderator_does(studio: Studio) -> None:
    studio.happens("message", 1000, text="你好")
    assert studio.page.evaluate("window.timersLeft()") == 0
    assert studio.reads == 1
    studio.happens("message", 400, hidden="held")
    expect(studio.page.locator("#r")).to_have_text("2")


def test_a_slow_answer_is_waited_for_and_what_came_meanwhile_is_read_once(studio: Studio) -> None:
    held: list[Route] = []
    studio.holds = held
    for _ in range(5):
        studio.happens("mode", 400)
    wait_until(studio.page, lambda: len(held) == 1)
    studio.give(held[0])
    wait_until(studio.page, lambda: len(held) == 2)
    studio.give(held[1])
    expect(studio.page.locator("#r")).to_have_text("3")
    studio.page.evaluate("fetch('/last').then(() => null)")  # whatever else was asked comes first
    assert len(held) == 2
