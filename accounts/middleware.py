"""Puts the :class:`~accounts.actor.Actor` on every request."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from accounts import devices
from accounts.actor import Actor
from accounts.models import User

_CODE = re.compile(r"^[A-Za-z0-9_-]{1,32}$")
CHANNEL_KEY = "entry_channel"


class ActorMiddleware:
    """Sets ``request.actor`` (lazily) and keeps the entry channel of ``?c=`` in the session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        code = request.GET.get("c", "")
        if _CODE.match(code) and CHANNEL_KEY not in request.session:
            request.session[CHANNEL_KEY] = code
        request.actor = SimpleLazyObject(lambda: find_actor(request))  # type: ignore[attr-defined]
        return self.get_response(request)


def find_actor(request: HttpRequest) -> Actor:
    """Find out who is asking, from the session and the device's cookie; views ask ``actor_of``."""
    user = request.user if isinstance(request.user, User) else None
    if user is None and request.user.is_authenticated:
        user = User.objects.get(pk=request.user.pk)
    return Actor(
        user=user,
        device_key=devices.read(request),
        channel_code=request.session.get(CHANNEL_KEY, ""),
    )
