"""The room engine's way to the database: plain functions, called from threads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from django.conf import settings
from django.utils import translation

from accounts.actor import Actor
from accounts.models import User
from core.errors import DomainError, NotFound, NotSignedIn, RateLimited
from livestream import log, services
from livestream.enums import MessageStatus
from livestream.models import Session
from livestream.realtime import frames, publish, tokens

#: Entries read from the log at once.
PAGE = 500


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of one posted message; exactly one of ``seq`` and ``code`` is set."""

    seq: int = 0
    held: bool = False
    code: str = ""
    message: str = ""
    retry_after: int | None = None


def _head(session: UUID) -> int | None:
    return Session.objects.filter(public_id=session).values_list("last_seq", flat=True).first()


def _events(session: UUID, after: int, limit: int) -> list[dict[str, Any]]:
    return log.public_events(session, after=after, limit=limit)


def _actor(claims: tokens.Claims) -> Actor:
    if publish.is_revoked(claims):
        raise NotSignedIn
    user = User.objects.filter(actor_key=claims.key, is_active=True).first()
    return Actor(user=user, device_key="" if user else claims.key)


def _post(claims: tokens.Claims, post: frames.Post, lang: str) -> Posted:
    """Post a chat message for the person a token names; errors come back as values."""
    with translation.override(_language(lang)):
        try:
            actor = _actor(claims)
            session = (
                Session.objects.visible_to(actor.user).filter(public_id=claims.session).first()
            )
            if session is None:
                raise NotFound
            message, _is_new = services.post_message(
                actor=actor, session=session, client_id=post.client_id, text=post.text
            )
        except DomainError as error:
            wait = error.retry_after if isinstance(error, RateLimited) else None
            return Posted(code=error.code, message=str(error.message), retry_after=wait)
    return Posted(seq=message.seq, held=message.status == MessageStatus.HELD)


def _language(lang: str) -> str:
    known = {code for code, _ in settings.LANGUAGES}
    return lang.lower() if lang.lower() in known else settings.LANGUAGE_CODE


read_head = database_sync_to_async(_head)
read_events = database_sync_to_async(_events)
post_message = database_sync_to_async(_post)
