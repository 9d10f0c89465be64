"""Messages on their way into the log: whatever waits is stored together, then acknowledged."""

from __future__ import annotations

import asyncio
import logging

from django.db import DatabaseError

from livestream.realtime import metrics, pace, store
from livestream.realtime.store import Posted, Wanted

logger = logging.getLogger(__name__)

#: Messages stored in one transaction.
BATCH = 500
#: Part of a tick between two batches. One costs about as much with twenty messages as with one, so
#: a busy room's wait a little for company; nobody would see them before the next tick anyway.
PAUSE_PART = 1 / 3
#: Messages that may wait; beyond this the process says so instead of promising what it cannot.
WAITING_MOST = 5000


class NotStoredError(Exception):
    """The batch a message was in could not be stored; the reason has been logged once for all."""


class Inbox:
    """While one batch is being stored, and a moment after, the next one gathers."""

    def __init__(self) -> None:
        #: Seconds of the longest tick of this process's rooms.
        self.tick_s = pace.SHORTEST_S
        self._waiting: list[tuple[Wanted, asyncio.Future[Posted]]] = []
        self._task: asyncio.Task[None] | None = None

    async def post(self, wanted: Wanted) -> Posted:
        """Store a message; what became of it once it is committed.

        Raises :class:`NotStoredError` where the whole batch failed (then nothing of it was stored)
        or more messages wait than this process can store.
        """
        if len(self._waiting) >= WAITING_MOST:
            raise NotStoredError
        done: asyncio.Future[Posted] = asyncio.get_running_loop().create_future()
        self._waiting.append((wanted, done))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._store_all())
        posted = await done
        if posted.code:
            metrics.REFUSED.labels(posted.code).inc()
        else:
            metrics.ACCEPTED.inc()
        return posted

    async def drain(self) -> None:
        """Wait until nothing is left to be stored."""
        while self._task is not None and not self._task.done():
            await asyncio.wait({self._task})

    async def _store_all(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            try:
                posted = await store.post_messages([wanted for wanted, _done in batch])
            except DatabaseError as error:  # it is away: one line says so, not a page for each
                logger.error("Storing %d messages failed: %s", len(batch), error)  # noqa: TRY400
                _fail(batch)
            except Exception:
                logger.exception("Storing %d messages failed", len(batch))
                _fail(batch)
            else:
                for (_wanted, done), answer in zip(batch, posted, strict=True):
                    if not done.done():
                        done.set_result(answer)
            if len(self._waiting) < BATCH:
                await asyncio.sleep(self.tick_s * PAUSE_PART)


def _fail(batch: list[tuple[Wanted, asyncio.Future[Posted]]]) -> None:
    for _wanted, done in batch:
        if not done.done():
            done.set_exception(NotStoredError())
