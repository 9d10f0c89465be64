"""People present: numbers per process in the shared cache, summed. No join or leave events."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from django.core.cache import cache

from livestream.realtime.frames import Now

#: Processes that can report at once.
SLOTS = 64
#: A process that stops reporting is forgotten after this.
COUNT_TTL_S = 20
_SLOT_TTL_S = 60
_HEARTS_TTL_S = 24 * 3600


class Count(NamedTuple):
    """One process's people in one room, and the ♥ they gave since the last report.

    ``line`` is what it writes to the room: bytes a second, seconds from tick to tick, and the
    part of the viewers' chat lines it leaves out.
    """

    present: int
    playing: int = 0
    hearts: int = 0
    line: tuple[float, float, float] = (0.0, 0.0, 0.0)


class Line(NamedTuple):
    """A room on the line of the site: Mbit/s, seconds between ticks, part of the chat left out."""

    mbit: float
    tick_s: float
    left_out: float


def _slot_name(number: int) -> str:
    return f"room-process:{number}"


def _count_name(session: UUID, slot: int) -> str:
    return f"room-present:{session.hex}:{slot}"


def _sockets_name(slot: int) -> str:
    return f"room-sockets:{slot}"


def _hearts_name(session: UUID) -> str:
    return f"room-hearts:{session.hex}"


def present(session: UUID) -> int:
    """People in a room now, over all processes. Never negative; up to 20 s old."""
    return now(session).present


def now(session: UUID) -> Now:
    """What a room's ticks say of the people in it, over all processes."""
    hearts = _hearts_name(session)
    found = cache.get_many([*(_count_name(session, slot) for slot in range(SLOTS)), hearts])
    total = found.pop(hearts, 0)
    counts = list(found.values())
    return Now(sum(count[0] for count in counts), sum(count[1] for count in counts), total)


def line(session: UUID) -> Line:
    """What a room takes of the site's line, over all processes."""
    counts = cache.get_many([_count_name(session, slot) for slot in range(SLOTS)]).values()
    parts = [count[2:] for count in counts] or [(0.0, 0.0, 0.0)]
    return Line(
        sum(part[0] for part in parts) * 8 / 1e6,
        max(part[1] for part in parts),
        max(part[2] for part in parts),
    )


class Reporter:
    """One process's part of the sums. Methods block on the cache: call them from a thread."""

    def __init__(self) -> None:
        self._mark = secrets.token_hex(8)
        self._slot: int | None = None

    def report(self, counts: Mapping[UUID, Count]) -> dict[UUID, Now]:
        """Store this process's counts; return the sums for the same rooms."""
        slot = self._own_slot()
        if slot is None:
            return {session: Now(*count[:3]) for session, count in counts.items()}
        cache.set_many(
            {
                _count_name(session, slot): (count.present, count.playing, *count.line)
                for session, count in counts.items()
            },
            timeout=COUNT_TTL_S,
        )
        for session, count in counts.items():
            if count.hearts:
                cache.add(_hearts_name(session), 0, _HEARTS_TTL_S)
                cache.incr(_hearts_name(session), count.hearts)
        return {session: now(session) for session in counts}

    def report_sockets(self, sockets: int) -> int:
        """Store how many sockets this process holds; return the site's."""
        if self._slot is None:
            return sockets
        cache.set(_sockets_name(self._slot), sockets, timeout=COUNT_TTL_S)
        return sum(cache.get_many([_sockets_name(slot) for slot in range(SLOTS)]).values())

    def _own_slot(self) -> int | None:
        """Claim a place among the processes, or keep the one claimed before."""
        if self._slot is not None and cache.get(_slot_name(self._slot)) == self._mark:
            cache.touch(_slot_name(self._slot), _SLOT_TTL_S)
            return self._slot
        self._slot = next(
            (n for n in range(SLOTS) if cache.add(_slot_name(n), self._mark, _SLOT_TTL_S)), None
        )
        return self._slot
