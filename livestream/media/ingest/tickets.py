"""The signed ticket in a publisher's address: who has one may knock. No database.

The studio gives it to the crew. It says nothing about who may publish, which the stream key does:
it keeps everybody else from holding the places of those who are about to show one.
"""

from __future__ import annotations

import time
from typing import Final
from urllib.parse import parse_qs
from uuid import UUID

from django.core import signing

from livestream.realtime.origins import socket_url

#: Longer than a broadcast: a page comes back with the one it has, else with a new one.
LIFETIME_S: Final = 12 * 3600
_SALT: Final = "livestream.ingest"


def address(session: UUID, key: str) -> str:
    """Where the person with this key publishes to a session, with a ticket of this moment."""
    return f"{socket_url(f'/ws/ingest/{session}/', key)}?ticket={issue(session)}"


def issue(session: UUID) -> str:
    """A ticket to one session, good for ``LIFETIME_S`` seconds."""
    return _signer().sign(f"{session.hex}.{int(time.time()) + LIFETIME_S}")


def admits(session: UUID, query: bytes) -> bool:
    """Whether the query of an address holds a ticket to this session that is not over."""
    ticket = parse_qs(query.decode("latin-1")).get("ticket", [""])[0]
    try:
        name, _dot, expires = _signer().unsign(ticket).partition(".")
    except signing.BadSignature:
        return False
    return name == session.hex and int(expires) > time.time()


def _signer() -> signing.Signer:
    return signing.Signer(salt=_SALT, sep=".")
