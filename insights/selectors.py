"""A fair's figures by SQL: one aggregation per dimension. Defined in :mod:`insights.fold`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import (
    BooleanField,
    Count,
    Exists,
    F,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils import timezone

from accounts.models import Block, User
from employers.models import EmployerMember, VacancyRevision
from fairs.enums import BoothStatus
from fairs.models import Booth, BoothVacancy, Fair, FairStaff
from insights import records
from insights.records import COUNTS_AT, LEVELS, Line, Statistics, Supply, Talk, line_order
from insights.watch_selectors import watch_figures
from intents.enums import STEP_OUTCOME
from intents.models import IntentEvent
from livestream.enums import EventKind as RoomKind
from livestream.models import Pin, RoomEvent, SessionCrew

Steps = QuerySet[IntentEvent]
Entries = QuerySet[RoomEvent]
_GUEST = "intent__session__guest_list__guest"
_PATHS = {
    "session": "intent__session__public_id",
    "employer": "intent__vacancy__employer__public_id",
    "vacancy": "intent__vacancy__public_id",
    "channel": "intent__entry_channel__public_id",
    "guest": f"{_GUEST}__public_id",
}


def fair_statistics(fair: Fair, as_of: datetime | None = None) -> Statistics:
    """Return the figures of ``fair`` at ``as_of`` (now when not given; never in the future)."""
    now = timezone.now()
    cutoff = min(as_of or now, now)
    everybody = last_steps(fair, cutoff)
    out = excluded(fair, cutoff)
    counted = everybody.exclude(intent__seeker__in=out.values("pk")).filter(
        intent__session__rehearsal_of__isnull=True
    )
    said = room_entries(fair, cutoff)
    spoken = said.exclude(actor_key__in=out.values("actor_key"))
    answered = _answered(said, spoken)
    net = counted.aggregate(**_counts(), **_endings())
    return Statistics(
        as_of=cutoff,
        gross=_levels(everybody.aggregate(**_counts())),
        net=_levels(net),
        ended={str(outcome): net[f"ended_{outcome}"] for outcome in STEP_OUTCOME.values()},
        lines={name: _lines(name, counted) for name in records.DIMENSIONS},
        supply=supply(fair, cutoff),
        talk=_talk(_said(spoken), sum(answered.values())),
        talk_by_session=talk_by_session(spoken, answered),
        watched=watch_figures(fair, cutoff, out),
    )


def excluded(fair: Fair, as_of: datetime) -> QuerySet[User]:
    """Accounts that by then had worked at the fair, or were blocked."""
    staff = FairStaff.objects.filter(fair=fair, since__lte=as_of)
    crew = SessionCrew.objects.filter(
        session__fair=fair, session__rehearsal_of=None, since__lte=as_of
    )
    booths = Booth.objects.filter(fair=fair, created_at__lte=as_of)
    members = EmployerMember.objects.filter(
        employer__in=booths.values("employer"), since__lte=as_of
    )
    last_block = (
        Block.objects.filter(user=OuterRef("pk"), at__lte=as_of)
        .order_by("-at", "-id")
        .values("blocked")[:1]
    )
    known = User.objects.alias(was_blocked=Subquery(last_block, output_field=BooleanField()))
    return known.filter(
        Q(pk__in=staff.values("person"))
        | Q(pk__in=crew.values("person"))
        | Q(pk__in=members.values("person"))
        | Q(was_blocked=True)
    )


def last_steps(fair: Fair, as_of: datetime) -> Steps:
    """Each intent's last step by then."""
    steps = IntentEvent.objects.filter(fair=fair, at__lte=as_of)
    last = steps.order_by().values("intent").annotate(last=Max("seq")).values("last")
    return IntentEvent.objects.filter(fair=fair, seq__in=last).order_by()


def _counts() -> dict[str, Count]:
    """Persons and intents at each level, as conditional aggregates over last steps."""
    counts = {}
    for level in LEVELS:
        here = Q(kind__in=[kind for kind, at in COUNTS_AT.items() if at >= level])
        counts[f"persons_{level}"] = Count("intent__seeker", distinct=True, filter=here)
        counts[f"rows_{level}"] = Count("intent", distinct=True, filter=here)
    return counts


def _endings() -> dict[str, Count]:
    return {
        f"ended_{outcome}": Count("pk", filter=Q(kind=kind))
        for kind, outcome in STEP_OUTCOME.items()
    }


def _levels(row: dict[str, Any]) -> tuple[records.Count, ...]:
    return tuple(records.Count(row[f"persons_{level}"], row[f"rows_{level}"]) for level in LEVELS)


def _lines(dimension: str, counted: Steps) -> tuple[Line, ...]:
    path = _PATHS[dimension]
    rows = _of_guests(counted) if dimension == "guest" else counted
    grouped: Iterable[Any] = rows.values(key=F(path)).annotate(**_counts())
    return line_order(Line(str(row["key"]), _levels(row)) for row in grouped if row["key"])


def _of_guests(counted: Steps) -> Steps:
    """One row per step and guest of its session who presented the card, or all if none is named.

    One ``filter``: a second one, or a condition on the path, would join the guests again.
    """
    card = Pin.objects.filter(session=OuterRef("intent__session"), seq=OuterRef("intent__pin_seq"))
    anybody = card.filter(item__presenters__isnull=False)
    this_one = card.filter(item__presenters=OuterRef(_GUEST))
    return counted.filter(Exists(this_one) | ~Exists(anybody))


def supply(fair: Fair, as_of: datetime) -> Supply:
    """Vacancies brought and opened by then, each as its newest revision by then says."""
    brought = BoothVacancy.objects.filter(
        fair=fair, at__lte=as_of, booth__status=BoothStatus.APPROVED
    )
    newest = (
        VacancyRevision.objects.filter(vacancy=OuterRef("vacancy"), at__lte=as_of)
        .order_by("-number")
        .values("number")[:1]
    )
    shown = VacancyRevision.objects.filter(
        vacancy__in=brought.values("vacancy"), number=Subquery(newest)
    ).annotate(
        people=Cast(KeyTextTransform("headcount", "snapshot"), IntegerField()),
        work=KeyTextTransform("trade", "snapshot"),
    )
    no_number = Q(snapshot__headcount=None) | Q(snapshot__headcount__isnull=True)
    row = shown.order_by().aggregate(
        employers=Count("vacancy__employer", distinct=True),
        vacancies=Count("pk"),
        headcount=Sum("people", default=0),
        unnumbered=Count("pk", filter=no_number),
        trades=Count("work", distinct=True, filter=~Q(work="")),
    )
    return Supply(**row)


# --- the rooms ----------------------------------------------------------------------------------

_MESSAGE, _QUESTION = KeyTextTransform("message", "refs"), KeyTextTransform("question", "refs")


def room_entries(fair: Fair, as_of: datetime) -> Entries:
    """Messages, questions and answers of the fair's rooms by then, without rehearsals."""
    kinds = (RoomKind.MESSAGE, RoomKind.QUESTION, RoomKind.ANSWER)
    return RoomEvent.objects.filter(
        session__fair=fair,
        session__rehearsal_of__isnull=True,
        kind__in=kinds,
        at__lte=as_of,
    ).order_by()


def _talk_counts() -> dict[str, Count]:
    message, question = Q(kind=RoomKind.MESSAGE), Q(kind=RoomKind.QUESTION)
    return {
        "messages": Count(_MESSAGE, distinct=True, filter=message),
        "senders": Count("actor_key", distinct=True, filter=message),
        "questions": Count(_QUESTION, distinct=True, filter=question),
        "askers": Count("actor_key", distinct=True, filter=question),
    }


def _said(spoken: Entries) -> dict[str, int]:
    return spoken.aggregate(**_talk_counts())


def _answered(said: Entries, spoken: Entries) -> dict[str, int]:
    """How many questions of everybody counted are answered, per session by its public id.

    One whose answer was taken back is asked once more after it.
    """
    asked, answers, counted = (
        {
            (str(row["key"]), row["of"]): row["last"]
            for row in rows.values(key=F("session__public_id"), of=_QUESTION).annotate(
                last=Max("seq")
            )
        }
        for rows in (
            said.filter(kind=RoomKind.QUESTION),
            said.filter(kind=RoomKind.ANSWER),
            spoken.filter(kind=RoomKind.QUESTION),
        )
    )
    return Counter(
        question[0]
        for question, seq in answers.items()
        if question in counted and seq > asked[question]
    )


def _talk(row: dict[str, int], answered: int) -> Talk:
    return Talk(**row, answered=answered)


def talk_by_session(spoken: Entries, answered: Mapping[str, int]) -> dict[str, Talk]:
    """What was said per session, by the session's public id."""
    talks = {}
    rows: Iterable[Any] = spoken.values(key=F("session__public_id")).annotate(**_talk_counts())
    for row in rows:
        key = row.pop("key")
        talk = _talk(row, answered.get(str(key), 0))
        if talk != Talk():
            talks[str(key)] = talk
    return dict(sorted(talks.items()))
