"""How much a server still has to write for one viewer.

``await send(…)`` under daphne returns at once and the server's buffer grows without bound;
uvicorn waits. Both keep the transport behind the ``send`` callable. This is feature-tested: an
unknown server counts as never behind, and the one-slot queue of a viewer is then the only bound.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: A viewer with more than this waiting skips ticks until the backlog has drained.
BACKLOG_LIMIT = 64 * 1024

Backlog = Callable[[], int]


def _unknown() -> int:
    return 0


def _twisted(transport: Any) -> Backlog:
    def backlog() -> int:
        return len(transport.dataBuffer) - int(transport.offset) + int(transport._tempDataLen)

    return backlog


def backlog_of(send: Any) -> Backlog:
    """Return a function that gives the bytes not yet written for the socket behind ``send``."""
    candidates = [getattr(send, "__self__", None), *getattr(send, "args", ())]
    for protocol in candidates:
        transport = getattr(protocol, "transport", None)
        if transport is None:
            continue
        size = getattr(transport, "get_write_buffer_size", None)
        if callable(size):
            return size  # type: ignore[no-any-return]
        if all(hasattr(transport, name) for name in ("dataBuffer", "offset", "_tempDataLen")):
            return _twisted(transport)
    return _unknown
