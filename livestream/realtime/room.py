"""One room in one process: its tail of the log, its local viewers, and the tick between them."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.conf import settings

from livestream.realtime import frames, groups, layer, metrics, pace, presence, store
from livestream.realtime.frames import Now
from livestream.realtime.tail import RING, Entry, Tail
from livestream.realtime.viewers import Viewer
from livestream.realtime.wire import Frame

logger = logging.getLogger(__name__)

#: A lost layer message is noticed within this time.
POLL_S = 3.0
#: Entries sent along with a welcome; who is further behind reads pages over HTTP.
TAIL = RING
#: Viewers per second that a restarted server takes back; spreads the herd's reconnects.
RECONNECTS_PER_S = 1500
#: Viewers written to before other work of the process gets a turn.
CHUNK = 250

Event = dict[str, Any]


class UnknownRoomError(Exception):
    """No such session."""


class RoomClosedError(Exception):
    """The room cannot be opened at the moment; the reason has been logged once for all."""


class Room:
    """The log arrives anyhow; viewers get each entry once, in order, or see that one is missing.

    All methods run on the hub's event loop; nothing is shared between threads.
    """

    def __init__(self, session: UUID) -> None:
        self.session = session
        self.tail = Tail()
        self.now = Now()
        #: Bytes per viewer and second that the line has, None: not limited.
        self.allowance: float | None = None
        #: This process's turn among those that write to the room.
        self.turn = pace.Turn()
        self.viewers: set[Viewer] = set()
        #: ♥ since the hub last collected them.
        self.hearts = 0
        self.sent = pace.Sent()
        self._written = pace.Written()
        #: Until then (monotonic) nobody more is sent to the feed.
        self.relieved_until = 0.0
        self._by_key: dict[str, set[Viewer]] = {}
        self._wake = asyncio.Event()
        self._moved = asyncio.Event()
        self._awaiting = 0
        self._must_read = False
        self._told = Now(present=-1)
        self._last_tick = time.monotonic()
        self._bytes_per_line = 0.0
        self._readable = pace.Readable(settings.CHAT_LINES_PER_S)
        self._welcomes: dict[tuple[str, int], Frame] = {}
        self._tasks: list[asyncio.Task[None]] = []

    # --- life ----------------------------------------------------------------------------------
    async def open(self) -> None:
        """Read the newest of the log and begin to follow it; raise :class:`UnknownRoomError`."""
        head = await store.read_head(self.session)
        if head is None:
            raise UnknownRoomError
        self.tail = Tail(max(0, head - RING))
        while self.tail.head < head and await self._read():
            pass
        group = groups.room_group(self.session)
        self._tasks = [
            asyncio.create_task(layer.listen(group, self.on_message, self.read_soon)),
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

    @property
    def playing(self) -> int:
        """Distinct persons among them whose picture (or page, where it is elsewhere) runs."""
        return sum(any(viewer.playing for viewer in same) for same in self._by_key.values())

    def join(self, viewer: Viewer, after: int) -> None:
        """Welcome a viewer with the tail of the log after what its page has seen.

        Tail and later ticks fit together without a gap, unless the tail is longer than memory
        holds: then it is empty and its ``from`` tells the page to read the log.
        """
        self.viewers.add(viewer)
        self._by_key.setdefault(viewer.key, set()).add(viewer)
        if self.people > self.now.present:
            self.now = self.now._replace(present=self.people)
        if after > self.tail.head:
            self.read_soon()  # the page knows more than we do: a message to us was lost
        viewer.say(self._welcome(viewer.claims.role, min(after, self.tail.head)))

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
            if viewer.claims.issued_ms <= until_ms:
                viewer.close(code)

    @property
    def reconnect_spread_s(self) -> float:
        """Over how many seconds pages should spread their reconnects."""
        return round(min(60.0, max(2.0, self.now.present / RECONNECTS_PER_S)), 1)

    def _welcome(self, role: str, after: int) -> Frame:
        """A herd comes back with the same ``after``: one frame serves all of it until a tick."""
        frame = self._welcomes.get((role, after))
        if frame is None:
            entries = self.tail.after(after)
            if entries is None or len(entries) > TAIL:
                entries, after = (), self.tail.head
            kept = pace.select(entries, max(100, self._lines(len(entries))))
            text = frames.welcome(
                self.session,
                role,
                self.reconnect_spread_s,
                after=after,
                head=self.tail.head,
                events=[entry.text for entry in kept],
                now=self.now,
                left_out=len(entries) - len(kept),
            )
            frame = self._welcomes[role, after] = Frame(text)
        return frame

    # --- the log -------------------------------------------------------------------------------
    def on_message(self, message: dict[str, Any]) -> None:
        """Take what the layer, or a service of this process, hands over."""
        if message.get("type") == groups.EVENTS:
            if "at" in message:
                metrics.LAYER_LAG.observe(max(0.0, time.time() - message["at"]))
            if self.tail.take(message["events"]):
                self._wake.set()

    def read_soon(self) -> None:
        """Have the next tick look into the log."""
        self._must_read = True
        self._wake.set()

    async def wait_beyond(self, seq: int, timeout_s: float) -> None:
        """Return when the log goes beyond ``seq``, or after the time."""
        self._awaiting += 1
        try:
            async with asyncio.timeout(timeout_s):
                while self.tail.head <= seq:
                    await self._moved.wait()
        except TimeoutError:
            return
        finally:
            self._awaiting -= 1

    @property
    def is_awaited(self) -> bool:
        """Whether somebody without a socket waits for something to happen here."""
        return self._awaiting > 0

    async def _poll_for_ever(self) -> None:
        while True:
            await asyncio.sleep(POLL_S * random.uniform(0.9, 1.1))
            self.read_soon()

    async def advance(self) -> list[Entry]:
        """Move over everything known without a gap; read the log where one remains."""
        ready = self.tail.advance()
        if self.tail.has_gap or self._must_read:
            self._must_read = False
            try:
                ready += await self._read()
            except Exception:
                logger.exception("Could not read the log of %s; trying again", self.session)
        return ready

    async def _read(self) -> list[Entry]:
        events = await store.read_events(self.session, self.tail.head, store.PAGE)
        self.tail.take(events)
        ready = self.tail.advance()
        if len(events) == store.PAGE:
            self.read_soon()
        else:
            self.tail.forget_early()  # the log ends here: what seemed later comes with a poll
        return ready

    # --- the tick ------------------------------------------------------------------------------
    def tell(self, now: Now) -> None:
        """Note the people and the ♥ over all processes; a change goes out with a tick."""
        self.now = now
        if now != self._told:
            self._wake.set()

    async def _tick_for_ever(self) -> None:
        while True:
            await self._wake.wait()
            due = pace.next_tick(self._last_tick, self.tick_s, self.turn)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            self._wake.clear()
            try:
                await self.tick()
            except Exception:
                logger.exception("Tick of %s failed", self.session)

    @property
    def tick_s(self) -> float:
        """Seconds from one tick to the next that this process wants, now."""
        return pace.tick_length(self.sent, self.now.present, self.allowance, self.turn.of)

    async def tick(self) -> None:
        """Encode once, offer to everybody, wait for nobody."""
        entries = await self.advance()
        if entries:
            self._moved.set()
            self._moved = asyncio.Event()
        if not entries and self.now == self._told:
            return
        self._told = self.now
        self._welcomes.clear()
        started = time.monotonic()
        seconds, self._last_tick = started - self._last_tick, started
        if self.viewers:
            metrics.TICKS.observe(min(seconds, pace.LONGEST_ON_LINE_S))
            kept = pace.select(entries, self._lines(self._readable.after(seconds)))
            self._readable.show(sum(entry.chat for entry in kept))
            await self._fan_out(self._frame(entries, kept), len(kept))

    def collect(self) -> presence.Count:
        """What is to be reported of this room since the last time."""
        hearts, self.hearts = self.hearts, 0
        written, self._written = self._written, pace.Written()
        line = written.line(time.monotonic())
        return presence.Count(self.people, self.playing, hearts, line, self.tick_s)

    def _lines(self, readable: int) -> int:
        return pace.chat_lines(
            readable, allowance=self.allowance, bytes_per_line=self._bytes_per_line
        )

    def _frame(self, entries: Sequence[Entry], kept: Sequence[Entry]) -> Frame:
        head = entries[-1].seq if entries else self.tail.head
        start = entries[0].seq if entries else head + 1
        texts = [entry.text for entry in kept]
        left_out = len(entries) - len(kept)
        self._written.chat += sum(entry.chat for entry in entries)
        self._written.left_out += left_out
        return Frame(frames.tick(start, head, texts, self.now, left_out=left_out))

    async def _fan_out(self, frame: Frame, lines: int) -> None:
        started = time.monotonic()
        crowd = list(self.viewers)
        skipped = total = 0
        for first in range(0, len(crowd), CHUNK):
            for viewer in crowd[first : first + CHUNK]:
                if written := viewer.offer(frame):
                    total += written
                    viewer.skipped = 0
                else:
                    skipped += 1
                    viewer.missed()
            await asyncio.sleep(0)
        seconds, each = time.monotonic() - started, total / max(1, len(crowd) - skipped)
        self.sent = pace.Sent(pace.smoothed(self.sent.seconds, seconds), len(crowd), skipped, each)
        if lines:
            self._bytes_per_line = each / lines
        self._written.bytes += total + (len(crowd) - skipped) * pace.OVERHEAD_BYTES
        self._written.ticks += 1
        metrics.FAN_OUT.observe(seconds)
        metrics.BYTES.inc(total)
        metrics.SKIPPED.inc(skipped)
