"""The process table, for tests that must leave nothing behind (Linux)."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def belonging_to(var_dir: Path) -> dict[int, str]:
    """Every process started by a server with this VAR_DIR, whoever its parent is by now.

    By the environment it was started with, which a child inherits; zombies have none. The value
    is its command line.
    """
    mark = f"VAR_DIR={var_dir}".encode()
    found: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with suppress(OSError):
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ")
                found[int(entry.name)] = words.decode(errors="replace").strip()
    return found


def converters(var_dir: Path) -> list[int]:
    """The ffmpeg processes among them."""
    return [pid for pid, words in belonging_to(var_dir).items() if "ffmpeg" in words.split(" ")[0]]
