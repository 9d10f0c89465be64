"""The replay of a session: what was shown, said and asked, beside the recording and in its time."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts import devices
from accounts.actor import Actor, actor_of
from core.errors import NotFound
from core.numbers import whole_number
from intents.selectors import intent_states
from livestream import replay_selectors, selectors
from livestream.enums import PUBLISHED_SOURCES, ReplayStatus, SessionStatus, VideoSource
from livestream.models import Replay, Session
from livestream.realtime import tokens
from livestream.realtime.strings import room_strings
from livestream.replay_selectors import Timeline
from livestream.rules import Standing

#: How long visitors share one rendering, and caches one index.
SHARED_S = 30
INDEX_S = 10
#: More than any recording is long, in pages as in seconds.
MOST_SECONDS = 10**7 - 1
#: Speeds that the player offers.
SPEEDS = ("0.75", "1", "1.25", "1.5", "2")


def page(request: HttpRequest, session: Session, standing: Standing) -> HttpResponse | None:
    """The replay's page; None where there is nothing to show and the room's page stands."""
    found = _replay(session)
    if found is None:
        return None
    replay, timeline = found
    actor = actor_of(request)
    newcomer = "" if actor.key else devices.new_key()
    if newcomer:
        actor = Actor(device_key=newcomer, channel_code=actor.channel_code)
    context: dict[str, Any] = {
        "session": session,
        "fair": session.fair,
        "standing": standing,
        "has_video": replay is not None,
        "intent_states": intent_states(actor.user),
        "intent_label": session.fair.intent_label or None,
        "text_page": _text_page(request, session, timeline),
    }
    context["content"] = _content(request, context, actor, replay, timeline)
    context["boot"] = _boot(session, replay, actor, standing.role)
    response = render(request, "livestream/replay.html", context)
    if newcomer:
        devices.remember(response, newcomer)  # a viewer who comes back is the same person
    return response


def is_coming(session: Session) -> bool:
    """Whether an ended session will have a replay, as far as one can tell."""
    if session.status != SessionStatus.ENDED:
        return False
    unlikely = (ReplayStatus.FAILED, ReplayStatus.EXPIRED)
    return Replay.objects.filter(session=session).exclude(status__in=unlikely).exists()


def _replay(session: Session) -> tuple[Replay | None, Timeline] | None:
    """What there is to show of a session: a recording, or what was said; hidden: nothing."""
    if session.status != SessionStatus.REPLAY or session.video_source == VideoSource.TEST:
        return None
    replay = replay_selectors.playable(session)
    if replay is None and Replay.objects.filter(session=session, hidden_at__isnull=False).exists():
        return None
    timeline = replay_selectors.timeline_of(session, replay)
    return None if timeline is None else (replay, timeline)


def _text_page(request: HttpRequest, session: Session, timeline: Timeline) -> int:
    """Which page of the text a reader without scripts gets: ``?page=``, or that of ``?t=``."""
    page, second = (whole_number(request.GET.get(name, ""), MOST_SECONDS) for name in ("page", "t"))
    if page is None and second is not None:
        return replay_selectors.page_at(session, timeline.at_second(second))
    # No further than the last one: every page that is asked for is kept for a while.
    return min(max(1, page or 1), replay_selectors.text_pages(session))


def _content(
    request: HttpRequest,
    context: dict[str, Any],
    actor: Actor,
    replay: Replay | None,
    timeline: Timeline,
) -> str:
    """The middle of the page; visitors without an account share it for a while."""
    session: Session = context["session"]
    made = f"{replay.revision}:{replay.starts_at}:{replay.ends_at}" if replay else ""
    state = f"{session.redaction_revision}:{session.last_seq}:{made}:{context['text_page']}"
    name = f"replay-page:{session.public_id.hex}:{get_language()}:{state}".replace(" ", "")
    html: str | None = cache.get(name) if actor.user is None else None
    if html is None:
        html = _render(request, context, replay, timeline)
        if actor.user is None:
            cache.set(name, html, SHARED_S)
    return html


def _render(
    request: HttpRequest, context: dict[str, Any], replay: Replay | None, timeline: Timeline
) -> str:
    session: Session = context["session"]
    states = context["intent_states"]
    steps = selectors.run_sheet(session)
    offered = [vacancy for step in steps for vacancy in step.vacancies]
    vacancies = {row.public_id: row for row in offered if selectors.is_public(row)}
    for vacancy in vacancies.values():
        vacancy.intent_state = states.get(str(vacancy.public_id), "")  # type: ignore[attr-defined]
    chapters = replay_selectors.chapters(session, timeline)
    guests = selectors.guests_of([session]).get(session.pk, [])
    more = {
        "chapters": chapters,
        "asked": replay_selectors.questions(session, chapters),
        "vacancies": list(vacancies.values()),
        "guests": guests,
        "lead": guests[0] if guests else None,
        "lines": replay_selectors.text_page(session, context["text_page"]),
        "pages": replay_selectors.text_pages(session),
        "page": context["text_page"],
        "length": timeline.length_s,
        "speeds": SPEEDS,
        "folder": replay_selectors.folder_url(replay) if replay else "",
        "poster": replay_selectors.poster_url(replay) if replay else "",
        "was_recorded": session.video_source in PUBLISHED_SOURCES,
        "languages": replay_selectors.caption_languages(session) if replay else [],
    }
    return render_to_string("livestream/_replay.html", context | more, request)


def _boot(session: Session, replay: Replay | None, actor: Actor, role: str) -> dict[str, Any]:
    room = session.public_id
    strings = room_strings()
    return {
        "session": str(room),
        "token": tokens.issue_to(room, actor, role),
        "watchedUrl": f"/live/{room}/watched/",
        "indexUrl": reverse("replay-index", args=[room]),
        "feedUrl": f"{settings.FEED_ORIGIN}/live/{room}/feed/",
        "eventsUrl": f"/api/v1/sessions/{room}/events/",
        "playbackUrl": reverse("replay-playback", args=[room]) if replay else "",
        "folder": replay_selectors.folder_url(replay) if replay else "",
        "strings": {name: strings[name] for name in ("roles", "kinds", "answeredLive")},
    }


# --- beside the page -----------------------------------------------------------------------------


def _found(request: HttpRequest, session: UUID) -> tuple[Session, Replay | None, Timeline]:
    room = selectors.session_for(actor_of(request).user, session)[0]
    found = _replay(room)
    if found is None:
        raise NotFound
    return room, *found


@require_GET
def index(request: HttpRequest, session: UUID) -> JsonResponse:
    """What a page needs to find its way in the log and the recording; everybody gets the same."""
    room, replay, timeline = _found(request, session)
    public = Session.objects.visible_to(None).filter(pk=room.pk).exists()
    kept = f"public, max-age={INDEX_S}" if public else "private, no-store"
    body = replay_selectors.index(room, replay, timeline)
    return JsonResponse(body, headers={"Cache-Control": kept})


@never_cache
@require_GET
def playback(request: HttpRequest, session: UUID) -> JsonResponse:
    """``{"folder"}``: the signed address of the recording, for a page whose own has expired."""
    _room, replay, _timeline = _found(request, session)
    if replay is None:
        raise NotFound
    return JsonResponse({"folder": replay_selectors.folder_url(replay)})


@require_GET
def captions(request: HttpRequest, session: UUID, language: str) -> HttpResponse:
    """The captions of a language as WebVTT, in the recording's own time."""
    room, replay, timeline = _found(request, session)
    if replay is None or language not in replay_selectors.caption_languages(room):
        raise NotFound
    text = replay_selectors.captions_vtt(room, language, timeline)
    return HttpResponse(text, content_type="text/vtt; charset=utf-8")
