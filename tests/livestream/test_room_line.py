"""The room's page on a busy or missing line, and what it reports of watching."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.livestream.scripted import ORIGIN, Server, lines, online, wait_until

pytestmark = pytest.mark.browser


@pytest.fixture
def server(page: Page) -> Server:
    return Server(page)


def test_a_fast_chat_is_sampled_says_so_and_keeps_the_own_line(page: Page, server: Server) -> None:
    page.clock.install()
    server.open()
    online(page)
    page.fill("[name=text]", "你好")
    page.press("[name=text]", "Enter")
    own = page.locator("[data-seq='1'][data-own]")
    expect(own).to_be_visible()  # by its ack alone
    sampled = [server.add() for _ in range(8)]
    server.say({"from": 1, "to": 9, "left_out": 7, "events": sampled[3:5], "now": {"present": 7}})
    notice = page.locator("[data-room-sampled]")
    expect(notice).to_be_visible()
    expect(own).to_be_visible()
    assert lines(page) == [1, 5, 6]
    server.tick(server.add())
    assert lines(page) == [1, 5, 6, 10]
    assert server.pages_read == 0
    page.clock.run_for(11_000)
    expect(notice).to_be_hidden()


def test_a_server_that_goes_down_is_left_before_it_closes(page: Page, server: Server) -> None:
    server.open()
    online(page)
    server.tick(server.add())
    server.say({"type": "reconnect", "spread_s": 0.1})
    wait_until(page, lambda: len(server.hellos) == 2)
    server.tick(server.add())
    expect(page.locator("[data-seq='2']")).to_be_visible()
    assert server.hellos[1]["after"] == 1
    assert lines(page) == [1, 2]
    online(page)


def test_a_full_line_is_left_for_the_feed(page: Page, server: Server) -> None:
    server.open(feedUrl="/feed/", after=0)
    online(page)
    server.tick(server.add())
    for _ in range(124):
        server.add()
    server.say({"type": "feed", "spread_s": 0.1})
    expect(page.locator("[data-room-state]")).to_have_attribute("data-state", "feed")
    expect(page.locator("[data-seq='125']")).to_be_visible()
    assert lines(page) == list(range(1, 126))
    assert server.feed_reads == ["tail.json", "3/0.json", "3/1.json"]
    assert server.pages_read == 0  # nothing of that was asked for this viewer alone
    expect(page.locator("[data-room-count]")).to_have_text("6 人在看")
    page.focus("[name=text]")  # who wants to write gets the line back
    online(page)
    assert len(server.hellos) == 2


@pytest.mark.allow_console("404")
def test_without_sockets_the_page_follows_the_feed(page: Page, server: Server) -> None:
    server.refusing = True
    server.add()
    server.open(feedUrl="/feed/", after=0)
    expect(page.locator("[data-room-state]")).to_have_attribute("data-state", "polling")
    expect(page.locator("[data-seq='1']")).to_be_visible()
    page.fill("[name=text]", "你好")
    page.click("[data-chat-form] button")
    expect(page.locator("[data-seq='2'][data-own]")).to_be_visible(timeout=8000)
    server.feed_revision = 4  # a removal: the old segments are gone
    for _ in range(70):
        server.add()
    expect(page.locator("[data-seq='72']")).to_be_visible(timeout=10_000)
    assert lines(page) == list(range(1, 73))
    assert server.pages_read == 0
    assert "4/0.json" in server.feed_reads


METER = """async () => {
  const { createMediaMeter } = await import("/static/js/room/watch.js");
  const video = new EventTarget();
  Object.assign(video, { currentTime: 100, paused: true, seeking: false, ended: false });
  const meter = createMediaMeter(video), sums = [];
  let clock = 1000;
  performance.now = () => clock * 1000;
  const tick = (seconds, media, name = "timeupdate") => {
    clock += seconds;
    video.currentTime += media;
    video.dispatchEvent(new Event(name));
  };
  const note = () => sums.push([Math.round(meter.take() * 10) / 10, meter.running()]);
  video.paused = false;
  tick(0, 0, "playing");
  for (let n = 0; n < 40; n++) tick(0.25, 0.25);
  note(); // ten seconds
  for (let n = 0; n < 40; n++) tick(0.25, 0);
  note(); // buffering
  tick(0.25, 30);
  note(); // a jump that nobody announced
  video.seeking = true;
  tick(0.1, 500, "seeking");
  video.seeking = false;
  tick(0.1, 0, "seeked");
  tick(0.25, 0.25);
  tick(0.25, 0.25);
  note(); // sought, and played on
  for (let n = 0; n < 40; n++) tick(0.25, 0.5);
  note(); // at double speed no faster than the clock
  tick(0.75, 0.75, "ignored");
  video.paused = true;
  tick(0, 0, "pause");
  note(); // the last stretch before a pause
  tick(60, 0);
  note();
  return sums;
}"""


def test_only_time_that_the_picture_advanced_counts(page: Page, server: Server) -> None:
    server.boot = {}
    page.route(f"{ORIGIN}/blank/", lambda route: route.fulfill(content_type="text/html", body=""))
    page.goto(f"{ORIGIN}/blank/")
    assert page.evaluate(METER) == [
        [10, True],
        [0, False],
        [0.3, True],
        [0.3, True],
        [10, True],
        [0.8, False],
        [0, False],
    ]


def watched(server: Server) -> list[tuple[float, bool]]:
    return [(f["played"], f["on"]) for f in server.received if f["type"] == "watch"]


def test_time_in_the_room_is_reported_once(page: Page, server: Server) -> None:
    page.clock.install()
    server.open(watch='data-watch="room"')
    online(page)
    page.clock.run_for(3000)
    wait_until(page, lambda: len(watched(server)) == 1)
    assert watched(server)[0][0] < 3
    for _ in range(4):
        page.clock.run_for(18_000)
        page.wait_for_timeout(50)  # a pong
    wait_until(page, lambda: len(watched(server)) == 2)
    server.refusing = True
    server.sockets[-1].close(code=1001)
    expect(page.locator("[data-room-state]")).not_to_have_attribute("data-state", "online")
    page.clock.run_for(71_000)
    wait_until(page, lambda: len(server.reports) == 1)  # without a line: by a request
    page.clock.run_for(5000)
    page.evaluate("window.dispatchEvent(new Event('pagehide'))")
    wait_until(page, lambda: not server.reports[-1]["on"])  # and the last one by a beacon
    assert {report["token"] for report in server.reports} == {"t"}
    told = watched(server) + [(report["played"], report["on"]) for report in server.reports]
    assert 148 < sum(played for played, _on in told) < 165
    assert [on for _played, on in told] == [True] * (len(told) - 1) + [False]
