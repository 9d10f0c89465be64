"""Token buckets, in this process and in Redis."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine

from core import buckets
from core.cache import FallbackRedisCache
from core.ids import new_id
from tests.support.services import free_port

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def test_so_many_at_once_and_so_many_a_second() -> None:
    mine, other = str(new_id()), str(new_id())
    taken = buckets.take_each([mine, mine, other, mine], burst=2, per_s=0.5)
    assert taken[:3] == [0, 0, 0]
    assert taken[3] == 2
    assert buckets.take_each([other, other], burst=2, per_s=0.5) == [0, 2]
    assert buckets.take_each([], burst=2, per_s=1) == []


def test_it_fills_again() -> None:
    key = str(new_id())
    assert buckets.take_each([key, key], burst=1, per_s=50) == [0, 1]
    import time

    time.sleep(0.05)
    assert buckets.take_each([key], burst=1, per_s=50) == [0]


def test_without_redis_limits_hold_for_this_process(settings: Any) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    buckets._script.cache_clear()
    try:
        key = str(new_id())
        assert buckets.take_each([key, key], burst=1, per_s=1) == [0, 1]
    finally:
        buckets._script.cache_clear()


def test_full_buckets_are_forgotten_first(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.REDIS_URL = ""
    monkeypatch.setattr(buckets, "KEPT_MOST", 10)
    buckets.forget()
    for number in range(40):
        buckets.take_each([f"{number}"], burst=1, per_s=0.001)
    assert len(buckets._here) <= 10
    assert buckets.take_each(["39"], burst=1, per_s=0.001) != [0]


def test_a_cache_without_its_redis_is_this_processs_memory() -> None:
    away = FallbackRedisCache(f"redis://127.0.0.1:{free_port()}/0", {})
    away.clear()
    with time_machine.travel(0, tick=True):
        assert away.add("n", 1)
        assert away.incr("n") == 2
        away.set("a", "b")
        assert away.get_many(["n", "a"]) == {"n": 2, "a": "b"}
        assert away.has_key("a")
        away.set_many({"c": 1})
        away.delete("a")
        assert away.get("a") is None
        assert away.touch("c")
        away.delete_many(["c"])
    away.clear()
