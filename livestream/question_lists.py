"""Reading questions: the room's list, the author's own, an employer's, and all that wait."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Any

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)

from accounts.models import User
from employers.models import Employer
from fairs.models import Fair
from livestream.enums import OPEN_SESSIONS, QuestionStatus
from livestream.log import answer_data, answer_role, question_data
from livestream.models import Guest, Question, QuestionPin, QuestionVote, Session
from livestream.pay_words import asks_about_pay

#: Questions on one page of a room's list.
PAGE = 30
#: Own questions that a room shows to their author.
OWN = 10
_BESIDE = ("vacancy", "employer", "answered_by", "answer_employer", "answer_guest")


def with_votes(rows: QuerySet[Question]) -> QuerySet[Question]:
    """Add ``vote_count``."""
    return rows.annotate(vote_count=Count("votes", distinct=True))


def listed(session: Session) -> QuerySet[Question]:
    """A room's list: waiting ones by votes, then answered ones, newest answer first.

    With ``vote_count`` and ``is_on_screen``.
    """
    on_screen = QuestionPin.objects.filter(question=OuterRef("pk"), ended_at=None)
    rows = with_votes(Question.objects.shown().filter(session=session))
    return (
        rows.annotate(
            is_on_screen=Exists(on_screen),
            place=Case(
                When(status=QuestionStatus.PENDING, then=Value(0)),
                default=Value(1),
                output_field=IntegerField(),
            ),
            weight=Case(
                When(status=QuestionStatus.PENDING, then=F("vote_count")),
                default=Value(0),
                output_field=IntegerField(),
            ),
        )
        .select_related(*_BESIDE)
        .order_by("place", "-weight", "-answered_at", "-seq")
    )


def first_page(session: Session, user: User | None) -> list[Question]:
    """The first page of the list, each with ``voted``: whether ``user`` has voted for it."""
    mine = QuestionVote.objects.filter(question=OuterRef("pk"), person=user)
    voted = Exists(mine) if user is not None else Value(False)
    return list(listed(session).annotate(voted=voted)[: PAGE + 1])


def public_page(session: Session, page: int) -> dict[str, Any]:
    """Page ``page`` (from 1) of the list, the same for everybody: ``{questions, more}``."""
    start = (page - 1) * PAGE
    rows = list(listed(session)[start : start + PAGE + 1])
    return {"questions": [public_question(row) for row in rows[:PAGE]], "more": len(rows) > PAGE}


def public_question(question: Any) -> dict[str, Any]:
    """The public form of a question of :func:`listed`."""
    public = {
        **question_data(question),
        "seq": question.seq,
        "name": question.name,
        "at": question.created_at.isoformat(),
        "votes": question.vote_count,
        "answered": question.status == QuestionStatus.ANSWERED,
        "screen": question.is_on_screen,
    }
    if question.status == QuestionStatus.ANSWERED:
        said = answer_data(question)
        public["answer"] = {
            "by": question.answer_name,
            "role": answer_role(question),
            **{name: said[name] for name in ("text", "live", "second", "on_behalf")},
        }
    return public


def on_screen(session: Session) -> Question | None:
    """The question on the room's screen."""
    pins = QuestionPin.objects.filter(session=session, ended_at=None)
    pin = pins.select_related(*(f"question__{name}" for name in _BESIDE)).first()
    return pin.question if pin is not None else None


def newest(session: Session) -> QuerySet[Question]:
    """Shown questions, newest first."""
    rows = Question.objects.shown().filter(session=session)
    return rows.select_related(*_BESIDE).order_by("-seq")


def again(question: Question) -> Question:
    """The question as it is by now; with ``vote_count``."""
    rows = with_votes(Question.objects.filter(pk=question.pk))
    return rows.select_related(*_BESIDE).get()


def own(user: User, session: Session | None = None) -> QuerySet[Question]:
    """What ``user`` asked, in whatever state, newest first; with ``vote_count``."""
    rows = with_votes(Question.objects.filter(author=user))
    if session is not None:
        rows = rows.filter(session=session)
    return rows.select_related(*_BESIDE, "session").order_by("-created_at", "-pk")


def to_employer(employer: Employer) -> QuerySet[Question]:
    """Shown questions that went to ``employer`` over all sessions; with ``vote_count``."""
    rows = Question.objects.shown().filter(employer=employer, session__rehearsal_of=None)
    return with_votes(rows).select_related(*_BESIDE, "session__fair")


def of_rooms(sessions: QuerySet[Session]) -> QuerySet[Question]:
    """Questions of ``sessions`` in whatever state, rehearsals left out."""
    rows = Question.objects.filter(session__in=sessions, session__rehearsal_of=None)
    return rows.select_related(*_BESIDE, "session__fair")


def about(vacancy_id: int, most: int) -> list[Question]:
    """Questions about a vacancy that were answered in writing, newest answer first."""
    rows = Question.objects.filter(
        vacancy=vacancy_id, status=QuestionStatus.ANSWERED, session__rehearsal_of=None
    ).exclude(answer="")
    return list(rows.select_related(*_BESIDE).order_by("-answered_at")[:most])


def answered_by_guest(guest: Guest, user: User | None) -> QuerySet[Question]:
    """What ``guest`` answered in sessions that ``user`` may see, newest answer first."""
    rows = Question.objects.filter(
        answer_guest=guest,
        status=QuestionStatus.ANSWERED,
        session__in=Session.objects.visible_to(user),
        session__rehearsal_of=None,
    )
    return rows.select_related("vacancy", "session").order_by("-answered_at", "-pk")


def room_to_ask(fair: Fair | None) -> Session | None:
    """The room of ``fair`` where one can ask now: the one that is live, else the next."""
    if fair is None:
        return None
    rooms = Session.objects.visible_to(None).filter(
        fair=fair, status__in=OPEN_SESSIONS, chat_open=True
    )
    # "live" comes before "scheduled".
    return rooms.order_by("status", "starts_at").first()


def mark_pay(questions: Iterable[Question]) -> list[Question]:
    """The questions, each with ``about_pay``."""
    rows = list(questions)
    for row in rows:
        row.about_pay = asks_about_pay(row.text)  # type: ignore[attr-defined]
    return rows


@dataclass(frozen=True, slots=True)
class Score:
    """How the questions to one employer (``None``: to the host) were dealt with."""

    employer: Employer | None
    asked: int
    waiting: int
    median_wait: timedelta | None


def scores(rows: QuerySet[Question]) -> list[Score]:
    """One line per addressee of the shown ones among ``rows``, most unanswered first."""
    shown = Q(status__in=(QuestionStatus.PENDING, QuestionStatus.ANSWERED))
    facts = rows.filter(shown).values_list("employer", "created_at", "answered_at")
    waits: dict[int | None, list[timedelta | None]] = {}
    for employer, asked_at, answered_at in facts.order_by():
        wait = answered_at - asked_at if answered_at else None
        waits.setdefault(employer, []).append(wait)
    employers = Employer.objects.in_bulk([key for key in waits if key is not None])
    lines = [
        Score(
            employer=employers.get(key) if key is not None else None,
            asked=len(found),
            waiting=found.count(None),
            median_wait=median_of(found),
        )
        for key, found in waits.items()
    ]
    return sorted(lines, key=lambda line: (-line.waiting, -line.asked))


def median_of(waits: Iterable[timedelta | None]) -> timedelta | None:
    """The median of the waits that ended, ``None`` where none did."""
    ended = [wait.total_seconds() for wait in waits if wait is not None]
    return timedelta(seconds=median(ended)) if ended else None
