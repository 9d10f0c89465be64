"""The live room: read without an account, talk with one; every form works without scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts import devices
from accounts.actor import Actor, actor_of
from core.db import first_or_404
from core.errors import DomainError
from core.ids import read_id
from core.numbers import MOST_EXACT, whole_number
from employers.models import Vacancy
from intents.selectors import intent_states
from jobfair.measures import MEASURES, REASONS
from jobfair.pages import replay
from jobfair.requests import client_id, tell
from livestream import rules, selectors, services
from livestream.enums import (
    FOREIGN_SOURCES,
    OPEN_SESSIONS,
    PUBLISHED_SOURCES,
    SessionStatus,
    VideoSource,
)
from livestream.models import Message, Session
from livestream.realtime import presence
from livestream.realtime.boot import room_boot

#: How long visitors share one rendering of a room; what happens meanwhile reaches them live.
SHARED_S = 5


class Rendered(NamedTuple):
    """The middle of a room's page, and the log's position and card that it shows."""

    html: SafeString
    snapshot: dict[str, Any]


@never_cache
@require_GET
def room(request: HttpRequest, session: UUID) -> HttpResponse:
    """The room of a session, whatever its state.

    All visitors without an account see the same, so they share one rendering for some seconds;
    their scripts follow the log from where it stood then.
    """
    actor = actor_of(request)
    found, standing = selectors.session_for(actor.user, session)
    shown = replay.page(request, found, standing)
    if shown is not None:
        return shown
    talking = found.status in OPEN_SESSIONS and (found.chat_open or standing.moderator)
    sanction = rules.sanction_on(standing)
    context: dict[str, Any] = {
        "session": found,
        "fair": found.fair,
        "standing": standing,
        "stage": stage_of(found),
        "live_stage": live_stage_of(found),
        "replay_coming": replay.is_coming(found),
        "talking": talking,
        "sanction": sanction,
        "sanction_text": rules.sanction_text(sanction) if sanction else "",
        "intent_states": intent_states(actor.user),
        "intent_label": found.fair.intent_label or None,
    }
    if actor.user is None:
        state = f"{found.redaction_revision}:{found.status}:{context['stage']}:{talking}"
        name = f"room-page:{found.public_id}:{get_language()}:{state}"
        rendered = cache.get(name)
        if rendered is None:
            rendered = _render(request, context, actor)
            cache.set(name, rendered, SHARED_S)
    else:
        rendered = _render(request, context, actor)
    context["content"] = rendered.html
    newcomer = "" if actor.key else devices.new_key()
    context["boot"] = room_boot(
        found,
        Actor(device_key=newcomer, channel_code=actor.channel_code) if newcomer else actor,
        role=standing.role,
        snapshot=rendered.snapshot,
        can_post=actor.user is not None and talking and standing.sanction is None,
    )
    response = render(request, "livestream/room.html", context)
    if newcomer:
        devices.remember(response, newcomer)  # a viewer who comes back is the same person
    return response


def _render(request: HttpRequest, context: dict[str, Any], actor: Actor) -> Rendered:
    session, states = context["session"], context["intent_states"]
    page = selectors.room(session, context["standing"], actor.user)
    for vacancy in (*page.pinned, *page.vacancies):
        vacancy.intent_state = states.get(str(vacancy.public_id), "")  # type: ignore[attr-defined]
    pin = page.snapshot["pin"]
    playback_url = selectors.playback_url(session)
    html = render_to_string(
        "livestream/_room.html",
        context
        | {
            "room": page,
            "playback_url": playback_url,
            "sound_url": sound_url(session, playback_url),
            "has_player": context["live_stage"] == "video" and context["stage"] != "over",
            "now": presence.now(session.public_id),
            "pin_seq": pin["seq"] if pin else None,
            "max_message": rules.MAX_MESSAGE,
            "max_question": rules.MAX_QUESTION,
            "measures": MEASURES,
            "reasons": REASONS,
            "question_list": _question_list(session),
            "ask_about": _ask_about(request, session, page.pinned) if actor.user else None,
        },
        request,
    )
    return Rendered(html, page.snapshot)


def _question_list(session: Session) -> str:
    """Where a room's page finds its list: what follows is the number of the page."""
    if session.rehearsal_of_id is None:
        return f"{settings.FEED_ORIGIN}/live/{session.public_id}/feed/questions/"
    return f"/live/{session.public_id}/questions/pages/"


def _ask_about(request: HttpRequest, session: Session, pinned: Sequence[Vacancy]) -> Vacancy | None:
    """What the question box is set to: the vacancy that ``?about=`` names, or one on the screen.

    A vacancy's page leads here with ``?about=``. On the screen, only where all are one employer's:
    static/js/room/ask_about.js does the same when the card changes.
    """
    wanted = read_id(request.GET.get("about", ""))
    if wanted is None:
        one = len({vacancy.employer_id for vacancy in pinned}) == 1
        return pinned[0] if one and selectors.is_public(pinned[0]) else None
    return rules.presentable(session).filter(public_id=wanted).select_related("employer").first()


def stage_of(session: Any) -> str:
    """What stands where the picture is: :func:`live_stage_of`, away, break, wait or over."""
    if session.status == SessionStatus.SCHEDULED:
        return "wait"
    if session.status != SessionStatus.LIVE:
        return "over"
    live = live_stage_of(session)
    if session.on_air_since:
        return live
    return "away" if live == "elsewhere" else "break"


def live_stage_of(session: Session) -> str:
    """What stands there while the session is on air: video, embed or elsewhere.

    Another site's player stands in a frame only where the operator allowed its origin.
    """
    if session.video_source == VideoSource.EMBED and rules.may_be_framed(session.external_url):
        return "embed"
    return "elsewhere" if session.video_source in FOREIGN_SOURCES else "video"


def sound_url(session: Session, url: str) -> str:
    """The sound alone of what is published here, beside the whole; ``""`` where there is none."""
    if session.video_source not in PUBLISHED_SOURCES or not url:
        return ""
    return f"{url.rpartition('/')[0]}/audio.m3u8"


def session_of(request: HttpRequest, public_id: UUID) -> Session:
    """The session that the address names, if whoever asks may see it."""
    return selectors.session_for(actor_of(request).user, public_id)[0]


def back(request: HttpRequest, session: Session, anchor: str) -> HttpResponse:
    """Back to a part of the room, for forms without scripts."""
    return redirect(f"{reverse('live-room', args=[session.public_id])}#{anchor}")


@require_POST
def say(request: HttpRequest, session: UUID) -> HttpResponse:
    """Post a chat message from the form."""
    actor_of(request).require_user()
    found = session_of(request, session)
    try:
        services.post_message(
            actor=actor_of(request),
            session=found,
            client_id=client_id(request),
            text=request.POST.get("text", ""),
        )
    except DomainError as error:
        if answer := tell(request, error):
            return answer
    return back(request, found, "p-chat")


@never_cache
@require_GET
def mine(request: HttpRequest, session: UUID) -> JsonResponse:
    """What became of one's own message ``?seq=``: ``{"seq", "state", "note"}``."""
    user = actor_of(request).require_user()
    found = session_of(request, session)
    seq = whole_number(request.GET.get("seq", ""), MOST_EXACT) or 0
    own = first_or_404(Message.objects.filter(session=found, author=user, seq=seq))
    note = selectors.fate_of(own)
    return JsonResponse({"seq": own.seq, "state": own.status, "note": note})
