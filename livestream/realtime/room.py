"""One room in one process: its tail of the log, its local viewers, and the tick between them."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from livestream.realtime import frames, groups, layer, store
from livestream.realtime.viewers import FanOut, Viewer

logger = logging.getLogger(__name__)

TICK_SHORTEST_S = 0.25
TICK_LONGEST_S = 1.0
#: A lost layer message is noticed within this time.
POLL_S = 3.0
#: Entries kept in memory, so that a reconnect costs no query.
RING = 500
#: Entries sent along with a welcome; who is further behind reads pages over HTTP.
TAIL = 200
#: Viewers per second that a restarted server takes back; spreads the herd's reconnects.
RECONNECTS_PER_S = 800

Event = dict[str, Any]


class UnknownRoomError(Exception):
    """No such session."""


class Room:
    """The events after ``head`` arrive in any order, twice or never; viewers get each in order.

    All methods run on the hub's event loop; nothing is shared between threads.
    """

    def __init__(self, session: UUID) -> None:
        self.session = session
        self.head = 0
        self.present = 0
        self.viewers: set[Viewer] = set()
        self._by_key: dict[str, set[Viewer]] = {}
        self._ring: deque[Event] = deque(maxlen=RING)
        self._early: dict[int, Event] = {}
        self._wake = asyncio.Event()
        self._must_read = False
        self._told_present = -1
        self._next_tick = 0.0
        self._fan_out: FanOut | None = None
        self._tasks: list[asyncio.Task[None]] = []

    # --- life ----------------------------------------------------------------------------------
    async def open(self) -> None:
        """Find the log's head and begin to follow it; raise :class:`UnknownRoomError`."""
        head = await store.read_head(self.session)
        if head is None:
            raise UnknownRoomError
        self.head = head
        group = groups.room_group(self.session)
        self._tasks = [
            asyncio.create_task(layer.listen(group, self._on_message, self.read_soon)),
            asyncio.create_task(self._tick_for_ever()),
            asyncio.create_task(self._poll_for_ever()),
        ]

    async def close(self) -> None:
        """Stop following the log. Viewers must be gone or going."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- viewers -------------------------------------------------------------------------------
    @property
    def people(self) -> int:
        """Distinct persons among this process's viewers."""
        return len(self._by_key)

    def join(self, viewer: Viewer, after: int) -> dict[str, Any]:
        """Add a viewer; return the tail of the log after what it has seen, as a tick.

        Tail and later ticks fit together without a gap, unless the tail is longer than memory
        holds: then the tick is empty and its ``from`` tells the page to read the log.
        """
        self.viewers.add(viewer)
        self._by_key.setdefault(viewer.key, set()).add(viewer)
        self.present = max(self.present, self.people)
        if after > self.head:
            self.read_soon()  # the page knows more than we do: a message to us was lost
        return frames.tick(self.head, self._tail(after), self.present)

    def leave(self, viewer: Viewer) -> None:
        """Forget a viewer; harmless if it is gone already."""
        self.viewers.discard(viewer)
        same = self._by_key.get(viewer.key, set())
        same.discard(viewer)
        if not same:
            self._by_key.pop(viewer.key, None)

    def close_key(self, key: str, code: int, *, until_ms: int) -> None:
        """Close the sockets of a person whose tokens were issued until ``until_ms``."""
        for viewer in list(self._by_key.get(key, ())):
            if viewer.issued_ms <= until_ms:
                viewer.close(code)

    @property
    def reconnect_spread_s(self) -> float:
        """Over how many seconds pages should spread their reconnects."""
        return round(min(60.0, max(2.0, self.present / RECONNECTS_PER_S)), 1)

    def _tail(self, after: int) -> list[Event]:
        missing = self.head - after
        if not 0 < missing <= min(TAIL, len(self._ring)):
            return []
        return list(self._ring)[-missing:]

    # --- the log -------------------------------------------------------------------------------
    def _on_message(self, message: dict[str, Any]) -> None:
        if message.get("type") == groups.EVENTS:
            self._take(message["events"])

    def _take(self, events: Iterable[Event]) -> None:
        for event in events:
            if event["seq"] > self.head:
                self._early[event["seq"]] = event
        if self._early:
            self._wake.set()

    def read_soon(self) -> None:
        """Have the next tick look into the log."""
        self._must_read = True
        self._wake.set()

    async def _poll_for_ever(self) -> None:
        while True:
            await asyncio.sleep(POLL_S * random.uniform(0.9, 1.1))
            if self.viewers:
                self.read_soon()

    async def _advance(self) -> list[Event]:
        """Move ``head`` over everything known without a gap; read the log where one remains."""
        ready = self._in_order()
        if self._early or self._must_read:
            self._must_read = False
            try:
                self._take(await store.read_events(self.session, self.head, store.PAGE))
            except Exception:
                logger.exception("Could not read the log of %s; trying again", self.session)
            else:
                ready += self._in_order()
                self._early.clear()  # nothing beyond an unread page is lost: the poll reads on
        return ready

    def _in_order(self) -> list[Event]:
        ready = []
        while (event := self._early.pop(self.head + 1, None)) is not None:
            self.head += 1
            self._ring.append(event)
            ready.append(event)
        for event in ready:
            if event["kind"] == "removed":
                self._redact(event["data"].get("ref"))
        return ready

    def _redact(self, seq: object) -> None:
        """Take a removed entry's text out of memory, for those who reconnect later."""
        for place, event in enumerate(self._ring):
            if event["seq"] == seq:
                kept = {name: event[name] for name in ("seq", "kind", "at")}
                self._ring[place] = {**kept, "data": {"hidden": "removed"}}
                return

    # --- the tick ------------------------------------------------------------------------------
    def tell_present(self, present: int) -> None:
        """Note the people present over all processes; a change goes out with a tick."""
        self.present = present
        if present != self._told_present:
            self._wake.set()

    async def _tick_for_ever(self) -> None:
        while True:
            await self._wake.wait()
            await asyncio.sleep(max(0.0, self._next_tick - time.monotonic()))
            self._wake.clear()
            try:
                self._send_tick(await self._advance())
            except Exception:
                logger.exception("Tick of %s failed", self.session)
            self._next_tick = time.monotonic() + self._tick_length()

    def _tick_length(self) -> float:
        """``max(0.25 s, 2 × the last fan-out)``, at most 1 s; an unfinished one counts as long."""
        if self._fan_out is None or not self.viewers:
            return TICK_SHORTEST_S
        last = TICK_LONGEST_S if self._fan_out.seconds is None else self._fan_out.seconds
        return min(TICK_LONGEST_S, max(TICK_SHORTEST_S, 2 * last))

    def _send_tick(self, events: Sequence[Event]) -> None:
        """Encode once, offer to everybody, wait for nobody."""
        if not events and self.present == self._told_present:
            return
        self._told_present = self.present
        if not self.viewers:
            return
        text = frames.encode(frames.tick(self.head, events, self.present))
        message = {"type": "websocket.send", "text": text}
        self._fan_out = FanOut(len(self.viewers), time.monotonic)
        for viewer in list(self.viewers):
            viewer.offer(message, self._fan_out)
