"""The review queues: employers, claims, vacancies, honours. Longest waiting first."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from core.errors import NotFound
from employers import rules as employer_rules
from employers import selectors, services
from employers.enums import EmployerStatus, VacancyStatus
from employers.models import Employer, EmployerClaim, Vacancy
from employers.services.vacancies import Batch
from fairs.models import Fair
from jobfair.desk.access import REVIEWERS, actor_of, staff
from jobfair.desk.acting import attempt, page_of, told, uuid_or_404
from livestream.enums import HonourStatus
from livestream.models import Honour
from livestream.services.people import review_honour

MAX_AT_ONCE = 500


@require_GET
def employers(request: HttpRequest) -> HttpResponse:
    """Employers to verify; ``?status=`` shows others, ``?q=`` finds by name."""
    staff(request, *REVIEWERS)
    status, text = request.GET.get("status", EmployerStatus.SUBMITTED), request.GET.get("q", "")
    rows: QuerySet[Employer] = Employer.objects.filter(status=status).prefetch_related("documents")
    if text.strip():
        rows = rows.filter(name__icontains=text.strip())
    page = {
        "page_obj": page_of(request, rows.order_by("pk")),
        "status": status,
        "states": [state for state in EmployerStatus if state != EmployerStatus.MERGED],
        "text": text,
        "query": f"status={status}",
    }
    return render(request, "desk/employers.html", page)


@require_GET
def employer(request: HttpRequest, employer_id: UUID) -> HttpResponse:
    """One employer with what is needed to decide on it."""
    staff(request, *REVIEWERS)
    found = _employer(employer_id)
    page = {
        "employer": found,
        "documents": found.documents.order_by("-created_at"),
        "reviews": found.reviews.select_related("reviewer").order_by("-at"),
        "members": found.members.select_related("person"),
        "vacancies": found.vacancies.order_by("-updated_at")[:20],
        "code_warning": bool(found.credit_code)
        and not employer_rules.code_fits(found.credit_code or ""),
        "two_person": _two_person(found),
    }
    return render(request, "desk/employer.html", page)


@require_POST
def decide_employer(request: HttpRequest, employer_id: UUID) -> HttpResponse:
    """Verify, send back, suspend, reinstate, or note a six-monthly check."""
    staff(request, *REVIEWERS)
    found, actor = _employer(employer_id), actor_of(request)
    reason = request.POST.get("reason", "")
    acts = {
        "verify": lambda: services.review_employer(
            actor=actor,
            employer=found,
            verified=True,
            two_person=_two_person(found),
            exception_reason=request.POST.get("exception_reason", ""),
        ),
        "reject": lambda: services.review_employer(
            actor=actor, employer=found, verified=False, reason=reason
        ),
        "suspend": lambda: services.suspend_employer(actor=actor, employer=found, reason=reason),
        "reinstate": lambda: services.reinstate_employer(
            actor=actor, employer=found, reason=reason
        ),
        "recheck": lambda: services.confirm_recheck(actor=actor, employer=found),
    }
    decision = request.POST.get("decision", "")
    if decision not in acts:
        raise NotFound
    back = reverse("desk-employer", args=[found.public_id])
    return attempt(request, acts[decision], done=_("Decided."), back=back)


@require_GET
def claims(request: HttpRequest) -> HttpResponse:
    """Claims of registered employers on imported ones."""
    staff(request, *REVIEWERS)
    page_obj = page_of(request, selectors.pending_claims())
    return render(request, "desk/claims.html", {"page_obj": page_obj})


@require_POST
def decide_claim(request: HttpRequest, claim_id: UUID) -> HttpResponse:
    """Grant a claim, which merges the two, or refuse it with a reason."""
    staff(request, *REVIEWERS)
    claim = EmployerClaim.objects.filter(public_id=claim_id).first()
    if claim is None:
        raise NotFound
    return attempt(
        request,
        lambda: services.decide_claim(
            actor=actor_of(request),
            claim=claim,
            approved=request.POST.get("decision") == "approve",
            reason=request.POST.get("reason", ""),
        ),
        done=_("Decided."),
        back=reverse("desk-claims"),
    )


@require_GET
def vacancies(request: HttpRequest) -> HttpResponse:
    """Vacancies to review; ``?status=draft`` are imported ones that may lack something."""
    staff(request, *REVIEWERS)
    status = request.GET.get("status", VacancyStatus.SUBMITTED)
    rows: QuerySet[Vacancy] = Vacancy.objects.filter(status=status).select_related(
        "employer", "publisher"
    )
    lacking = request.GET.get("missing", "")
    if lacking:
        rows = rows.exclude(missing=[]) if lacking == "any" else rows.filter(missing=[])
    page_obj = page_of(request, rows.order_by("updated_at", "pk"))
    for vacancy in page_obj:
        vacancy.warnings = employer_rules.wording_of(vacancy)  # type: ignore[attr-defined]
    page = {
        "page_obj": page_obj,
        "status": status,
        "states": VacancyStatus,
        "lacking": lacking,
        "query": f"status={status}&missing={lacking}",
    }
    return render(request, "desk/vacancies.html", page)


@require_POST
def decide_vacancy(request: HttpRequest, vacancy_id: UUID) -> HttpResponse:
    """Open a vacancy or send it back with a reason."""
    staff(request, *REVIEWERS)
    vacancy = Vacancy.objects.filter(public_id=vacancy_id).first()
    if vacancy is None:
        raise NotFound
    opens = request.POST.get("decision") == "open"
    return attempt(
        request,
        lambda: services.review_vacancy(
            actor=actor_of(request),
            vacancy=vacancy,
            opens=opens,
            reason=request.POST.get("reason", ""),
            seen=_moment(request.POST.get("seen", "")),
        ),
        done=_("The vacancy is open.") if opens else _("The vacancy went back to its employer."),
        back=reverse("desk-vacancies"),
    )


@require_POST
def open_vacancies(request: HttpRequest) -> HttpResponse:
    """Open the ticked vacancies, as far as they state everything; tell of the others."""
    staff(request, *REVIEWERS)
    chosen = [uuid_or_404(text) for text in request.POST.getlist("vacancy")[:MAX_AT_ONCE]]
    rows = Vacancy.objects.filter(public_id__in=chosen).select_related("employer").order_by("pk")
    batch = services.open_many(actor=actor_of(request), vacancies=rows)
    _tell(request, batch)
    back = request.POST.get("back", "")
    is_ours = back.startswith(reverse("desk-vacancies"))
    return HttpResponseRedirect(back if is_ours else reverse("desk-vacancies"))


def _tell(request: HttpRequest, batch: Batch) -> None:
    if batch.done:
        text = ngettext("%(n)d vacancy opened.", "%(n)d vacancies opened.", len(batch.done))
        messages.success(request, text % {"n": len(batch.done)})
    for vacancy, error in batch.skipped[:10]:
        messages.warning(request, f"{vacancy.title} – {told(error)}")
    if len(batch.skipped) > 10:
        more = _g("%(n)d more could not be opened; they stay in the list.")
        messages.warning(request, more % {"n": len(batch.skipped) - 10})
    if not batch.done and not batch.skipped:
        messages.info(request, _("Tick the vacancies to open first."))


@require_GET
def honours(request: HttpRequest) -> HttpResponse:
    """Honours to confirm from their evidence."""
    staff(request, *REVIEWERS)
    status = request.GET.get("status", HonourStatus.SUBMITTED)
    rows = Honour.objects.filter(status=status).select_related("guest").order_by("created_at")
    page = {
        "page_obj": page_of(request, rows),
        "status": status,
        "states": HonourStatus,
        "query": f"status={status}",
    }
    return render(request, "desk/honours.html", page)


@require_POST
def decide_honour(request: HttpRequest, honour_id: UUID) -> HttpResponse:
    """Confirm, reject or revoke an honour."""
    staff(request, *REVIEWERS)
    honour = Honour.objects.filter(public_id=honour_id).select_related("guest").first()
    decision = request.POST.get("decision", "")
    if honour is None or decision not in HonourStatus.values:
        raise NotFound
    return attempt(
        request,
        lambda: review_honour(
            actor=actor_of(request),
            honour=honour,
            decision=HonourStatus(decision),
            reason=request.POST.get("reason", ""),
        ),
        done=_("Decided."),
        back=reverse("desk-honours"),
    )


def _employer(public_id: UUID) -> Employer:
    found = Employer.objects.filter(public_id=public_id).first()
    if found is None:
        raise NotFound
    return found


def _two_person(employer: Employer) -> bool:
    return Fair.objects.filter(two_person_review=True, booths__employer=employer).exists()


def _moment(text: str) -> datetime | None:
    try:
        return parse_datetime(text)
    except ValueError:
        return None
