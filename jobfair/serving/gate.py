"""Accepts connections at a pace that leaves the people already there their ticks.

After a restart thousands come at once. The servers' own accept loops take all of them in one turn
of the event loop and begin every TLS handshake (1.4 ms each) together; for a second or more nobody
else is served. Here a turn takes ``PER_TURN``, and at most ``HANDSHAKES`` are unfinished at a time.
The others wait in the kernel's queue, which is where waiting costs nothing; when that is full, the
kernel lets their connection attempts be repeated. The pages pace themselves before that
(``reconnect_spread_s``). A limit of uvicorn's own (``limit_concurrency``) is of no use: it counts
the viewers who stay and answers 503.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import time
from collections.abc import Callable
from typing import Final

logger = logging.getLogger(__name__)

PER_TURN: Final = 32
HANDSHAKES: Final = 256
HANDSHAKE_TIMEOUT_S: Final = 10.0
#: When all places are taken, whoever has made no progress for so long gives theirs up.
PATIENCE_S: Final = 2.0
_RETRY_S: Final = 0.1


class Gate:
    """One listening socket. ``close`` and ``wait_closed`` are those of an asyncio server."""

    def __init__(
        self,
        listener: socket.socket,
        protocol: Callable[[], asyncio.Protocol],
        context: ssl.SSLContext | None,
    ) -> None:
        self._listener = listener
        self._protocol = protocol
        self._context = context
        self._loop = asyncio.get_running_loop()
        self._opening: dict[asyncio.Task[None], float] = {}  # oldest first
        self._accepting = False
        self._closed = False

    def open(self) -> None:
        """Begin to accept."""
        self._listener.setblocking(False)
        self._resume()

    def close(self) -> None:
        """Accept no more."""
        self._closed = True
        self._pause()
        self._listener.close()

    async def wait_closed(self) -> None:
        """Let whoever was accepted finish the handshake; those who take long are given up."""
        if self._opening:
            await asyncio.wait(set(self._opening), timeout=PATIENCE_S)
        for task in list(self._opening):
            task.cancel()
        if self._opening:
            await asyncio.wait(set(self._opening))

    def _resume(self) -> None:
        if not self._accepting and not self._closed:
            self._accepting = True
            self._loop.add_reader(self._listener.fileno(), self._turn)

    def _pause(self) -> None:
        if self._accepting:
            self._accepting = False
            self._loop.remove_reader(self._listener.fileno())

    def _pause_for(self, seconds: float) -> None:
        self._pause()
        self._loop.call_later(seconds, self._resume)

    def _turn(self) -> None:
        for _ in range(PER_TURN):
            if len(self._opening) >= HANDSHAKES and not self._make_room():
                self._pause_for(_RETRY_S)
                return
            try:
                connection, _address = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:  # no descriptors left: somebody has to go first
                logger.warning("cannot accept connections: %s", error.strerror)
                self._pause_for(1.0)
                return
            connection.setblocking(False)
            task = self._loop.create_task(self._open(connection))
            self._opening[task] = time.monotonic()
            task.add_done_callback(self._opened)

    def _make_room(self) -> bool:
        oldest, since = next(iter(self._opening.items()))
        if time.monotonic() - since < PATIENCE_S:
            return False
        del self._opening[oldest]
        oldest.cancel()
        return True

    def _opened(self, task: asyncio.Task[None]) -> None:
        self._opening.pop(task, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a connection could not be opened", exc_info=error)

    async def _open(self, connection: socket.socket) -> None:
        timeout = HANDSHAKE_TIMEOUT_S if self._context else None
        try:
            await self._loop.connect_accepted_socket(
                self._protocol, connection, ssl=self._context, ssl_handshake_timeout=timeout
            )
        except (OSError, TimeoutError):  # they left, or speak no TLS; ssl.SSLError is an OSError
            connection.close()
        except asyncio.CancelledError:
            connection.close()
            raise
