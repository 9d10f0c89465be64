"""Threads of the room engine's own for what blocks: pages never wait behind a room, nor it behind
them. One thread a lane: what goes into a lane is done in order, one at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import close_old_connections, connections

P = ParamSpec("P")
R = TypeVar("R")


class Lane:
    """Runs functions in one thread, each with a database connection in order."""

    def __init__(self, name: str) -> None:
        self._name = f"rooms-{name}"
        self._executor: ThreadPoolExecutor | None = None

    async def run(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Await ``work(*args, **kwargs)`` in this lane's thread."""
        if self._executor is None:
            self._executor = ThreadPoolExecutor(1, thread_name_prefix=self._name)

        def task() -> R:
            close_old_connections()
            try:
                return work(*args, **kwargs)
            finally:
                close_old_connections()

        return await asyncio.get_running_loop().run_in_executor(self._executor, task)

    async def close(self) -> None:
        """Finish what is under way and let go of the thread's connections."""
        executor, self._executor = self._executor, None
        if executor is not None:
            await asyncio.get_running_loop().run_in_executor(executor, connections.close_all)
            executor.shutdown(wait=False)


#: Messages being accepted, the log being read, played time and minutes being stored, the cache.
POSTS, READS, NOTES, CACHE = Lane("posts"), Lane("reads"), Lane("notes"), Lane("cache")
#: Publishers' keys being looked at; their takes. Whoever tries keys holds up nobody's beat.
KEYS, TAKES = Lane("keys"), Lane("takes")


async def close() -> None:
    """Close every lane; for shutdown and tests."""
    for lane in (POSTS, READS, NOTES, CACHE, KEYS, TAKES):
        await lane.close()
