"""All rooms of one process. Built so from the first day: ``group_send`` to viewers, never."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async

from livestream.realtime import groups, layer, presence, publish, tokens
from livestream.realtime.room import Room

logger = logging.getLogger(__name__)

#: A room without viewers is kept this long: the next visitor finds it warm.
IDLE_S = 30.0
PRESENCE_S = 5.0

CLOSE_REVOKED = 4403

_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def get_hub() -> Hub:
    """The hub of this process (of the running event loop)."""
    loop = asyncio.get_running_loop()
    hub = _hubs.get(loop)
    if hub is None:
        hub = _hubs[loop] = Hub()
        publish.listen_on(loop)
    return hub


class Hub:
    """Opens a room at its first viewer, closes it when it has stood empty for a while."""

    def __init__(self) -> None:
        self._rooms: dict[UUID, asyncio.Task[Room]] = {}
        self._revoked: dict[tuple[str, str], int] = {}
        self._reporter = presence.Reporter()
        self._report_now = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def room(self, session: UUID) -> Room:
        """The room of a session, opened if need be; raise ``UnknownRoomError`` if there is none."""
        self._start()
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

    async def close(self) -> None:
        """Stop everything; for tests and shutdown."""
        rooms = [task.result() for task in self._rooms.values() if _opened(task)]
        self._rooms.clear()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        for room in rooms:
            await room.close()

    async def _open(self, session: UUID) -> Room:
        room = Room(session)
        await room.open()
        return room

    def _start(self) -> None:
        if not self._tasks:
            self._tasks = [
                asyncio.create_task(
                    layer.listen(groups.CONTROL_GROUP, self._on_control, lambda: None)
                ),
                asyncio.create_task(self._report_for_ever()),
                asyncio.create_task(self._sweep_for_ever()),
            ]

    # --- revocations ---------------------------------------------------------------------------
    def _on_control(self, message: Mapping[str, Any]) -> None:
        if message.get("type") != groups.CLOSE_KEY:
            return
        key, session, at = message["key"], message["session"], message["at"]
        self._revoked[(key, session)] = at
        for room in self._open_rooms():
            if session in {"", str(room.session)}:
                room.close_key(key, CLOSE_REVOKED, until_ms=at)

    def _open_rooms(self) -> list[Room]:
        return [task.result() for task in self._rooms.values() if _opened(task)]

    # --- people present ------------------------------------------------------------------------
    async def _report_for_ever(self) -> None:
        report = sync_to_async(self._reporter.report, thread_sensitive=False)
        while True:
            counts = {room.session: room.people for room in self._open_rooms()}
            try:
                sums = await report(counts) if counts else {}
            except Exception:
                logger.exception("The cache did not take the people present")
                sums = counts
            for room in self._open_rooms():
                room.tell_present(max(sums.get(room.session, 0), room.people))
            await asyncio.sleep(PRESENCE_S / 5)  # newcomers within a second, else at leisure
            with suppress(TimeoutError):
                await asyncio.wait_for(self._report_now.wait(), PRESENCE_S * 4 / 5)
            self._report_now.clear()

    # --- tidying -------------------------------------------------------------------------------
    async def _sweep_for_ever(self) -> None:
        empty_since: dict[UUID, float] = {}
        while True:
            await asyncio.sleep(IDLE_S / 3)
            now = time.monotonic()
            for room in self._open_rooms():
                if room.viewers:
                    empty_since.pop(room.session, None)
                elif now - empty_since.setdefault(room.session, now) >= IDLE_S:
                    empty_since.pop(room.session)
                    del self._rooms[room.session]
                    await room.close()
            oldest = time.time_ns() // 1_000_000 - tokens.LIFETIME_S * 1000
            self._revoked = {name: at for name, at in self._revoked.items() if at > oldest}


def _opened(task: asyncio.Task[Room]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None
