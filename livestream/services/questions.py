"""提问: asked in the room, voted up, routed, set aside. Answers are in ``answers``."""

from __future__ import annotations

import hashlib
import unicodedata
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor
from accounts.models import User
from core.db import move
from core.errors import Conflict, Invalid, NotAllowed
from core.ids import new_id
from core.ratelimit import take
from core.texts import clean_text, require_reason
from core.transactions import write
from employers.models import Employer, Vacancy
from fairs.selectors import employers_at
from livestream import rules
from livestream.enums import (
    OPEN_QUESTIONS,
    QUESTION_REOPENING,
    QUESTION_TRANSITIONS,
    EventKind,
    QuestionStatus,
    RoomRole,
)
from livestream.folding import fold
from livestream.log import Draft, append_events, question_data
from livestream.models import Question, QuestionVote, RoomEvent, Session
from livestream.services.answers import clear_question_pin
from livestream.services.locking import lock
from livestream.services.moderation import MAX_REASON, redact
from livestream.services.room import byline, note, shown_name

VOTE_LIMIT, VOTE_PERIOD_S = 40, 60
#: How long an answer can be taken back.
REOPEN_FOR = timedelta(minutes=10)


def ask_question(
    *,
    actor: Actor,
    session: Session,
    client_id: UUID,
    text: str,
    vacancy: Vacancy | None = None,
) -> tuple[Question, bool]:
    """Ask in the room; return the question and whether it is new.

    About a vacancy of the fair it goes to that vacancy's employer, else to the host. The same
    ``client_id`` again is the same question; with another text it is a :class:`Conflict`, and so
    are the same words by the same person. Where a moderator looks first, and for a listed word,
    the question is held and its entry is an empty tombstone.
    """
    user = actor.require_user()
    text = clean_text(text, limit=rules.MAX_QUESTION)
    known = RoomEvent.objects.filter(
        session=session, actor_key=user.actor_key, client_id=client_id
    ).first()
    if known is not None:
        return _same(known, text), False
    standing = rules.standing(session, user)
    word = _require_may_ask(session, user, standing, text)
    if vacancy is not None and not rules.presentable(session).filter(pk=vacancy.pk).exists():
        words = _("Only open vacancies of this fair can be asked about.")
        raise Invalid("question_vacancy", words, fields={"vacancy": words})
    _take_turn(actor, user)
    held = bool(word) or (session.hold_messages and standing.role == RoomRole.SEEKER)
    question = Question(
        public_id=new_id(),
        session=session,
        author=user,
        name=shown_name(user),
        text=text,
        fingerprint=fingerprint(text),
        vacancy=vacancy,
        employer=vacancy.employer if vacancy else None,
        status=QuestionStatus.HELD if held else QuestionStatus.PENDING,
        held_because=word[:60],
    )
    if Question.objects.filter(
        session=session, author=user, fingerprint=question.fingerprint
    ).exists():
        raise _asked_before()
    return _store(question, client_id, standing)


def _require_may_ask(session: Session, user: User, found: rules.Standing, text: str) -> str:
    """Refuse who or what may not; return the listed word that holds the question, or ``""``."""
    rules.require_unsanctioned(found)
    rules.require_talking(session, found)
    rules.require_account_age(session, user, found)
    rules.require_no_phone(found, text)
    return rules.require_unlisted(session, found, text)


def _take_turn(actor: Actor, user: User) -> None:
    limit, period = rules.QUESTION_LIMIT, rules.QUESTION_PERIOD_S
    take(f"question:{user.actor_key}", limit=limit, period_s=period)
    if actor.device_key:
        take(f"question-device:{actor.device_key}", limit=limit, period_s=period)


def _store(question: Question, client_id: UUID, standing: rules.Standing) -> tuple[Question, bool]:
    held = question.status == QuestionStatus.HELD
    draft = Draft(
        kind=EventKind.QUESTION,
        actor_key=question.author.actor_key,
        client_id=client_id,
        refs={"question": str(question.public_id), "role": standing.role},
        by=None if held else byline(question.author, standing),
        data={"hidden": QuestionStatus.HELD} if held else question_data(question),
    )
    try:
        with write():
            event, is_new = append_events(question.session, [draft])[0]
            if not is_new:
                return _same(event, question.text), False
            question.seq, question.created_at = event.seq, event.at
            question.save(force_insert=True)
    except IntegrityError as error:
        if "question_words_once" in str(error) or "fingerprint" in str(error):
            raise _asked_before() from error
        raise
    return question, True


def fingerprint(text: str) -> str:
    """The same for the same words, however they are spaced, punctuated and written."""
    words = " ".join(fold(text)) or unicodedata.normalize("NFKC", text)
    return hashlib.blake2s(words.encode(), digest_size=16).hexdigest()


def _dealt_with() -> Conflict:
    return Conflict("question_state", _("This question has been dealt with already."))


def _asked_before() -> Conflict:
    return Conflict("question_asked", _("You have asked this here already."))


def _same(event: RoomEvent, text: str) -> Question:
    found = Question.objects.filter(public_id=event.refs.get("question")).first()
    if found is None or found.text != text:
        raise Conflict("client_id_used", _("This question was sent before with another text."))
    return found


def release_question(*, actor: Actor, question: Question) -> Question:
    """Show a held question. It takes a new place in the log; its old one stays empty."""
    user = actor.require_user()
    session = question.session
    rules.require_moderator(session, user)
    standing = rules.standing(session, question.author)
    draft = Draft(
        kind=EventKind.QUESTION,
        actor_key=question.author.actor_key,
        refs={"question": str(question.public_id), "role": standing.role},
        by=byline(question.author, standing),
        data=question_data(question),
    )
    with write():
        _move(question, QuestionStatus.PENDING)
        question.seq = append_events(session, [draft])[0].event.seq
        question.save(update_fields=["seq"])
        audit.record(actor=user, action="question.release", obj=question)
    return question


def dismiss_question(*, actor: Actor, question: Question, reason: str) -> Question:
    """Set a question aside; it leaves every page but its author's, who reads the reason."""
    user = actor.require_user()
    session = question.session
    rules.require_moderator(session, user)
    reason = require_reason(reason, limit=MAX_REASON)
    with write():
        question.refresh_from_db(fields=["status", "seq"])
        was_held = question.status == QuestionStatus.HELD
        _move(
            question,
            QuestionStatus.DISMISSED,
            dismissed_by=user,
            dismissed_at=timezone.now(),
            dismissed_reason=reason,
        )
        clear_question_pin(user, session, question=question)
        if was_held:  # nothing public has to go; its author's page is told by the entry
            note(session, EventKind.REMOVED, user=user, refs={"ref": question.seq})
        else:
            redact(user, session, question.seq)
        audit.record(actor=user, action="question.dismiss", obj=question, reason=reason)
    return question


def reopen_question(*, actor: Actor, question: Question) -> Question:
    """Take an answer back that was given by mistake, within :data:`REOPEN_FOR` of it.

    For the session's crew, for who gave the answer, and for members of the employer it stands
    for. The question waits again, at a new place in the log; its old one and the answer's are
    empty. Answered later than that, or not at all: :class:`Conflict`.
    """
    user = actor.require_user()
    session = question.session
    _require_may_reopen(user, question)
    standing = rules.standing(session, question.author)
    draft = Draft(
        kind=EventKind.QUESTION,
        actor_key=question.author.actor_key,
        refs={"question": str(question.public_id), "role": standing.role},
        by=byline(question.author, standing),
        data=question_data(question),
    )
    with write():
        lock(session)
        question.refresh_from_db(fields=["status", "answered_at", "seq"])
        if question.answered_at is not None and not may_reopen(question):
            words = _("Answers can be taken back for %(n)d minutes.")
            raise Conflict("question_settled", words % {"n": REOPEN_FOR // timedelta(minutes=1)})
        _move(
            question,
            QuestionStatus.PENDING,
            transitions=QUESTION_REOPENING,
            answer="",
            answered_live=False,
            answered_second=None,
            answered_by=None,
            answered_at=None,
            answer_employer=None,
            answer_guest=None,
            on_behalf=False,
        )
        answers = RoomEvent.objects.filter(session=session, kind=EventKind.ANSWER)
        for seq in answers.filter(seq__gt=question.seq, refs__seq=question.seq).values_list(
            "seq", flat=True
        ):
            redact(user, session, seq)
        question.seq = append_events(session, [draft])[0].event.seq
        question.save(update_fields=["seq"])
        audit.record(actor=user, action="question.reopen", obj=question)
    return question


def may_reopen(question: Question) -> bool:
    """Whether the answer is young enough to be taken back."""
    at = question.answered_at
    return at is not None and at > timezone.now() - REOPEN_FOR


def _require_may_reopen(user: User, question: Question) -> None:
    employer = question.answer_employer
    if question.answered_by_id == user.pk or (
        employer is not None and rules.is_member(user, employer)
    ):
        return
    rules.require_console(question.session, user)


def _move(
    question: Question,
    to: QuestionStatus,
    *,
    transitions: dict[str, frozenset[str]] = QUESTION_TRANSITIONS,
    **also: object,
) -> None:
    move(
        question,
        field="status",
        to=to,
        transitions=transitions,
        conflict=_dealt_with(),
        **also,
    )


def route_question(*, actor: Actor, question: Question, employer: Employer | None) -> Question:
    """Send a question to ``employer``, who is at the fair, or to the host (``None``).

    For the crew. The vacancy that the question names stays with it only on the way to the host
    or to that vacancy's own employer.
    """
    user = actor.require_user()
    session = question.session
    rules.require_console(session, user)
    if employer is not None and not at_fair(session, employer):
        words = _("This employer has no booth at the fair.")
        raise Invalid("question_route", words, fields={"employer": words})
    with write():
        question.refresh_from_db(fields=["employer", "vacancy"])
        before, vacancy = question.employer, question.vacancy
        if vacancy is not None and employer not in {None, vacancy.employer}:
            vacancy = None
        # Answered or set aside meanwhile, it stays where it was when that was done.
        waiting = Question.objects.filter(pk=question.pk, status__in=OPEN_QUESTIONS)
        if not waiting.update(employer=employer, vacancy=vacancy):
            raise _dealt_with()
        if before == employer:
            return question
        question.employer, question.vacancy = employer, vacancy
        names = [before.name if before else None, employer.name if employer else None]
        audit.record(actor=user, action="question.route", obj=question, diff={"employer": names})
    return question


def at_fair(session: Session, employer: Employer) -> bool:
    """Whether ``employer`` has an admitted booth at the session's fair."""
    return employers_at(session.fair).filter(pk=employer.pk).exists()


def vote(*, actor: Actor, question: Question) -> int:
    """Count the actor's vote once; return the votes. No entry in the log: votes are a tally."""
    user = actor.require_user()
    if question.author_id == user.pk:
        raise NotAllowed("own_question", _("This is your own question."))
    if question.status != QuestionStatus.PENDING:
        raise _dealt_with()
    take(f"vote:{user.actor_key}", limit=VOTE_LIMIT, period_s=VOTE_PERIOD_S)
    rules.require_unsanctioned(rules.standing(question.session, user))
    with write():
        QuestionVote.objects.get_or_create(question=question, person=user)
    return question.votes.count()


def unvote(*, actor: Actor, question: Question) -> int:
    """Take the actor's vote back; return the votes."""
    user = actor.require_user()
    take(f"vote:{user.actor_key}", limit=VOTE_LIMIT, period_s=VOTE_PERIOD_S)
    with write():
        QuestionVote.objects.filter(question=question, person=user).delete()
    return question.votes.count()
