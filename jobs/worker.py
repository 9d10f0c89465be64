"""Works the queue: in a thread of the web process, or as ``manage.py worker``."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import close_old_connections
from django.db.utils import DatabaseError
from django.utils import timezone
from django_tasks import DEFAULT_TASK_BACKEND_ALIAS, TaskResultStatus
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from core.transactions import write
from jobs import periodic
from jobs.leases import held_lease, requeue_lost

log = logging.getLogger(__name__)

IDLE_S = 0.5
REQUEUE_EVERY_S = 2.0
_started = threading.Lock()


def claim(worker_id: str) -> DBTaskResult[..., Any] | None:
    """Take the next job that is due; ``None`` if there is none. No two workers get the same."""
    while True:
        due = DBTaskResult.objects.ready().values_list("pk", flat=True).first()
        if due is None:
            return None
        with write():
            job = (
                DBTaskResult.objects.select_for_update(skip_locked=True)
                .filter(pk=due, status=TaskResultStatus.READY)
                .first()
            )
            if job is not None:
                job.claim(worker_id)
                return job
        time.sleep(0)  # another worker was faster; look again


def run_pending(worker_id: str = "here", *, limit: int = 1000) -> int:
    """Run the jobs that are due, in this thread; return how many ran."""
    runner = _runner(worker_id)
    for done in range(limit):
        job = claim(worker_id)
        if job is None:
            return done
        runner.run_task(job)
    return limit


def work(keep_going: Callable[[], bool]) -> None:
    """Work the queue while ``keep_going()``; look after jobs of killed workers meanwhile.

    The periodic works run beside it. An unreachable database is waited for.
    """
    with held_lease() as worker_id, periodic.running():
        next_look = 0.0
        while keep_going():
            try:
                close_old_connections()
                if time.monotonic() >= next_look:
                    requeue_lost()
                    next_look = time.monotonic() + REQUEUE_EVERY_S
                if run_pending(worker_id, limit=1):
                    continue
            except DatabaseError:
                log.warning("the job queue cannot be reached", exc_info=True)
            time.sleep(IDLE_S)
    close_old_connections()


def start_in_process() -> bool:
    """Start one worker thread in this process; ``False`` if it has one already.

    The thread ends with the process; a job it was at goes back to the queue at the next start.
    """
    if not _started.acquire(blocking=False):
        return False
    threading.Thread(target=work, args=(lambda: True,), name="jobs", daemon=True).start()
    log.info("working jobs in this process since %s", timezone.now().isoformat(timespec="seconds"))
    return True


def _runner(worker_id: str) -> Worker:
    """The library's worker, for how it runs one job and records the outcome."""
    return Worker(
        queue_names=["*"],
        interval=IDLE_S,
        batch=False,
        backend_name=DEFAULT_TASK_BACKEND_ALIAS,
        startup_delay=False,
        max_tasks=None,
        worker_id=worker_id,
        excluded_queue_names=[],
    )
