"""The definition of every figure as a pure fold over the logs.

Nothing here touches a database: :mod:`insights.raw` reads the logs, this module counts them,
:mod:`insights.selectors` counts the same by SQL, and ``recount_statistics`` compares the two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from insights.records import (
    COUNTS_AT,
    DIMENSIONS,
    LEVELS,
    Count,
    Line,
    Statistics,
    Supply,
    Talk,
    WatchFigures,
    line_order,
)
from insights.watch_fold import Seen, watched
from intents.enums import STEP_OUTCOME
from livestream.enums import EventKind as RoomKind
from livestream.enums import WatchKind


@dataclass(frozen=True, slots=True)
class Step:
    """An IntentEvent."""

    seq: int
    intent: int
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Wish:
    """An Intent's unchanging facts; dimensions are public ids."""

    seeker: int
    session: str | None
    pin_seq: int | None
    employer: str
    vacancy: str
    channel: str | None


@dataclass(frozen=True, slots=True)
class RoomEntry:
    """An entry of a session's room log."""

    session: str
    kind: str
    actor_key: str
    refs: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class Offer:
    """A vacancy's revision, and when the vacancy was brought to the fair."""

    vacancy: str
    employer: str
    number: int
    headcount: int | None
    trade: str
    brought_at: datetime
    at: datetime


@dataclass(slots=True)
class Logs:
    """Everything a fair's figures are made of."""

    steps: list[Step] = field(default_factory=list)
    wishes: dict[int, Wish] = field(default_factory=dict)
    #: each room's in the order of its log
    room: list[RoomEntry] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)
    #: (person, since): roles at the fair, in a crew, at an employer with a booth there
    works: list[tuple[int, datetime]] = field(default_factory=list)
    #: (person, blocked, at), in the order they were decided
    blocks: list[tuple[int, bool, datetime]] = field(default_factory=list)
    keys: dict[str, int] = field(default_factory=dict)
    rehearsals: frozenset[str] = frozenset()
    session_guests: dict[str, frozenset[str]] = field(default_factory=dict)
    #: (session, pin_seq) → guests presenting the run-sheet item behind that card
    presenters: dict[tuple[str, int], frozenset[str]] = field(default_factory=dict)
    #: played-time reports, and when each had ended
    seen: list[tuple[datetime, Seen]] = field(default_factory=list)
    #: (device key, account key, at), in the order they were stated
    merges: list[tuple[str, str, datetime]] = field(default_factory=list)
    #: the fair's entry channels: code → id
    channels: dict[str, str] = field(default_factory=dict)


def fold(logs: Logs, as_of: datetime) -> Statistics:
    """Count everything that had happened at ``as_of``, inclusive."""
    out = excluded(logs, as_of)
    last = last_steps(logs.steps, as_of)
    everybody = [(logs.wishes[intent], kind) for intent, kind in last.items()]
    counted = [
        (wish, kind)
        for wish, kind in everybody
        if wish.seeker not in out and wish.session not in logs.rehearsals
    ]
    talk, by_session = talks(logs, as_of, out)
    return Statistics(
        as_of=as_of,
        gross=levels(everybody),
        net=levels(counted),
        ended=endings(kind for _wish, kind in counted),
        lines={name: lines(counted, keys_of(name, logs)) for name in DIMENSIONS},
        supply=supply(logs.offers, as_of),
        talk=talk,
        talk_by_session=by_session,
        watched=watching(logs, as_of, out),
    )


def watching(logs: Logs, as_of: datetime, out: set[int]) -> dict[str, WatchFigures]:
    """观看 and 在房. A device's past belongs to the first account that signed in on it."""
    accounts: dict[str, str] = {}
    for device, account, at in logs.merges:
        if at <= as_of:
            accounts.setdefault(device, account)

    def counts(span: Seen, person: str) -> bool:
        return span.session not in logs.rehearsals and logs.keys.get(person) not in out

    by_then = [span for ended_at, span in logs.seen if ended_at <= as_of]
    return {
        str(kind): watched(
            [span for span in by_then if span.kind == kind],
            accounts=accounts,
            counts=counts,
            channels=logs.channels,
        )
        for kind in WatchKind
    }


def excluded(logs: Logs, as_of: datetime) -> set[int]:
    """Persons who by then had worked at the fair, or were blocked."""
    works = {person for person, since in logs.works if since <= as_of}
    blocked = {person: is_blocked for person, is_blocked, at in logs.blocks if at <= as_of}
    return works | {person for person, is_blocked in blocked.items() if is_blocked}


def last_steps(steps: Iterable[Step], as_of: datetime) -> dict[int, str]:
    """The kind of every intent's last step by then."""
    last: dict[int, str] = {}
    for step in sorted(steps, key=lambda step: step.seq):
        if step.at <= as_of:
            last[step.intent] = step.kind
    return last


def levels(rows: Iterable[tuple[Wish, str]]) -> tuple[Count, ...]:
    """Persons and intents at each level or above."""
    persons: dict[int, set[int]] = defaultdict(set)
    intents: dict[int, int] = defaultdict(int)
    for wish, kind in rows:
        for level in range(1, COUNTS_AT[kind] + 1):
            persons[level].add(wish.seeker)
            intents[level] += 1
    return tuple(Count(len(persons[level]), intents[level]) for level in LEVELS)


def endings(kinds: Iterable[str]) -> dict[str, int]:
    """Intents that had ended, by how."""
    counts = {str(outcome): 0 for outcome in STEP_OUTCOME.values()}
    for kind in kinds:
        if kind in STEP_OUTCOME:
            counts[str(STEP_OUTCOME[kind])] += 1
    return counts


Keys = Callable[[Wish], Iterable[str]]


def keys_of(dimension: str, logs: Logs) -> Keys:
    """How an intent is assigned to values of a dimension; guests can be several."""
    if dimension == "guest":
        return lambda wish: guests_of(wish, logs)

    def one(wish: Wish) -> Iterable[str]:
        value = getattr(wish, dimension)
        return () if value is None else (value,)

    return one


def guests_of(wish: Wish, logs: Logs) -> frozenset[str]:
    """Those of the session's guests who presented the card; all of them where nobody is named."""
    if wish.session is None:
        return frozenset()
    present = logs.session_guests.get(wish.session, frozenset())
    if wish.pin_seq is None:
        return present
    presenting = logs.presenters.get((wish.session, wish.pin_seq), frozenset())
    return present & presenting if presenting else present


def lines(rows: Iterable[tuple[Wish, str]], keys: Keys) -> tuple[Line, ...]:
    """The counts of each value of a dimension."""
    groups: dict[str, list[tuple[Wish, str]]] = defaultdict(list)
    for wish, kind in rows:
        for key in keys(wish):
            groups[key].append((wish, kind))
    return line_order(Line(key, levels(group)) for key, group in groups.items())


def supply(offers: Iterable[Offer], as_of: datetime) -> Supply:
    """Vacancies brought and opened by then, each as its newest revision by then says."""
    newest: dict[str, Offer] = {}
    for offer in sorted(offers, key=lambda offer: offer.number):
        if max(offer.at, offer.brought_at) <= as_of:
            newest[offer.vacancy] = offer
    shown = newest.values()
    return Supply(
        employers=len({offer.employer for offer in shown}),
        vacancies=len(newest),
        headcount=sum(offer.headcount or 0 for offer in shown),
        unnumbered=sum(offer.headcount is None for offer in shown),
        trades=len({offer.trade for offer in shown if offer.trade}),
    )


def talks(logs: Logs, as_of: datetime, out: set[int]) -> tuple[Talk, dict[str, Talk]]:
    """Messages, questions and answers of everybody counted: of the fair, and per session."""
    entries = [
        entry for entry in logs.room if entry.at <= as_of and entry.session not in logs.rehearsals
    ]
    spoken = [entry for entry in entries if logs.keys.get(entry.actor_key) not in out]
    answers = _answers(entries)
    sessions = {entry.session for entry in spoken}
    by_session = {
        session: _talk([entry for entry in spoken if entry.session == session], answers)
        for session in sorted(sessions)
    }
    silent = Talk()
    return _talk(spoken, answers), {s: t for s, t in by_session.items() if t != silent}


def _answers(entries: Iterable[RoomEntry]) -> set[str]:
    """Questions whose answer was not taken back: then they are asked once more, after it."""
    answers: set[str] = set()
    for entry in entries:
        question = str(entry.refs.get("question"))
        if entry.kind == RoomKind.ANSWER:
            answers.add(question)
        elif entry.kind == RoomKind.QUESTION:
            answers.discard(question)
    return answers


def _talk(entries: Iterable[RoomEntry], answers: set[str]) -> Talk:
    messages, senders, questions, askers = set(), set(), set(), set()
    for entry in entries:
        if entry.kind == RoomKind.MESSAGE:
            messages.add(entry.refs.get("message"))
            senders.add(entry.actor_key)
        elif entry.kind == RoomKind.QUESTION:
            questions.add(str(entry.refs.get("question")))
            askers.add(entry.actor_key)
    return Talk(
        messages=len(messages),
        senders=len(senders),
        questions=len(questions),
        askers=len(askers),
        answered=len(questions & answers),
    )
