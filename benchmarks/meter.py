"""CPU time and memory of process trees, from /proc."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_PAGE_KB = os.sysconf("SC_PAGE_SIZE") / 1024


def _stat(pid: int) -> list[str]:
    """Fields of /proc/<pid>/stat after the name; state is the first."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def tree(root: int) -> list[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                children.setdefault(int(_stat(int(entry.name))[1]), []).append(int(entry.name))
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return found


def cpu_s(roots: Iterable[int]) -> float:
    """CPU seconds spent so far by these processes, their children and the children's dead."""
    spent = 0
    for root in roots:
        for pid in tree(root):
            with suppress(OSError):
                spent += sum(map(int, _stat(pid)[11:15]))
    return spent * _TICK_S


def resident_kb(roots: Iterable[int]) -> float:
    """Resident memory of these process trees; what they share counts for each."""
    pages = 0
    for root in roots:
        for pid in tree(root):
            with suppress(OSError):
                pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * _PAGE_KB


def tcp_buffers_mb() -> float:
    """Memory of the kernel's TCP buffers on this machine, both ends of loopback included."""
    for line in Path("/proc/net/sockstat").read_text().splitlines():
        if line.startswith("TCP:"):
            words = line.split()
            return int(words[words.index("mem") + 1]) * _PAGE_KB / 1024
    return 0.0
