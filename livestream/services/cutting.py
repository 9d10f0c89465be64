"""断播 as the crew knows it: one act, whatever way the picture comes."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.actor import Actor
from core.transactions import write
from livestream import rules
from livestream.enums import PUBLISHED_SOURCES, EventKind, SessionStatus
from livestream.models import OnAirInterval, Session
from livestream.services import takes
from livestream.services.locking import locked
from livestream.services.moderation import set_mode
from livestream.services.room import note


def cut_picture(*, actor: Actor, session: Session) -> bool:
    """Take the session off air at once; for its crew. Return whether anything was running.

    All stream keys are revoked, what is published or marked ends, and the room is told that the
    picture will be back. A picture that does not come through here cannot be stopped here: its
    link leaves the room, and viewers' messages wait for a moderator until the crew says otherwise.
    """
    user = actor.require_user()
    rules.require_console(session, user)
    with write():
        found = locked(session.public_id)
        was_on = OnAirInterval.objects.filter(session=found, ends_at=None).exists()
        was_published = takes.cut(actor=actor, session=found) is not None
        if found.status == SessionStatus.LIVE and (was_on or was_published):
            with override(settings.LANGUAGE_CODE):
                text = _("The picture has been interrupted. We will be right back.")
            note(found, EventKind.NOTICE, user=user, refs={"text": text})
            if found.video_source not in PUBLISHED_SOURCES:
                set_mode(actor=actor, session=found, hold=True)
    return was_on or was_published
