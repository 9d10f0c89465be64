"""/me/: the seeker's applications, answers and data."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.actor import actor_of
from core.errors import Conflict, NotFound
from employers.enums import VacancyStatus
from intents import ladder
from intents.enums import EventKind, Outcome
from intents.forms import answers_form
from intents.models import Intent
from intents.progress import advice_for, steps_of
from intents.rules import STEP_FROM
from intents.selectors import intent_states
from intents.services import answer
from jobfair.pages.me_data import own_data
from livestream import question_lists
from seekers import consent as group_consent

PER_PAGE = 20


@never_cache
@require_GET
def applications_page(request: HttpRequest) -> HttpResponse:
    """The seeker's intents as steps with dates, and the next thing to do."""
    user = actor_of(request).require_user()
    rows = Intent.objects.of_seeker(user).for_lists()
    page_obj = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    shown = list(page_obj.object_list)
    applied = intent_states(user, [row.vacancy.public_id for row in shown])
    page = {
        "tab": "applications",
        "page_obj": page_obj,
        "entries": [_entry(row, applied) for row in shown],
        "intent_states": applied,
    }
    return render(request, "me/applications.html", page)


def _entry(intent: Intent, applied: dict[str, str]) -> dict[str, Any]:
    """One line; ``applied`` are the vacancies that need no second application."""
    ended = intent.outcome != Outcome.LIVE
    is_open = intent.vacancy.status == VacancyStatus.OPEN
    return {
        "intent": intent,
        "vacancy": intent.vacancy,
        "steps": steps_of(intent),
        "advice": advice_for(intent),
        "can_withdraw": not ended and intent.level in STEP_FROM[EventKind.WITHDRAWN],
        "can_express_again": ended and is_open and str(intent.vacancy.public_id) not in applied,
    }


@require_POST
def withdraw_page(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Withdraw an intent, and with it the consent to share the contact."""
    actor = actor_of(request)
    intent = Intent.objects.of_seeker(actor.require_user()).filter(public_id=public_id).first()
    if intent is None:
        raise NotFound
    try:
        ladder.withdraw_intent(actor=actor, intent=intent)
    except Conflict as error:
        messages.error(request, str(error.message))
    else:
        messages.success(
            request,
            _("Withdrawn. %(employer)s no longer sees your contact.")
            % {"employer": intent.vacancy.employer.name},
        )
    return redirect("me")


@never_cache
@require_http_methods(["GET", "POST"])
def profile_page(request: HttpRequest) -> HttpResponse:
    """The four answers and the groups."""
    actor = actor_of(request)
    user = actor.require_user()
    form = answers_form(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        answer(actor=actor, answers=form.answers)
        messages.success(request, _("Saved."))
        return redirect("me-profile")
    page = {"tab": "profile", "form": form, "groups_text": group_consent.sentence()}
    return render(request, "me/profile.html", page)


@never_cache
@require_GET
def questions_page(request: HttpRequest) -> HttpResponse:
    """What the person asked in rooms, with the answers, newest first."""
    user = actor_of(request).require_user()
    page_obj = Paginator(question_lists.own(user), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "me/questions.html", {"tab": "questions", "page_obj": page_obj})


@never_cache
@require_GET
def data_download(request: HttpRequest) -> HttpResponse:
    """Everything the platform holds about the person, as a JSON file."""
    user = actor_of(request).require_user()
    answer = JsonResponse(own_data(user), json_dumps_params={"ensure_ascii": False, "indent": 2})
    name = f"my-data-{timezone.localdate():%Y%m%d}.json"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


urlpatterns: list[URLPattern] = [
    path("me/", applications_page, name="me"),
    path("me/intents/<uuid:public_id>/withdraw/", withdraw_page, name="me-withdraw"),
    path("me/profile/", profile_page, name="me-profile"),
    path("me/questions/", questions_page, name="me-questions"),
    path("me/data/", data_download, name="me-data"),
]
