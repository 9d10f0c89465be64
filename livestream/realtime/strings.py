"""Words the room's scripts show; the page hands them over in its language."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from livestream.enums import RoomRole


def room_strings() -> dict[str, Any]:
    """The room scripts' texts in the active language. ``{count}`` is filled in by the page."""
    return {
        "newMessages": _("{count} new messages ↓"),
        "sending": _("Sending…"),
        "held": _("Waiting for a moderator"),
        "notSent": _("Not sent. Check your connection and try again."),
        "retry": _("Send again"),
        "removedOwn": _("A moderator removed this message."),
        "chatClosed": _("Chat is closed for now"),
        "roles": {
            str(role.value): "" if role == RoomRole.SEEKER else str(role.label) for role in RoomRole
        },
        "kinds": {"question": pgettext("room", "Question")},
        "answeredLive": _("Answered on air"),
        "states": {
            "connecting": _("Connecting…"),
            "online": _("Connected"),
            "reconnecting": _("Connection lost. Reconnecting…"),
            "polling": _("Live connection not available; updating every few seconds."),
            "feed": _("Many people are here; updating every few seconds."),
        },
    }
