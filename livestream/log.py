"""The room log: the one writer of RoomEvents, and the public form of what it holds.

Every entry is public as ``{"seq", "kind", "at", "by"?, "data"}``. Entries that are held, removed
or private are public as empty tombstones, so that ``seq`` has no gaps for anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.utils import timezone

from core.transactions import on_commit, write
from livestream.cards import cards_of
from livestream.enums import EventKind, MessageStatus, QuestionStatus, RoomRole
from livestream.models import Caption, Message, Pin, Question, QuestionPin, RoomEvent, Session
from livestream.realtime.publish import publish_events

PAGE = 200
_ABOUT_A_QUESTION = frozenset({EventKind.ANSWER, EventKind.QUESTION_PINNED})
_BESIDE_A_QUESTION = ("vacancy", "employer", "answered_by", "answer_employer", "answer_guest")
_HIDDEN = frozenset({QuestionStatus.HELD, QuestionStatus.DISMISSED})


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry to be appended; ``by`` and ``data`` are what the public sees of it."""

    kind: EventKind
    actor_key: str = ""
    client_id: UUID | None = None
    refs: dict[str, Any] = field(default_factory=dict)
    by: dict[str, str] | None = None
    data: dict[str, Any] = field(default_factory=dict)
    at: datetime = field(default_factory=timezone.now)

    @property
    def identity(self) -> tuple[str, UUID | None]:
        return (self.actor_key, self.client_id)


class Appended(NamedTuple):
    """A stored entry; ``is_new`` is false where the draft was a retry of it."""

    event: RoomEvent
    is_new: bool


def append_events(session: Session, drafts: Sequence[Draft]) -> list[Appended]:
    """Append ``drafts`` to the log of ``session`` and publish them after commit.

    The only writer of RoomEvents. Answers one entry per draft, in order. A draft whose
    ``(actor_key, client_id)`` is known yields the stored entry and takes no number. Numbers are
    reserved for exactly the new entries under the session's row lock: gap-free, and visible to
    readers in order.
    """
    with write(savepoint=False):
        last = _reserve(session, len(drafts))
        entries = _known(session, drafts)
        fresh: dict[object, Draft] = {}
        for draft in drafts:
            identity = draft.identity if draft.client_id else id(draft)
            if identity not in entries:
                fresh.setdefault(identity, draft)
        if len(fresh) < len(drafts):  # retries take no number: give back what is not needed
            _reserve(session, len(fresh) - len(drafts))
        session.last_seq = last + len(fresh)
        stored = _store(session, list(fresh.values()), last)
        new = dict(zip(fresh, stored, strict=True))
        if new:
            public = [
                public_event(event, by=draft.by, data=draft.data)
                for event, draft in zip(stored, fresh.values(), strict=True)
            ]
            on_commit(lambda: publish_events(session.public_id, public))
    result = []
    for draft in drafts:
        identity = draft.identity if draft.client_id else id(draft)
        if identity in entries:
            result.append(Appended(entries[identity], is_new=False))
        else:
            result.append(Appended(new[identity], is_new=fresh[identity] is draft))
    return result


def _known(session: Session, drafts: Iterable[Draft]) -> dict[object, RoomEvent]:
    ids = [draft.client_id for draft in drafts if draft.client_id]
    if not ids:
        return {}
    events = RoomEvent.objects.filter(session=session, client_id__in=ids)
    return {(event.actor_key, event.client_id): event for event in events}


def _reserve(session: Session, count: int) -> int:
    """Lock the session's row and move its last number by ``count``; what it was before.

    An UPDATE locks on every database. Others see the number only with the entries, at commit.
    """
    table = connection.ops.quote_name(Session._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET last_seq = last_seq + %s WHERE id = %s RETURNING last_seq",  # noqa: S608 - our own table's name
            [count, session.pk],
        )
        return int(cursor.fetchone()[0]) - count


def _store(session: Session, drafts: Sequence[Draft], last: int) -> list[RoomEvent]:
    if not drafts:
        return []
    return RoomEvent.objects.bulk_create(
        RoomEvent(
            session=session,
            seq=seq,
            kind=draft.kind,
            actor_key=draft.actor_key,
            client_id=draft.client_id,
            refs=draft.refs,
            at=draft.at,
        )
        for seq, draft in enumerate(drafts, start=last + 1)
    )


def public_event(
    event: RoomEvent, *, by: dict[str, str] | None, data: dict[str, Any]
) -> dict[str, Any]:
    """The public form of an entry; ``by`` is left out where nobody is named."""
    public: dict[str, Any] = {
        "seq": event.seq,
        "kind": event.kind,
        "at": event.at.isoformat(),
        "data": data,
    }
    if by is not None:
        public["by"] = by
    return public


def author(*, name: str, role: str, key: str) -> dict[str, str]:
    """The public ``by`` of an entry: shown name, room role and pseudonymous person key."""
    return {"name": name, "role": role, "key": key}


def public_events(session_id: UUID, *, after: int = 0, limit: int = PAGE) -> list[dict[str, Any]]:
    """Entries of the session with public id ``session_id`` from ``after`` + 1 on, oldest first."""
    events = RoomEvent.objects.filter(session__public_id=session_id, seq__gt=after)
    return _published(list(events.order_by("seq")[:limit]))


def mode_of(session: Session) -> dict[str, Any]:
    """The room's mode as the page needs it."""
    return {
        "chat_open": session.chat_open,
        "hold": session.hold_messages,
        "slow_s": session.slow_mode_s,
        "account_minutes": session.min_account_minutes,
    }


def current_pin(session: Session) -> dict[str, Any] | None:
    """The card on screen now: ``{"seq", "vacancies": [card, …]}``."""
    pin = Pin.objects.filter(session=session, ended_at__isnull=True).first()
    if pin is None:
        return None
    return {"seq": pin.seq, "vacancies": cards_of([pin])[pin.seq]}


def current_question(session: Session) -> dict[str, Any] | None:
    """The question on screen now: ``{"pin_seq", …}`` and its public data, or ``None``."""
    rows = QuestionPin.objects.filter(session=session, ended_at__isnull=True)
    pin = rows.select_related("question__vacancy", "question__employer").first()
    return None if pin is None else {"pin_seq": pin.seq, **pinned_question_data(pin.question)}


def pinned_question_data(question: Question) -> dict[str, Any]:
    """The public ``data`` of a question on the screen; ``seq`` is the question's entry."""
    return {**question_data(question), "seq": question.seq, "name": question.name}


def _published(events: Sequence[RoomEvent]) -> list[dict[str, Any]]:
    """Join log entries of one session with the text and cards beside them, in four queries.

    Captions among them take one more.
    """
    if not events:
        return []
    session, seqs = events[0].session_id, [event.seq for event in events]
    messages = {m.seq: m for m in Message.objects.filter(session=session, seq__in=seqs)}
    asked = seqs + [e.refs.get("seq", 0) for e in events if e.kind in _ABOUT_A_QUESTION]
    rows = Question.objects.filter(session=session, seq__in=asked)
    questions = {row.seq: row for row in rows.select_related(*_BESIDE_A_QUESTION)}
    pins = cards_of(Pin.objects.filter(session=session, seq__in=seqs))
    captions = _captions(events)
    public = []
    for event in events:
        if event.kind == EventKind.ANSWER:
            by, data = _answered(event, questions.get(event.refs.get("seq", 0)))
        elif event.kind == EventKind.QUESTION_PINNED:
            by, data = None, _on_screen(questions.get(event.refs.get("seq", 0)))
        elif event.kind == EventKind.CAPTION:
            by, data = None, captions.get(event.seq, {"hidden": "removed"})
        else:
            by, data = _beside(event, messages.get(event.seq), questions.get(event.seq))
        if event.kind == EventKind.PINNED:
            step = {"item": event.refs["item"]} if "item" in event.refs else {}
            data = {**step, "vacancies": pins.get(event.seq, [])}
        public.append(public_event(event, by=by, data=data))
    return public


def _captions(events: Sequence[RoomEvent]) -> dict[int, dict[str, Any]]:
    seqs = [event.seq for event in events if event.kind == EventKind.CAPTION]
    if not seqs:
        return {}
    rows = Caption.objects.filter(session=events[0].session_id, seq__in=seqs)
    return {row.seq: caption_data(row) for row in rows if row.seq is not None}


def caption_data(caption: Caption) -> dict[str, Any]:
    """The public ``data`` of a caption; its times are programme time."""
    return {
        "text": caption.text,
        "language": caption.language,
        "starts_at": caption.starts_at.isoformat(),
        "ends_at": caption.ends_at.isoformat(),
    }


def _beside(
    event: RoomEvent, message: Message | None, question: Question | None
) -> tuple[dict[str, str] | None, dict[str, Any]]:
    if message is not None:
        if message.status != MessageStatus.SHOWN:
            return None, {"hidden": message.status}
        by = author(name=message.name, role=message.role, key=event.actor_key)
        return by, message_data(message)
    if question is not None:
        if question.status in _HIDDEN:
            return None, {"hidden": question.status}
        role = event.refs.get("role", RoomRole.SEEKER)
        by = author(name=question.name, role=role, key=event.actor_key)
        return by, question_data(question)
    if event.kind in {EventKind.MESSAGE, EventKind.QUESTION}:  # shown later, at a place of its own
        return None, {"hidden": "moved"}
    return None, event.refs


def message_data(message: Message) -> dict[str, Any]:
    """The public ``data`` of a chat message."""
    return {"id": str(message.public_id), "text": message.text}


def question_data(question: Question) -> dict[str, Any]:
    """The public ``data`` of a question; ``vacancy`` and ``to`` where it went to an employer."""
    data: dict[str, Any] = {"id": str(question.public_id), "text": question.text}
    if question.vacancy is not None:
        data["vacancy"] = {
            "id": str(question.vacancy.public_id),
            "title": question.vacancy.title,
            "url": question.vacancy.get_absolute_url(),
        }
    if question.employer is not None:
        data["to"] = question.employer.name
    return data


def _on_screen(question: Question | None) -> dict[str, Any]:
    if question is None or question.status in _HIDDEN:
        return {"hidden": QuestionStatus.DISMISSED}
    return pinned_question_data(question)


def _answered(
    event: RoomEvent, question: Question | None
) -> tuple[dict[str, str] | None, dict[str, Any]]:
    if question is None or question.status != QuestionStatus.ANSWERED:
        return None, {"hidden": QuestionStatus.DISMISSED}
    role = event.refs.get("role", RoomRole.STAFF)
    by = author(name=question.answer_name, role=role, key=event.actor_key)
    return by, answer_data(question)


def answer_role(question: Question) -> RoomRole:
    """The badge beside an answer, where its entry is not at hand."""
    if question.answer_employer is not None:
        return RoomRole.EMPLOYER
    return RoomRole.GUEST if question.answer_guest is not None else RoomRole.STAFF


def answer_data(question: Question) -> dict[str, Any]:
    """The public ``data`` of an answer; ``seq`` is the question's entry.

    ``second`` of an answer on air counts from the beginning of the session's first on-air
    interval, ``None`` where that is not known. ``on_behalf``: the crew gave it for them.
    """
    return {
        "id": str(question.public_id),
        "seq": question.seq,
        "question": question.text,
        "text": question.answer,
        "live": question.answered_live,
        "second": question.answered_second,
        "on_behalf": question.on_behalf,
    }
