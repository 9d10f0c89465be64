"""The ladder's transition table and the clamp of moments to time on air. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from intents.enums import STEP_LEVEL, STEP_OUTCOME, EventKind, Level, MomentSource, Outcome


class State(NamedTuple):
    """Where an intent stands."""

    level: Level
    outcome: Outcome


START: Final = State(Level.EXPRESSED, Outcome.LIVE)

#: Levels from which each step may be taken; every step needs a live intent. Steps up may skip
#: levels (a worker is hired at the first meeting); an interview can be booked anew and staying on
#: confirmed again after 90 days.
STEP_FROM: Final[dict[str, frozenset[Level]]] = {
    EventKind.MATCHED: frozenset({Level.EXPRESSED}),
    EventKind.MATCH_UNDONE: frozenset({Level.MATCHED}),
    EventKind.INTERVIEW_BOOKED: frozenset({Level.MATCHED, Level.INTERVIEW_BOOKED}),
    EventKind.INTERVIEWED: frozenset({Level.MATCHED, Level.INTERVIEW_BOOKED}),
    EventKind.OFFERED: frozenset({Level.MATCHED, Level.INTERVIEW_BOOKED, Level.INTERVIEWED}),
    EventKind.HIRED: frozenset(
        {Level.MATCHED, Level.INTERVIEW_BOOKED, Level.INTERVIEWED, Level.OFFERED}
    ),
    EventKind.RETAINED: frozenset({Level.HIRED, Level.RETAINED}),
    EventKind.WITHDRAWN: frozenset(Level(n) for n in range(Level.EXPRESSED, Level.HIRED)),
    EventKind.DECLINED: frozenset(Level(n) for n in range(Level.EXPRESSED, Level.HIRED)),
    EventKind.LAPSED: frozenset(Level(n) for n in range(Level.EXPRESSED, Level.HIRED)),
}

#: The step that reaches each level above a match.
ADVANCE: Final[dict[Level, EventKind]] = {
    Level.INTERVIEW_BOOKED: EventKind.INTERVIEW_BOOKED,
    Level.INTERVIEWED: EventKind.INTERVIEWED,
    Level.OFFERED: EventKind.OFFERED,
    Level.HIRED: EventKind.HIRED,
    Level.RETAINED: EventKind.RETAINED,
}

#: Steps that make no sense without a day.
DATED_STEPS: Final = frozenset({EventKind.INTERVIEW_BOOKED, EventKind.HIRED})


def next_state(state: State, step: EventKind) -> State | None:
    """Return where ``step`` leads from ``state``, or ``None`` where it may not be taken."""
    if state.outcome != Outcome.LIVE or state.level not in STEP_FROM.get(step, frozenset()):
        return None
    return State(STEP_LEVEL.get(step, state.level), Outcome(STEP_OUTCOME.get(step, Outcome.LIVE)))


# --- the moment on air --------------------------------------------------------------------------

Interval = tuple[datetime, datetime | None]
#: A player's clock this far from any time on air says nothing about the broadcast.
TOLERANCE: Final = timedelta(minutes=10)


class Moment(NamedTuple):
    """A broadcast moment, inside time on air, and how it is known."""

    at: datetime | None
    source: MomentSource


UNKNOWN: Final = Moment(None, MomentSource.NONE)


def clamp(seen: datetime | None, intervals: Iterable[Interval], *, now: datetime) -> Moment:
    """Move a reported moment to the nearest time on air.

    Open intervals end ``now``. A moment inside an interval stays; one outside moves to the nearest
    edge (the earlier of two equally near); one farther than :data:`TOLERANCE` from every interval
    is not known.
    """
    if seen is None:
        return UNKNOWN
    nearest = min(
        (min(max(seen, start), end or now) for start, end in intervals if start <= (end or now)),
        key=lambda edge: (abs(edge - seen), edge),
        default=None,
    )
    if nearest is None or abs(nearest - seen) > TOLERANCE:
        return UNKNOWN
    return Moment(nearest, MomentSource.PLAYER)


def estimate(intervals: Iterable[Interval], *, delay_s: int, now: datetime) -> Moment:
    """Estimate what a viewer sees ``now`` when the picture lags ``delay_s`` behind.

    Known only where that moment was on air: an estimate is never moved.
    """
    seen = now - timedelta(seconds=delay_s)
    if any(start <= seen <= (end or now) for start, end in intervals):
        return Moment(seen, MomentSource.ESTIMATED)
    return UNKNOWN
