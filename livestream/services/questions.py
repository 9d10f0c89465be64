"""提问: asked in the room, voted up, answered."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor
from core.errors import Conflict, NotAllowed
from core.ids import new_id
from core.ratelimit import take
from core.transactions import write
from employers.models import Vacancy
from livestream import rules
from livestream.enums import EventKind, QuestionStatus
from livestream.log import Draft, answer_data, append_events, question_data
from livestream.models import Question, QuestionVote, RoomEvent, Session
from livestream.services.moderation import redact, require_reason
from livestream.services.room import byline, shown_name

MAX_ANSWER = 1000


def ask_question(
    *,
    actor: Actor,
    session: Session,
    client_id: UUID,
    text: str,
    vacancy: Vacancy | None = None,
) -> tuple[Question, bool]:
    """Ask in the room; return the question and whether it is new.

    About a vacancy, it goes to that vacancy's employer. The same ``client_id`` again is the same
    question; with another text it is a :class:`Conflict`.
    """
    user = actor.require_user()
    text = rules.clean_text(text, limit=rules.MAX_QUESTION)
    known = RoomEvent.objects.filter(
        session=session, actor_key=user.actor_key, client_id=client_id
    ).first()
    if known is not None:
        return _same(known, text), False
    standing = rules.standing(session, user)
    rules.require_unsanctioned(standing)
    rules.require_talking(session, standing)
    rules.require_no_phone(standing, text)
    take(
        f"question:{user.actor_key}",
        limit=rules.QUESTION_LIMIT,
        period_s=rules.QUESTION_PERIOD_S,
    )
    question = Question(
        public_id=new_id(),
        session=session,
        author=user,
        name=shown_name(user),
        text=text,
        vacancy=vacancy,
        employer=vacancy.employer if vacancy else None,
    )
    draft = Draft(
        kind=EventKind.QUESTION,
        actor_key=user.actor_key,
        client_id=client_id,
        refs={"question": str(question.public_id), "role": standing.role},
        by=byline(user, standing),
        data=question_data(question),
    )
    with write():
        event, is_new = append_events(session, [draft])[0]
        if not is_new:
            return _same(event, text), False
        question.seq, question.created_at = event.seq, event.at
        question.save(force_insert=True)
    return question, True


def _same(event: RoomEvent, text: str) -> Question:
    found = Question.objects.filter(public_id=event.refs.get("question")).first()
    if found is None or found.text != text:
        raise Conflict("client_id_used", _("This question was sent before with another text."))
    return found


def answer_question(
    *, actor: Actor, question: Question, text: str = "", live: bool = False
) -> Question:
    """Answer in writing, or mark as answered on air (``live``), or both. Once.

    For people on air and the crew, who answer on behalf of the guests.
    """
    user = actor.require_user()
    session = question.session
    standing = rules.require_answers(session, user)
    if text or not live:
        text = rules.clean_text(text, limit=MAX_ANSWER)
    with write():
        changed = Question.objects.filter(pk=question.pk, status=QuestionStatus.PENDING).update(
            status=QuestionStatus.ANSWERED,
            answer=text,
            answered_live=live,
            answered_by=user,
            answered_at=timezone.now(),
        )
        if not changed:
            raise Conflict("question_state", _("This question has been dealt with already."))
        question.refresh_from_db()
        draft = Draft(
            kind=EventKind.ANSWER,
            actor_key=user.actor_key,
            refs={
                "question": str(question.public_id),
                "seq": question.seq,
                "role": standing.role,
            },
            by=byline(user, standing),
            data=answer_data(question),
        )
        append_events(session, [draft])
        audit.record(actor=user, action="question.answer", obj=question)
    return question


def dismiss_question(*, actor: Actor, question: Question, reason: str) -> Question:
    """Set a question aside; it leaves the page. The reason is kept."""
    user = actor.require_user()
    rules.require_moderator(question.session, user)
    reason = require_reason(reason)
    with write():
        changed = Question.objects.filter(pk=question.pk, status=QuestionStatus.PENDING).update(
            status=QuestionStatus.DISMISSED, dismissed_by=user, dismissed_at=timezone.now()
        )
        if not changed:
            raise Conflict("question_state", _("This question has been dealt with already."))
        question.refresh_from_db()
        redact(user, question.session, question.seq)
        audit.record(actor=user, action="question.dismiss", obj=question, reason=reason)
    return question


def vote(*, actor: Actor, question: Question) -> int:
    """Count the actor's vote once; return the votes."""
    user = actor.require_user()
    if question.author_id == user.pk:
        raise NotAllowed("own_question", _("This is your own question."))
    if question.status != QuestionStatus.PENDING:
        raise Conflict("question_state", _("This question has been dealt with already."))
    rules.require_unsanctioned(rules.standing(question.session, user))
    with write():
        QuestionVote.objects.get_or_create(question=question, person=user)
    return question.votes.count()


def unvote(*, actor: Actor, question: Question) -> int:
    """Take the actor's vote back; return the votes."""
    user = actor.require_user()
    with write():
        QuestionVote.objects.filter(question=question, person=user).delete()
    return question.votes.count()
