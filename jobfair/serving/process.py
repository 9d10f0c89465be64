"""One web process: ``python -m jobfair.serving.process NUMBER OPTIONS FDS``, by the supervisor.

NUMBER is that of its place, for whoever looks at the list of processes.

It shares two pipes with the supervisor. On one it says how far it is (a letter of ``SAYS``), on
the other it is told to begin; when that other one ends, the supervisor is gone and so is it.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
import resource
import signal
import socket
import ssl
import sys
from types import FrameType
from typing import Final

from jobfair.serving.options import Options

#: Ready to begin, accepting, accepting no more.
LOADED, SERVING, CLOSED = b"L", b"S", b"C"
#: Told: begin.
BEGIN: Final = b"B"

_PR_SET_PDEATHSIG = 1
#: How far a web process steps back behind PostgreSQL and Redis where the processors are full.
NICE: Final = 5


def main(options: Options, *, told: int, says: int, plain: int, tls: int) -> int:
    """Load the application, wait for the word, serve until told to stop; the exit code."""
    die_with_parent()
    raise_file_limit()
    # Ctrl-C reaches the whole terminal; the supervisor decides. SIGTERM before it serves ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))

    import jobfair.asgi  # noqa: F401 (sets Django up)
    from jobfair.serving.server import Server, config, tls_context

    configuration = config(options)
    configuration.load()
    listeners: list[tuple[socket.socket, ssl.SSLContext | None]]
    listeners = [(socket.socket(fileno=plain), None)]
    context = tls_context(options)
    if context is not None:
        listeners.append((socket.socket(fileno=tls), context))
    collect_less()

    # Threads that store messages get their turn while a tick is being written.
    sys.setswitchinterval(0.001)
    # On one machine the database goes first: a commit waits for a tick, and everybody for it.
    os.nice(NICE)

    tell(says, LOADED)
    if os.read(told, 1) != BEGIN:
        return 0

    def serving() -> None:
        tell(says, SERVING)
        asyncio.get_running_loop().add_reader(told, alone)

    def alone() -> None:
        asyncio.get_running_loop().remove_reader(told)
        server.stop()

    server = Server(
        configuration,
        listeners,
        on_serving=serving,
        on_closed=lambda: tell(says, CLOSED),
    )

    def obey(number: int, frame: FrameType | None) -> None:
        del number, frame
        server.stop()

    signal.signal(signal.SIGTERM, obey)
    server.run()
    return 0


def tell(says: int, letter: bytes) -> None:
    """Say something to the supervisor, if there is one."""
    try:
        os.write(says, letter)
    except BrokenPipeError:
        return


def die_with_parent() -> None:
    """Be told by the kernel when the supervisor is gone, even if it was killed (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def raise_file_limit() -> int:
    """Open as many files as the system allows us: every viewer is one. Return the limit."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        hard = 1_048_576
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def collect_less() -> None:
    """Keep what was loaded out of the garbage collector's way: it stops everybody's tick."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


if __name__ == "__main__":
    _number, text, *descriptors = sys.argv[1:]
    told, says, plain, tls = (int(number) for number in descriptors)
    sys.exit(main(Options.from_json(text), told=told, says=says, plain=plain, tls=tls))
