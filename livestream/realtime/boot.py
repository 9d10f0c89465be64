"""What a room's page hands to its scripts."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from accounts.actor import Actor
from livestream.models import Session
from livestream.realtime import tokens
from livestream.realtime.origins import socket_url
from livestream.realtime.strings import room_strings
from livestream.services.room import shown_name


def room_boot(
    session: Session, actor: Actor, *, role: str, snapshot: dict[str, Any], can_post: bool
) -> dict[str, Any]:
    """The JSON block ``room-boot`` for one person; no query.

    ``role`` is the person's room role, ``snapshot`` that of ``livestream.selectors.Room``, which
    the page has rendered: the scripts follow the log from its ``seq``.
    """
    room = session.public_id
    return {
        "session": str(room),
        "wsUrl": socket_url(f"/ws/rooms/{room}/", actor.key),
        "token": tokens.issue_to(room, actor, role),
        "tokenUrl": f"/live/{room}/token/",
        "after": snapshot["seq"],
        "pin": snapshot["pin"],
        "mode": snapshot["mode"],
        "eventsUrl": f"/api/v1/sessions/{room}/events/",
        "feedUrl": f"{settings.FEED_ORIGIN}/live/{room}/feed/",
        "messagesUrl": f"/api/v1/sessions/{room}/messages/",
        "key": actor.key,
        "name": shown_name(actor.user) if actor.user else "",
        "role": role,
        "canPost": can_post,
        "strings": room_strings(),
    }
