#!/usr/bin/env python3
"""Run benchmarks of benchmarks/ and keep their figures in benchmarks/RESULTS.md.

Each ``benchmarks/bench_*.py`` prints one JSON line (``{"name": …, figures…}``, and under ``rows``
a table of what was measured in several ways) as its last line of output. Its section of RESULTS.md
is replaced, with the date and the machine; the others stay.
"""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "benchmarks"
RESULTS = FOLDER / "RESULTS.md"
HEAD = "# Benchmark results\n\nWritten by `make bench` and `make bench-…`; not edited by hand.\n"
#: Those that want the machine to themselves for minutes; `make bench` leaves them out.
LONG = {"room", "compare", "messages", "reconnect", "slow", "uplink", "live", "hls"}


def run(script: Path) -> dict[str, Any]:
    """Run one benchmark; its figures. Raises CalledProcessError or ValueError."""
    result = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{script.stem}"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    figures: dict[str, Any] = json.loads(result.stdout.strip().splitlines()[-1])
    return figures


def section(row: dict[str, Any], machine: str) -> str:
    """One benchmark's part of the page."""
    lines = [f"## {row['name']}", "", machine, ""]
    single = {key: value for key, value in row.items() if key not in {"name", "rows"}}
    if single:
        lines += ["| figure | value |", "|---|---|"]
        lines += [f"| {key} | {shown(value)} |" for key, value in single.items()]
    if rows := row.get("rows"):
        names = list(dict.fromkeys(name for one in rows for name in one))
        lines += [""] if single else []
        lines += [f"| {' | '.join(names)} |", "|---" * len(names) + "|"]
        lines += [f"| {' | '.join(shown(one.get(name)) for name in names)} |" for one in rows]
    return "\n".join(lines) + "\n"


def shown(value: Any) -> str:
    """A figure as the page says it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {shown(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return " · ".join(shown(inner) for inner in value)
    return "–" if value is None else str(value)


def sections(page: str) -> dict[str, str]:
    """The parts of a page by their names, in order."""
    parts = re.split(r"(?m)^## ", page)[1:]
    return {part.splitlines()[0]: f"## {part.strip()}\n" for part in parts}


def this_machine() -> str:
    cores, python = os.cpu_count(), platform.python_version()
    return f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {cores} cores, Python {python}"


def keep(row: dict[str, Any]) -> None:
    """Put one benchmark's figures in place of its older ones."""
    page = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
    known = sections(page)
    known[row["name"]] = section(row, this_machine())
    RESULTS.write_text("\n".join([HEAD, *known.values()]), encoding="utf-8")


def main(names: list[str]) -> int:
    scripts = {path.stem.removeprefix("bench_"): path for path in sorted(FOLDER.glob("bench_*.py"))}
    wanted = names or [name for name in scripts if name not in LONG]
    if unknown := [name for name in wanted if name not in scripts]:
        print(f"bench: nothing named {' '.join(unknown)}; there are: {', '.join(scripts)}")
        return 1
    for name in wanted:
        print(f"· {name}", file=sys.stderr, flush=True)
        row = run(scripts[name])
        keep(row)
        print(json.dumps(row, ensure_ascii=False), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
