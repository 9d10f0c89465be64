"""The queue: transactional, worked once, returned when its worker is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from jobs import leases
from jobs.queue import enqueue, task
from jobs.worker import claim, run_pending, work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]
ran: Counter[str] = Counter()


@task
def note(word: str) -> str:
    ran[word] += 1
    return word


@task
def fail() -> None:
    raise ValueError("as planned")


@task
def linger(path: str) -> None:
    """Takes a long time at the first try only."""
    marker = Path(path)
    if not marker.exists():
        marker.write_text("started")
        time.sleep(60)
    marker.write_text("finished")


@pytest.fixture(autouse=True)
def fresh() -> None:
    ran.clear()


def state(job: str) -> str:
    return str(DBTaskResult.objects.get(pk=job).status)


def test_runs() -> None:
    job = enqueue(note, word="a")
    assert run_pending() == 1
    assert (ran["a"], state(job)) == (1, TaskResultStatus.SUCCESSFUL)
    assert run_pending() == 0


def test_belongs_to_the_transaction() -> None:
    class Undone(Exception):
        pass

    with pytest.raises(Undone), transaction.atomic():
        enqueue(note, word="a")
        raise Undone
    assert run_pending() == 0


def test_waits_for_its_time() -> None:
    enqueue(note, word="a", delay_s=60)
    assert run_pending() == 0
    DBTaskResult.objects.update(run_after=timezone.now())
    assert run_pending() == 1


def test_failure_is_kept_and_stops_nothing() -> None:
    job = enqueue(fail)
    enqueue(note, word="a")
    assert run_pending() == 2
    assert (state(job), ran["a"]) == (TaskResultStatus.FAILED, 1)
    assert "as planned" in DBTaskResult.objects.get(pk=job).traceback


def test_no_two_workers_run_the_same() -> None:
    for n in range(30):
        enqueue(note, word=str(n))

    def run(name: str) -> None:
        run_pending(name)
        connection.close()

    threads = [threading.Thread(target=run, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ran) == 30
    assert set(ran.values()) == {1}


def test_a_living_worker_keeps_its_job() -> None:
    job = enqueue(note, word="a")
    with leases.held_lease() as worker:
        assert claim(worker) is not None
        assert leases.requeue_lost() == 0
    assert state(job) == TaskResultStatus.RUNNING


def test_unseen_worker_loses_it_after_an_hour() -> None:
    job = enqueue(note, word="a")
    claim("elsewhere")
    assert leases.requeue_lost() == 0
    DBTaskResult.objects.update(started_at=timezone.now() - timedelta(minutes=61))
    assert leases.requeue_lost() == 1
    assert state(job) == TaskResultStatus.READY


def test_a_job_that_kills_its_workers_is_given_up() -> None:
    job = enqueue(note, word="a")
    for n in range(leases.MAX_ATTEMPTS):
        assert claim(f"elsewhere{n}") is not None
        DBTaskResult.objects.update(started_at=timezone.now() - timedelta(hours=2))
        leases.requeue_lost()
    assert state(job) == TaskResultStatus.FAILED


def worker_process() -> subprocess.Popen[bytes]:
    database = connection.settings_dict
    url = os.environ.get("DATABASE_URL", "")
    url = (
        f"{url.rpartition('/')[0]}/{database['NAME']}"
        if connection.vendor == "postgresql"
        else f"sqlite:///{database['NAME']}"
    )
    environment = {**os.environ, "DATABASE_URL": url, "TESTING": "1"}
    environment["VAR_DIR"] = str(settings.VAR_DIR)
    return subprocess.Popen(
        [sys.executable, "manage.py", "worker"],
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_until(ready: Any, timeout_s: float = 30) -> None:
    deadline = time.monotonic() + timeout_s
    while not ready():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)


def test_job_of_a_killed_worker_is_finished_by_another(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    job = enqueue(linger, path=str(marker))
    first = worker_process()
    wait_until(marker.exists)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert state(job) == TaskResultStatus.RUNNING

    second = worker_process()
    wait_until(lambda: state(job) == TaskResultStatus.SUCCESSFUL)
    second.terminate()
    assert second.wait(10) == 0
    assert marker.read_text() == "finished"
    assert len(DBTaskResult.objects.get(pk=job).worker_ids) == 2


def test_work_outlives_an_unreachable_database(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db.utils import OperationalError

    rounds = iter(range(3))

    def broken(*args: Any, **kwargs: Any) -> int:
        raise OperationalError("gone")

    monkeypatch.setattr("jobs.worker.run_pending", broken)
    monkeypatch.setattr("jobs.worker.IDLE_S", 0)
    monkeypatch.setattr("jobs.worker.close_old_connections", lambda: None)
    work(lambda: next(rounds, None) is not None)
