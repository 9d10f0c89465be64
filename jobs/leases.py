"""Who works a job, and what happens to the jobs of a worker that was killed.

A worker holds a lock on a file of its own for as long as it lives; the kernel lets go of it when
the process ends, however it ends. A job whose worker's lock is free goes back to the queue.
"""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from core.transactions import write

log = logging.getLogger(__name__)

#: A worker we cannot see (another machine, another directory) loses a job after this long.
LEASE = timedelta(hours=1)
#: A job that has taken that many workers with it is given up.
MAX_ATTEMPTS = 5


def _directory() -> Path:
    return Path(settings.VAR_DIR) / "workers"


@contextmanager
def held_lease() -> Iterator[str]:
    """Hold a lease for the length of the block; yield the worker's id."""
    worker_id = secrets.token_hex(16)
    path = _directory() / worker_id
    path.parent.mkdir(parents=True, exist_ok=True)
    young = path.with_suffix(".new")
    handle = os.open(young, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        young.rename(path)  # it appears under its name only when it is locked
        yield worker_id
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)


def requeue_lost() -> int:
    """Return the jobs of dead workers to the queue; return how many were taken from them.

    A worker whose lock is free is dead. One that left no file here (it ended in good order, or
    lives elsewhere) loses a job an hour after its start. A job that has outlived
    ``MAX_ATTEMPTS`` workers is marked failed instead.
    """
    lost = 0
    dead: set[str] = set()
    running = DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING)
    for job in list(running.only("id", "worker_ids", "started_at", "status")):
        worker_id = job.worker_ids[-1] if job.worker_ids else ""
        if worker_id not in dead and _is_dead(worker_id):
            dead.add(worker_id)
        if worker_id in dead or _is_overdue(job):
            lost += _release(job)
    for worker_id in dead:
        (_directory() / worker_id).unlink(missing_ok=True)
    return lost


def _release(job: DBTaskResult[..., Any]) -> int:
    gone = len(job.worker_ids) >= MAX_ATTEMPTS
    status = TaskResultStatus.FAILED if gone else TaskResultStatus.READY
    changes: dict[str, Any] = {"status": status}
    if gone:
        changes |= {"finished_at": timezone.now(), "traceback": "its workers were killed"}
    with write():
        released = DBTaskResult.objects.filter(
            pk=job.pk, status=TaskResultStatus.RUNNING, started_at=job.started_at
        ).update(**changes)
    if released:
        log.warning("job %s was lost by its worker: %s", job.pk, status)
    return released


def _is_dead(worker_id: str) -> bool:
    if not worker_id.isalnum():
        return False
    try:
        handle = os.open(_directory() / worker_id, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True


def _is_overdue(job: DBTaskResult[..., Any]) -> bool:
    return job.started_at is None or job.started_at < timezone.now() - LEASE
