"""Where the picture is now, for players whose address has expired or that found nothing there."""

from __future__ import annotations

from uuid import UUID

from django.core.cache import cache
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.actor import actor_of
from core.errors import NotFound
from livestream import selectors

#: For so long everybody shares one answer; when a picture drops, all players ask at once.
SHARED_S = 2


@never_cache
@require_GET
def playback(request: HttpRequest, session: UUID) -> JsonResponse:
    """``{"url", "kind"}``: hls, embed (a frame), link (another platform), or none for now.

    Signed addresses are the same for everybody; who may not see the session gets no answer.
    """
    name = f"playback:{session}"
    found = cache.get(name)
    if found is None:
        try:
            found = selectors.playback(selectors.session_for(None, session)[0])
            cache.set(name, found, SHARED_S)
        except NotFound:
            user = actor_of(request).user
            found = selectors.playback(selectors.session_for(user, session)[0])
    return JsonResponse({"url": found.url, "kind": found.kind})
