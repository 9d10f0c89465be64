"""What the services of a room share."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import NAMESPACE_OID, uuid5

from django.utils.translation import gettext as _

from accounts.models import User
from livestream.enums import EventKind
from livestream.log import Draft, append_events, author, message_data
from livestream.models import Message, RoomEvent, Session
from livestream.rules import Standing


def shown_name(user: User) -> str:
    """The name beside what a person writes; of a phone number never more than two digits."""
    return user.display_name or _("Viewer %(digits)s") % {"digits": user.phone[-2:]}


def byline(user: User, standing: Standing) -> dict[str, str]:
    """The public ``by`` of what ``user`` does in a room."""
    return author(name=shown_name(user), role=standing.role, key=user.actor_key)


def entry_of(message: Message, standing: Standing) -> Draft:
    """The entry by which a message that was hidden appears in the room."""
    return Draft(
        kind=EventKind.MESSAGE,
        actor_key=message.author.actor_key,
        refs={"message": str(message.public_id)},
        by=byline(message.author, standing),
        data=message_data(message),
    )


def note(
    session: Session,
    kind: EventKind,
    *,
    user: User,
    refs: dict[str, object] | None = None,
    data: dict[str, object] | None = None,
) -> RoomEvent:
    """Append one entry that names nobody; ``data`` defaults to ``refs``, which are public."""
    refs = dict(refs or {})
    draft = Draft(
        kind=kind,
        actor_key=user.actor_key,
        refs=refs,
        data=refs if data is None else dict(data),
    )
    return append_events(session, [draft])[0].event


def note_minute(*, session: Session, minute: int, totals: Mapping[str, int]) -> None:
    """Log a minute's totals; of several processes with the same minute the first one counts.

    ``minute`` counts from the Unix epoch; ``totals`` are the people present and playing, and ♥.
    """
    name = f"{session.public_id}:{minute}"
    draft = Draft(
        kind=EventKind.MINUTE,
        client_id=uuid5(NAMESPACE_OID, name),
        refs=dict(totals),
        data=dict(totals),
    )
    append_events(session, [draft])
