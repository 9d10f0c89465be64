"""People in a room as their pages behave: docs/protocol.md, written once more from the document."""

from __future__ import annotations

import asyncio
import json
import random
import time
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass, field
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection, connect

#: An answer that has not come by then is not waited for: the message is sent again.
ANSWER_S = 2.0


@dataclass(frozen=True)
class Site:
    """Where the processes are."""

    room: str
    ports: list[int]

    def socket(self, place: int) -> str:
        return f"ws://127.0.0.1:{self.ports[place]}/ws/rooms/{self.room}/"

    def origin(self, place: int) -> Any:
        return f"http://127.0.0.1:{self.ports[place]}"

    def events(self, place: int, after: int) -> list[dict[str, Any]]:
        """A page of the log over HTTP. Blocks; OSError if there is no answer."""
        url = f"{self.origin(place)}/api/v1/sessions/{self.room}/events/?after={after}&limit=200"
        with urllib.request.urlopen(url, timeout=5) as answer:
            return list(json.load(answer)["events"])


@dataclass(frozen=True)
class Ack:
    """One acknowledged message."""

    place: int
    client_id: str
    text: str
    seq: int
    sent_at: float
    acked_at: float


@dataclass
class Person:
    """Reads everything, and writes one message after the other while ``writing``."""

    site: Site
    place: int
    ticket: str
    pause_s: float
    acks: list[Ack]
    last: int = 0
    #: What this person has seen: each number once, because ``last`` only grows.
    seen: dict[int, str] = field(default_factory=dict)
    writing: bool = True
    refused: list[str] = field(default_factory=list)
    _socket: ClientConnection | None = None
    _answers: dict[str, asyncio.Future[dict[str, Any]]] = field(default_factory=dict)
    _behind: asyncio.Event = field(default_factory=asyncio.Event)
    _to: int = 0

    async def live(self) -> None:
        """Until cancelled: connect, read, fill gaps, write, and come back whenever it ends."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._write())
            tasks.create_task(self._fill_gaps())
            tasks.create_task(self._connect_for_ever())

    # --- reading -------------------------------------------------------------------------------
    async def _connect_for_ever(self) -> None:
        while True:
            try:
                origin, url = self.site.origin(self.place), self.site.socket(self.place)
                async with connect(
                    url, origin=origin, open_timeout=5, ping_interval=None
                ) as socket:
                    hello = {"type": "hello", "token": self.ticket, "after": self.last}
                    await socket.send(json.dumps(hello))
                    async for text in socket:
                        self._take(json.loads(text), socket)
            except (OSError, TimeoutError, websockets.WebSocketException):
                pass
            self._socket = None
            for answer in self._answers.values():
                answer.cancel()  # nobody will answer here any more: ask again on the next socket
            await asyncio.sleep(random.uniform(0.05, 0.3))

    def _take(self, frame: dict[str, Any], socket: ClientConnection) -> None:
        kind = frame.get("type")
        if kind in {"ack", "error"}:
            answer = self._answers.get(frame.get("client_id") or "")
            if answer is not None and not answer.done():
                answer.set_result(frame)
        elif kind in {None, "welcome"}:
            if kind:
                self._socket = socket
            self._apply(frame["events"])
            self._to = max(self._to, frame["to"])
            if self._to > self.last:
                self._behind.set()

    def _apply(self, events: list[dict[str, Any]]) -> None:
        for event in events:
            if event["seq"] == self.last + 1:
                self.last += 1
                self.seen[self.last] = event["data"].get("text", "")

    async def _fill_gaps(self) -> None:
        while True:
            await self._behind.wait()
            self._behind.clear()
            while self._to > self.last:
                try:
                    self._apply(await asyncio.to_thread(self.site.events, self.place, self.last))
                except (OSError, ValueError):
                    await asyncio.sleep(0.2)

    # --- writing -------------------------------------------------------------------------------
    async def _write(self) -> None:
        while True:
            await asyncio.sleep(self.pause_s * random.uniform(0.5, 1.5))
            if self.writing:
                await self._say(
                    f"{random.choice('你好请问包住吗夜班有补贴')}{uuid.uuid4().hex[:12]}"
                )

    async def _say(self, text: str) -> None:
        client_id = str(uuid.uuid4())
        sent_at = time.monotonic()
        while True:
            answer = await self._send(client_id, text)
            if answer is None:
                await asyncio.sleep(0.05)
            elif answer["type"] == "ack":
                now = time.monotonic()
                ack = Ack(self.place, client_id, text, answer["seq"], sent_at, now)
                self.acks.append(ack)
                return
            else:
                self.refused.append(answer["code"])
                await asyncio.sleep(0.1 if answer["code"] == "server_error" else 1.0)

    async def _send(self, client_id: str, text: str) -> dict[str, Any] | None:
        """What the server said to this message; None if it said nothing."""
        socket = self._socket
        if socket is None:
            return None
        answer = self._answers[client_id] = asyncio.get_running_loop().create_future()
        try:
            await socket.send(json.dumps({"type": "message", "client_id": client_id, "text": text}))
            await asyncio.wait({answer}, timeout=ANSWER_S)
        except websockets.WebSocketException:
            return None
        else:
            return answer.result() if answer.done() and not answer.cancelled() else None
        finally:
            del self._answers[client_id]
