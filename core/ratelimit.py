"""Token buckets in the shared cache."""

from __future__ import annotations

import time

from django.core.cache import cache

from core.errors import RateLimited


def take(key: str, *, limit: int, period_s: int) -> None:
    """Count one use of ``key``; raise :class:`RateLimited` above ``limit`` uses per ``period_s``.

    Windows are fixed and aligned to the clock, so the count is one atomic increment in the cache.
    """
    now = int(time.time())
    window = now // period_s
    name = f"limit:{key}:{period_s}:{window}"
    cache.add(name, 0, timeout=period_s + 1)
    try:
        used = cache.incr(name)
    except ValueError:  # evicted between add and incr
        cache.set(name, 1, timeout=period_s + 1)
        used = 1
    if used > limit:
        raise RateLimited(retry_after=(window + 1) * period_s - now)
