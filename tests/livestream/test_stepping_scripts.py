"""The room's scripts keep chat and cards in step with a picture whose clock the test moves."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.livestream.scripted import ORIGIN, Server, lines, online, wait_until

pytestmark = pytest.mark.browser

CLOCK = """async ([at, chat]) => {
  const { useClock } = await import("/static/js/room/clock.js");
  const { choose } = await import("/static/js/room/prefs.js");
  choose("chatInStep", chat);
  useClock(() => new Date(at));
}"""
#: Entries of the model server are all of this moment.
BEFORE, AFTER = "2026-12-03T05:59:50Z", "2026-12-03T06:00:01Z"
CARD = {
    "id": "v",
    "title": "焊工",
    "url": "/vacancies/v/",
    "employer": {"name": "永兴"},
    "text": {},
}


def test_chat_waits_if_its_reader_wants_and_cards_always(page: Page) -> None:
    server = Server(page)
    server.open()
    online(page)
    pin = page.locator("[data-pin]")

    page.evaluate(CLOCK, [BEFORE, False])
    server.tick(server.add(), server.add("pinned", vacancies=[CARD]))
    wait_until(page, lambda: lines(page) == [1])
    expect(pin).to_be_hidden()

    page.evaluate(CLOCK, [BEFORE, True])
    server.tick(server.add(), server.add(), server.add())
    server.tick(server.add("removed", ref=4), server.add("notice", text="完"))
    page.wait_for_timeout(400)
    assert lines(page) == [1]
    page.evaluate(CLOCK, [AFTER, True])
    wait_until(page, lambda: lines(page) == [1, 3, 5, 7])  # 4 was removed before it was seen
    expect(pin).to_have_attribute("data-pin-seq", "2")

    page.evaluate(CLOCK, [BEFORE, True])
    server.tick(server.add())
    page.wait_for_timeout(300)
    assert lines(page) == [1, 3, 5, 7]
    page.evaluate(CLOCK, [BEFORE, False])  # the reader wants it at once
    wait_until(page, lambda: lines(page) == [1, 3, 5, 7, 8])
    assert page.url.startswith(ORIGIN)
