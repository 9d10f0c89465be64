"""The live room: read without an account, talk with one; every form works without scripts."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.actor import Actor
from core.errors import DomainError, NotFound
from intents.selectors import intent_states
from livestream import rules, selectors, services
from livestream.enums import SessionStatus, VideoSource
from livestream.models import Message, Question, Session
from livestream.realtime.boot import room_boot
from livestream.realtime.presence import present


def actor_of(request: HttpRequest) -> Actor:
    """Who asks, as the middleware found out."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


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
    talking = found.status in rules.TALKING and (found.chat_open or standing.moderator)
    context: dict[str, Any] = {
        "session": found,
        "fair": found.fair,
        "standing": standing,
        "stage": stage_of(found),
        "talking": talking,
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
    context["boot"] = room_boot(
        found,
        actor,
        role=standing.role,
        snapshot=rendered.snapshot,
        can_post=actor.user is not None and talking and standing.sanction is None,
    )
    return render(request, "livestream/room.html", context)


def _render(request: HttpRequest, context: dict[str, Any], actor: Actor) -> Rendered:
    session, states = context["session"], context["intent_states"]
    page = selectors.room(session, context["standing"], actor.user)
    for vacancy in (*page.pinned, *page.vacancies):
        vacancy.intent_state = states.get(str(vacancy.public_id), "")  # type: ignore[attr-defined]
    pin = page.snapshot["pin"]
    html = render_to_string(
        "livestream/_room.html",
        context
        | {
            "room": page,
            "playback_url": selectors.playback_url(session),
            "present": present(session.public_id),
            "pin_seq": pin["seq"] if pin else None,
            "max_message": rules.MAX_MESSAGE,
            "max_question": rules.MAX_QUESTION,
        },
        request,
    )
    return Rendered(html, page.snapshot)


def stage_of(session: Any) -> str:
    """What stands where the picture is: video, elsewhere, break, wait or over."""
    if session.status == SessionStatus.SCHEDULED:
        return "wait"
    if session.status != SessionStatus.LIVE:
        return "over"
    if session.video_source == VideoSource.ELSEWHERE:
        return "elsewhere"
    return "video" if session.on_air_since else "break"


def _session(request: HttpRequest, public_id: UUID) -> Session:
    return selectors.session_for(actor_of(request).user, public_id)[0]


def client_id(request: HttpRequest, name: str = "client_id") -> UUID:
    """The form's id, so that a second press is the same message; a new one where it has none."""
    try:
        return UUID(request.POST.get(name, ""))
    except ValueError:
        return uuid4()


def _back(request: HttpRequest, session: Session, anchor: str) -> HttpResponse:
    return redirect(f"{reverse('live-room', args=[session.public_id])}#{anchor}")


def wants_json(request: HttpRequest) -> bool:
    """Whether a script asks and needs no page."""
    return request.headers.get("Accept", "").startswith("application/json")


def tell(request: HttpRequest, error: DomainError) -> JsonResponse | None:
    """Tell what went wrong: to a script as a problem, on a page as a message after the redirect."""
    if wants_json(request):
        body = {"code": error.code, "title": str(error.message)}
        return JsonResponse(body, status=error.status, content_type="application/problem+json")
    messages.error(request, str(error.message))
    return None


@require_POST
def say(request: HttpRequest, session: UUID) -> HttpResponse:
    """Post a chat message from the form."""
    actor_of(request).require_user()
    found = _session(request, session)
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
    return _back(request, found, "p-chat")


@require_POST
def ask(request: HttpRequest, session: UUID) -> HttpResponse:
    """Ask a question from the form."""
    actor_of(request).require_user()
    found = _session(request, session)
    try:
        question, _created = services.ask_question(
            actor=actor_of(request),
            session=found,
            client_id=client_id(request),
            text=request.POST.get("text", ""),
        )
    except DomainError as error:
        if answer := tell(request, error):
            return answer
        return _back(request, found, "p-questions")
    if wants_json(request):
        return JsonResponse({"id": str(question.public_id), "seq": question.seq}, status=201)
    messages.success(request, _("Your question is in. The crew sees it now."))
    return _back(request, found, "p-questions")


@require_POST
def vote(request: HttpRequest, session: UUID, question: UUID) -> HttpResponse:
    """Vote for a question, or take the vote back."""
    user = actor_of(request).require_user()
    found = _session(request, session)
    row = Question.objects.filter(session=found, public_id=question).first()
    if row is None:
        raise NotFound
    voted = not row.votes.filter(person=user).exists()
    try:
        change = services.vote if voted else services.unvote
        votes = change(actor=actor_of(request), question=row)
    except DomainError as error:
        if answer := tell(request, error):
            return answer
        return _back(request, found, "p-questions")
    if wants_json(request):
        return JsonResponse({"votes": votes, "voted": voted})
    return _back(request, found, "p-questions")


@require_POST
def remove(request: HttpRequest, session: UUID) -> HttpResponse:
    """Remove the message with log number ``seq``; for moderators."""
    actor_of(request).require_user()
    found = _session(request, session)
    rules.require_moderator(found, actor_of(request).require_user())
    seq = request.POST.get("seq", "")
    known = seq.isascii() and seq.isdecimal() and len(seq) <= 12
    message = Message.objects.filter(session=found, seq=int(seq) if known else 0).first()
    if message is None:
        raise NotFound
    reason = request.POST.get("reason", "").strip() or _("Against the rules of the room")
    services.remove_message(actor=actor_of(request), message=message, reason=reason)
    if wants_json(request):
        return JsonResponse({"removed": message.seq})
    messages.success(request, _("The message was removed."))
    return _back(request, found, "p-chat")
