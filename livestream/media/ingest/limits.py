"""What one publisher may send, and how many may publish at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from prometheus_client import Gauge

#: Bytes of one piece. A browser sends four pieces a second.
MAX_CHUNK: Final = 4 * 1024 * 1024
#: What the server itself refuses, before the piece is in memory; in between we say why.
MAX_MESSAGE: Final = MAX_CHUNK + 64 * 1024
#: Bytes a second, sustained: 8 Mbit/s, four times what the page sends.
MAX_PER_S: Final = 1_000_000
#: What a line that stood still may deliver at once.
BURST: Final = 8 * MAX_PER_S
#: Publishers that have not said hello yet.
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


def bound_messages(send: Any) -> None:
    """Have daphne refuse longer messages by itself; uvicorn's protocol does so by its path."""
    for protocol in getattr(send, "args", ())[:1]:
        for name in ("maxMessagePayloadSize", "maxFramePayloadSize"):
            if hasattr(protocol, name):
                setattr(protocol, name, MAX_MESSAGE)
