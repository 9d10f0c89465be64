"""Intents at the desk: those given by phone, and those nobody has answered."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from core.errors import DomainError
from core.ids import new_id
from employers.models import Vacancy
from fairs.enums import BoothStatus
from fairs.models import Fair
from intents import consent
from intents.enums import Level, Outcome
from intents.models import Intent
from intents.services import record_by_phone
from jobfair.desk.access import MANAGERS, actor_of, fair_of, staff
from jobfair.desk.acting import explain, page_of
from jobfair.desk.forms import PhoneIntentForm
from seekers.services import Answers


@require_http_methods(["GET", "POST"])
def by_phone(request: HttpRequest, slug: str) -> HttpResponse:
    """Enter an intent that somebody gave by phone."""
    fair = fair_of(request, slug, *MANAGERS)
    form = PhoneIntentForm(
        request.POST or None, offered=_offered(fair), initial={"client_id": new_id()}
    )
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        try:
            expressed = record_by_phone(
                actor=actor_of(request),
                fair=fair,
                phone=chosen["phone"],
                vacancy=chosen["vacancy"],
                client_id=chosen["client_id"],
                consent_version=consent.CURRENT,
                evidence=chosen["evidence"],
                answers=Answers(
                    name=chosen["name"],
                    trade=chosen["trade"],
                    years=chosen["years"],
                    certificates=chosen["certificates"],
                ),
            )
        except DomainError as error:
            explain(form, error)
        else:
            told = _("Recorded.") if expressed.is_new else _("This person had applied already.")
            messages.success(request, told)
            return HttpResponseRedirect(reverse("desk-phone-intent", args=[fair.slug]))
    sentence = consent.sentence(employer="……", vacancy="……")
    return render(
        request, "desk/phone_intent.html", {"fair": fair, "form": form, "sentence": sentence}
    )


@require_GET
def unanswered(request: HttpRequest) -> HttpResponse:
    """Intents that wait for an employer's answer, longest first, over the fairs one manages."""
    user = staff(request, *MANAGERS)
    rows = (
        Intent.objects.filter(
            fair__in=Fair.objects.staffed_by(user, *MANAGERS),
            outcome=Outcome.LIVE,
            level=Level.EXPRESSED,
        )
        .select_related("vacancy__employer", "fair")
        .order_by("created_at")
    )
    page = {"page_obj": page_of(request, rows), "now": timezone.now()}
    return render(request, "desk/unanswered.html", page)


def _offered(fair: Fair) -> QuerySet[Vacancy]:
    return (
        Vacancy.objects.public()
        .filter(brought_to__fair=fair, brought_to__booth__status=BoothStatus.APPROVED)
        .select_related("employer")
        .order_by("employer__name", "title")
    )
