"""Periodic works: run beside the queue, whatever fails or takes long there."""

from __future__ import annotations

import threading
import time

import pytest
from django.db.utils import OperationalError

from jobs import periodic
from jobs.worker import work

pytestmark = pytest.mark.django_db


@pytest.fixture
def works(monkeypatch):
    registered: list[periodic.Work] = []
    monkeypatch.setattr(periodic, "_works", registered)
    monkeypatch.setattr(periodic, "STEP_S", 0.01)
    return registered


def test_it_runs_at_the_start_and_again_whatever_fails(works) -> None:
    runs = []
    again = threading.Event()

    @periodic.every(0.02)
    def fails() -> None:
        runs.append(threading.current_thread().name)
        if len(runs) == 1:
            raise OperationalError("gone")
        if len(runs) == 2:
            raise ValueError("wrong")
        again.set()

    with periodic.running():
        assert again.wait(5)
    count = len(runs)
    time.sleep(0.1)
    assert set(runs) == {"periodic"}
    assert len(runs) == count  # nothing runs on after the block


def test_a_long_job_keeps_nothing_waiting(works, monkeypatch) -> None:
    seen = threading.Event()
    periodic.every(0.01)(seen.set)
    monkeypatch.setattr("jobs.worker.run_pending", lambda *_a, **_k: seen.wait(5) and 1)
    monkeypatch.setattr("jobs.worker.requeue_lost", lambda: 0)
    rounds = iter([True])
    work(lambda: next(rounds, False))
    assert seen.is_set()


def test_takes_are_looked_after() -> None:
    assert "reap_takes" in {work.run.__name__ for work in periodic._works}
