"""Listening sockets, bound once by the supervisor and kept through every restart.

Whoever connects while a process is being replaced waits a moment in the kernel's queue and is
refused nothing; and no two supervisors can ever serve the same port.
"""

from __future__ import annotations

import socket
import time
from typing import Final

from jobfair.serving.options import BACKLOG, BadOptionsError

#: A process of an earlier supervisor may need this long to notice that it is alone.
BIND_PATIENCE_S: Final = 5.0
#: Accepted connections inherit these. A phone that vanished without a word is noticed after
#: 60 + 3 × 20 s of silence, at no cost to us; unread data is given up after 90 s.
_KEEPALIVE: Final = (
    ("TCP_KEEPIDLE", 60),
    ("TCP_KEEPINTVL", 20),
    ("TCP_KEEPCNT", 3),
    ("TCP_USER_TIMEOUT", 90_000),
)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; waits a little for a port; raises :class:`BadOptionsError`."""
    deadline = time.monotonic() + BIND_PATIENCE_S
    while True:
        try:
            return _listen(host, port)
        except OSError as error:
            if time.monotonic() > deadline or isinstance(error, socket.gaierror):
                raise BadOptionsError(
                    f"Port {port} on {host or 'all addresses'} cannot be used: {error.strerror}."
                ) from error
        time.sleep(0.1)


def _listen(host: str, port: int) -> socket.socket:
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _name, address = found[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEPALIVE:
            if hasattr(socket, name):
                listener.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener
