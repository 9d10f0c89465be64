"""Taking turns: whoever changes a session's room holds the session's row until the commit.

An UPDATE that changes nothing locks on every database; ``select_for_update`` does not on SQLite.
A transaction that locks a session and rows beside it takes the session first; several sessions in
the order of their keys.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import F

from core.errors import NotFound
from livestream.models import Session

#: What changes while a room is open: read anew under the lock.
_CHANGES = (
    "status",
    "last_seq",
    "chat_open",
    "hold_messages",
    "slow_mode_s",
    "min_account_minutes",
)


def lock(session: Session) -> None:
    """Hold the session's row until the transaction ends, and see its state and mode of now."""
    Session.objects.filter(pk=session.pk).update(last_seq=F("last_seq"))
    session.refresh_from_db(fields=_CHANGES)


def lock_all(sessions: Iterable[Session]) -> None:
    """Hold the rows of several sessions, each once and always in the same order."""
    for session in sorted(set(sessions), key=lambda one: one.pk):
        lock(session)


def locked(public_id: UUID) -> Session:
    """The session, with its row locked for the rest of the transaction, as it is then."""
    if not Session.objects.filter(public_id=public_id).update(last_seq=F("last_seq")):
        raise NotFound
    return Session.objects.get(public_id=public_id)
