"""Played-time reports of pages without a socket, and the last report of one that is left."""

from __future__ import annotations

import json
import time
from typing import Any, Final
from uuid import UUID

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from core import ratelimit
from core.errors import NotFound
from livestream.realtime import frames, tokens
from livestream.realtime.watches import span_of
from livestream.services.watching import store_spans

#: Reports of one person in one room within so many seconds; two pages of theirs have enough.
LIMIT: Final = 12
PERIOD_S: Final = 60
_REMEMBERED_S: Final = 600


@csrf_exempt  # the token says whose report it is; a beacon can send no header
@never_cache
@require_POST
def watched(request: HttpRequest, session: UUID) -> HttpResponse:
    """Store ``{"token", "kind", "played", "on"}``: what has been played since the last report.

    Never more than the time since that person's last report by this way, nor since the token was
    issued. Without a good token for this room there is no such address.
    """
    report = _object(request)
    claims = _claims(report.pop("token", None))
    if claims.session != session:
        raise NotFound
    watch = _watch(report)
    if claims.key:
        ratelimit.take(f"watched:{session.hex}:{claims.key}", limit=LIMIT, period_s=PERIOD_S)
        last = f"watched:{session.hex}:{claims.key}:{watch.kind}"
        now_s = time.time()
        span = span_of(claims, watch, last_s=float(cache.get(last, 0)), now_s=now_s)
        cache.set(last, now_s, _REMEMBERED_S)
        if span is not None:
            store_spans([span])
    return HttpResponse(status=204)


def _object(request: HttpRequest) -> dict[str, Any]:
    try:
        body = json.loads(request.body) if len(request.body) <= frames.MAX_BYTES else None
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise NotFound
    return body


def _claims(token: object) -> tokens.Claims:
    try:
        return tokens.read(token if isinstance(token, str) else "")
    except tokens.BadTokenError:
        raise NotFound from None


def _watch(report: dict[str, Any]) -> frames.Watch:
    """The report as the socket reads it, so that both ways take and refuse the same."""
    frame = frames.parse_client(json.dumps({**report, "type": "watch"}))
    if not isinstance(frame, frames.Watch):
        raise NotFound
    return frame
