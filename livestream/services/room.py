"""What the services of a room share."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.models import User
from livestream.enums import EventKind
from livestream.log import Draft, append_events, author
from livestream.models import RoomEvent, Session
from livestream.rules import Standing


def shown_name(user: User) -> str:
    """The name beside what a person writes; of a phone number never more than two digits."""
    return user.display_name or _("Viewer %(digits)s") % {"digits": user.phone[-2:]}


def byline(user: User, standing: Standing) -> dict[str, str]:
    """The public ``by`` of what ``user`` does in a room."""
    return author(name=shown_name(user), role=standing.role, key=user.actor_key)


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
