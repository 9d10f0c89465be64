"""The figures of a fair as data: what both ways of counting return, and what is compared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

from intents.enums import STEP_LEVEL, EventKind, Level

#: The level an intent counts at when this step is its last: withdrawn ones count nowhere, declined
#: and lapsed ones stay expressed. Defined in docs/statistics.md.
COUNTS_AT: Final[dict[str, int]] = {
    **STEP_LEVEL,
    EventKind.WITHDRAWN: 0,
    EventKind.DECLINED: Level.EXPRESSED,
    EventKind.LAPSED: Level.EXPRESSED,
}
LEVELS: Final = tuple(Level)


@dataclass(frozen=True, slots=True)
class Count:
    """人数 distinct persons and 人次 intents."""

    persons: int = 0
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One value of a dimension (a public id) with its counts at L1 … L7."""

    key: str
    levels: tuple[Count, ...]


@dataclass(frozen=True, slots=True)
class Supply:
    """What was on offer: 家, 条, 招聘人数 (without 若干), vacancies with 若干, 工种."""

    employers: int = 0
    vacancies: int = 0
    headcount: int = 0
    unnumbered: int = 0
    trades: int = 0


@dataclass(frozen=True, slots=True)
class Talk:
    """What was said in the rooms: messages and their senders, questions, askers, answers."""

    messages: int = 0
    senders: int = 0
    questions: int = 0
    askers: int = 0
    answered: int = 0


@dataclass(frozen=True, slots=True)
class Views:
    """观看人次 and 观看人数, and those of a minute and more."""

    views: int = 0
    viewers: int = 0
    effective_views: int = 0
    effective_viewers: int = 0


@dataclass(frozen=True, slots=True)
class Watched:
    """What was watched in one room, or at the fair: views, time, 峰值在线 and its minute.

    ``watched_ms`` is the union of each person's time; ``peak_minute`` counts from 1970.
    """

    views: Views = Views()
    watched_ms: int = 0
    peak: int = 0
    peak_minute: int = 0


NOBODY_WATCHED: Final = Watched()


@dataclass(frozen=True, slots=True)
class WatchFigures:
    """观看, or 在房: of the fair, per session (net), and the views per entry channel (net)."""

    net: Watched = NOBODY_WATCHED
    gross: Watched = NOBODY_WATCHED
    by_session: dict[str, Watched] = field(default_factory=dict)
    by_channel: dict[str, Views] = field(default_factory=dict)


#: Dimensions of the intents, in the order they are shown.
DIMENSIONS: Final = ("session", "guest", "employer", "vacancy", "channel")


@dataclass(frozen=True, slots=True)
class Statistics:
    """A fair's figures at ``as_of``.

    ``gross`` counts every intent; all else is net of people who work at the fair, rehearsals and
    blocked accounts. ``ended`` are intents by their ending; ``lines`` hold each dimension by key.
    """

    as_of: datetime
    gross: tuple[Count, ...]
    net: tuple[Count, ...]
    ended: dict[str, int]
    lines: dict[str, tuple[Line, ...]]
    supply: Supply
    talk: Talk
    talk_by_session: dict[str, Talk] = field(default_factory=dict)
    #: by kind: ``media`` is 观看 here, ``room`` is 在房 while the picture is elsewhere,
    #: ``rerun`` the replay
    watched: dict[str, WatchFigures] = field(default_factory=dict)

    def at(self, level: Level) -> Count:
        """Net counts at ``level``."""
        return self.net[level - 1]

    def flat(self) -> dict[str, Any]:
        """Every figure by its path, for comparing two counts."""
        return dict(_flatten("", asdict(self)))


def line_order(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Lines that count at all, by most persons matched, then most applied, then key."""
    counted = [line for line in lines if line.levels[0].rows]
    return tuple(
        sorted(
            counted,
            key=lambda line: (
                -line.levels[1].persons,
                -line.levels[0].persons,
                -line.levels[0].rows,
                line.key,
            ),
        )
    )


def _flatten(path: str, value: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(value, dict) and "key" in value and "levels" in value:
        yield from _flatten(f"{path}[{value['key']}]", value["levels"])
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _flatten(f"{path}.{name}" if path else str(name), inner)
    elif isinstance(value, list | tuple) and value and "key" in value[0]:
        for inner in value:
            yield from _flatten(path, inner)
    elif isinstance(value, list | tuple):
        for place, inner in enumerate(value, start=1):
            yield from _flatten(f"{path}.L{place}", inner)
    else:
        yield path, value
