"""The replay of a session in the studio: how far it is, its parts, its edges; for the crew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.actor import Actor, actor_of
from core.errors import DomainError, NotFound
from core.moments import given_moment
from core.numbers import MOST_EXACT, whole_number
from core.serve import download
from jobfair.studio.access import console_session
from livestream import replay_selectors, services
from livestream.enums import (
    OVER_SESSIONS,
    PUBLISHED_SOURCES,
    PartStatus,
    ReplayStatus,
    SessionStatus,
    VideoSource,
)
from livestream.media import remux, take_lists
from livestream.models import Replay, ReplayPart, Session
from livestream.services import recordings, replays


@dataclass(slots=True)
class PartRow:
    """A take in the table: what is there of it, or why there is nothing."""

    part: ReplayPart
    trouble: str
    download: str
    ends_at: datetime | None

    @property
    def length_s(self) -> int:
        return self.part.duration_ms // 1000

    @property
    def is_ready(self) -> bool:
        return self.part.status == PartStatus.READY


def _replay(session: Session) -> Replay | None:
    replay = Replay.objects.filter(session=session).first()
    if replay is not None:
        replay.session = session
    return replay


@never_cache
@require_GET
def manage(request: HttpRequest, session: UUID) -> HttpResponse:
    """Everything about the replay on one page."""
    found = console_session(request, session)
    replay = _replay(found)
    parts = replay_selectors.load_whole(replay) if replay else []
    shown = replay_selectors.load_parts(replay) if replay else []
    timeline = replay_selectors.timeline_of(found, replay if parts else None)
    deleted = replay is not None and replay.status == ReplayStatus.EXPIRED
    context: dict[str, Any] = {
        "session": found,
        "fair": found.fair,
        "replay": replay,
        "is_ours": found.video_source in PUBLISHED_SOURCES and found.rehearsal_of_id is None,
        "is_over": found.status in OVER_SESSIONS,
        "is_published": found.status == SessionStatus.REPLAY,
        "is_working": _is_working(replay),
        "is_deleted": deleted,
        "can_publish": found.status == SessionStatus.ENDED and _can_publish(found, replay),
        "trouble": replay_selectors.trouble_words(replay.trouble) if replay else "",
        "rows": _rows(replay, parts) if replay and not deleted else [],
        "parts": parts,
        "size": sum(part.size for part in parts),
        "folder": replay_selectors.whole_url(replay) if replay and parts else "",
        "timeline": timeline if parts else None,
        "chapters": replay_selectors.chapters(found, timeline) if timeline and parts else [],
        "whole": recordings.download_state(replay, 0) if replay and parts else "",
        "whole_possible": bool(replay and shown and recordings.are_alike(replay, shown)),
        "takes_due": None if deleted else recordings.takes_due(found, replay),
        "take_days": settings.TAKE_DAYS,
        "replay_days": settings.REPLAY_DAYS,
        "edges": _edges(replay, parts),
    }
    return render(request, "livestream/replay_studio.html", context)


def _is_working(replay: Replay | None) -> bool:
    return replay is not None and replay.status in {ReplayStatus.WAITING, ReplayStatus.WORKING}


def _can_publish(session: Session, replay: Replay | None) -> bool:
    if session.rehearsal_of_id is not None or session.video_source == VideoSource.TEST:
        return False
    is_made = replay is not None and replay.status == ReplayStatus.READY
    return is_made or session.video_source not in PUBLISHED_SOURCES


def _rows(replay: Replay, parts: list[remux.Part]) -> list[PartRow]:
    ends = {part.number: take_lists.moment_of(part.video.pieces[-1].end_ms) for part in parts}
    rows = list(replay.parts.select_related("take"))
    downloads = recordings.download_states(replay, [row.take.number for row in rows])
    return [
        PartRow(
            part=row,
            trouble=replay_selectors.trouble_words(row.trouble),
            download=downloads[row.take.number],
            ends_at=ends.get(row.take.number),
        )
        for row in rows
    ]


def _edges(replay: Replay | None, parts: list[remux.Part]) -> dict[str, str]:
    """The values of the two fields, and between what they may lie; local time to the second."""
    if replay is None or not parts:
        return {}
    last = take_lists.moment_of(parts[-1].video.pieces[-1].end_ms)
    moments = {
        "starts_at": replay.starts_at,
        "ends_at": replay.ends_at,
        "least": parts[0].starts_at,
        "most": last,
    }
    return {name: _local(at) if at else "" for name, at in moments.items()}


def _local(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%dT%H:%M:%S}"


@never_cache
@require_GET
def state(request: HttpRequest, session: UUID) -> JsonResponse:
    """How far the making is: ``{status, percent, trouble, downloads}``; the page asks."""
    found = console_session(request, session)
    replay = _replay(found)
    if replay is None:
        raise NotFound
    numbers = [0, *replay.parts.values_list("take__number", flat=True)]
    return JsonResponse(
        {
            "status": replay.status,
            "percent": replay.percent,
            "trouble": replay_selectors.trouble_words(replay.trouble),
            "downloads": recordings.download_states(replay, numbers),
        }
    )


# --- what the buttons do -------------------------------------------------------------------------


def _make(actor: Actor, session: Session, request: HttpRequest) -> str:
    replays.make_again(actor=actor, session=session)
    return _("The replay is being made.")


def _publish(actor: Actor, session: Session, request: HttpRequest) -> str:
    services.publish_replay(actor=actor, session=session)
    return _("The replay is published.")


def _hide(actor: Actor, session: Session, request: HttpRequest) -> str:
    replays.hide(actor=actor, session=session)
    return _("The replay is hidden. Nobody can watch it until you show it again.")


def _show(actor: Actor, session: Session, request: HttpRequest) -> str:
    replays.show(actor=actor, session=session)
    return _("The replay can be watched again.")


def _delete(actor: Actor, session: Session, request: HttpRequest) -> str:
    replays.delete(actor=actor, session=session)
    return _("The recordings of this session are deleted.")


def _trim(actor: Actor, session: Session, request: HttpRequest) -> str:
    edges = {
        name: given_moment(request.POST.get(name, ""), field=name, code="replay_edges")
        for name in ("starts_at", "ends_at")
    }
    replays.trim(actor=actor, session=session, **edges)
    return _("The replay now begins and ends where you said.")


def _prepare(actor: Actor, session: Session, request: HttpRequest) -> str:
    number = whole_number(request.POST.get("number", ""), MOST_EXACT) or 0
    recordings.prepare_download(actor=actor, session=session, number=number)
    return _("The file is being prepared. It can be downloaded here in a moment.")


ACTIONS: dict[str, Callable[[Actor, Session, HttpRequest], str]] = {
    "make": _make,
    "publish": _publish,
    "hide": _hide,
    "show": _show,
    "trim": _trim,
    "delete": _delete,
    "prepare": _prepare,
}


@require_POST
def act(request: HttpRequest, session: UUID, action: str) -> HttpResponse:
    """Do what one button says, and back to the page."""
    found, actor = console_session(request, session), actor_of(request)
    run = ACTIONS.get(action)
    if run is None:
        raise NotFound
    try:
        messages.success(request, run(actor, found, request))
    except DomainError as error:
        if error.status == NotFound.status:
            raise
        messages.error(request, str(error.message))
    return redirect("studio-replay", found.public_id)


@never_cache
@require_GET
def get_download(request: HttpRequest, session: UUID, number: int) -> HttpResponseBase:
    """The MP4 that was prepared."""
    found = console_session(request, session)
    replay = _replay(found)
    if replay is None or recordings.download_state(replay, number) != "ready":
        raise NotFound
    suffix = f"-{number}" if number else ""
    return download(
        recordings.download_path(replay, number),
        accel=settings.DOWNLOADS_ACCEL,
        filename=f"{found.title}{suffix}.mp4",
        media_type="video/mp4",
    )
