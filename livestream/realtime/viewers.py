"""One viewer of a room: who it is, its way out, and when it must go."""

from __future__ import annotations

import asyncio
from typing import Any

from livestream.realtime import frames
from livestream.realtime.tokens import Claims
from livestream.realtime.transport import Pipe
from livestream.realtime.wire import Frame

#: Ticks skipped in a row after which a viewer is sent away (they may come back).
SKIPS_ALLOWED = 60

CLOSE_SLOW = 4410


class Viewer:
    """A hundred thousand of these wait at once: slots, no task and no queue of their own."""

    __slots__ = (
        "claims",
        "closing",
        "heard_at",
        "key",
        "offer",
        "pipe",
        "playing",
        "skipped",
        "task",
    )

    def __init__(self, claims: Claims, pipe: Pipe, task: asyncio.Task[Any] | None = None) -> None:
        self.claims = claims
        #: The person, or this socket alone where the page has no device key.
        self.key = claims.key or f"socket-{id(self)}"
        self.pipe = pipe
        #: Pass a tick on; the bytes written, 0 where it is skipped: then call :meth:`missed`.
        self.offer = pipe.offer
        self.task = task
        self.skipped = 0
        #: The code to close the socket with, once it must go.
        self.closing: int | None = None
        #: The last watch report: Unix time in seconds, 0 before the first.
        self.heard_at = 0.0
        self.playing = False

    def missed(self) -> None:
        """Note a skipped tick; after many in a row the viewer must go."""
        self.skipped += 1
        if self.skipped > SKIPS_ALLOWED:
            self.close(CLOSE_SLOW)

    def answer(self, frame: dict[str, Any]) -> None:
        """Send a frame to this viewer alone; answers are never dropped."""
        self.say(Frame(frames.encode(frame)))

    def say(self, frame: Frame) -> None:
        """Like :meth:`answer`, for a frame that is encoded already."""
        if not self.pipe.answer(frame):
            self.close(CLOSE_SLOW)

    def close(self, code: int) -> None:
        """Have the socket closed with ``code``; the first wish counts."""
        if self.closing is None:
            self.closing = code
            if self.task is not None:
                self.task.cancel()
