"""Going live from the browser: the page, the keys it publishes with, and who is on air already."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.actor import actor_of
from core import ratelimit
from core.errors import DomainError, Invalid
from core.problems import problem
from jobfair.studio.access import console_session
from jobfair.studio.broadcast_words import QUALITIES, broadcast_words
from livestream.enums import OPEN_SESSIONS, PUBLISHED_SOURCES, KeyKind, PublishPath
from livestream.media.ingest import tickets
from livestream.models import Session, Take
from livestream.services import stream_keys, takes

#: What a measurement of the line may upload at once, and how often a minute.
PROBE_BYTES = 1024 * 1024
PROBES_A_MINUTE = 40


@never_cache
@require_GET
def broadcast(request: HttpRequest, session: UUID) -> HttpResponse:
    """The page to go live from."""
    found = console_session(request, session)
    context: dict[str, Any] = {
        "session": found,
        "fair": found.fair,
        "takes_pictures": found.video_source in PUBLISHED_SOURCES,
        "is_over": found.status not in OPEN_SESSIONS,
        "qualities": QUALITIES,
        "boot": _boot(request, found),
    }
    return render(request, "livestream/broadcast.html", context)


def _boot(request: HttpRequest, session: Session) -> dict[str, Any]:
    room = session.public_id
    return {
        "socket": _socket(request, session),
        "key": reverse("studio-live-key", args=[room]),
        "takeOver": reverse("studio-live-take-over", args=[room]),
        "probe": reverse("studio-live-probe", args=[room]),
        "state": reverse("studio-live-state", args=[room]),
        "title": session.title,
        "rehearsal": session.rehearsal_of_id is not None,
        "taken": _taken(session),
        "words": broadcast_words(),
    }


def _socket(request: HttpRequest, session: Session) -> str:
    return tickets.address(session.public_id, actor_of(request).key)


def _taken(session: Session) -> dict[str, Any] | None:
    """Who publishes to the session now, since when and how."""
    take = Take.objects.filter(session=session, ended_at=None).select_related("key__issued_by")
    found = take.first()
    if found is None:
        return None
    return {
        "who": str(found.key.issued_by) if found.key is not None else "",
        "path": str(PublishPath(found.path).label),
        "since": found.started_at.isoformat(),
    }


@never_cache
@require_GET
def state(request: HttpRequest, session: UUID) -> JsonResponse:
    """Who is on air, whether the session takes a picture at all, and where, by a new ticket."""
    found = console_session(request, session)
    return JsonResponse(
        {
            "taken": _taken(found),
            "over": found.status not in OPEN_SESSIONS,
            "socket": _socket(request, found),
        }
    )


@never_cache
@require_POST
def key(request: HttpRequest, session: UUID) -> JsonResponse:
    """A key for this page alone: it goes to the script and is shown nowhere."""
    found, actor = console_session(request, session), actor_of(request)
    return _answer(lambda: stream_keys.issue_key(actor=actor, session=found, kind=KeyKind.BROWSER))


@never_cache
@require_POST
def take_over(request: HttpRequest, session: UUID) -> JsonResponse:
    """Cut whoever is on air, and give this page a key."""
    found, actor = console_session(request, session), actor_of(request)
    return _answer(lambda: takes.take_over(actor=actor, session=found))


def _answer(issue: Callable[[], stream_keys.Issued]) -> JsonResponse:
    try:
        issued = issue()
    except DomainError as error:
        return problem(error)
    return JsonResponse({"key": issued.secret})


@never_cache
@require_POST
def probe(request: HttpRequest, session: UUID) -> HttpResponse:
    """Take some bytes and answer nothing: the page measures how long that took."""
    found = console_session(request, session)
    name = f"probe:{actor_of(request).key}:{found.pk}"
    ratelimit.take(name, limit=PROBES_A_MINUTE, period_s=60)
    if len(request.body) > PROBE_BYTES:
        raise Invalid("probe_size", _("That is more than a measurement needs."))
    return HttpResponse(status=204)
