"""How far behind the pictures of this process's viewers are, by what their pages report."""

from __future__ import annotations

import time
from collections import deque
from statistics import median
from typing import NamedTuple
from uuid import UUID

#: A page reports once a minute, jittered: older ones have been replaced, or have left.
KEPT_S = 75.0
#: More do not move a median.
KEPT_MOST = 500


class Behind(NamedTuple):
    """The median in seconds, and of how many reports (0: nobody reported)."""

    seconds: float = 0.0
    reports: int = 0


class Delays:
    """The reports of the last minute, room by room. No I/O."""

    def __init__(self) -> None:
        self._rooms: dict[UUID, deque[tuple[float, float]]] = {}

    def note(self, session: UUID, seconds: float) -> None:
        """Note one page's report."""
        room = self._rooms.get(session)
        if room is None:
            room = self._rooms[session] = deque(maxlen=KEPT_MOST)
        room.append((time.monotonic(), seconds))

    def of(self, session: UUID) -> Behind:
        """The room's reports in one number; rooms that fell silent are forgotten."""
        room = self._rooms.get(session)
        if room is None:
            return Behind()
        oldest = time.monotonic() - KEPT_S
        while room and room[0][0] < oldest:
            room.popleft()
        if not room:
            del self._rooms[session]
            return Behind()
        return Behind(round(median(seconds for _, seconds in room), 1), len(room))
