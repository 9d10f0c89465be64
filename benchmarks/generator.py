"""A running load generator (native/roomload.c): orders in, figures out."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.native import program

#: Sockets of one process of the generator; 20,000 descriptors are a process's limit here.
PER_PROCESS = 17_000

Figures = dict[str, int]


def difference(before: Figures, after: Figures) -> Figures:
    """What was counted in between."""
    return {name: value - before.get(name, 0) for name, value in after.items()}


class Generator:
    """Simulated viewers of one room. Ends with the ``with`` block."""

    def __init__(
        self, *, ports: Sequence[int], viewers: int, path: str, tokens: Path | None, **more: Any
    ) -> None:
        settings: dict[str, Any] = {
            "viewers": viewers,
            "children": max(1, math.ceil(viewers / PER_PROCESS)),
            "ports": ",".join(map(str, ports)),
            "path": path,
            "tokens_file": tokens or "",
            **more,
        }
        words = [f"{name}={value}" for name, value in settings.items() if value != ""]
        self.process = subprocess.Popen(
            [str(program("roomload")), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let all viewers leave. Safe to call twice."""
        if self.process.poll() is None:
            try:
                self.order("quit")
                self.process.wait(20)
            except (BrokenPipeError, subprocess.TimeoutExpired):
                self.process.kill()
                self.process.wait()

    def order(self, words: str) -> None:
        """One line of the generator's own language (see roomload.c)."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{words}\n")
        self.process.stdin.flush()

    def stats(self) -> Figures:
        """Sums over all viewers since the start; percentiles of measured messages."""
        self.order("stats")
        assert self.process.stdout is not None
        figures: Figures = json.loads(self.process.stdout.readline())
        return figures

    def let_in(
        self, viewers: int, *, per_s: float, part: float = 1.0, most_s: float = 300
    ) -> float:
        """Bring the first ``viewers`` into the room; seconds until ``part`` of them are in.

        Raises TimeoutError when they do not all come in ``most_s``.
        """
        self.order(f"go {viewers} {per_s}")
        return self.wait_open(math.floor(viewers * part), most_s=most_s)

    def wait_open(self, viewers: int, *, most_s: float) -> float:
        """Wait until so many are welcomed; seconds it took. Raises TimeoutError."""
        started = told = time.monotonic()
        while (figures := self.stats())["open"] < viewers:
            waited = time.monotonic() - started
            if waited > most_s:
                raise TimeoutError(f"{figures['open']} of {viewers} viewers came in: {figures}")
            if time.monotonic() - told > 10:
                told = time.monotonic()
                say(f"{figures['open']} in, {figures['failures']} failures")
            time.sleep(0.05)
        return time.monotonic() - started

    def settle(self, *, expected: int, most_s: float) -> Figures:
        """Wait until the measured messages have reached everybody, or for ``most_s``."""
        deadline = time.monotonic() + most_s
        while (figures := self.stats())["delivered"] < expected and time.monotonic() < deadline:
            time.sleep(0.25)
        return figures


def say(line: str) -> None:
    """Progress, beside the one JSON line of standard output."""
    print(f"  {line}", file=sys.stderr, flush=True)
