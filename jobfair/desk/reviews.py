"""The review queues of employers, claims and honours. Longest waiting first."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from accounts import audit
from core.errors import NotFound
from core.serve import private_file
from core.transactions import write
from employers import rules as employer_rules
from employers import selectors, services
from employers.enums import EmployerStatus
from employers.models import Employer, EmployerClaim
from fairs.models import Fair
from jobfair.desk.access import REVIEWERS, staff
from jobfair.desk.acting import attempt, page_of, query_of
from jobfair.employer_console.access import console_of
from jobfair.requests import decision_of, signed_in_actor
from livestream.enums import HonourStatus
from livestream.models import Honour
from livestream.services.people import review_honour

_HONOUR_DECIDED: Final[dict[str, str | Promise]] = {
    HonourStatus.APPROVED: _("Confirmed. It shows on the guest's page."),
    HonourStatus.REJECTED: _("Rejected."),
    HonourStatus.REVOKED: _("Revoked. It shows nowhere any more."),
}
_EVIDENCE_TYPES: Final = {"jpg": "image/jpeg", "png": "image/png", "pdf": "application/pdf"}


@require_GET
def employers(request: HttpRequest) -> HttpResponse:
    """Employers to verify; ``?status=`` shows others, ``?q=`` finds by name."""
    staff(request, *REVIEWERS)
    status = request.GET.get("status", EmployerStatus.SUBMITTED)
    text = request.GET.get("q", "").strip()[:60]
    rows: QuerySet[Employer] = Employer.objects.filter(status=status).prefetch_related("documents")
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(credit_code=text.upper()))
    page = {
        "page_obj": page_of(request, rows.order_by("pk")),
        "status": status,
        "states": [state for state in EmployerStatus if state != EmployerStatus.MERGED],
        "text": text,
        "query": query_of(status=status, q=text),
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
        "two_person": two_person(found),
        "may_act": _may_act(request, found),
    }
    return render(request, "desk/employer.html", page)


@require_POST
def decide_employer(request: HttpRequest, employer_id: UUID) -> HttpResponse:
    """Verify, send back, suspend, reinstate, or note a six-monthly check."""
    staff(request, *REVIEWERS)
    found, actor = _employer(employer_id), signed_in_actor(request)
    reason = request.POST.get("reason", "")
    acts = {
        "verify": lambda: services.review_employer(
            actor=actor,
            employer=found,
            verified=True,
            two_person=two_person(found),
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
    decision = decision_of(request, *acts)
    back = reverse("desk-employer", args=[found.public_id])
    return attempt(request, acts[decision], done=lambda: _came_of(found, decision), back=back)


def _came_of(employer: Employer, decision: str) -> str | Promise:
    if decision == "verify" and not employer.is_verified:
        return _("Your yes is noted. A second person has to confirm it.")
    return {
        "verify": _("Verified. Its vacancies can open."),
        "reject": _("Sent back. The employer reads your reason."),
        "suspend": _("Suspended. Nothing of this employer is shown any more."),
        "reinstate": _("Reinstated."),
        "recheck": _("Noted. Due again in six months."),
    }[decision]


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
    approved = decision_of(request, "approve", "reject") == "approve"
    return attempt(
        request,
        lambda: services.decide_claim(
            actor=signed_in_actor(request),
            claim=claim,
            approved=approved,
            reason=request.POST.get("reason", ""),
        ),
        done=_("Decided."),
        back=reverse("desk-claims"),
    )


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
        "query": query_of(status=status),
    }
    return render(request, "desk/honours.html", page)


@require_POST
def decide_honour(request: HttpRequest, honour_id: UUID) -> HttpResponse:
    """Confirm, reject or revoke an honour."""
    staff(request, *REVIEWERS)
    honour = Honour.objects.filter(public_id=honour_id).select_related("guest").first()
    decision = request.POST.get("decision", "")
    if honour is None or decision not in _HONOUR_DECIDED:
        raise NotFound
    return attempt(
        request,
        lambda: review_honour(
            actor=signed_in_actor(request),
            honour=honour,
            decision=HonourStatus(decision),
            reason=request.POST.get("reason", ""),
        ),
        done=_HONOUR_DECIDED[HonourStatus(decision)],
        back=f"{reverse('desk-honours')}?{query_of(status=honour.status)}",
    )


@require_GET
def evidence(request: HttpRequest, honour_id: UUID) -> HttpResponseBase:
    """The evidence of an honour, for those who confirm it. Each look is recorded."""
    user = staff(request, *REVIEWERS)
    honour = Honour.objects.filter(public_id=honour_id).exclude(evidence="").first()
    if honour is None:
        raise NotFound
    with write():
        audit.record(actor=user, action="honour.evidence_read", obj=honour)
    suffix = (honour.evidence.name or "").rpartition(".")[2]
    media_type = _EVIDENCE_TYPES.get(suffix, "application/octet-stream")
    return private_file(honour.evidence, media_type=media_type, filename=f"{honour.title}.{suffix}")


def _employer(public_id: UUID) -> Employer:
    found = Employer.objects.filter(public_id=public_id).first()
    if found is None:
        raise NotFound
    return found


def _may_act(request: HttpRequest, employer: Employer) -> bool:
    try:
        console = console_of(request, employer.public_id)
    except NotFound:
        return False
    return console.role is None


def two_person(employer: Employer) -> bool:
    """Whether a fair it takes part in asks for two persons' yes."""
    return Fair.objects.filter(two_person_review=True, booths__employer=employer).exists()
