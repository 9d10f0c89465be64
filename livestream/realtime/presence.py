"""People present: numbers per process in the shared cache, summed. No join or leave events."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from django.core.cache import cache

from livestream.realtime.delays import Behind
from livestream.realtime.frames import Now
from livestream.realtime.pace import SHORTEST_S, Turn

#: Processes that can report at once.
SLOTS = 64
#: A process that stops reporting is forgotten after this, and its place is free.
COUNT_TTL_S = 20
_HEARTS_TTL_S = 24 * 3600


class Count(NamedTuple):
    """One process's people in one room, and the ♥ they gave since the last report.

    ``line`` is what it writes to the room: bytes a second, seconds from tick to tick, and the
    part of the viewers' chat lines it leaves out. ``tick_s`` are the seconds from tick to tick it
    wants. ``behind`` is how far their pictures are.
    """

    present: int
    playing: int = 0
    hearts: int = 0
    line: tuple[float, float, float] = (0.0, 0.0, 0.0)
    tick_s: float = SHORTEST_S
    behind: Behind = Behind()

    @property
    def stored(self) -> tuple[float, ...]:
        """What the others read of it in the cache."""
        return (self.present, self.playing, *self.line, self.tick_s, *self.behind)

    @classmethod
    def read(cls, stored: tuple[Any, ...]) -> Count:
        """What another process stored."""
        present, playing, size, seconds, left_out, tick_s, *behind = stored
        line = (size, seconds, left_out)
        return cls(present, playing, line=line, tick_s=tick_s, behind=Behind(*behind))


class Line(NamedTuple):
    """A room on the line of the site: Mbit/s, seconds between ticks, part of the chat left out.

    ``delay_s``: how far behind its viewers' pictures are, in seconds; ``None``: none has told.
    """

    mbit: float
    tick_s: float
    left_out: float
    delay_s: float | None = None


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
    return _sum(session, cache.get_many(_room_names(session)))


def _room_names(session: UUID) -> list[str]:
    return [_hearts_name(session), *(_count_name(session, slot) for slot in range(SLOTS))]


def _counts(session: UUID, found: Mapping[str, Any]) -> dict[int, Count]:
    """What the processes, by their places, said of a room."""
    names = {slot: _count_name(session, slot) for slot in range(SLOTS)}
    return {slot: Count.read(found[name]) for slot, name in names.items() if name in found}


def _sum(session: UUID, found: Mapping[str, Any]) -> Now:
    counts = _counts(session, found).values()
    return Now(
        sum(count.present for count in counts),
        sum(count.playing for count in counts),
        found.get(_hearts_name(session), 0),
    )


def _turn(session: UUID, own: int, found: Mapping[str, Any]) -> Turn:
    """Which of the processes with people in a room the one at ``own`` is, and their rhythm."""
    counts = _counts(session, found)
    there = [slot for slot, count in counts.items() if count.present or slot == own]
    return Turn(there.index(own), len(there), max(counts[slot].tick_s for slot in there))


def line(session: UUID) -> Line:
    """What a room takes of the site's line, over all processes."""
    found = cache.get_many([_count_name(session, slot) for slot in range(SLOTS)])
    counts = _counts(session, found).values()
    parts = [count.line for count in counts] or [(0.0, 0.0, 0.0)]
    behind = [count.behind for count in counts]
    reports = sum(part.reports for part in behind)
    return Line(
        sum(part[0] for part in parts) * 8 / 1e6,
        max(part[1] for part in parts),
        max(part[2] for part in parts),
        round(sum(part.seconds * part.reports for part in behind) / reports, 1)
        if reports
        else None,
    )


class Told(NamedTuple):
    """What a process learns of a room by reporting its part: the sums, and its turn to write."""

    now: Now
    turn: Turn = Turn()


class Reporter:
    """One process's part of the sums. Methods block on the cache: call them from a thread."""

    def __init__(self) -> None:
        self._mark = secrets.token_hex(8)
        self._slot: int | None = None

    def report(
        self, counts: Mapping[UUID, Count], sockets: int = 0
    ) -> tuple[dict[UUID, Told], int]:
        """Store this process's counts and sockets; return the sums for the same rooms, and of all.

        One round trip reads, one writes, and one more counts the ♥ of a room that were given.
        Where more than :data:`SLOTS` processes report, the sums are this one's.
        """
        for session, count in counts.items():
            _count_hearts(session, count.hearts)
        found = cache.get_many(self._names(counts))
        slot = self._own_slot(found)
        if slot is None:
            return {session: Told(Now(*count[:3])) for session, count in counts.items()}, sockets
        own: dict[str, Any] = {_slot_name(slot): self._mark, _sockets_name(slot): sockets}
        for session, count in counts.items():
            own[_count_name(session, slot)] = count.stored
        cache.set_many(own, timeout=COUNT_TTL_S)
        found.update(own)
        site = sum(found.get(_sockets_name(number), 0) for number in range(SLOTS))
        return {
            session: Told(_sum(session, found), _turn(session, slot, found)) for session in counts
        }, site

    def _names(self, counts: Mapping[UUID, Count]) -> list[str]:
        names = [_sockets_name(number) for number in range(SLOTS)]
        for session in counts:
            names += _room_names(session)
        return names if self._slot is None else [*names, _slot_name(self._slot)]

    def _own_slot(self, found: Mapping[str, Any]) -> int | None:
        """The place claimed before, if it is still this process's, else a free one."""
        if self._slot is None or found.get(_slot_name(self._slot)) != self._mark:
            self._slot = next(
                (n for n in range(SLOTS) if cache.add(_slot_name(n), self._mark, COUNT_TTL_S)), None
            )
        return self._slot


def _count_hearts(session: UUID, hearts: int) -> None:
    name = _hearts_name(session)
    if not hearts:
        return
    try:
        cache.incr(name, hearts)
    except ValueError:  # the first ones, or somebody else was first just now
        if not cache.add(name, hearts, _HEARTS_TTL_S):
            cache.incr(name, hearts)
