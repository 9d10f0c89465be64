"""The room as files that a proxy or a CDN can keep: for pages without a socket.

``tail.json`` is what is newest, good for a second or two. The log before it comes in segments
that never change: their path carries the room's redaction revision, so a removal changes it.
Nothing here depends on who asks.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from core.errors import NotFound
from livestream import log
from livestream.models import Session
from livestream.realtime import frames, metrics, presence

#: Entries of a segment.
SEGMENT = 50
TAIL_S = 2
SEGMENT_S = 24 * 3600


@require_safe
def tail(request: HttpRequest, session: UUID) -> HttpResponse:
    """The room now, and the entries after the last whole segment."""
    metrics.FEED_REQUESTS.labels("tail").inc()
    name = f"feed-tail:{session.hex}"
    text = cache.get(name)
    if text is None:
        text = frames.encode(_tail(_public(session)))
        cache.set(name, text, timeout=1)
    return _json(text, f"public, max-age={TAIL_S}, stale-while-revalidate=5")


@require_safe
def segment(request: HttpRequest, session: UUID, revision: int, number: int) -> HttpResponse:
    """Entries ``number × 50 + 1`` to ``number × 50 + 50``, once all of them are there."""
    metrics.FEED_REQUESTS.labels("segment").inc()
    found = _public(session)
    whole = (number + 1) * SEGMENT <= found.last_seq
    if revision != found.redaction_revision or not whole:
        raise NotFound
    events = log.public_events(session, after=number * SEGMENT, limit=SEGMENT)
    text = frames.encode({"events": events})
    return _json(text, f"public, max-age={SEGMENT_S}, immutable")


def _public(session: UUID) -> Session:
    found = Session.objects.visible_to(None).filter(public_id=session).first()
    if found is None:
        raise NotFound
    return found


def _tail(session: Session) -> dict[str, Any]:
    whole = session.last_seq // SEGMENT * SEGMENT
    now = presence.now(session.public_id)
    return {
        "seq": session.last_seq,
        "revision": session.redaction_revision,
        "segment": SEGMENT,
        "events": log.public_events(session.public_id, after=whole, limit=session.last_seq - whole),
        "pin": log.current_pin(session),
        "question": log.current_question(session),
        "mode": log.mode_of(session),
        "now": {**now._asdict(), "at": frames.clock()},
    }


def _json(text: str, kept: str) -> HttpResponse:
    return HttpResponse(
        text,
        content_type="application/json",
        headers={"Cache-Control": kept, "Access-Control-Allow-Origin": "*"},
    )
