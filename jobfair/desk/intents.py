"""Intents at the desk: those given by phone, and those nobody has answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.mfa import require_second_factor
from accounts.models import User
from core.db import first_or_404
from core.errors import DomainError
from core.ids import new_id
from core.phones import spoken
from employers.models import Vacancy
from fairs.models import Fair
from fairs.selectors import vacancies_at
from intents import consent, ladder
from intents.calls import read_phone
from intents.enums import Level, Outcome
from intents.models import Intent
from intents.services import record_by_phone
from jobfair.desk.access import MANAGERS, fair_of, staff
from jobfair.desk.acting import attempt, explain, page_of, query_of, told
from jobfair.desk.forms import PhoneIntentForm
from jobfair.employer_console.clock import Clock, clock_of
from jobfair.requests import signed_in_actor
from seekers.services import Answers

_OFFERED: Final = 20


@dataclass(frozen=True, slots=True)
class Waiting:
    """An intent that waits for an answer, and how long."""

    intent: Intent
    clock: Clock


@require_GET
def choose_vacancy(request: HttpRequest, slug: str) -> HttpResponse:
    """Find the vacancy that somebody on the phone is asking for."""
    fair = fair_of(request, slug, *MANAGERS)
    text = request.GET.get("q", "").strip()[:60]
    rows = vacancies_at(fair).select_related("employer").order_by("employer__name", "title")
    if text:
        rows = rows.filter(
            Q(title__icontains=text) | Q(trade__icontains=text) | Q(employer__name__icontains=text)
        )
    found = list(rows[: _OFFERED + 1])
    page = {"fair": fair, "text": text, "found": found[:_OFFERED], "more": len(found) > _OFFERED}
    return render(request, "desk/phone_vacancy.html", page)


@require_http_methods(["GET", "POST"])
def by_phone(request: HttpRequest, slug: str, vacancy_id: UUID) -> HttpResponse:
    """Enter an intent that somebody gave by phone; the consent is read out to them."""
    fair = fair_of(request, slug, *MANAGERS)
    vacancy = first_or_404(
        vacancies_at(fair).select_related("employer").filter(public_id=vacancy_id)
    )
    form = PhoneIntentForm(request.POST or None, initial={"client_id": new_id()})
    if request.method == "POST" and form.is_valid():
        try:
            created = _record(request, fair, vacancy, form)
        except DomainError as error:
            explain(form, error)
        else:
            done = _("Recorded.") if created else _("This person had applied already.")
            messages.success(request, done)
            return HttpResponseRedirect(reverse("desk-phone-intent", args=[fair.slug]))
    page = {
        "fair": fair,
        "vacancy": vacancy,
        "form": form,
        "sentence": consent.sentence(employer=vacancy.employer.name, vacancy=vacancy.title),
    }
    return render(request, "desk/phone_intent.html", page)


def _record(request: HttpRequest, fair: Fair, vacancy: Vacancy, form: PhoneIntentForm) -> bool:
    chosen = form.cleaned_data
    return record_by_phone(
        actor=signed_in_actor(request),
        fair=fair,
        phone=chosen["phone"],
        vacancy=vacancy,
        client_id=chosen["client_id"],
        consent_version=consent.CURRENT,
        evidence=chosen["evidence"],
        answers=Answers(
            name=chosen["name"],
            trade=chosen["trade"],
            years=chosen["years"],
            certificates=chosen["certificates"],
        ),
    ).created


@require_GET
def unanswered(request: HttpRequest) -> HttpResponse:
    """Intents that wait for an employer's answer, longest first, over the fairs one manages."""
    user = staff(request, *MANAGERS)
    slug = request.GET.get("fair", "")
    rows = _unanswered(user)
    if slug:
        rows = rows.filter(fair__slug=slug)
    page_obj = page_of(request, rows.order_by("created_at", "pk"))
    now = timezone.now()
    page = {
        "page_obj": page_obj,
        "lines": [Waiting(intent, clock_of(intent.created_at, now=now)) for intent in page_obj],
        "fairs": Fair.objects.staffed_by(user, *MANAGERS).order_by("-starts_at"),
        "slug": slug,
        "query": query_of(fair=slug),
    }
    return render(request, "desk/unanswered.html", page)


@require_POST
def show_phone(request: HttpRequest, intent_id: UUID) -> HttpResponse:
    """查看电话: whom to call about an unanswered intent. Second factor; audited each time."""
    user = staff(request, *MANAGERS)
    intent = first_or_404(_managed(user).filter(public_id=intent_id))
    require_second_factor(request)
    try:
        phone = read_phone(actor=signed_in_actor(request), intent=intent)
    except DomainError as error:
        messages.error(request, told(error))
        return HttpResponseRedirect(reverse("desk-unanswered"))
    page = {
        "intent": intent,
        "clock": clock_of(intent.created_at),
        "employer": intent.vacancy.employer,
        "phone": phone,
        "phone_text": spoken(phone),
    }
    response = render(request, "desk/call.html", page)
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
def lapse(request: HttpRequest, intent_id: UUID) -> HttpResponse:
    """Close an intent that its employer never answered; the seeker reads why."""
    user = staff(request, *MANAGERS)
    intent = first_or_404(_managed(user).filter(public_id=intent_id))
    return attempt(
        request,
        lambda: ladder.lapse_intent(
            actor=signed_in_actor(request),
            intent=intent,
            reason=request.POST.get("reason", ""),
            seen_level=Level.EXPRESSED,
        ),
        done=_("Closed. The seeker reads why."),
        back=reverse("desk-unanswered"),
    )


def _managed(user: User) -> QuerySet[Intent]:
    return Intent.objects.filter(fair__in=Fair.objects.staffed_by(user, *MANAGERS)).select_related(
        "vacancy__employer", "fair", "seeker", "session"
    )


def _unanswered(user: User) -> QuerySet[Intent]:
    return _managed(user).filter(outcome=Outcome.LIVE, level=Level.EXPRESSED)
