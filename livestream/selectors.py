"""Reading sessions and rooms, for pages and the API."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import FilteredRelation, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from accounts.models import User
from core.errors import NotFound
from employers.enums import EmployerStatus, VacancyStatus
from employers.models import Employer, Vacancy
from employers.revisions import shown
from fairs.models import Fair
from livestream import question_lists, rules
from livestream.cards import card
from livestream.enums import (
    HonourStatus,
    ItemKind,
    ItemStatus,
    MessageStatus,
    QuestionStatus,
    ReplayStatus,
    RoomRole,
    SessionStatus,
)
from livestream.log import answer_role, mode_of
from livestream.media import signing
from livestream.media.adapters import registry
from livestream.media.adapters.base import NOTHING, Playback
from livestream.models import (
    Guest,
    Honour,
    Message,
    OnAirInterval,
    PinVacancy,
    Question,
    Replay,
    RunSheetItem,
    Session,
    SessionGuest,
)
from livestream.rules import Standing

LINES = 50

_VACANCY = (
    "id", "public_id", "title", "status", "headcount", "headcount_stated", "place_text",
    "education", "experience_years", "pay_text", "pay_min_fen", "pay_max_fen", "pay_unit",
    "pay_negotiable", "pay_scheme", "employment_form", "shift", "board", "couple_room",
    "social_insurance", "shuttle", "employer__id", "employer__public_id", "employer__name",
    "employer__status",
)  # fmt: skip


def session_for(user: User | None, public_id: UUID) -> tuple[Session, Standing]:
    """The session as ``user`` may see it and what they are there, in one query.

    ``session.on_air_since`` is when the present stretch on air began, or ``None``;
    ``on_air_path`` the way its picture comes in, if it is published here; ``replay_revision``
    which recording can be watched, or ``None``.
    """
    sessions: QuerySet[Session] = Session.objects.visible_to(user).select_related("fair")
    running = OnAirInterval.objects.filter(session=OuterRef("pk"), ends_at=None)
    shown = Replay.objects.filter(session=OuterRef("pk"), revision__gt=0, hidden_at=None)
    sessions = sessions.annotate(
        on_air_since=Subquery(running.values("starts_at")[:1]),
        on_air_path=Subquery(running.values("take__path")[:1]),
        replay_revision=Subquery(shown.exclude(status=ReplayStatus.EXPIRED).values("revision")[:1]),
    )
    if user is not None:
        sessions = rules.with_standing(sessions, user)
    session = sessions.filter(public_id=public_id).first()
    if session is None:
        raise NotFound
    return session, rules.VISITOR if user is None else rules.standing_on(session, user)


def playback(session: Any) -> Playback:
    """Where a session from :func:`session_for` is watched now: its picture, or its replay."""
    if session.status == SessionStatus.REPLAY:
        if session.replay_revision is None:
            return NOTHING
        return Playback("hls", signing.replay_url(session.public_id, session.replay_revision))
    return registry.source_of(session).playback_url(session)


def playback_url(session: Any) -> str:
    """Where the player finds the picture of a session from :func:`session_for`, or ``""``."""
    found = playback(session)
    return found.url if found.kind == "hls" else ""


# --- run-sheet ----------------------------------------------------------------------------------


@dataclass(slots=True)
class Step:
    """One step of the run-sheet with what it presents."""

    id: UUID
    kind: str
    title: str
    minutes: int
    status: str
    started_at: datetime | None
    employer: str
    presenters: list[str] = field(default_factory=list)
    vacancies: list[Vacancy] = field(default_factory=list)

    @property
    def kind_label(self) -> str:
        return str(ItemKind(self.kind).label)

    @property
    def is_now(self) -> bool:
        return self.status == ItemStatus.CURRENT

    @property
    def sub(self) -> str:
        """The line under the title: whom it is about."""
        return self.employer or "、".join(self.presenters)


def run_sheet(session: Session) -> list[Step]:
    """The run-sheet with presenters and vacancies (closed ones too), in one query."""
    names = [f"presented__vacancy__{name}" for name in _VACANCY]
    rows = (
        RunSheetItem.objects.filter(session=session)
        .order_by("position", "id", "presented__position", "presented__id")
        .values(
            "public_id", "kind", "title", "planned_minutes", "status", "started_at",
            "employer__name", "presenters__name", *names,
        )
    )  # fmt: skip
    steps: dict[UUID, Step] = {}
    for row in rows:
        step = steps.get(row["public_id"])
        if step is None:
            step = steps[row["public_id"]] = Step(
                id=row["public_id"],
                kind=row["kind"],
                title=row["title"],
                minutes=row["planned_minutes"],
                status=row["status"],
                started_at=row["started_at"],
                employer=row["employer__name"] or "",
            )
        if row["presenters__name"] and row["presenters__name"] not in step.presenters:
            step.presenters.append(row["presenters__name"])
        vacancy = _vacancy(row)
        if vacancy is not None and vacancy not in step.vacancies:
            step.vacancies.append(vacancy)
    return list(steps.values())


def _vacancy(row: dict[str, Any]) -> Vacancy | None:
    values = {name: row[f"presented__vacancy__{name}"] for name in _VACANCY}
    if values["id"] is None:
        return None
    employer = Employer(
        **{name: values.pop(f"employer__{name}") for name in ("id", "public_id", "name", "status")}
    )
    return Vacancy(employer=employer, **values)


def is_public(vacancy: Vacancy) -> bool:
    """Whether a vacancy from :func:`run_sheet` may be shown to everybody."""
    return (
        vacancy.status == VacancyStatus.OPEN and vacancy.employer.status != EmployerStatus.SUSPENDED
    )


# --- people -------------------------------------------------------------------------------------


@dataclass(slots=True)
class Announced:
    """A guest with the honours that are confirmed."""

    guest: Guest
    honours: list[Honour]


def guests_of(sessions: QuerySet[Session] | list[Session]) -> dict[int, list[Announced]]:
    """The guests of each session by its key, with confirmed honours, in one query."""
    rows = (
        SessionGuest.objects.filter(session__in=sessions)
        .annotate(
            shown=FilteredRelation(
                "guest__honours", condition=Q(guest__honours__status=HonourStatus.APPROVED)
            )
        )
        .order_by("session", "position", "id", "-shown__year")
        .values(
            "session_id", "guest_id", "guest__public_id", "guest__name", "guest__trade",
            "guest__headline", "guest__workplace", "guest__years", "guest__portrait",
            "shown__title", "shown__level", "shown__year", "shown__issuer",
        )
    )  # fmt: skip
    found: dict[int, dict[int, Announced]] = {}
    for row in map(dict[str, Any], rows):
        guests = found.setdefault(row["session_id"], {})
        announced = guests.get(row["guest_id"])
        if announced is None:
            announced = guests[row["guest_id"]] = Announced(_guest(row), [])
        if row["shown__title"]:
            announced.honours.append(
                Honour(**{n: row[f"shown__{n}"] for n in ("title", "level", "year", "issuer")})
            )
    return {session: list(guests.values()) for session, guests in found.items()}


def _guest(row: dict[str, Any]) -> Guest:
    names = ("public_id", "name", "trade", "headline", "workplace", "years", "portrait")
    return Guest(id=row["guest_id"], **{name: row[f"guest__{name}"] for name in names})


# --- the room's page ----------------------------------------------------------------------------


@dataclass(slots=True)
class Line:
    """One line of the chat as the page first shows it."""

    seq: int
    kind: str
    name: str
    role: str
    role_label: str
    text: str
    at: datetime
    own: bool = False
    id: UUID | None = None
    state: str = ""
    note: str = ""


@dataclass(slots=True)
class Room:
    """Everything the room's page and its scripts start from."""

    session: Session
    standing: Standing
    lines: list[Line]
    questions: list[Question]
    more_questions: bool
    asked_on_screen: Question | None
    own_questions: list[Question]
    steps: list[Step]
    guests: list[Announced]
    pinned: list[Vacancy]
    vacancies: list[Vacancy]
    snapshot: dict[str, Any]


def room(session: Session, standing: Standing, user: User | None) -> Room:
    """Read the room's page in seven queries, and one for what ``user`` asked.

    ``snapshot`` is what the scripts follow from.
    """
    questions = question_lists.first_page(session, user)
    steps = run_sheet(session)
    seq, cards, pinned = _pinned(session)
    offered = [vacancy for step in steps for vacancy in step.vacancies if is_public(vacancy)]
    listed = {vacancy.public_id: vacancy for vacancy in (*pinned, *offered)}
    return Room(
        session=session,
        standing=standing,
        lines=chat_lines(session, list(question_lists.newest(session)[:LINES]), user),
        questions=questions[: question_lists.PAGE],
        more_questions=len(questions) > question_lists.PAGE,
        asked_on_screen=question_lists.on_screen(session),
        own_questions=_own_questions(session, user),
        steps=steps,
        guests=guests_of([session]).get(session.pk, []),
        pinned=pinned,
        vacancies=list(listed.values()),
        snapshot={
            "seq": session.last_seq,
            "pin": {"seq": seq, "vacancies": cards} if seq else None,
            "mode": mode_of(session),
        },
    )


def _pinned(session: Session) -> tuple[int, list[dict[str, Any]], list[Vacancy]]:
    rows = list(
        PinVacancy.objects.filter(pin__session=session, pin__ended_at=None)
        .select_related("pin", "revision__vacancy__employer", "revision__vacancy__publisher")
        .order_by("position")
    )
    if not rows:
        return 0, [], []
    revisions = [row.revision for row in rows]
    return (
        rows[0].pin.seq,
        [card(revision) for revision in revisions],
        [shown(revision) for revision in revisions],
    )


def _own_questions(session: Session, user: User | None) -> list[Question]:
    return [] if user is None else list(question_lists.own(user, session)[: question_lists.OWN])


def chat_lines(session: Session, questions: list[Question], user: User | None) -> list[Line]:
    """The newest lines, oldest first; an answer stands under its question. One query."""
    visible = Q(status=MessageStatus.SHOWN)
    if user is not None:
        visible |= Q(author=user)
    messages = Message.objects.filter(visible, session=session)
    lines = [
        Line(
            seq=message.seq,
            kind="message",
            name=message.name,
            role=message.role,
            role_label=_badge(message.role),
            text=message.text,
            at=message.created_at,
            own=user is not None and message.author_id == user.pk,
            id=message.public_id,
            state="" if message.status == MessageStatus.SHOWN else message.status,
            note=fate_of(message),
        )
        for message in messages.order_by("-seq")[:LINES]
    ]
    for question in questions:
        own = user is not None and question.author_id == user.pk
        lines.append(
            Line(question.seq, "question", question.name, "seeker", "", question.text,
                 question.created_at, own, question.public_id)
        )  # fmt: skip
    lines = sorted(lines, key=lambda line: line.seq)[-LINES:]
    answers = {q.seq: q for q in questions if q.status == QuestionStatus.ANSWERED}
    result = []
    for line in lines:
        result.append(line)
        answered = answers.get(line.seq) if line.kind == "question" else None
        if answered is not None and answered.answered_at is not None:
            role = answer_role(answered)
            result.append(
                Line(0, "answer", answered.answer_name, role, _badge(role), _answer(answered),
                     answered.answered_at, id=answered.public_id)
            )  # fmt: skip
    return result


def fate_of(message: Message) -> str:
    """What its author is told about a message that others do not see."""
    if message.status == MessageStatus.HELD:
        return _("Waiting for a moderator")
    if message.status == MessageStatus.REMOVED:
        text = _("A moderator removed this message. Reason: %(reason)s")
        return text % {"reason": message.removed_reason}
    return ""


def _answer(question: Question) -> str:
    return question.answer or _("Answered on air")


def _badge(role: str) -> str:
    return "" if role == RoomRole.SEEKER else str(RoomRole(role).label)


# --- a fair's sessions ---------------------------------------------------------------------------


def sessions_of(fair: Fair, user: User | None) -> QuerySet[Session]:
    """The fair's sessions that ``user`` may see, in order of time, without rehearsals."""
    visible: QuerySet[Session] = Session.objects.visible_to(user)
    return visible.filter(fair=fair, rehearsal_of=None).order_by("starts_at", "id")
