"""Limits and counters: sliding, exact, atomic."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
import time_machine
from django.core.cache import cache
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import RateLimited
from core.ratelimit import count, held_s, hold, take

START = datetime(2026, 3, 1, 8, 0, 3, tzinfo=UTC)
both = pytest.mark.both_databases


def tries(key: str, times: int, *, limit: int = 3, period_s: int = 60) -> int:
    """How many of ``times`` uses are let through."""
    passed = 0
    for _ in range(times):
        try:
            take(key, limit=limit, period_s=period_s)
        except RateLimited:
            continue
        passed += 1
    return passed


@both
def test_no_more_than_the_limit() -> None:
    assert tries("a", 10) == 3
    assert tries("b", 10) == 3


@both
def test_the_window_slides_over_the_minute() -> None:
    with time_machine.travel(START, tick=False) as clock:
        clock.shift(50)
        assert tries("a", 5) == 3
        clock.shift(15)
        assert tries("a", 5) == 0
        clock.shift(60)
        assert tries("a", 5) == 3


@settings(max_examples=60, deadline=None)
@given(gaps=st.lists(st.integers(0, 40), max_size=40), limit=st.integers(1, 5))
def test_never_more_within_any_period(gaps: list[int], limit: int) -> None:
    cache.clear()
    let_through: list[float] = []
    now = 0.0
    with time_machine.travel(START, tick=False) as clock:
        for gap in gaps:
            clock.shift(gap)
            now += gap
            try:
                take("x", limit=limit, period_s=60)
            except RateLimited as refusal:
                assert 0 < refusal.retry_after <= 73
                continue
            let_through.append(now)
    for moment in let_through:
        assert sum(moment <= other < moment + 60 for other in let_through) <= limit


@both
def test_waiting_as_told_is_enough() -> None:
    with time_machine.travel(START, tick=False) as clock:
        tries("a", 3)
        with pytest.raises(RateLimited) as refusal:
            take("a", limit=3, period_s=60)
        clock.shift(refusal.value.retry_after)
        take("a", limit=3, period_s=60)


@both
def test_hold() -> None:
    with time_machine.travel(START, tick=False) as clock:
        assert held_s("a") == 0
        hold("a", seconds=60)
        with pytest.raises(RateLimited) as refusal:
            hold("a", seconds=60)
        assert refusal.value.retry_after in {60, 61}
        assert held_s("a") in {60, 61}
        clock.shift(30)
        assert held_s("a") in {30, 31}


@both
def test_counts_at_once_are_all_different() -> None:
    seen: list[int] = []
    threads = [
        threading.Thread(target=lambda: seen.append(count("x", timeout_s=60))) for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(1, 21))


def test_a_crowd_does_not_make_the_cache_forget() -> None:
    assert tries("sms:one", 5) == 3
    for other in range(2_000):
        count(f"somebody-{other}", timeout_s=60)
    assert tries("sms:one", 5) == 0
