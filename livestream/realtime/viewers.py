"""One viewer's side of a hub: a writer that can be behind without anybody waiting for it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from livestream.realtime.transport import BACKLOG_LIMIT, backlog_of

Send = Callable[[Any], Awaitable[None]]

#: Ticks skipped in a row after which a viewer is sent away (they may come back).
SKIPS_ALLOWED = 60
#: Answers (acks, errors) waiting for one viewer after which it is sent away.
ANSWERS_ALLOWED = 64

CLOSE_SLOW = 4410


class FanOut:
    """The time one tick takes to be written to nearly all viewers it was offered to."""

    #: The slowest are not waited for, or one phone in a tunnel would set everybody's pace.
    PART = 0.95

    def __init__(self, viewers: int, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._started = clock()
        self._left = max(1, round(viewers * self.PART))
        self.seconds: float | None = None

    def written(self) -> None:
        """One viewer's frame went out."""
        self._left -= 1
        if self._left == 0:
            self.seconds = self._clock() - self._started


class Viewer:
    """Holds at most one tick, the latest, and a few answers of its own for one socket.

    A tick that replaces an unwritten one leaves a gap in ``seq``, which the page sees and fills
    by reading the log. ``closed`` resolves to a close code when this viewer must go.
    """

    def __init__(self, key: str, issued_ms: int, send: Send) -> None:
        self.key = key
        self.issued_ms = issued_ms
        self.closed: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._send = send
        self._backlog = backlog_of(send)
        self._tick: tuple[dict[str, Any], FanOut] | None = None
        self._answers: deque[str] = deque()
        self._wake = asyncio.Event()
        self._skipped = 0

    def offer(self, message: dict[str, Any], fan_out: FanOut) -> None:
        """Take a tick (an ASGI message shared by all viewers) without waiting."""
        if self._tick is not None or self._backlog() > BACKLOG_LIMIT:
            self._skipped += 1
            if self._skipped > SKIPS_ALLOWED:
                self.close(CLOSE_SLOW)
                return
        else:
            self._skipped = 0
        self._tick = (message, fan_out)
        self._wake.set()

    def answer(self, text: str) -> None:
        """Queue a frame for this viewer alone; answers are never dropped."""
        self._answers.append(text)
        if len(self._answers) > ANSWERS_ALLOWED:
            self.close(CLOSE_SLOW)
        self._wake.set()

    def close(self, code: int) -> None:
        """Ask for the socket to be closed with ``code``; the first wish counts."""
        if not self.closed.done():
            self.closed.set_result(code)

    async def write(self) -> None:
        """Write what is queued until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._answers:
                await self._send({"type": "websocket.send", "text": self._answers.popleft()})
            await self._write_tick()

    async def _write_tick(self) -> None:
        if self._tick is None or self._backlog() > BACKLOG_LIMIT:
            return
        message, fan_out = self._tick
        self._tick = None
        await self._send(message)
        fan_out.written()
