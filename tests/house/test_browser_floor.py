"""Scripts and sheets stay within Chromium 80 and iOS 13; the checks are not asleep."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.scripts import lint

ROOT = Path(__file__).resolve().parents[2]


def tool(name: str, *arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [*lint.CHECKS[name][:3], *arguments] if text is not None else lint.CHECKS[name]
    return subprocess.run(
        command, cwd=ROOT, input=text, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("name", ["eslint", "css"])
def test_everything_we_ship_is_within_the_floor(name: str) -> None:
    result = tool(name)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    "code",
    [
        "export const a = window?.b;",
        "export const a = window.b ?? 1;",
        "window.a ||= 1;",
        "export class A { b = 1; }",
        "export class A { #b() {} }",
        "export const a = (b) => b.replaceAll('a', 'b');",
        "export const a = (b) => b.at(-1);",
        "export const a = structuredClone({});",
        "export const a = AbortSignal.timeout(1);",
        "await fetch('/');",
        "export const a = Object.hasOwn({}, 'b');",
        "export const a = 1_000;",
        "export const a = new BroadcastChannel('b');",
        "export const a = (b, c) => { b.innerHTML = c; };",
        "export const a = (b) => { b.insertAdjacentHTML('beforeend', b); };",
    ],
)
def test_script_beyond_the_floor_is_refused(code: str) -> None:
    result = tool("eslint", "--stdin", "--stdin-filename", "static/js/probe.js", text=code + "\n")
    assert result.returncode == 1, result.stdout + result.stderr


@pytest.mark.parametrize(
    "code",
    [
        "export const a = () => import('./b.js');",
        "export const a = (...b) => Promise.allSettled(b);",
        "export const a = async (b) => { try { return await b(); } catch { return null; } };",
    ],
)
def test_script_within_the_floor_is_let_through(code: str) -> None:
    result = tool("eslint", "--stdin", "--stdin-filename", "static/js/probe.js", text=code + "\n")
    assert result.returncode == 0, result.stdout + result.stderr


BAD_SHEET = """\
.a { display: flex; gap: 8px }
.b:is(a, p) { color: red }
.c:has(a) { color: red }
.d { inset: 0 }
.e { height: 100dvh }
.f { color: color-mix(in srgb, red, blue) }
.g { aspect-ratio: 16 / 9 }
.h:hover, .h:focus-visible { color: red }
@layer x { .i { color: red } }
@container (width > 1px) { .j { color: red } }
.k { & a { color: red } }
.l { margin-inline: 1px }
"""

GOOD_SHEET = """\
.a { display: grid; gap: 8px }
.b { height: 100vh; height: 100dvh }
.c:focus-visible { color: red }
@supports (aspect-ratio: 1) { .d { aspect-ratio: 16 / 9 } }
.e { position: sticky; top: 0 }
"""


def sheet_lines(text: str) -> set[int]:
    """Numbers of the lines the sheet check complains about."""
    name = ["--stdin-filename", "static/css/probe.css", "--formatter", "unix"]
    result = tool("css", *name, text=text)
    shown = (result.stdout + result.stderr).splitlines()
    parts = [line.split(":") for line in shown if "probe.css:" in line]
    return {int(part[1]) for part in parts}


def test_sheets_beyond_the_floor_are_refused() -> None:
    assert sheet_lines(BAD_SHEET) == set(range(1, BAD_SHEET.count("\n") + 1))


def test_sheets_within_the_floor_are_let_through() -> None:
    assert sheet_lines(GOOD_SHEET) == set()
