"""推流码: who may publish to a session. The secret is shown once and stored hashed."""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Final, NamedTuple
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor
from accounts.models import User
from core.errors import Conflict, NotAllowed
from core.transactions import write
from livestream import rules
from livestream.enums import OPEN_SESSIONS, PUBLISHED_SOURCES, KeyKind, TakeEnd
from livestream.models import Session, StreamKey, Take
from livestream.services import air
from livestream.services.locking import lock, locked

#: 160 random bits: nobody guesses them, so a plain hash is enough to store.
_SECRET_BYTES: Final = 20


class Issued(NamedTuple):
    """A new key; ``secret`` is known from here only."""

    key: StreamKey
    secret: str


def issue_key(*, actor: Actor, session: Session, kind: KeyKind) -> Issued:
    """Issue a key for ``session``; for its crew. One for an encoder revokes the former one.

    Raises :class:`Conflict` where the picture does not come from here or the session is over.
    """
    user = actor.require_user()
    rules.require_console(session, user)
    # Letters and 2-7 only: neither 0 nor 1, whoever types it into a switcher mixes nothing up.
    secret = base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode().lower()
    with write():
        fresh = locked(session.public_id)
        require_publishable(fresh)
        if kind == KeyKind.ENCODER:
            revoke(user, fresh, kind)
        key = StreamKey.objects.create(
            session=fresh, kind=kind, digest=digest(secret), hint=secret[-4:], issued_by=user
        )
        diff = {"key": [None, f"{kind}:{key.hint}"]}
        audit.record(actor=user, action="stream_key.issue", obj=fresh, diff=diff)
    return Issued(key, secret)


def revoke_keys(*, actor: Actor, session: Session, kind: KeyKind | None = None) -> int:
    """Revoke the session's keys of ``kind`` (default: all); for its crew. Returns how many.

    What is being published with one of them ends.
    """
    user = actor.require_user()
    rules.require_console(session, user)
    with write():
        return revoke(user, locked(session.public_id), kind)


def revoke_void(person: User, *, by: User | None = None) -> int:
    """Revoke what ``person`` issued for sessions that they may not publish to any more.

    For whoever ends a role or blocks an account, in the same transaction; ``by`` is who does.
    Keys that colleagues issued stay. What is published with a revoked one ends. Returns how many.
    """
    issued = StreamKey.objects.filter(issued_by=person, revoked_at=None).values("session")
    revoked = 0
    for session in Session.objects.filter(pk__in=issued).order_by("pk"):
        if not may_publish(session, person):
            lock(session)
            revoked += revoke(by, session, issued_by=person)
    return revoked


def may_publish(session: Session, person: User) -> bool:
    """Whether what ``person`` issues for ``session`` is good: of its crew, and not blocked."""
    is_active = User.objects.filter(pk=person.pk, is_active=True).exists()
    return is_active and rules.standing(session, person).console


def revoke(
    user: User | None,
    session: Session,
    kind: KeyKind | None = None,
    *,
    issued_by: User | None = None,
) -> int:
    """Revoke within the caller's transaction and authority, under the session's lock."""
    keys = StreamKey.objects.filter(session=session, revoked_at=None)
    if kind is not None:
        keys = keys.filter(kind=kind)
    if issued_by is not None:
        keys = keys.filter(issued_by=issued_by)
    named = {key.pk: f"{key.kind}:{key.hint}" for key in keys}
    if not named:
        return 0
    StreamKey.objects.filter(pk__in=named).update(revoked_at=timezone.now())
    diff = {"keys": [sorted(named.values()), []]}
    audit.record(actor=user, action="stream_key.revoke", obj=session, diff=diff)
    take = Take.objects.filter(session=session, ended_at=None, key__in=named).first()
    if take is not None:
        air.finish_take(take, TakeEnd.REVOKED, user=user)
    return len(named)


def require_valid(session: UUID, secret: str) -> None:
    """Refuse a secret that is no valid key, also of a session that does not exist; locks nothing.

    Raises :class:`NotAllowed`.
    """
    known = Session.objects.filter(public_id=session).first()
    if known is None:
        raise wrong_key()
    key_for(known, secret)


def key_for(session: Session, secret: str) -> StreamKey:
    """The valid key of ``session`` with this secret, by somebody who still may publish to it.

    Raises :class:`NotAllowed`; an unknown key and a revoked one cannot be told apart. The look-up
    is by digest, so its time says nothing about the secret.
    """
    keys = StreamKey.objects.filter(session=session, digest=digest(secret), revoked_at=None)
    key = keys.select_related("issued_by").first()
    if key is None or not may_publish(session, key.issued_by):
        raise wrong_key()
    return key


def wrong_key() -> NotAllowed:
    """The refusal of a key, whatever is wrong with it."""
    text = _("This stream key is not valid, or not any more. Get a new one for this session.")
    return NotAllowed("stream_key_wrong", text)


def require_publishable(session: Session) -> None:
    """Refuse a session that takes no picture: over, or its picture comes from elsewhere."""
    if session.video_source not in PUBLISHED_SOURCES:
        raise Conflict("stream_source", _("The picture of this session does not come from here."))
    if session.status not in OPEN_SESSIONS:
        raise Conflict("session_state", _("This session has ended."))


def digest(secret: str) -> str:
    """What is stored of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
