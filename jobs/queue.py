"""The queue: work that happens after the transaction that asked for it.

A job is a row in the database, written in the caller's transaction: it exists if and only if the
transaction was committed. It runs at least once, so a task must bear being run again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django_tasks import task
from django_tasks.base import Task

__all__ = ["enqueue", "task"]


def enqueue(job: Task[..., Any], *, delay_s: float = 0, **arguments: Any) -> str:
    """Put ``job`` into the queue with JSON-serialisable ``arguments``; return the job's id.

    It starts after the caller's commit, and not before ``delay_s`` seconds have passed.
    """
    if delay_s > 0:
        job = job.using(run_after=timezone.now() + timedelta(seconds=delay_s))
    return str(job.enqueue(**arguments).id)
