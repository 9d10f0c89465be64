"""A line to a server on this machine that can be cut, as a phone loses it in a lift."""

from __future__ import annotations

import selectors
import socket
import threading
from contextlib import suppress


class Line:
    """Listens on ``port`` and passes bytes on to another port of 127.0.0.1."""

    def __init__(self, to: int) -> None:
        self._to = to
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._whole = True
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Everybody's connection is gone, and nobody gets a new one."""
        self._whole = False
        for one in list(self._open):
            self._close(one)

    def mend(self) -> None:
        self._whole = True

    def close(self) -> None:
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                here, _address = self._listener.accept()
                if not self._whole:
                    here.close()
                    continue
                with suppress(OSError):
                    there = socket.create_connection(("127.0.0.1", self._to), timeout=5)
                    there.settimeout(None)
                    self._open |= {here, there}
                    threading.Thread(target=self._pass_on, args=(here, there), daemon=True).start()

    def _pass_on(self, here: socket.socket, there: socket.socket) -> None:
        other = {here: there, there: here}
        with selectors.DefaultSelector() as either, suppress(OSError, ValueError):
            for one in other:
                either.register(one, selectors.EVENT_READ)
            while self._open.issuperset(other):
                for key, _mask in either.select(0.5):
                    side = key.fileobj
                    assert isinstance(side, socket.socket)
                    data = side.recv(65536)
                    if not data:
                        raise OSError
                    other[side].sendall(data)
        for one in other:
            self._close(one)

    def _close(self, one: socket.socket) -> None:
        self._open.discard(one)
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
