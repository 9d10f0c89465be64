#!/usr/bin/env python3
"""House rules no linter knows: module length, templates without inline code.

Prints ``path:line: what is wrong`` for every breach and exits 1 if there is one.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAX_LINES = 500
SKIPPED_PARTS = {"migrations", "vendor", "node_modules", ".venv", "var", "locale"}
DATA_SCRIPT = re.compile(r"""type=["'](?:application/(?:ld\+)?json|importmap)["']""")
TEMPLATE_RULES = (
    (re.compile(r"<style\b", re.IGNORECASE), "a <style> element; put it in static/css/"),
    (re.compile(r"""\sstyle\s*=\s*["']""", re.IGNORECASE), "a style attribute; use a class"),
    (
        re.compile(r"""<[a-z][^<>]*\son[a-z]+\s*=\s*["']""", re.IGNORECASE),
        "an on… attribute; use data-*",
    ),
    (re.compile(r"javascript:", re.IGNORECASE), "a javascript: address"),
    (re.compile(r"\|\s*safe\b"), "|safe; escape it or build it with format_html"),
    (re.compile(r"\{%\s*autoescape off"), "autoescape off"),
    (
        re.compile(r"""\s(?:src|href)=["']https?://(?!schema\.org)"""),
        "an address outside this site",
    ),
)


def tracked_files(*suffixes: str) -> Iterator[Path]:
    """Our own files: what git knows or would add, without generated and third-party ones."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in sorted(set(listing.stdout.splitlines())):
        path = ROOT / name
        if path.suffix in suffixes and not SKIPPED_PARTS & set(path.parts) and path.is_file():
            yield path


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def long_modules() -> Iterator[str]:
    """Modules over the limit; a module near 500 lines asks to be two."""
    for path in tracked_files(".py", ".js", ".css"):
        lines = path.read_text(encoding="utf-8").count("\n")
        if lines > MAX_LINES:
            yield f"{shown(path)}:{MAX_LINES}: {lines} lines, at most {MAX_LINES}"


def inline_code() -> Iterator[str]:
    """Script, style and handlers inside templates, which the Content-Security-Policy refuses."""
    for path in tracked_files(".html"):
        if "templates" not in path.parts:
            continue
        text = without_comments(path.read_text(encoding="utf-8"))
        for match in re.finditer(r"<script\b([^>]*)>", text, re.IGNORECASE):
            attributes = match.group(1)
            if "src=" not in attributes and not DATA_SCRIPT.search(attributes):
                yield f"{shown(path)}:{line_of(text, match.start())}: an inline <script>"
        for pattern, problem in TEMPLATE_RULES:
            for match in pattern.finditer(text):
                yield f"{shown(path)}:{line_of(text, match.start())}: {problem}"


def without_comments(text: str) -> str:
    """Blank out template comments, keeping the line numbers."""
    pattern = r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}|<!--.*?-->"
    return re.sub(
        pattern, lambda match: re.sub(r"[^\n]", " ", match.group()), text, flags=re.DOTALL
    )


def line_of(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def missing_future_import() -> Iterator[str]:
    for path in tracked_files(".py"):
        text = path.read_text(encoding="utf-8")
        code = [line for line in text.splitlines() if line and not line.startswith("#")]
        parses_on_old_python = shown(path) == "scripts/bootstrap.py"
        wanted = "from __future__ import annotations" in text or parses_on_old_python
        if re.search(r"^(?:def|class|async def) ", text, re.MULTILINE) and code and not wanted:
            yield f"{shown(path)}:1: from __future__ import annotations is missing"


def lock_addresses() -> Iterator[str]:
    """Lock files carry no download addresses."""
    for name in ("package-lock.json", "requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), 1):
            if '"resolved"' in line or re.match(r"\s*--(?:index-url|find-links|extra-index)", line):
                yield f"{name}:{number}: a download address"


Check = Callable[[], Iterator[str]]
CHECKS: tuple[Check, ...] = (long_modules, inline_code, missing_future_import, lock_addresses)


def main() -> int:
    problems = [problem for check in CHECKS for problem in check()]
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
