"""The room engine's way to the database. Functions block; coroutines run them in its threads."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import translation

from core.errors import DomainError, NotFound, RateLimited
from livestream import log, services
from livestream.enums import MessageStatus, SessionStatus
from livestream.models import RoomRevocation, Session
from livestream.realtime import frames, tokens
from livestream.realtime.frames import Now
from livestream.realtime.threads import NOTES, POSTS, READS
from livestream.services.watching import Span

#: Entries read from the log at once.
PAGE = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """A message somebody with a valid token wants posted; ``lang`` for what is said back."""

    claims: tokens.Claims
    post: frames.Post
    lang: str


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of it; exactly one of ``seq`` and ``code`` is set."""

    seq: int = 0
    held: bool = False
    code: str = ""
    message: str = ""
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class Revoked:
    """Tokens of ``key`` issued until ``at_ms`` are void: for one session, or all (empty)."""

    key: str
    session: str
    at_ms: int


async def read_head(session: UUID) -> int | None:
    """The newest number in the log of a session; None where there is no such session."""
    return await READS.run(_head, session)


async def read_events(session: UUID, after: int, limit: int) -> list[dict[str, Any]]:
    """The public log after a number."""
    return await READS.run(log.public_events, session, after=after, limit=limit)


async def read_revoked(since_s: float) -> list[Revoked]:
    """The revocations of the last seconds."""
    return await READS.run(_revoked, since_s)


async def post_messages(wanted: Sequence[Wanted]) -> list[Posted]:
    """Store messages for several rooms; an answer for each, in order."""
    return await POSTS.run(_post_all, wanted)


async def store_spans(spans: Sequence[Span]) -> int:
    """Store played time."""
    return await NOTES.run(services.store_spans, spans)


async def note_minute(session: UUID, minute: int, now: Now) -> None:
    """Log a minute's totals of a live session, once whichever process comes first."""
    await NOTES.run(_note_minute, session, minute, now)


def _head(session: UUID) -> int | None:
    return Session.objects.filter(public_id=session).values_list("last_seq", flat=True).first()


def _revoked(since_s: float) -> list[Revoked]:
    since = datetime.fromtimestamp(time.time() - since_s, UTC)
    rows = RoomRevocation.objects.filter(at__gte=since).order_by("at")
    return [
        Revoked(key, str(session) if session else "", int(at.timestamp() * 1000))
        for key, session, at in rows.values_list("key", "session_public_id", "at")
    ]


def _note_minute(session: UUID, minute: int, now: Now) -> None:
    found = Session.objects.filter(public_id=session, status=SessionStatus.LIVE).first()
    if found is not None:
        services.note_minute(session=found, minute=minute, totals=now._asdict())


def _post_all(wanted: Sequence[Wanted]) -> list[Posted]:
    rooms: dict[UUID, list[int]] = defaultdict(list)
    for place, one in enumerate(wanted):
        rooms[one.claims.session].append(place)
    answers: dict[int, Posted] = {}
    for session, places in rooms.items():
        outcomes = _post_in(session, [wanted[place] for place in places])
        answers.update(zip(places, outcomes, strict=True))
    return [answers[place] for place in range(len(wanted))]


def _post_in(session: UUID, wanted: Sequence[Wanted]) -> list[Posted]:
    found = Session.objects.filter(public_id=session).select_related("fair").first()
    if found is None:
        return [_answer(NotFound(), one.lang) for one in wanted]
    posts = [
        services.Post(one.claims.key, one.post.client_id, one.post.text, one.claims.device)
        for one in wanted
    ]
    outcomes = services.post_messages(session=found, posts=posts)
    return [_answer(said, one.lang) for said, one in zip(outcomes, wanted, strict=True)]


def _answer(outcome: services.Outcome, lang: str) -> Posted:
    if isinstance(outcome, DomainError):
        wait = outcome.retry_after if isinstance(outcome, RateLimited) else None
        with translation.override(_language(lang)):
            return Posted(code=outcome.code, message=str(outcome.message), retry_after=wait)
    message, _is_new = outcome
    return Posted(seq=message.seq, held=message.status == MessageStatus.HELD)


def _language(lang: str) -> str:
    known = {code for code, _ in settings.LANGUAGES}
    return lang.lower() if lang.lower() in known else settings.LANGUAGE_CODE
