"""Limits and counters in the shared cache.

With the in-process cache they hold for one process, which is all the embedded default has; a
deployment with several uses Redis (a deploy check says so).
"""

from __future__ import annotations

import time

from django.core.cache import cache

from core.errors import RateLimited

_SLICES = 5


def take(key: str, *, limit: int, period_s: int) -> None:
    """Count one use of ``key``; raise :class:`RateLimited` if ``limit`` uses were made already.

    The window slides: at no time are there more than ``limit`` uses within any ``period_s``. It
    is counted in fifths of a period, so a use may be forgotten up to a fifth later than it could
    be. A refused use counts for nothing.
    """
    width = period_s / _SLICES
    now = time.time()
    current = int(now // width)
    prefix = f"limit:{key}:{period_s}"
    used = _increment(f"{prefix}:{current}", timeout_s=period_s + int(width) + 1)
    names = {index: f"{prefix}:{index}" for index in range(current - _SLICES, current)}
    found = cache.get_many(names.values())
    older = {index: int(found.get(name, 0)) for index, name in names.items()}
    excess = used + sum(older.values()) - limit
    if excess <= 0:
        return
    _decrement(f"{prefix}:{current}")
    raise RateLimited(retry_after=max(1, int(_frees_at(older, excess, current, width) - now) + 1))


def hold(key: str, *, seconds: int) -> None:
    """Raise :class:`RateLimited` until ``seconds`` after the last call that was let through."""
    now = time.time()
    if cache.add(f"hold:{key}", now + seconds, timeout=seconds):
        return
    until = float(cache.get(f"hold:{key}") or 0)
    if until > now:
        raise RateLimited(retry_after=int(until - now) + 1)
    cache.set(f"hold:{key}", now + seconds, timeout=seconds)


def held_s(key: str) -> int:
    """Return for how many seconds :func:`hold` will still refuse ``key``."""
    until = float(cache.get(f"hold:{key}") or 0)
    return max(0, int(until - time.time()) + 1) if until else 0


def count(key: str, *, timeout_s: int) -> int:
    """Add one to a counter that forgets ``timeout_s`` after its first use; return its value.

    Atomic: of callers at the same moment no two get the same value.
    """
    return _increment(f"count:{key}", timeout_s=timeout_s)


def _increment(name: str, *, timeout_s: int) -> int:
    cache.add(name, 0, timeout=timeout_s)
    try:
        return int(cache.incr(name))
    except ValueError:  # evicted between add and incr
        cache.set(name, 1, timeout=timeout_s)
        return 1


def _decrement(name: str) -> None:
    try:
        cache.decr(name)
    except ValueError:  # evicted meanwhile
        return


def _frees_at(older: dict[int, int], excess: int, current: int, width: float) -> float:
    """When the window will have lost ``excess`` uses."""
    for index, used in sorted(older.items()):
        excess -= used
        if excess <= 0:
            return (index + _SLICES + 1) * width
    return (current + _SLICES + 1) * width
