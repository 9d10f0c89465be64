"""What tests of takes share: publishing to a session without any picture."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from accounts.actor import Actor
from livestream.enums import KeyKind, PublishPath
from livestream.log import public_events
from livestream.models import Session, Take
from livestream.services import stream_keys, takes


def secret_for(crew: Actor, session: Session, kind: KeyKind = KeyKind.BROWSER) -> str:
    """The secret of a new key."""
    return stream_keys.issue_key(actor=crew, session=session, kind=kind).secret


def begin(
    session: Session,
    secret: str,
    path: PublishPath = PublishPath.BROWSER,
    connection: str = "",
) -> Take:
    """Let a connection publish; a new one unless it is named."""
    return takes.begin_take(
        session=session.public_id,
        secret=secret,
        connection_id=connection or uuid4().hex,
        path=path,
    )


def air_log(session: Session) -> list[tuple[str, dict[str, Any]]]:
    """Kinds and data of the log's entries about going on and off air."""
    return [
        (event["kind"], event["data"])
        for event in public_events(session.public_id)
        if event["kind"] in {"on_air", "off_air"}
    ]
