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


class Bucket:
    """One bucket in this process: ``burst`` at once, ``per_s`` again every second."""

    __slots__ = ("_burst", "_left", "_per_s", "at")

    def __init__(self, *, burst: float, per_s: float) -> None:
        self._burst, self._per_s = burst, per_s
        self._left = burst
        #: When one was last asked for, monotonic.
        self.at = time.monotonic()

    def take(self) -> bool:
        """Use one; false when none is left."""
        self._fill()
        if self._left < 1:
            return False
        self._left -= 1
        return True

    @property
    def wait_s(self) -> float:
        """Seconds until there is one, as of the last call."""
        return max(0.0, (1 - self._left) / self._per_s)

    def is_full(self) -> bool:
        """Whether it is as good as a new one."""
        self._fill()
        return self._left >= self._burst

    def _fill(self) -> None:
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self.at) * self._per_s)
        self.at = now


_here: dict[str, Bucket] = {}
_lock = threading.Lock()


def _take_here(key: str, burst: float, per_s: float) -> int:
    with _lock:
        bucket = _here.get(key)
        if bucket is None:
            if len(_here) >= KEPT_MOST:
                _forget()
            bucket = _here[key] = Bucket(burst=burst, per_s=per_s)
        return 0 if bucket.take() else math.ceil(bucket.wait_s)


def _forget() -> None:
    """Drop what is full again, or the older half where nearly nothing is."""
    oldest = sorted(_here, key=lambda key: _here[key].at)[: KEPT_MOST // 2]
    full = [key for key, bucket in _here.items() if bucket.is_full()]
    for key in full if len(full) >= KEPT_MOST // 10 else oldest:
        del _here[key]


def forget() -> None:
    """Start anew in this process; for tests."""
    with _lock:
        _here.clear()
