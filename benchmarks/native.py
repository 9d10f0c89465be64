"""The load generator and the physical limit, written in C: compiled when their sources changed."""

from __future__ import annotations

import subprocess
from pathlib import Path

from benchmarks.support import ROOT

SOURCES = Path(__file__).resolve().parent / "native"
#: Program: its sources and the libraries it needs.
PROGRAMS = {
    "roomload": (
        ("roomload.c", "ticks.c", "lines.c"),
        ("-lssl", "-lcrypto", "-lz", "-lm"),
    ),
    "writer": (("writer.c",), ()),
}


def program(name: str) -> Path:
    """Path of a compiled program. Raises CalledProcessError with the compiler's words."""
    sources, libraries = PROGRAMS[name]
    target = ROOT / "var" / "tmp" / name
    newest = max(path.stat().st_mtime for path in SOURCES.iterdir())
    if not target.exists() or target.stat().st_mtime < newest:
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["gcc", "-O2", "-Wall", "-Wextra", "-o", str(target)]
            + [str(SOURCES / source) for source in sources]
            + list(libraries),
            check=True,
        )
    return target
