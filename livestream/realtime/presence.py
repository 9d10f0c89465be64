"""People present: a number per process in the shared cache, summed. No join or leave events."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from uuid import UUID

from django.core.cache import cache

#: Processes that can report at once.
SLOTS = 64
#: A process that stops reporting is forgotten after this.
COUNT_TTL_S = 20
_SLOT_TTL_S = 60


def _slot_name(number: int) -> str:
    return f"room-process:{number}"


def _count_name(session: UUID, slot: int) -> str:
    return f"room-present:{session.hex}:{slot}"


def present(session: UUID) -> int:
    """People in a room now, over all processes. Never negative; up to 20 s old."""
    names = [_count_name(session, slot) for slot in range(SLOTS)]
    return sum(cache.get_many(names).values())


class Reporter:
    """One process's part of the sums. Methods block on the cache: call them from a thread."""

    def __init__(self) -> None:
        self._mark = secrets.token_hex(8)
        self._slot: int | None = None

    def report(self, counts: Mapping[UUID, int]) -> dict[UUID, int]:
        """Store this process's counts; return the sums for the same rooms."""
        slot = self._own_slot()
        if slot is None:
            return dict(counts)
        cache.set_many(
            {_count_name(session, slot): count for session, count in counts.items()},
            timeout=COUNT_TTL_S,
        )
        return {session: present(session) for session in counts}

    def _own_slot(self) -> int | None:
        """Claim a place among the processes, or keep the one claimed before."""
        if self._slot is not None and cache.get(_slot_name(self._slot)) == self._mark:
            cache.touch(_slot_name(self._slot), _SLOT_TTL_S)
            return self._slot
        self._slot = next(
            (n for n in range(SLOTS) if cache.add(_slot_name(n), self._mark, _SLOT_TTL_S)), None
        )
        return self._slot
