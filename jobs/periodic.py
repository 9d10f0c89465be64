"""Small works that are due every few seconds; beside the queue, so that no long job delays them.

Every worker runs them, in a thread of its own: in the web process of the demo and in each
``manage.py worker``. A work must bear being run by several at once, and take little time.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from django.db import close_old_connections, connections
from django.db.utils import DatabaseError

log = logging.getLogger(__name__)

STEP_S: Final = 0.5


class Work(NamedTuple):
    """What is done, and how many seconds lie between the end of one run and the next."""

    run: Callable[[], Any]
    every_s: float


_works: list[Work] = []


def every(seconds: float) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Have the decorated function run at the start of each worker and every ``seconds`` then.

    Register it where its application gets ready: a worker imports little else.
    """

    def register(run: Callable[[], Any]) -> Callable[[], Any]:
        _works.append(Work(run, seconds))
        return run

    return register


@contextmanager
def running() -> Iterator[None]:
    """Run the registered works beside the block; at its end the one at hand is waited for."""
    stop = threading.Event()
    thread = threading.Thread(target=_keep_running, args=(stop,), name="periodic", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _keep_running(stop: threading.Event) -> None:
    due = dict.fromkeys(_works, 0.0)
    while not stop.is_set():
        for work in [work for work, at in due.items() if at <= time.monotonic()]:
            _run(work)
            due[work] = time.monotonic() + work.every_s
        stop.wait(STEP_S)
    connections.close_all()


def _run(work: Work) -> None:
    """Whatever goes wrong, the next time comes."""
    try:
        close_old_connections()
        work.run()
    except DatabaseError as error:
        log.warning("the database cannot be reached: %s", error)
    except Exception:
        log.exception("%s failed; trying again", work.run.__qualname__)
