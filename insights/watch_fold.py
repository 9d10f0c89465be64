"""The definition of every figure of watching, as a pure fold over played-time reports.

Milliseconds since 1970 throughout. :mod:`insights.watch_selectors` counts the same by SQL.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from insights.records import NOBODY_WATCHED, Views, Watched, WatchFigures

#: A pause longer than this ends a watch session.
GAP_MS: Final = 120_000
#: A watch session is a view from this length on, and an effective one from that.
VIEW_MS: Final = 10_000
EFFECTIVE_MS: Final = 60_000
MINUTE_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class Seen:
    """A WatchSpan as it counts: the last ``played_ms`` before its end. ``order`` is its id."""

    order: int
    session: str
    key: str
    channel: str
    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Visit:
    """One person's reports in one room without a long pause: a watch session."""

    session: str
    person: str
    channel: str
    played_ms: int


def watched(
    spans: Iterable[Seen],
    *,
    accounts: Mapping[str, str],
    counts: Callable[[Seen, str], bool],
    channels: Mapping[str, str],
) -> WatchFigures:
    """Count one kind of spans, all of which had ended at the cutoff.

    ``accounts`` gives the account key of each merged device key; ``counts`` says whether a span
    of a person counts net; ``channels`` gives the ids of the fair's entry channels by code.
    """
    everybody = [(span, accounts.get(span.key, span.key)) for span in spans]
    counted = [(span, person) for span, person in everybody if counts(span, person)]
    rooms: dict[str, list[tuple[Seen, str]]] = defaultdict(list)
    for span, person in counted:
        rooms[span.session].append((span, person))
    ways: dict[str, list[Visit]] = defaultdict(list)
    for visit in visits(counted):
        if visit.channel in channels:
            ways[channels[visit.channel]].append(visit)
    return WatchFigures(
        net=_figures(counted),
        gross=_figures(everybody),
        by_session={session: _figures(rooms[session]) for session in sorted(rooms)},
        by_channel={way: _views(ways[way]) for way in sorted(ways)},
    )


def visits(spans: Collection[tuple[Seen, str]]) -> list[Visit]:
    """The watch sessions: each person's spans in each room, split at long pauses."""
    found = []
    for (session, person), own in _grouped(spans, lambda span, who: (span.session, who)).items():
        for group in _split(own):
            length = union_ms((span.start, span.end) for span in group)
            found.append(Visit(session, person, group[0].channel, length))
    return found


def _grouped(
    spans: Iterable[tuple[Seen, str]], key: Callable[[Seen, str], tuple[str, ...]]
) -> dict[tuple[str, ...], list[Seen]]:
    """Spans by ``key``, each group in the order of time."""
    groups: dict[tuple[str, ...], list[Seen]] = defaultdict(list)
    for span, person in spans:
        groups[key(span, person)].append(span)
    for group in groups.values():
        group.sort(key=lambda span: (span.start, span.end, span.order))
    return groups


def _split(ordered: Iterable[Seen]) -> list[list[Seen]]:
    groups: list[list[Seen]] = []
    until = 0
    for span in ordered:
        if not groups or span.start > until + GAP_MS:
            groups.append([])
        groups[-1].append(span)
        until = max(until, span.end)
    return groups


def union_ms(intervals: Iterable[tuple[int, int]]) -> int:
    """The length of what the intervals cover together."""
    total, until = 0, 0
    for start, end in sorted(intervals):
        total += max(0, end - max(start, until))
        until = max(until, end)
    return total


def peak(spans: Iterable[tuple[Seen, str]]) -> tuple[int, int]:
    """Most distinct persons within one minute, and the first such minute's number."""
    minutes: dict[int, set[str]] = defaultdict(set)
    for span, person in spans:
        for minute in range(span.start // MINUTE_MS, (span.end - 1) // MINUTE_MS + 1):
            minutes[minute].add(person)
    if not minutes:
        return 0, 0
    best = min(minutes, key=lambda minute: (-len(minutes[minute]), minute))
    return len(minutes[best]), best


def _views(rows: Iterable[Visit]) -> Views:
    rows = list(rows)
    views = [visit for visit in rows if visit.played_ms >= VIEW_MS]
    effective = [visit for visit in views if visit.played_ms >= EFFECTIVE_MS]
    return Views(
        views=len(views),
        viewers=len({visit.person for visit in views}),
        effective_views=len(effective),
        effective_viewers=len({visit.person for visit in effective}),
    )


def _figures(spans: Collection[tuple[Seen, str]]) -> Watched:
    if not spans:
        return NOBODY_WATCHED
    most, minute = peak(spans)
    people = _grouped(spans, lambda _span, person: (person,))
    return Watched(
        views=_views(visits(spans)),
        watched_ms=sum(union_ms((span.start, span.end) for span in own) for own in people.values()),
        peak=most,
        peak_minute=minute,
    )
