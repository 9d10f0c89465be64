"""The shared cache, which Redis may leave for a while."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, ClassVar

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis import RedisError

logger = logging.getLogger(__name__)

#: After a failure Redis is not asked again for this long.
AWAY_S = 2.0


class FallbackRedisCache(RedisCache):
    """Redis; while it does not answer, this process's own memory.

    Pages go on working then, with limits and counters that hold for each process by itself.
    What was stored meanwhile is forgotten once Redis is back.
    """

    _away_until: ClassVar[float] = 0.0

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._here = LocMemCache("while-redis-is-away", {"OPTIONS": {"MAX_ENTRIES": 100_000}})

    def _try(self, name: str, asked: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        cls = type(self)
        if time.monotonic() >= cls._away_until:
            try:
                return asked(*args, **kwargs)
            except RedisError:
                cls._away_until = time.monotonic() + AWAY_S
                logger.warning("Redis does not answer; using this process's memory meanwhile")
        return getattr(self._here, name)(*args, **kwargs)

    def add(self, *args: Any, **kwargs: Any) -> Any:
        return self._try("add", super().add, *args, **kwargs)

    def get(self, *args: Any, **kwargs: Any) -> Any:
        return self._try("get", super().get, *args, **kwargs)

    def set(self, *args: Any, **kwargs: Any) -> Any:
        return self._try("set", super().set, *args, **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> Any:
        return self._try("touch", super().touch, *args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        return self._try("delete", super().delete, *args, **kwargs)

    def get_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._try("get_many", super().get_many, *args, **kwargs)

    def has_key(self, *args: Any, **kwargs: Any) -> Any:
        return self._try("has_key", super().has_key, *args, **kwargs)

    def incr(self, *args: Any, **kwargs: Any) -> Any:
        return self._try("incr", super().incr, *args, **kwargs)

    def set_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._try("set_many", super().set_many, *args, **kwargs)

    def delete_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._try("delete_many", super().delete_many, *args, **kwargs)

    def clear(self) -> Any:
        self._here.clear()
        return self._try("clear", super().clear)
