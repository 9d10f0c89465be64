"""What one publisher may send, and how many may publish at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

from prometheus_client import Gauge

#: Bytes of one piece. A browser sends four pieces a second.
MAX_CHUNK: Final = 4 * 1024 * 1024
#: What the server itself refuses, before the piece is in memory; in between we say why.
MAX_MESSAGE: Final = MAX_CHUNK + 64 * 1024
#: The same for a publisher whose key is not known yet: its hello, and nothing else.
MAX_HELLO: Final = 1024
#: Bytes a second, sustained: 8 Mbit/s, four times what the page sends.
MAX_PER_S: Final = 1_000_000
#: What a line that stood still may deliver at once.
BURST: Final = 8 * MAX_PER_S
#: Publishers whose key is not known yet.
MAX_WAITING: Final = 50

PUBLISHERS: Final = Gauge("jobfair_publishers", "Browsers publishing through this process.")


class FullError(Exception):
    """This process takes no more of them."""


class Places:
    """So many at once; for one event loop."""

    def __init__(self, gauge: Gauge | None = None) -> None:
        self.taken = 0
        self._gauge = gauge

    @contextmanager
    def one(self, most: int) -> Iterator[None]:
        """Hold a place; raises :class:`FullError` where ``most`` are taken."""
        if self.taken >= most:
            raise FullError
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    def _count(self, by: int) -> None:
        self.taken += by
        if self._gauge is not None:
            self._gauge.set(self.taken)


class WaitingRoom:
    """So many at once, for one event loop; whoever waited longest makes way for a newcomer."""

    def __init__(self) -> None:
        self._clocks: dict[asyncio.Timeout, None] = {}

    @property
    def taken(self) -> int:
        return len(self._clocks)

    @asynccontextmanager
    async def one(self, most: int, seconds: float) -> AsyncIterator[None]:
        """Wait here; raises TimeoutError after so many seconds, or on making way."""
        while self._clocks and self.taken >= most:
            oldest = next(iter(self._clocks))
            del self._clocks[oldest]
            if not oldest.expired():
                oldest.reschedule(0)
        async with asyncio.timeout(seconds) as clock:
            self._clocks[clock] = None
            try:
                yield
            finally:
                self._clocks.pop(clock, None)


class Allowance:
    """The bytes one publisher may still send."""

    __slots__ = ("_at", "_left")

    def __init__(self) -> None:
        self._at = time.monotonic()
        self._left = float(BURST)

    def take(self, size: int) -> bool:
        """Use ``size`` bytes; false when they are more than is left."""
        now = time.monotonic()
        self._left = min(BURST, self._left + (now - self._at) * MAX_PER_S) - size
        self._at = now
        return self._left >= 0


def bound_messages(send: Any, most: int) -> None:
    """Have the server, daphne or uvicorn, refuse longer messages by itself from now on."""
    held = (getattr(getattr(send, "__self__", None), "conn", None), *getattr(send, "args", ())[:1])
    for protocol in held:
        for name in ("max_message_size", "maxMessagePayloadSize", "maxFramePayloadSize"):
            if hasattr(protocol, name):
                setattr(protocol, name, most)
