"""A small model of the server, for the room's scripts in a real Chromium."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Route, WebSocketRoute, expect

from livestream.realtime.strings import room_strings

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


def lines(page: Page) -> list[int]:
    return page.eval_on_selector_all(
        "[data-chat-list] [data-seq]", "all => all.map(line => Number(line.dataset.seq))"
    )


def online(page: Page) -> None:
    expect(page.locator("[data-room-state]")).to_have_attribute("data-state", "online")


def wait_until(page: Page, condition: Callable[[], bool], timeout_ms: int = 8000) -> None:
    for _ in range(timeout_ms // 50):
        if condition():
            return
        page.wait_for_timeout(50)
    raise AssertionError("did not happen in time")
