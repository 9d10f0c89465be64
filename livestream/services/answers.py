"""Answers to questions: on air, in writing, on somebody's behalf; and the question on screen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from accounts import audit
from accounts.actor import Actor
from accounts.models import User
from accounts.tasks import notify
from core import sms
from core.errors import Conflict, Invalid, NotAllowed
from core.texts import clean_text
from core.transactions import write
from employers.models import Employer
from livestream import rules
from livestream.enums import OVER_SESSIONS, CrewRole, EventKind, QuestionStatus, RoomRole
from livestream.log import (
    Draft,
    answer_data,
    append_events,
    author,
    pinned_question_data,
)
from livestream.models import Guest, OnAirInterval, Question, QuestionPin, Session
from livestream.services.locking import lock
from livestream.services.room import note

MAX_ANSWER = 1000
#: Of a question that is quoted in a text message.
_QUOTED = 20


@dataclass(frozen=True, slots=True)
class Voice:
    """For whom an answer is given: an employer, a guest, or the crew (neither)."""

    employer: Employer | None = None
    guest: Guest | None = None


CREW = Voice()


def for_employer(question: Question) -> Voice:
    """The voice of the employer that the question went to; one to the host has none."""
    if question.employer is None:
        words = gettext_lazy("This question went to the host, not to an employer.")
        raise Invalid("answer_voice", words, fields={"voice": words})
    return Voice(employer=question.employer)


def answer_question(
    *,
    actor: Actor,
    question: Question,
    text: str = "",
    live: bool = False,
    voice: Voice | None = None,
) -> Question:
    """Answer in writing, or mark as answered on air (``live``), or both. Once.

    People on air and the crew answer any question, the crew also for a guest of the session or
    for the employer that the question went to (``voice``). Members of that employer, and staff of
    the fair who act for it, answer its questions in writing, also after the session. Marked on
    air, the second of the programme is kept and the question leaves the screen. Who asked is told
    by SMS when the session is over by then.
    """
    user = actor.require_user()
    session = question.session
    role, voice = _speaker(session, question, user, voice, live=live)
    if text or not live:
        text = clean_text(text, limit=MAX_ANSWER)
    with write():
        now = timezone.now()
        changed = Question.objects.filter(pk=question.pk, status=QuestionStatus.PENDING).update(
            status=QuestionStatus.ANSWERED,
            answer=text,
            answered_live=live,
            answered_second=programme_second(session, now) if live else None,
            answered_by=user,
            answered_at=now,
            answer_employer=voice.employer,
            answer_guest=voice.guest,
            on_behalf=_on_behalf(user, session, voice),
        )
        if not changed:
            raise Conflict(
                "question_state", gettext_lazy("This question has been dealt with already.")
            )
        question.refresh_from_db()
        _publish(user, question, role)
        if live:
            clear_question_pin(user, session, question=question)
        audit.record(
            actor=user,
            action="question.answer",
            obj=question,
            on_behalf_of=voice.employer.public_id
            if voice.employer is not None and question.on_behalf
            else None,
        )
        _tell_asker(question)
    return question


def _publish(user: User, question: Question, role: RoomRole) -> None:
    draft = Draft(
        kind=EventKind.ANSWER,
        actor_key=user.actor_key,
        refs={"question": str(question.public_id), "seq": question.seq, "role": role},
        by=author(name=question.answer_name, role=role, key=user.actor_key),
        data=answer_data(question),
    )
    append_events(question.session, [draft])


def _speaker(
    session: Session, question: Question, user: User, voice: Voice | None, *, live: bool
) -> tuple[RoomRole, Voice]:
    """As what the answer stands in the room, and for whom; refuses who may not answer."""
    employer = question.employer
    if employer is not None and voice is None and rules.is_member(user, employer):
        if live and not rules.standing(session, user).answers:
            raise NotAllowed("answer_live", _("Only people on air and the crew may mark this."))
        return RoomRole.EMPLOYER, Voice(employer=employer)
    if (
        employer is not None
        and not live
        and voice == Voice(employer=employer)
        and rules.acts_at_fair(user, session)
    ):
        return RoomRole.EMPLOYER, voice
    standing = rules.require_answers(session, user)
    if voice is None:
        return standing.role, _own_voice(session, user)
    _require_voice(session, question, voice)
    if voice.employer is not None:
        return RoomRole.EMPLOYER, voice
    return (standing.role if voice == CREW else RoomRole.GUEST), voice


def _require_voice(session: Session, question: Question, voice: Voice) -> None:
    """An answer is given for the question's own employer, or for a guest of the session."""
    wrong_guest = (
        voice.guest is not None and not session.guest_list.filter(guest=voice.guest).exists()
    )
    if wrong_guest or voice.employer not in {None, question.employer}:
        words = _("An answer can be given for the question's employer or a guest of the session.")
        raise Invalid("answer_voice", words, fields={"voice": words})


def _own_voice(session: Session, user: User) -> Voice:
    """Whom somebody on air speaks for without saying so."""
    crew = session.crew.filter(person=user, ended_at=None)
    spoken = crew.filter(role=CrewRole.EMPLOYER_VOICE).exclude(employer=None)
    row = spoken.select_related("employer").first()
    if row is not None:
        return Voice(employer=row.employer)
    guest = Guest.objects.filter(appearances__session=session, person=user).first()
    return CREW if guest is None else Voice(guest=guest)


def _on_behalf(user: User, session: Session, voice: Voice) -> bool:
    """Whether ``user`` speaks for somebody else."""
    if voice.guest is not None:
        return voice.guest.person_id != user.pk
    if voice.employer is None:
        return False
    speaks = session.crew.filter(person=user, ended_at=None, employer=voice.employer)
    return not (rules.is_member(user, voice.employer) or speaks.exists())


def programme_second(session: Session, at: datetime) -> int | None:
    """Seconds of ``at`` since the session first went on air; ``None`` while it is off air."""
    intervals = OnAirInterval.objects.filter(session=session)
    if not intervals.filter(ends_at=None).exists():
        return None
    first = intervals.order_by("starts_at").values_list("starts_at", flat=True)[0]
    return max(0, int((at - first).total_seconds()))


def _tell_asker(question: Question) -> None:
    """While the room is open the page tells; afterwards a text message does."""
    session = question.session
    over = session.status in OVER_SESSIONS
    if not over or session.rehearsal_of_id is not None:
        return
    text = question.text
    with override(settings.LANGUAGE_CODE):
        organiser = _("The organiser")
    notify(
        user=question.author,
        template=sms.ANSWERED,
        who=question.answer_name or organiser,
        question=text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…",
        url=f"{settings.SITE_URL}/me/questions/",
    )


# --- on the screen -------------------------------------------------------------------------------


def pin_question(*, actor: Actor, question: Question) -> QuestionPin:
    """Put a question on the screen, in place of the one there; on screen already: nothing happens.

    For the crew, while the session has not ended. A held question, or one set aside, is not shown.
    """
    user = actor.require_user()
    session = question.session
    rules.require_console(session, user)
    with write():
        lock(session)
        if session.status in OVER_SESSIONS:
            raise Conflict("session_state", _("This session has ended."))
        question.refresh_from_db(fields=["status", "seq"])
        if question.status not in {QuestionStatus.PENDING, QuestionStatus.ANSWERED}:
            raise Conflict("question_state", _("This question has been dealt with already."))
        current = _current(session)
        if current is not None and current.question_id == question.pk:
            return current
        event = note(
            session,
            EventKind.QUESTION_PINNED,
            user=user,
            refs={"question": str(question.public_id), "seq": question.seq},
            data=pinned_question_data(question),
        )
        if current is not None:
            _end(current, event.at)
        pin = QuestionPin.objects.create(
            session=session, question=question, seq=event.seq, started_at=event.at
        )
        audit.record(actor=user, action="question.pin", obj=question)
    return pin


def unpin_question(
    *, actor: Actor, session: Session, question: Question | None = None
) -> QuestionPin | None:
    """Take the question (only ``question``, if given) off the screen; not there: ``None``."""
    user = actor.require_user()
    rules.require_console(session, user)
    with write():
        lock(session)
        return clear_question_pin(user, session, question=question)


def clear_question_pin(
    user: User, session: Session, *, question: Question | None = None
) -> QuestionPin | None:
    """Take the question (only ``question``, if given) down within the caller's transaction."""
    pin = _current(session)
    if pin is None or (question is not None and pin.question_id != question.pk):
        return None
    event = note(session, EventKind.QUESTION_UNPINNED, user=user)
    _end(pin, event.at)
    audit.record(actor=user, action="question.unpin", obj=pin.question)
    return pin


def _current(session: Session) -> QuestionPin | None:
    rows = QuestionPin.objects.filter(session=session, ended_at=None)
    return rows.select_related("question").first()


def _end(pin: QuestionPin, at: datetime) -> None:
    pin.ended_at = max(at, pin.started_at)
    pin.save(update_fields=["ended_at"])
