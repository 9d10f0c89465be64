"""The studio: what is on, what comes next, what people ask; for the session's crew only."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.actor import actor_of
from core.errors import DomainError, NotFound
from employers.models import Vacancy
from employers.search import search_vacancies
from fairs.selectors import vacancies_at
from jobfair.measures import AGE_CHOICES, MEASURES, REASONS, SLOW_CHOICES
from jobfair.pages.room import stage_of
from jobfair.requests import tell, wants_json
from jobfair.studio.access import crew_session
from jobfair.studio.actions import ACTIONS, Press
from jobfair.studio.picture import picture_context
from jobfair.studio.presses import once
from jobfair.studio.question_board import SHOWN, question_board
from livestream import rules, selectors
from livestream.enums import OPEN_SESSIONS, ItemKind, ItemStatus, MessageStatus
from livestream.models import Message, Session
from livestream.realtime import presence
from livestream.realtime.boot import room_boot
from livestream.services.moderation import sanctions_here

FOUND = 12


@never_cache
@require_GET
def studio(request: HttpRequest, session: UUID) -> HttpResponse:
    """The console of a session."""
    actor = actor_of(request)
    found, standing = crew_session(request, session)
    page = selectors.room(found, standing, actor.user)
    q = request.GET.get("q", "")
    context: dict[str, Any] = {
        "room": page,
        "session": found,
        "fair": found.fair,
        "standing": standing,
        "stage": stage_of(found),
        "playback_url": selectors.playback_url(found),
        "now": presence.now(found.public_id),
        "line": presence.line(found.public_id),
        "uplink_mbit": settings.UPLINK_MBIT,
        "next": rules.next_step(page.steps),
        "not_begun": sum(step.status == ItemStatus.PLANNED for step in page.steps),
        "kinds": ItemKind.choices,
        "q": q,
        "found": _search(found, q),
        "most": rules.MAX_PINNED,
        "asked": page.asked_on_screen,
        **question_board(found, standing, request.GET.get("order", "")),
        **_held(found),
        "sanctions": sanctions_here(found),
        "measures": MEASURES,
        "reasons": REASONS,
        "slow_choices": SLOW_CHOICES,
        "age_choices": AGE_CHOICES,
        "talking": found.status in OPEN_SESSIONS,
        "max_message": rules.MAX_MESSAGE,
        **picture_context(found, actor.require_user(), console=standing.console),
        "token": uuid4(),
        "studio": True,
        "boot": room_boot(found, actor, role=standing.role, snapshot=page.snapshot, can_post=True),
    }
    return render(request, "livestream/studio.html", context)


def _held(session: Session) -> dict[str, Any]:
    """Messages that wait for a moderator, oldest first, and how many more than are shown."""
    held = Message.objects.filter(session=session, status=MessageStatus.HELD).order_by("seq")
    shown = list(held[: SHOWN + 1])
    more = held.count() - SHOWN if len(shown) > SHOWN else 0
    return {"held": shown[:SHOWN], "more_held": more}


def _search(session: Session, q: str) -> list[Vacancy]:
    if not q:
        return []
    open_here = vacancies_at(session.fair).for_cards()
    return list(search_vacancies(open_here, {"q": q})[:FOUND])


@require_POST
def act(request: HttpRequest, session: UUID, action: str) -> HttpResponse:
    """Do what one button says. A form that was sent before is not done again."""
    found, _standing = crew_session(request, session)
    run = ACTIONS.get(action)
    if run is None:
        raise NotFound
    told: dict[str, str] | None = None
    try:
        with once(request, f"studio:{action}") as is_new:
            if is_new:
                told = run(Press(actor=actor_of(request), session=found, form=request.POST))
    except DomainError as error:
        if error.status == NotFound.status:
            raise
        if answer := tell(request, error):
            return answer
    return _done(request, found, told)


def _done(
    request: HttpRequest, session: Session, told: dict[str, str] | None = None
) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"done": True, **(told or {})})
    if told and "go" in told:
        return redirect(told["go"])
    return redirect(reverse("studio", args=[session.public_id]))
