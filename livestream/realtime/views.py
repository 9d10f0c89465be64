"""A fresh ticket to a room, for a page whose own has run out or was revoked."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.actor import actor_of
from core.errors import NotFound
from livestream import rules
from livestream.models import Session
from livestream.realtime import tokens


@never_cache
@require_GET
def token(request: HttpRequest, session: UUID) -> JsonResponse:
    """Issue a token for whoever asks, as what they are in this room now."""
    actor = actor_of(request)
    room = Session.objects.visible_to(actor.user).filter(public_id=session).first()
    if room is None:
        raise NotFound
    role = rules.standing(room, actor.user).role
    return JsonResponse({"token": tokens.issue_to(room.public_id, actor, role)})
