"""A person's conduct over all rooms one moderates, and what was done about it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.actor import actor_of
from accounts.services import block_account, unblock_account
from core.db import first_or_404
from core.errors import NotFound
from fairs.rules import may_block
from jobfair.desk.acting import page_of, query_of
from jobfair.desk.room_messages import answer, local, moderating, why
from jobfair.measures import MEASURES, REASONS, measure_of
from jobfair.requests import decision_of, signed_in_actor, uuid_or_404
from livestream import conduct, services
from livestream.models import Session
from livestream.services.room import shown_name


@never_cache
@require_GET
def person(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Everything a person wrote in these rooms, newest first, with mutes and bans."""
    user = actor_of(request).require_user()
    found = conduct.conduct_of(user, person_id)
    rows = conduct.messages_for(user).filter(author=found.person)
    page = {
        "conduct": found,
        "page_obj": page_of(request, rows.order_by("-created_at", "-pk")),
        "measures": MEASURES,
        "reasons": REASONS,
        "may_block": may_block(user, found.person),
        "back": request.path,
    }
    return render(request, "desk/person.html", page)


@require_POST
def sanction(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Mute or ban a person in the room ``session``, or in its fair."""
    user = actor_of(request).require_user()
    found = conduct.conduct_of(user, person_id)
    rooms = Session.objects.moderated_by(user).select_related("fair")
    room = first_or_404(rooms.filter(public_id=uuid_or_404(request.POST.get("session"))))
    back = reverse("desk-person", args=[person_id])
    return answer(
        request,
        lambda: services.sanction(
            actor=signed_in_actor(request),
            session=room,
            person=found.person,
            reason=why(request),
            **measure_of(request.POST.get("measure", "")).terms,
        ),
        done=_("Done. The person is told why."),
        back=local(request.POST.get("back", ""), back),
    )


@require_POST
def block(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Block the account of a person who wrote in these rooms, or lift the block (``lift``)."""
    actor = signed_in_actor(request)
    user = actor.require_user()
    found = conduct.conduct_of(user, person_id).person
    if not may_block(user, found):
        raise NotFound
    lifted = decision_of(request, "block", "lift") == "lift"
    act = unblock_account if lifted else block_account
    done = _("The account may be used again.") if lifted else _("The account is blocked.")
    return answer(
        request,
        lambda: act(actor=actor, user=found, reason=why(request)),
        done=done,
        back=reverse("desk-person", args=[person_id]),
    )


@never_cache
@require_GET
def sanctions(request: HttpRequest) -> HttpResponse:
    """Mutes and bans in force; with ``?all=1`` also those that are over."""
    user = moderating(request)
    everything = request.GET.get("all") == "1"
    rows = conduct.sanctions_for(user)
    page = {
        "page_obj": page_of(request, rows if everything else rows.in_force()),
        "everything": everything,
        "query": query_of(all="1" if everything else ""),
    }
    return render(request, "desk/sanctions.html", page)


@require_POST
def lift(request: HttpRequest, sanction_id: UUID) -> HttpResponse:
    """Let a person write again."""
    user = actor_of(request).require_user()
    found = first_or_404(conduct.sanctions_for(user).filter(public_id=sanction_id))
    return answer(
        request,
        lambda: services.lift_sanction(
            actor=signed_in_actor(request), sanction=found, reason=why(request)
        ),
        done=_("%(name)s may write again.") % {"name": shown_name(found.person)},
        back=local(request.POST.get("back", ""), reverse("desk-sanctions")),
    )
