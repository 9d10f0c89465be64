#!/usr/bin/env python3
"""Run the benchmarks of benchmarks/ and write benchmarks/RESULTS.md.

Each ``benchmarks/bench_*.py`` prints one JSON line (``{"name": …, figures…}``) as its last line of
output. A speed is CPU time per unit of work or a ratio measured in one run, never a bare duration.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "benchmarks"


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


def table(rows: list[dict[str, Any]]) -> str:
    lines = ["# Benchmark results", "", "Written by `make bench`; not edited by hand.", ""]
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    lines += [f"{datetime.now(UTC):%Y-%m-%d}, {machine}", ""]
    for row in rows:
        lines += [f"## {row['name']}", "", "| figure | value |", "|---|---|"]
        lines += [f"| {key} | {value} |" for key, value in row.items() if key != "name"]
        lines.append("")
    return "\n".join(lines)


def main(names: list[str]) -> int:
    scripts = sorted(FOLDER.glob("bench_*.py"))
    wanted = [path for path in scripts if not names or path.stem.removeprefix("bench_") in names]
    if not wanted:
        known = ", ".join(path.stem.removeprefix("bench_") for path in scripts) or "none"
        print(f"bench: nothing named {' '.join(names) or 'bench_*.py'}; there are: {known}")
        return 1
    rows = []
    for path in wanted:
        print(f"· {path.stem}", file=sys.stderr, flush=True)
        row = run(path)
        print(json.dumps(row, ensure_ascii=False), flush=True)
        rows.append(row)
    if not names:
        (FOLDER / "RESULTS.md").write_text(table(rows), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
