"""Token buckets shared by the processes of a site: so many at once, so many again every second.

In Redis where there is one (a batch is one round trip, atomic), in this process otherwise, and
for as long as Redis does not answer.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Sequence
from functools import cache
from typing import Any

import redis
from django.conf import settings

logger = logging.getLogger(__name__)

#: Buckets kept in this process; full ones are dropped first.
KEPT_MOST = 100_000
_PREFIX = "bucket:"

# KEYS: buckets; ARGV: burst, per second. Answers the milliseconds to wait for each, 0: taken.
_TAKE = """
local now = redis.call('TIME')
now = now[1] + now[2] / 1000000
local burst, per_s = tonumber(ARGV[1]), tonumber(ARGV[2])
local waits = {}
for i, key in ipairs(KEYS) do
  local kept = redis.call('HMGET', key, 'n', 't')
  local left = burst
  if kept[1] then
    left = math.min(burst, tonumber(kept[1]) + math.max(0, now - tonumber(kept[2])) * per_s)
  end
  if left >= 1 then
    left = left - 1
    waits[i] = 0
    redis.call('HSET', key, 'n', tostring(left), 't', string.format('%.6f', now))
    redis.call('EXPIRE', key, math.ceil(burst / per_s) + 1)
  else
    waits[i] = math.ceil((1 - left) / per_s * 1000)
  end
end
return waits
"""


def take_each(keys: Sequence[str], *, burst: float, per_s: float) -> list[int]:
    """Take one from each bucket; answer for each the whole seconds to wait, 0 where it was taken.

    The same key twice takes twice. A refused one takes nothing.
    """
    if not keys:
        return []
    if settings.REDIS_URL:
        try:
            waits = _script()(keys=[_PREFIX + key for key in keys], args=[burst, per_s])
            return [math.ceil(int(wait) / 1000) for wait in waits]
        except redis.RedisError:
            logger.warning("Redis does not answer; limits hold for each process by itself")
    return [_take_here(key, burst, per_s) for key in keys]


@cache
def _script() -> Any:
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=0.5)
    return client.register_script(_TAKE)


_here: dict[str, tuple[float, float]] = {}
_lock = threading.Lock()


def _take_here(key: str, burst: float, per_s: float) -> int:
    now = time.monotonic()
    with _lock:
        left, at = _here.get(key, (burst, now))
        left = min(burst, left + (now - at) * per_s)
        if left < 1:
            return math.ceil((1 - left) / per_s)
        if len(_here) >= KEPT_MOST:
            _forget(now, burst, per_s)
        _here[key] = (left - 1, now)
    return 0


def _forget(now: float, burst: float, per_s: float) -> None:
    """Drop what is full again, or the older half where nearly nothing is."""
    full = [key for key, (left, at) in _here.items() if left + (now - at) * per_s >= burst]
    oldest = sorted(_here, key=lambda key: _here[key][1])[: KEPT_MOST // 2]
    for key in full if len(full) >= KEPT_MOST // 10 else oldest:
        del _here[key]


def forget() -> None:
    """Start anew in this process; for tests."""
    with _lock:
        _here.clear()
