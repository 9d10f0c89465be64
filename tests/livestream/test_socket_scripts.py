"""The room's scripts in a real Chromium, against a small model of the server."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, Route, WebSocketRoute, expect

from livestream.realtime import frames
from livestream.realtime.strings import room_strings

pytestmark = pytest.mark.browser

STATIC = Path(__file__).resolve().parent.parent.parent / "static"
ORIGIN = "http://room.test"

PAGE = """<!doctype html><html lang="zh-Hans"><meta charset="utf-8"><title>room</title>
<link rel="icon" href="data:,">
<style>[data-chat-list] {{ height: 200px; overflow-y: auto; margin: 0 }} [hidden] {{ display: none }}
.chat-line {{ min-height: 24px }}</style>
<p data-room-state role="status"></p><b data-room-present></b>
<u data-room-count data-kind="playing" data-text-playing="{{n}} 人在看"
 data-text-present="{{n}} 人在房间"></u><p data-room-sampled hidden>精选</p>
<div {watch}><video data-player-video></video></div>
<section data-pin hidden><div data-pin-cards></div>
<template data-pin-card><article><a data-bind="href:url data-vacancy:id" data-field="title"></a>
<span data-field="pay"></span><span data-field="employer.name"></span>
<i data-field="employer.verified">✓</i><em data-field="tags"></em></article></template></section>
<section data-chat><ol data-chat-list role="log"></ol>
<template data-chat-line><li class="chat-line"><b data-line-name></b><i data-line-role></i>
<span data-line-text></span><time data-line-time></time><small data-line-note></small></li></template>
<button data-chat-more hidden></button>
<form data-chat-form data-text-closed="{closed}"><textarea name="text"></textarea><button>发送</button></form></section>
<script type="application/json" id="room-boot">{boot}</script>
<script type="module" src="/static/js/room/main.js"></script></html>"""


def tick(head: int, events: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A tick of all entries up to ``head``, as docs/protocol.md has it."""
    return {"from": head - len(events) + 1, "to": head, "events": list(events)}


class Server:
    """What the protocol promises, with faults on demand."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.log: list[dict[str, Any]] = []
        self.sockets: list[WebSocketRoute] = []
        self.hellos: list[dict[str, Any]] = []
        self.received: list[dict[str, Any]] = []
        self.seqs: dict[str, int] = {}
        self.posts: list[dict[str, Any]] = []
        self.pages_read = 0
        self.silent = self.refusing = self.failing = False
        self.refuse_code = 1011
        self.reports: list[dict[str, Any]] = []
        self.feed_reads: list[str] = []
        self.feed_revision = 3
        self.feed_broken = False
        page.route(f"{ORIGIN}/**", self._http)
        page.route_web_socket(f"{ORIGIN.replace('http', 'ws')}/ws/**", self._socket)

    def open(self, watch: str = "", **boot: Any) -> None:
        self.watch = watch
        self.boot = {
            "session": "s",
            "wsUrl": "/ws/rooms/s/",
            "token": "t",
            "tokenUrl": "/token/",
            "after": len(self.log),
            "pin": None,
            "eventsUrl": "/events/",
            "messagesUrl": "/messages/",
            "key": "me",
            "name": "王师傅",
            "role": "seeker",
            "canPost": True,
            "strings": room_strings(),
            **boot,
        }
        self.page.goto(f"{ORIGIN}/room/")

    def add(self, kind: str = "message", key: str = "you", **data: Any) -> dict[str, Any]:
        event = {
            "seq": len(self.log) + 1,
            "kind": kind,
            "at": "2026-12-03T06:00:00Z",
            "by": {"name": "李姐", "role": "host", "key": key},
            "data": data or {"id": "m", "text": f"第 {len(self.log) + 1} 条"},
        }
        self.log.append(event)
        return event

    def tick(self, *events: dict[str, Any], head: int | None = None) -> None:
        at = head if head is not None else max((e["seq"] for e in events), default=len(self.log))
        self.say({**tick(at, events), "now": {"present": 7, "playing": 4}})

    def say(self, frame: dict[str, Any]) -> None:
        self.sockets[-1].send(json.dumps(frame))

    # --- the two ways in -----------------------------------------------------------------------
    def _http(self, route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        if path.startswith("/static/"):
            route.fulfill(path=STATIC / path.removeprefix("/static/"))
        elif path == "/room/":
            route.fulfill(content_type="text/html", body=self._page())
        elif path == "/token/":
            route.fulfill(json={"token": "fresh"})
        elif path == "/messages/":
            self._posted(route)
        elif path == "/live/s/watched/":
            self.reports.append(json.loads(route.request.post_data))
            route.fulfill(status=204)
        elif path.startswith("/feed/"):
            self._feed(route, path.removeprefix("/feed/"))
        else:
            self.pages_read += 1
            query = dict(pair.split("=") for pair in path.split("?")[1].split("&"))
            after = int(query["after"])
            route.fulfill(json={"events": self.log[after : after + int(query["limit"])]})

    def _page(self) -> str:
        closed = room_strings()["chatClosed"]
        return PAGE.format(boot=json.dumps(self.boot), watch=self.watch, closed=closed)

    def _feed(self, route: Route, name: str) -> None:
        self.feed_reads.append(name)
        done = len(self.log) // 50 * 50
        if self.feed_broken:
            route.fulfill(status=404)
        elif name == "tail.json":
            route.fulfill(
                json={
                    "seq": len(self.log),
                    "revision": self.feed_revision,
                    "segment": 50,
                    "events": self.log[done:],
                    "pin": None,
                    "mode": {},
                    "now": {"present": 9, "playing": 6},
                }
            )
        else:
            revision, number = name.removesuffix(".json").split("/")
            start = int(number) * 50
            if int(revision) != self.feed_revision or start + 50 > done:
                route.fulfill(status=404)
            else:
                route.fulfill(json={"events": self.log[start : start + 50]})

    def _posted(self, route: Route) -> None:
        body = route.request.post_data_json
        self.posts.append(body)
        if self.failing:
            route.fulfill(status=429, json={"code": "rate_limited", "detail": "太快了"})
        else:
            route.fulfill(status=201, json={"seq": self._store(body)})

    def _store(self, frame: dict[str, Any]) -> int:
        client_id = frame["client_id"]
        if client_id not in self.seqs:
            self.seqs[client_id] = self.add(key="me", id="m", text=frame["text"])["seq"]
        return self.seqs[client_id]

    def _socket(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)
        if self.refusing:
            socket.close(code=self.refuse_code)
            return
        socket.on_message(lambda text: self._frame(socket, json.loads(text)))

    def _frame(self, socket: WebSocketRoute, frame: dict[str, Any]) -> None:
        self.received.append(frame)
        if frame["type"] == "hello":
            self.hellos.append(frame)
            tail = {**tick(len(self.log), self.log[frame["after"] :]), "now": {"present": 5}}
            welcome = {"type": "welcome", "seq": len(self.log), "reconnect_spread_s": 0.1, **tail}
            socket.send(json.dumps(welcome))
        elif frame["type"] == "ping":
            socket.send('{"type":"pong"}')
        elif frame["type"] == "message" and not self.silent:
            seq = self._store(frame)
            ack = {"type": "ack", "client_id": frame["client_id"], "seq": seq, "held": False}
            socket.send(json.dumps(ack))


@pytest.fixture
def server(page: Page) -> Server:
    return Server(page)


def lines(page: Page) -> list[int]:
    return page.eval_on_selector_all(
        "[data-chat-list] [data-seq]", "all => all.map(line => Number(line.dataset.seq))"
    )


def online(page: Page) -> None:
    expect(page.locator("[data-room-state]")).to_have_attribute("data-state", "online")


# --- the log: every entry exactly once ----------------------------------------------------------------

# Histories of [from, to, left out, pause] and of what happens to each reading over HTTP:
# 0 works, 1 fails, 2 overlaps what is known, 3 is short.
DRIVE = """async (histories) => {
  const { createLog } = await import("/static/js/room/log.js");
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  async function live([after, frames, fates]) {
    const log = [], got = [];
    for (let seq = 1; seq <= 60; seq++) log.push({ seq });
    const page = createLog({
      after, pageSize: 10, onEvent: (event) => got.push(event.seq),
      fetchPage: async (last) => {
        const fate = fates.pop();
        if (fate === 1) throw new Error("no network");
        return log.slice(Math.max(0, last - (fate === 2 ? 3 : 0)), last + (fate === 3 ? 2 : 10));
      },
    });
    for (const [from, to, out, wait] of frames) {
      const events = log.slice(from - 1, to).filter((event) => !out.includes(event.seq));
      page.frame(out.length ? { from, to, events, left_out: out.length } : { from, to, events });
      if (wait) await pause(wait);
    }
    page.frame({ from: 61, to: 60, events: [] });
    for (let turn = 0; turn < 400 && page.last() < 60; turn++) await pause(20);
    return [got, page.last()];
  }
  return Promise.all(histories.map(live));
}"""


def history(chance: random.Random) -> list[Any]:
    """Ticks as a bad line delivers them: some lost, doubled, late, sampled, or a reconnect's tail."""
    sampling = chance.random() < 0.5
    ticks, seq = [], 1
    while seq <= 60:
        end = min(60, seq + chance.randrange(6))
        chat = [n for n in range(seq, end + 1) if sampling and n % 3 and chance.random() < 0.4]
        ticks.append([seq, end, chat])
        seq = end + 1
    delivered = []
    for place, one in enumerate(ticks):
        fate = chance.random()
        if fate < 0.2:
            continue  # lost
        if fate < 0.3 and place:
            delivered.append(ticks[chance.randrange(place)])  # doubled
        if fate < 0.4:
            delivered.append([chance.randrange(1, one[1] + 1), one[1], []])  # reconnected
        delivered.insert(len(delivered) - (fate > 0.8 and bool(delivered)), one)  # or late
    paced = [[*one, chance.choice([0, 0, 0, 3])] for one in delivered]
    fates = [chance.choice([0, 0, 2, 3]) for _ in range(12)]
    fates[chance.randrange(12)] = 1
    return [chance.randrange(10), paced, fates]


def test_any_delivery_applies_each_entry_exactly_once(page: Page, server: Server) -> None:
    server.boot = {}
    page.route(f"{ORIGIN}/blank/", lambda route: route.fulfill(content_type="text/html", body=""))
    page.goto(f"{ORIGIN}/blank/")
    histories = [history(random.Random(seed)) for seed in range(150)]
    outcomes = page.evaluate(DRIVE, histories)
    for (after, delivered, _fates), (got, last) in zip(histories, outcomes, strict=True):
        out = {seq for one in delivered for seq in one[2]}
        assert got == sorted(set(got))
        assert set(range(after + 1, 61)) - out <= set(got) <= set(range(after + 1, 61))
        assert last == 60


# --- the page -------------------------------------------------------------------------------------------


def test_ticks_are_shown_in_order_and_a_gap_is_read(page: Page, server: Server) -> None:
    server.open()
    online(page)
    expect(page.locator("[data-room-present]")).to_have_text("5")
    expect(page.locator("[data-room-count]")).to_have_text("5 人在房间")
    one, two, three = server.add(), server.add(), server.add()
    server.tick(three)
    expect(page.locator("[data-chat-list] li")).to_have_count(3)
    server.tick(one, two, head=2)
    assert lines(page) == [1, 2, 3]
    assert server.pages_read == 1
    expect(page.locator("[data-room-present]")).to_have_text("7")
    expect(page.locator("[data-room-count]")).to_have_text("4 人在看")
    first = page.locator("[data-seq='1']")
    expect(first.locator("[data-line-role]")).to_have_text(room_strings()["roles"]["host"])
    expect(first.locator("[data-line-time]")).to_have_text("14:00")


def test_a_dropped_line_comes_back_with_what_was_missed(page: Page, server: Server) -> None:
    server.open()
    online(page)
    server.tick(server.add())
    expect(page.locator("[data-chat-list] li")).to_have_count(1)
    server.add()
    server.add()
    server.sockets[-1].close(code=1001)
    expect(page.locator("[data-chat-list] li")).to_have_count(3)
    assert [hello["after"] for hello in server.hellos] == [0, 1]
    assert lines(page) == [1, 2, 3]


@pytest.mark.parametrize("code", [4401, 4403])
def test_an_ended_token_is_renewed(page: Page, server: Server, code: int) -> None:
    server.open()
    online(page)
    server.sockets[-1].close(code=code)
    wait_until(page, lambda: len(server.hellos) == 2)
    assert server.hellos[1]["token"] == "fresh"


def wait_until(page: Page, condition: Callable[[], bool], timeout_ms: int = 8000) -> None:
    for _ in range(timeout_ms // 50):
        if condition():
            return
        page.wait_for_timeout(50)
    raise AssertionError("did not happen in time")


def test_an_own_message_shows_at_once_and_once(page: Page, server: Server) -> None:
    server.open()
    online(page)
    server.silent = True
    page.fill("[name=text]", "夜班有补贴吗？")
    page.press("[name=text]", "Enter")
    line = page.locator("[data-chat-list] li")
    expect(line).to_have_attribute("data-state", "pending")
    expect(line.locator("[data-line-note]")).to_have_text(room_strings()["sending"])
    wait_until(page, lambda: len(server.received) == 2)
    first = server.received[-1]
    server.sockets[-1].close(code=1001)  # before the answer
    server.silent = False
    wait_until(page, lambda: first in server.received[2:])  # the same client_id again
    server.tick(*server.log)
    expect(page.locator("[data-seq='1'][data-own]")).to_be_visible()
    expect(line).to_have_count(1)
    assert len(server.log) == 1


def test_a_refused_message_says_why_and_can_be_sent_again(page: Page, server: Server) -> None:
    server.open()
    online(page)
    server.silent = True
    page.fill("[name=text]", "你好")
    page.press("[name=text]", "Enter")
    wait_until(page, lambda: len(server.received) == 2)
    frame = server.received[-1]
    error = {"type": "error", "client_id": frame["client_id"], "code": "muted", "message": "请稍等"}
    server.sockets[-1].send(json.dumps(error))
    line = page.locator("[data-chat-list] li")
    expect(line).to_have_attribute("data-state", "failed")
    expect(line.locator("[data-line-note]")).to_contain_text("请稍等")
    server.silent = False
    page.click("[data-line-retry]")
    wait_until(page, lambda: len(server.received) == 3)
    assert server.received[2] == frame
    expect(line).not_to_have_attribute("data-state", "failed")


def test_an_unanswered_message_outlives_a_reload(page: Page, server: Server) -> None:
    server.open()
    online(page)
    server.silent = True
    page.fill("[name=text]", "还在吗")
    page.press("[name=text]", "Enter")
    wait_until(page, lambda: len(server.received) == 2)
    server.silent = False
    page.reload()
    wait_until(page, lambda: len(server.log) == 1)
    assert server.received[-1]["client_id"] == server.received[1]["client_id"]


@pytest.mark.allow_console("429")
def test_without_sockets_the_page_asks_and_posts_over_http(page: Page, server: Server) -> None:
    server.refusing = True
    server.refuse_code = 4404
    server.add()
    server.open(after=0)
    expect(page.locator("[data-room-state]")).to_have_attribute("data-state", "polling")
    expect(page.locator("[data-chat-list] li")).to_have_count(1)
    page.fill("[name=text]", "你好")
    page.click("[data-chat-form] button")
    expect(page.locator("[data-seq='2'][data-own]")).to_be_visible(timeout=8000)
    assert lines(page) == [1, 2]
    server.failing = True
    page.fill("[name=text]", "再来")
    page.click("[data-chat-form] button")
    note = page.locator("[data-state=failed] [data-line-note]")
    expect(note).to_contain_text("太快了")


def test_a_socket_that_works_again_ends_the_polling(page: Page, server: Server) -> None:
    server.refusing = True
    server.open()
    expect(page.locator("[data-room-state]")).to_have_attribute("data-state", "polling")
    server.refusing = False
    expect(page.locator("[data-room-state]")).to_have_attribute(
        "data-state", "online", timeout=12_000
    )
    read = server.pages_read
    page.wait_for_timeout(4500)
    assert server.pages_read == read


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


def test_reading_back_keeps_its_place_and_counts_what_is_new(page: Page, server: Server) -> None:
    server.open()
    online(page)
    server.tick(*[server.add() for _ in range(30)])
    expect(page.locator("[data-seq='30']")).to_be_visible()
    page.evaluate("document.querySelector('[data-chat-list]').scrollTop = 10")
    server.tick(*[server.add() for _ in range(2)])
    more = page.locator("[data-chat-more]")
    expect(more).to_have_text(room_strings()["newMessages"].replace("{count}", "2"))
    assert page.evaluate("document.querySelector('[data-chat-list]').scrollTop") == 10
    more.click()
    expect(more).to_be_hidden()
    expect(page.locator("[data-seq='32']")).to_be_in_viewport()


def test_a_removed_line_goes_and_tells_its_author(page: Page, server: Server) -> None:
    server.open()
    online(page)
    server.tick(server.add(), server.add(key="me"), server.add("message", hidden="held"))
    expect(page.locator("[data-chat-list] li")).to_have_count(2)
    server.tick(server.add("removed", ref=1), server.add("removed", ref=2))
    expect(page.locator("[data-seq='1']")).to_have_count(0)
    expect(page.locator("[data-seq='2'] [data-line-note]")).to_have_text(
        room_strings()["removedOwn"]
    )


def test_the_card_follows_the_log_and_cannot_carry_a_script(page: Page, server: Server) -> None:
    card = {
        "id": "v1",
        "url": "javascript:alert(1)",
        "title": "<img src=x onerror=alert(1)>",
        "employer": {"name": "永兴机械厂", "verified": True},
        "text": {"zh-hans": {"pay": "8千–1.2万/月", "tags": ["包住", "两班倒"]}, "en": {}},
    }
    server.open()
    online(page)
    server.tick(server.add("pinned", vacancies=[card, {**card, "url": "/vacancies/2/"}]))
    pin = page.locator("[data-pin]")
    expect(pin).to_be_visible()
    expect(pin).to_have_attribute("data-pin-seq", "1")
    expect(pin.locator("a").first).to_have_text(card["title"])
    assert pin.locator("a").first.get_attribute("href") is None
    expect(pin.locator("a").last).to_have_attribute("href", "/vacancies/2/")
    expect(pin.locator("a").last).to_have_attribute("data-vacancy", "v1")
    expect(pin.locator("article").first).to_contain_text("8千–1.2万/月")
    expect(pin.locator("em").first).to_have_text("包住 · 两班倒")
    expect(pin.locator("i").first).to_have_text("✓")
    server.tick(server.add("unpinned"))
    expect(pin).to_be_hidden()


def test_a_closed_chat_says_so_and_opens_again(page: Page, server: Server) -> None:
    server.open()
    online(page)
    server.tick(server.add("mode", chat_open=False, hold=False, slow_s=0))
    field = page.locator("[name=text]")
    expect(field).to_be_disabled()
    expect(field).to_have_attribute("placeholder", room_strings()["chatClosed"])
    server.tick(server.add("mode", chat_open=True, hold=False, slow_s=0))
    expect(field).to_be_enabled()


def test_client_ids_are_uuids(page: Page, server: Server) -> None:
    server.open()
    ids = page.evaluate(
        """async () => {
          const { newClientId } = await import("/static/js/room/outbox.js");
          return [newClientId(), newClientId()];
        }"""
    )
    assert len(set(ids)) == 2
    for client_id in ids:
        frame = {"type": "message", "client_id": client_id, "text": "x"}
        assert isinstance(frames.parse_client(json.dumps(frame)), frames.Post)
    assert str(uuid4())[14] == ids[0][14] == "4"
