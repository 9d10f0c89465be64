"""Staff acting for an employer: into its console, with a banner, and out again."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from employers.enums import EmployerStatus
from employers.models import Employer
from employers.services.acting import begin_acting, end_acting
from intents.models import Intent
from jobfair.desk.access import REVIEWERS, staff
from jobfair.employer_console.access import Console, console_of
from jobfair.requests import signed_in_actor, uuid_or_404

SESSION_KEY: Final = "acting_for"
#: States in which an employer has nothing to answer yet but papers to hand in.
_IN_SETUP: Final = frozenset(
    {EmployerStatus.DRAFT, EmployerStatus.REJECTED, EmployerStatus.SUBMITTED}
)


@require_POST
def begin(request: HttpRequest, employer_id: UUID) -> HttpResponse:
    """Enter an employer's console on its behalf; with ``intent`` straight to that application.

    For managers and reviewers of a fair it takes part in. A member of the employer simply enters.
    """
    staff(request, *REVIEWERS)
    console = console_of(request, employer_id)
    if console.role is None:
        begin_acting(actor=console.actor, employer=console.employer)
        request.session[SESSION_KEY] = str(console.employer.public_id)
    return HttpResponseRedirect(_door(request, console))


def _door(request: HttpRequest, console: Console) -> str:
    wanted = request.POST.get("intent")
    if wanted:
        rows = Intent.objects.filter(vacancy__employer=console.employer)
        if rows.filter(public_id=uuid_or_404(wanted)).exists():
            return console.url("employer-intent", wanted)
    if console.employer.status in _IN_SETUP:
        return console.url("employer-setup")
    return console.url("employer-inbox")


@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    """Leave the console and return to the desk's page of that employer."""
    staff(request, *REVIEWERS)
    acting_for = request.session.pop(SESSION_KEY, None)
    employer = Employer.objects.filter(public_id=acting_for).first() if acting_for else None
    if employer is None:
        return HttpResponseRedirect(reverse("desk"))
    end_acting(actor=signed_in_actor(request), employer=employer)
    messages.info(request, _("You no longer act for %(name)s.") % {"name": employer.name})
    return HttpResponseRedirect(reverse("desk-employer", args=[employer.public_id]))
