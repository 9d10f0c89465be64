"""Roles at a fair and at its sessions: promised to a phone number, taken back, ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts import invitations
from accounts.enums import InvitationScope
from accounts.models import Invitation
from core.db import first_or_404
from core.errors import NotFound
from employers.models import Employer
from fairs.enums import StaffRole
from fairs.models import FairStaff
from jobfair.desk.acting import attempt, refuse
from jobfair.requests import signed_in_actor, uuid_or_404
from livestream.enums import CrewRole
from livestream.models import SessionCrew

_LABELS = {
    InvitationScope.FAIR: dict(StaffRole.choices),
    InvitationScope.SESSION: dict(CrewRole.choices),
}


@dataclass(frozen=True, slots=True)
class Promised:
    """An open invitation as the page shows it; ``employer``: for whom they will speak, or ""."""

    invitation: Invitation
    role: str
    employer: str


def promised(scope: InvitationScope, target: UUID) -> list[Promised]:
    """The open invitations to a fair or a session, oldest first."""
    rows = list(_open(scope, target).order_by("id"))
    wanted = [row.on_behalf_of for row in rows if row.on_behalf_of]
    found = Employer.objects.filter(public_id__in=wanted).values_list("public_id", "name")
    names: dict[UUID | None, str] = dict(found) if wanted else {}
    labels = _LABELS[scope]
    return [
        Promised(row, str(labels.get(row.role, row.role)), names.get(row.on_behalf_of, ""))
        for row in rows
    ]


def invite(
    request: HttpRequest, form: Form, act: Callable[..., object], *, back: str
) -> HttpResponse:
    """Promise the role that ``form`` names by ``act(actor=…, **fields)``."""
    if not form.is_valid():
        return refuse(request, form, back)
    return attempt(
        request,
        lambda: act(actor=signed_in_actor(request), **form.cleaned_data),
        done=_("Invited. The role begins when they sign in."),
        back=back,
    )


def end(
    request: HttpRequest,
    rows: QuerySet[FairStaff] | QuerySet[SessionCrew],
    act: Callable[..., object],
    *,
    back: str,
) -> HttpResponse:
    """End one of ``rows``, which the form names by person and role: ``act(person=…, role=…)``."""
    wanted = uuid_or_404(request.POST.get("person"))
    role = request.POST.get("role", "")
    held = rows.filter(person__public_id=wanted, role=role, ended_at=None).first()
    if held is None:
        raise NotFound
    return attempt(
        request,
        lambda: act(actor=signed_in_actor(request), person=held.person, role=held.role),
        done=_("The role has ended."),
        back=back,
    )


def revoke(
    request: HttpRequest, scope: InvitationScope, target: UUID, *, back: str
) -> HttpResponse:
    """Take an open invitation back."""
    wanted = uuid_or_404(request.POST.get("invitation"))
    invitation = first_or_404(_open(scope, target).filter(public_id=wanted))
    return attempt(
        request,
        lambda: invitations.revoke(actor=signed_in_actor(request), invitation=invitation),
        done=_("The invitation has been taken back."),
        back=back,
    )


def _open(scope: InvitationScope, target: UUID) -> QuerySet[Invitation]:
    return Invitation.objects.filter(scope=scope, target=target, claimed_at=None, revoked_at=None)
