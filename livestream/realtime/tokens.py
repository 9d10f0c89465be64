"""The signed ticket to a room: who, which room, which badge, until when. No database."""

from __future__ import annotations

import time
from dataclasses import dataclass
from uuid import UUID

from django.core import signing

from accounts.actor import Actor

#: A token outlives the longest session; revocations are pushed to the hubs.
LIFETIME_S = 12 * 3600

_SALT = "livestream.room"
#: Longer ones are not even looked at.
MAX_LENGTH = 600


class BadTokenError(Exception):
    """Not ours, altered, or expired."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a valid token says.

    ``key`` is the pseudonymous person key, an account's where ``account`` (else a device's, or
    empty); ``device`` the key of the device, ``channel`` the entry channel it came through.
    """

    session: UUID
    key: str
    role: str
    issued_ms: int
    expires: int
    account: bool = False
    device: str = ""
    channel: str = ""


def issue_to(session: UUID, actor: Actor, role: str) -> str:
    """Return a token for whoever asks, as what they are in this room now."""
    return issue(
        session,
        actor.key,
        role,
        account=actor.user is not None,
        device=actor.device_key,
        channel=actor.channel_code,
    )


def issue(
    session: UUID,
    actor_key: str,
    role: str,
    *,
    account: bool = False,
    device: str = "",
    channel: str = "",
) -> str:
    """Return a token for one person in one room, valid for ``LIFETIME_S`` seconds."""
    now_ms = time.time_ns() // 1_000_000
    claims = {
        "s": session.hex,
        "k": actor_key,
        "r": role,
        "i": now_ms,
        "e": now_ms // 1000 + LIFETIME_S,
        "a": int(account),
        "d": device,
        "c": channel,
    }
    return signing.Signer(salt=_SALT).sign_object(claims)


def read(token: str) -> Claims:
    """Return the claims of a token issued by :func:`issue`, or raise :class:`BadTokenError`."""
    if len(token) > MAX_LENGTH:
        raise BadTokenError("too long")
    try:
        raw = signing.Signer(salt=_SALT).unsign_object(token)
        claims = Claims(
            session=UUID(hex=raw["s"]),
            key=str(raw["k"]),
            role=str(raw["r"]),
            issued_ms=int(raw["i"]),
            expires=int(raw["e"]),
            account=bool(raw["a"]),
            device=str(raw["d"]),
            channel=str(raw["c"]),
        )
    except (signing.BadSignature, ValueError, KeyError, TypeError) as error:
        raise BadTokenError("not a token of this site") from error
    if claims.expires <= time.time():
        raise BadTokenError("expired")
    return claims
