"""Processes that must not outlive this one.

The kernel ends them with the process that started them; what it could not end is found by a mark
in its environment at the next start.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

_MARK: Final = "JOBFAIR_MEDIA_RUN"
_PR_SET_PDEATHSIG: Final = 1
_libc = ctypes.CDLL(None, use_errno=True)


def environment(run: Path) -> dict[str, str]:
    """The environment of a child that belongs to the instance of ``run``."""
    return {**os.environ, _MARK: str(run)}


def tied_to_us() -> Callable[[], None]:
    """What a child calls before it becomes another program: it is killed with this process."""
    parent = os.getpid()

    def tie() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return tie


def marked(run: Path) -> list[int]:
    """The processes that were started for the instance of ``run`` and still live."""
    mark = f"{_MARK}={run}\0".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        try:
            lines = (entry / "environ").read_bytes() + b"\0"
        except OSError:
            continue  # gone by now, or somebody else's
        if mark in lines:
            found.append(int(entry.name))
    return found


def reap(run: Path) -> int:
    """Kill what an earlier instance of ``run`` left behind; return how many. Hold its lock."""
    left = marked(run)
    for pid in left:
        log.warning("killing process %d, which an earlier media server left behind", pid)
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    return len(left)
