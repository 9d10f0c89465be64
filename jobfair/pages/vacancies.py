"""The page of one vacancy and the page of one employer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from accounts.actor import actor_of
from employers import selectors
from employers.enums import PayUnit
from employers.models import Vacancy
from employers.pay_format import format_pay
from intents.selectors import fair_of, mark_states
from jobfair.desk.acting import page_of
from jobfair.pages import job_posting
from livestream import question_lists

#: Answered questions shown on a vacancy's page.
ANSWERED = 5


@require_safe
def vacancy(request: HttpRequest, vacancy: UUID) -> HttpResponse:
    """Everything a seeker decides on; what the employer left open says so."""
    actor = actor_of(request)
    shown = selectors.vacancy_page(vacancy, actor.user)
    mark_states(actor.user, [shown.vacancy])
    content = shown.content
    others = selectors.open_vacancies(shown.vacancy.employer).exclude(pk=shown.vacancy.pk)
    context: dict[str, Any] = {
        "vacancy": content,
        "shown": shown,
        "intent_state": getattr(shown.vacancy, "intent_state", ""),
        "employer": shown.vacancy.employer,
        "publisher": shown.vacancy.publisher,
        "forwarded": shown.vacancy.publisher_id != shown.vacancy.employer_id,
        "monthly": _monthly(content),
        "terms": _terms(content),
        "others": mark_states(actor.user, others[:4]),
        "fair": fair_of(shown.vacancy, None),
        "og_title": _("%(title)s · %(pay)s · %(employer)s")
        % {
            "title": content.title,
            "pay": content.pay_display,
            "employer": shown.vacancy.employer.name,
        },
    }
    context["answered"] = question_lists.about(shown.vacancy.pk, ANSWERED)
    if shown.is_open:
        context["ask_in"] = question_lists.room_to_ask(context["fair"])
        context["job_posting"] = job_posting.markup(
            content,
            url=request.build_absolute_uri(request.path),
            employer_url=request.build_absolute_uri(shown.vacancy.employer.get_absolute_url()),
        )
    return render(request, "employers/vacancy.html", context)


def _monthly(content: Vacancy) -> str:
    """The monthly equivalent of pay that is stated by another unit."""
    if content.pay_unit in {"", PayUnit.MONTH, PayUnit.PIECE}:
        return ""
    low, high = (
        fen and round(fen, -4) for fen in (content.pay_monthly_min_fen, content.pay_monthly_max_fen)
    )
    return "" if low is None and high is None else format_pay(low, high, PayUnit.MONTH)


def _terms(content: Vacancy) -> list[tuple[str, str]]:
    """Terms with their answers; an empty one is shown as not stated."""
    offered = {True: pgettext("offered", "Yes"), False: pgettext("offered", "No"), None: ""}
    answers = {
        "employment_form": content.get_employment_form_display(),
        "shift": content.get_shift_display(),
        "pay_scheme": content.get_pay_scheme_display(),
        "base_pay_text": content.base_pay_text,
        "total_pay_text": content.total_pay_text,
        "board": content.get_board_display(),
        "couple_room": offered[content.couple_room],
        "social_insurance": offered[content.social_insurance],
        "shuttle": offered[content.shuttle],
        "deposit_text": content.deposit_text,
    }
    return [
        (capfirst(str(field.verbose_name)), str(answers[field.name] or ""))
        for field in Vacancy._meta.fields
        if field.name in answers
    ]


@require_safe
def employer(request: HttpRequest, employer: UUID) -> HttpResponse:
    """Who the employer is, and what it offers now."""
    actor = actor_of(request)
    found = selectors.public_employer(employer, actor.user)
    if found.public_id != employer:
        return HttpResponseRedirect(found.get_absolute_url(), status=301)
    page = page_of(request, selectors.open_vacancies(found))
    mark_states(actor.user, page.object_list)
    context = {"employer": found, "page_obj": page, "og_title": found.name}
    return render(request, "employers/employer.html", context)
