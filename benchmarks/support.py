"""What benchmarks share: a seeded installation of their own and a meter for CPU time."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def demo_installation() -> Iterator[Path]:
    """Django set up over a demo-seeded SQLite in a temporary directory, removed at the end."""
    directory = tempfile.mkdtemp(prefix="jobfair-bench-")
    os.environ.update(
        DJANGO_SETTINGS_MODULE="jobfair.settings",
        TESTING="1",
        DEMO="1",
        VAR_DIR=directory,
        DATABASE_URL=f"sqlite:///{directory}/jobfair.sqlite3",
        LOG_LEVEL="ERROR",
    )
    os.environ.pop("REDIS_URL", None)
    import django
    from django.core.management import call_command

    django.setup()
    try:
        with Path(os.devnull).open("w") as silence:
            call_command("demo", seed_only=True, stdout=silence)
        yield Path(directory)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def cpu_ms(work: Callable[[], object], *, times: int, warm_up: int = 5) -> dict[str, float]:
    """CPU milliseconds of this process per call: median and the worst tenth."""
    for _ in range(warm_up):
        work()
    spent = []
    for _ in range(times):
        started = time.process_time_ns()
        work()
        spent.append((time.process_time_ns() - started) / 1e6)
    return {
        "cpu_ms_median": round(statistics.median(spent), 2),
        "cpu_ms_p90": round(statistics.quantiles(spent, n=10)[-1], 2),
    }


def report(name: str, **figures: Any) -> None:
    """The one JSON line."""
    print(json.dumps({"name": name, **figures}, ensure_ascii=False))


def option(name: str, default: float) -> float:
    """A number given to the benchmark: ``make bench-room VIEWERS=1000``."""
    return float(os.environ.get(name) or default)


def whole(name: str, default: int) -> int:
    """A whole number given to the benchmark."""
    return int(option(name, default))


def switch(name: str, *, default: bool) -> bool:
    """A choice given to the benchmark: 1 or 0."""
    return bool(whole(name, int(default)))
