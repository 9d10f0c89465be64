"""All rooms of one process. Built so from the first day: ``group_send`` to viewers, never."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from django.conf import settings

from livestream.realtime import (
    frames,
    groups,
    layer,
    metrics,
    pace,
    presence,
    publish,
    store,
    threads,
    tokens,
)
from livestream.realtime.frames import Now
from livestream.realtime.inbox import Inbox
from livestream.realtime.room import Room, RoomClosedError, UnknownRoomError
from livestream.realtime.watches import SILENT_S, Watches

logger = logging.getLogger(__name__)

#: A room without viewers is kept this long: the next visitor finds it warm.
IDLE_S = 30.0
PRESENCE_S = 5.0
#: A revocation that the layer lost is noticed within this time.
REVOCATIONS_S = 2.5
#: Over how long pages that are to follow the feed leave their sockets.
TO_FEED_S = 30.0

CLOSE_REVOKED = 4403

_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def get_hub() -> Hub:
    """The hub of this process (of the running event loop)."""
    loop = asyncio.get_running_loop()
    hub = _hubs.get(loop)
    if hub is None:
        hub = _hubs[loop] = Hub()
        publish.listen_on(loop, hub.here)
    return hub


class Hub:
    """Opens a room at its first viewer, closes it when it has stood empty for a while."""

    def __init__(self) -> None:
        self.inbox = Inbox()
        self.watches = Watches()
        self._rooms: dict[UUID, asyncio.Task[Room]] = {}
        self._revoked: dict[tuple[str, str], int] = {}
        self._revoked_known: asyncio.Task[None] | None = None
        self._reporter = presence.Reporter()
        self._report_now = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def room(self, session: UUID) -> Room:
        """The room of a session, opened if need be.

        Raises ``UnknownRoomError`` if there is none, ``RoomClosedError`` if it cannot be opened.
        """
        self._start()
        if self._revoked_known is not None:
            await asyncio.shield(self._revoked_known)
        task = self._rooms.get(session)
        if task is None:
            task = self._rooms[session] = asyncio.create_task(self._open(session))
        try:
            return await asyncio.shield(task)
        except Exception:
            if self._rooms.get(session) is task:
                del self._rooms[session]
            raise

    def visited(self) -> None:
        """Somebody came or went: count people soon, not only every few seconds."""
        self._report_now.set()

    def is_revoked(self, claims: tokens.Claims) -> bool:
        """Whether a revocation that this process heard of is later than the token. No I/O."""
        names = ((claims.key, ""), (claims.key, str(claims.session)))
        return any(self._revoked.get(name, -1) >= claims.issued_ms for name in names)

    def here(self, group: str, message: dict[str, Any]) -> None:
        """Take a message of this process itself at once, whatever becomes of the layer."""
        if group == groups.CONTROL_GROUP:
            self._on_control(message)
        for room in self._open_rooms():
            if group == groups.room_group(room.session):
                room.on_message(message)

    async def close(self) -> None:
        """Stop everything, store what waits; for tests and shutdown."""
        rooms = [task.result() for task in self._rooms.values() if _opened(task)]
        self._rooms.clear()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        for room in rooms:
            await room.close()
        await self.inbox.drain()
        await self.watches.store()
        await threads.close()

    async def _open(self, session: UUID) -> Room:
        room = Room(session)
        try:
            await room.open()
        except UnknownRoomError:
            raise
        except Exception as error:
            logger.exception("The room of %s could not be opened", session)
            raise RoomClosedError from error
        return room

    def _start(self) -> None:
        if not self._tasks:
            self._revoked_known = asyncio.create_task(self._read_revoked(tokens.LIFETIME_S))
            works = (
                layer.listen(groups.CONTROL_GROUP, self._on_control, lambda: None),
                self._report_for_ever(),
                self._sweep_for_ever(),
                self._revoke_for_ever(),
                self._note_minutes_for_ever(),
                self.watches.store_for_ever(),
            )
            self._tasks = [asyncio.create_task(work) for work in works]

    def _open_rooms(self) -> list[Room]:
        return [task.result() for task in self._rooms.values() if _opened(task)]

    # --- revocations ---------------------------------------------------------------------------
    def _on_control(self, message: Mapping[str, Any]) -> None:
        if message.get("type") == groups.CLOSE_KEY:
            self._revoke(store.Revoked(message["key"], message["session"], message["at"]))

    def _revoke(self, revoked: store.Revoked) -> None:
        name = (revoked.key, revoked.session)
        if self._revoked.get(name, -1) >= revoked.at_ms:
            return
        self._revoked[name] = revoked.at_ms
        for room in self._open_rooms():
            if revoked.session in {"", str(room.session)}:
                room.close_key(revoked.key, CLOSE_REVOKED, until_ms=revoked.at_ms)

    async def _revoke_for_ever(self) -> None:
        """Look into the database too: the layer loses messages, and a process may be new."""
        while True:
            await asyncio.sleep(REVOCATIONS_S * random.uniform(0.8, 1.0))
            await self._read_revoked(4 * 60)

    async def _read_revoked(self, since_s: float) -> None:
        try:
            for revoked in await store.read_revoked(since_s):
                self._revoke(revoked)
        except Exception:
            logger.exception("Could not read revocations; trying again")

    # --- people present ------------------------------------------------------------------------
    async def _report_for_ever(self) -> None:
        while True:
            try:
                await self._report()
            except Exception:
                logger.exception("Counting the people present failed; trying again")
            await asyncio.sleep(PRESENCE_S / 5)  # newcomers within a second, else at leisure
            with suppress(TimeoutError):
                await asyncio.wait_for(self._report_now.wait(), PRESENCE_S * 4 / 5)
            self._report_now.clear()

    async def _report(self) -> None:
        rooms = self._open_rooms()
        sockets = sum(len(room.viewers) for room in rooms)
        metrics.VIEWERS.set(sockets)
        self.inbox.tick_s = max((room.tick_s for room in rooms), default=pace.SHORTEST_S)
        counts = {
            room.session: room.collect()._replace(behind=self.watches.delays.of(room.session))
            for room in rooms
        }
        told, site = await threads.CACHE.run(self._reporter.report, counts, sockets)
        allowance = pace.bytes_per_viewer_s(settings.UPLINK_MBIT, max(site, sockets))
        for room in rooms:
            now, room.turn = told[room.session]
            room.allowance = allowance
            room.tell(
                Now(
                    max(now.present, room.people),
                    max(now.playing, counts[room.session].playing),
                    max(now.hearts, room.now.hearts),
                )
            )
            self._relieve(room, pace.surplus(allowance))

    def _relieve(self, room: Room, part: float) -> None:
        """Send those who only watch to the feed, where it is served by others than this line."""
        if not part or not settings.FEED_ORIGIN or time.monotonic() < room.relieved_until:
            return
        room.relieved_until = time.monotonic() + 2 * TO_FEED_S
        watchers = [viewer for viewer in room.viewers if not viewer.claims.account]
        for viewer in random.sample(watchers, min(len(watchers), int(part * len(room.viewers)))):
            viewer.answer(frames.to_feed(TO_FEED_S))

    # --- tidying and counting ------------------------------------------------------------------
    async def _sweep_for_ever(self) -> None:
        empty_since: dict[UUID, float] = {}
        while True:
            await asyncio.sleep(IDLE_S / 3)
            now = time.monotonic()
            for room in self._open_rooms():
                self._forget_silent(room)
                if room.viewers or room.is_awaited:
                    empty_since.pop(room.session, None)
                elif now - empty_since.setdefault(room.session, now) >= IDLE_S:
                    empty_since.pop(room.session)
                    del self._rooms[room.session]
                    await room.close()
            oldest = time.time_ns() // 1_000_000 - tokens.LIFETIME_S * 1000
            self._revoked = {name: at for name, at in self._revoked.items() if at > oldest}

    def _forget_silent(self, room: Room) -> None:
        oldest = time.time() - SILENT_S
        for viewer in room.viewers:
            if viewer.playing and viewer.heard_at < oldest:
                viewer.playing = False

    async def _note_minutes_for_ever(self) -> None:
        while True:
            minute = int(time.time() // 60)
            await asyncio.sleep(60 * (minute + 1) - time.time() + random.uniform(0, 3))
            for room in self._open_rooms():
                if not room.viewers:
                    continue
                try:
                    await store.note_minute(room.session, minute, room.now)
                except Exception:
                    logger.exception("The minute of %s was not logged", room.session)


def _opened(task: asyncio.Task[Room]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None


async def lifespan(scope: Any, receive: Any, send: Any) -> None:
    """The ASGI lifespan: at shutdown, once the sockets are closed, store what waits."""
    del scope
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await get_hub().close()
    await send({"type": "lifespan.shutdown.complete"})
