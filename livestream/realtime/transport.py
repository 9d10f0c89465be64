"""How a frame reaches one socket: straight to the server's transport, or through ``send``.

``await send(…)`` costs more than the write itself, under daphne returns before anything is
written (its buffer grows without bound), and elsewhere makes whoever sends wait for whoever does
not read. Both servers keep their transport behind the ``send`` callable. What is found there is
feature-tested; an unknown server gets the queue.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from websockets.extensions.permessage_deflate import PerMessageDeflate

from livestream.realtime.wire import Frame

Send = Callable[[Any], Awaitable[None]]

#: A viewer with more than this waiting skips ticks until the backlog has drained.
BACKLOG_LIMIT = 64 * 1024
#: One with this much waiting, answers of its own included, is sent away.
BACKLOG_MOST = 4 * 1024 * 1024
#: Answers waiting on the fallback path after which a viewer is sent away.
ANSWERS_ALLOWED = 64


class Pipe(Protocol):
    """One socket's way out. Nothing here ever waits."""

    #: Whether :meth:`run` has anything to do.
    waits: bool

    def offer(self, frame: Frame) -> int:
        """Take a tick; answer the bytes written, 0 where it (or the one before) is skipped."""

    def answer(self, frame: Frame) -> bool:
        """Take a frame for this socket alone; false when it must be closed."""

    async def run(self) -> None:
        """Write what is queued until cancelled."""


class DirectPipe:
    """Writes framed bytes to the server's own transport.

    uvloop's raises RuntimeError once it is closed, which happens before the viewer has left the
    room: that is nobody else's business.
    """

    __slots__ = ("_backlog", "_deflates", "_write")
    waits = False

    def __init__(
        self, write: Callable[[bytes], object], backlog: Callable[[], int], *, deflates: bool
    ) -> None:
        self._write = write
        self._backlog = backlog
        self._deflates = deflates

    def offer(self, frame: Frame) -> int:
        if self._backlog() > BACKLOG_LIMIT:
            return 0
        data = frame.deflated if self._deflates else frame.raw
        try:
            self._write(data)
        except RuntimeError:
            return 0
        return len(data)

    def answer(self, frame: Frame) -> bool:
        if self._backlog() > BACKLOG_MOST:
            return False
        try:
            self._write(frame.deflated if self._deflates else frame.raw)
        except RuntimeError:
            return False
        return True

    async def run(self) -> None:
        """Nothing is ever queued."""


class QueuePipe:
    """Holds at most one tick, the latest, and a few answers, for a server known only by ``send``.

    A tick that replaces an unwritten one leaves a gap in ``seq``, which the page sees and fills
    by reading the log.
    """

    __slots__ = ("_answers", "_send", "_tick", "_wake")
    waits = True

    def __init__(self, send: Send) -> None:
        self._send = send
        self._tick: Frame | None = None
        self._answers: deque[Frame] = deque()
        self._wake = asyncio.Event()

    def offer(self, frame: Frame) -> int:
        late = self._tick is not None
        self._tick = frame
        self._wake.set()
        return 0 if late else len(frame.raw)

    def answer(self, frame: Frame) -> bool:
        self._answers.append(frame)
        self._wake.set()
        return len(self._answers) <= ANSWERS_ALLOWED

    async def run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._answers:
                await self._say(self._answers.popleft())
            frame, self._tick = self._tick, None
            if frame is not None:
                await self._say(frame)

    async def _say(self, frame: Frame) -> None:
        await self._send({"type": "websocket.send", "text": frame.text})


def pipe_for(send: Send) -> Pipe:
    """The best way out for the socket behind ``send``. Call it after the socket is accepted."""
    protocol: Any = getattr(send, "__self__", None)
    if protocol is not None:
        return _uvicorn(protocol) or QueuePipe(send)
    arguments = getattr(send, "args", ())
    return (arguments and _daphne(arguments[0])) or QueuePipe(send)


def _uvicorn(protocol: Any) -> DirectPipe | None:
    """Uvicorn's ``websockets-sansio`` protocol, plain or ours."""
    transport, conn = getattr(protocol, "transport", None), getattr(protocol, "conn", None)
    write = getattr(transport, "write", None)
    backlog = getattr(transport, "get_write_buffer_size", None)
    extensions = getattr(conn, "extensions", None)
    if not (callable(write) and callable(backlog) and isinstance(extensions, list)):
        return None
    return DirectPipe(write, backlog, deflates=any(map(_stands_alone, extensions)))


def _stands_alone(extension: object) -> bool:
    """Whether the viewer inflates every message by itself, with the usual window."""
    return (
        isinstance(extension, PerMessageDeflate)
        and extension.local_no_context_takeover
        and extension.local_max_window_bits == 15
    )


def _daphne(protocol: Any) -> DirectPipe | None:
    """Daphne's autobahn protocol, over a Twisted transport."""
    transport: Any = getattr(protocol, "transport", None)
    parts = ("dataBuffer", "offset", "_tempDataLen", "write")
    if not all(hasattr(transport, name) for name in parts):
        return None
    if getattr(protocol, "_perMessageCompress", None) is not None:
        return None

    def backlog() -> int:
        return len(transport.dataBuffer) - int(transport.offset) + int(transport._tempDataLen)

    return DirectPipe(transport.write, backlog, deflates=False)
