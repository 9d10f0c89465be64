"""Registering or claiming an employer, its licence, its verification, its profile and team."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.actor import actor_of
from accounts.enums import InvitationScope
from accounts.models import Invitation, User
from core.db import first_or_404
from core.errors import DomainError, NotFound
from core.serve import private_file
from core.transactions import write
from employers import rules, selectors, services
from employers.enums import ClaimStatus, EmployerStatus
from employers.forms import DocumentForm, IdentityForm, InviteForm, ProfileForm, RegisterForm
from employers.models import Employer, EmployerDocument
from employers.services.onboarding import UNMET_LABELS, unmet_of
from fairs.models import Fair
from jobfair.desk.acting import attempt, explain
from jobfair.employer_console.access import STAFF_ROLES, Console, console_of, in_console, page
from jobfair.requests import signed_in_actor, uuid_or_404


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """The console's door: the one employer's inbox, a choice of several, or how to begin."""
    mine = list(selectors.employers_of(actor_of(request).require_user()))
    if len(mine) == 1:
        name = "employer-inbox" if mine[0].is_verified else "employer-setup"
        return HttpResponseRedirect(reverse(name, args=[mine[0].public_id]))
    return render(request, "employer_console/start.html", {"employers": mine})


@require_http_methods(["GET", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Register a new employer; a code or name that was imported leads to a claim."""
    actor = signed_in_actor(request)
    form = RegisterForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            employer = services.register_employer(actor=actor, **form.cleaned_data)
        except DomainError as error:
            explain(form, error)
        else:
            return HttpResponseRedirect(reverse("employer-setup", args=[employer.public_id]))
    return render(request, "employer_console/register.html", {"form": form})


@require_http_methods(["GET", "POST"])
@in_console
def setup(request: HttpRequest, console: Console) -> HttpResponse:
    """Where verification stands and what comes next; the facts that staff verify."""
    employer = console.employer
    open_now = rules.identity_open(employer)
    form = IdentityForm(request.POST or None, initial=IdentityForm.values_of(employer))
    if request.method == "POST" and _save(request, console, form):
        return HttpResponseRedirect(console.url("employer-setup"))
    code = selectors.code_on_file(employer)
    claims = employer.claims_made.select_related("unclaimed").order_by("-created_at")
    claimed = {claim.unclaimed_id for claim in claims if claim.status != ClaimStatus.REJECTED}
    query = request.GET.get("q", "")
    found = selectors.unclaimed_like(name=query or employer.name, code=code)
    unmet = unmet_of(employer)
    return page(
        request,
        console,
        "setup.html",
        "setup",
        form=form,
        document_form=DocumentForm(),
        open_now=open_now,
        code=code,
        code_doubtful=bool(code) and not rules.code_fits(code),
        documents=employer.documents.order_by("-created_at"),
        claims=claims,
        candidates=[row for row in found if row.pk not in claimed],
        query=query,
        unmet=[UNMET_LABELS[name] for name in unmet],
        steps=_steps(employer, unmet),
    )


def _save(request: HttpRequest, console: Console, form: BaseForm) -> bool:
    """Store what the form says of the employer; whether it could be, else the form says why."""
    if not form.is_valid():
        return False
    try:
        services.update_profile(
            actor=console.actor,
            employer=console.employer,
            values=form.cleaned_data,
            on_behalf_of=console.on_behalf_of,
        )
    except DomainError as error:
        explain(form, error)
        return False
    messages.success(request, _("Saved."))
    return True


def _steps(employer: Employer, unmet: list[str]) -> list[dict[str, Any]]:
    status = employer.status
    sent = status not in {EmployerStatus.DRAFT, EmployerStatus.REJECTED}
    done = status in {EmployerStatus.VERIFIED, EmployerStatus.SUSPENDED}
    checked: dict[str, Any] = {"title": _("Staff check it, usually within one working day")}
    if done:
        checked.update(state="done", date=employer.verified_at)
    elif status == EmployerStatus.REJECTED:
        checked.update(state="bad", note=employer.status_reason)
    else:
        checked["state"] = "now" if sent else ""
    facts = not unmet or sent
    return [
        {"title": _("Name, code and licence"), "state": "done" if facts else "now"},
        {
            "title": _("Send it to staff"),
            "state": "done" if sent else "now" if facts else "",
        },
        checked,
        {
            "title": _("Your vacancies can open"),
            "state": "now" if status == EmployerStatus.VERIFIED else "",
        },
    ]


@require_POST
@in_console
def upload_document(request: HttpRequest, console: Console) -> HttpResponse:
    """Take in a licence."""
    form = DocumentForm(request.POST, request.FILES)
    back = console.url("employer-setup")
    if not form.is_valid():
        messages.error(request, _("Choose a picture or PDF first."))
        return HttpResponseRedirect(back)
    return attempt(
        request,
        lambda: services.attach_document(
            actor=console.actor,
            employer=console.employer,
            kind=form.cleaned_data["kind"],
            upload=form.cleaned_data["file"],
            on_behalf_of=console.on_behalf_of,
        ),
        done=_("The licence has been uploaded."),
        back=back,
    )


@require_safe
def document(request: HttpRequest, document: UUID) -> HttpResponseBase:
    """A licence, for its employer and for those who review employers. Each look is recorded."""
    user = actor_of(request).require_user()
    found = EmployerDocument.objects.filter(public_id=document).select_related("employer").first()
    if found is None or not _may_read(request, user, found.employer):
        raise NotFound
    with write():
        audit.record(actor=user, action="employer.document_read", obj=found)
    suffix = (found.file.name or "").rpartition(".")[2]
    name = f"{found.get_kind_display()}-{found.employer.name}.{suffix}"
    return private_file(found.file, media_type=found.media_type, filename=name)


def _may_read(request: HttpRequest, user: User, employer: Employer) -> bool:
    """Members; and reviewers of any fair: employers belong to the installation."""
    if Fair.objects.staffed_by(user, *STAFF_ROLES).exists():
        return True
    try:
        console_of(request, employer.public_id)
    except NotFound:
        return False
    return True


@require_POST
@in_console
def submit(request: HttpRequest, console: Console) -> HttpResponse:
    """Send the employer to staff."""
    return attempt(
        request,
        lambda: services.submit_employer(
            actor=console.actor, employer=console.employer, on_behalf_of=console.on_behalf_of
        ),
        done=_("Sent. Staff will check it; you get a message here. Add vacancies meanwhile."),
        back=console.url("employer-setup"),
    )


@require_POST
@in_console
def claim(request: HttpRequest, console: Console) -> HttpResponse:
    """Say that an imported employer is this one."""
    wanted = uuid_or_404(request.POST.get("unclaimed"))
    unclaimed = first_or_404(
        Employer.objects.filter(public_id=wanted, status=EmployerStatus.UNCLAIMED)
    )
    return attempt(
        request,
        lambda: services.claim_unclaimed(
            actor=console.actor,
            claimant=console.employer,
            unclaimed=unclaimed,
            on_behalf_of=console.on_behalf_of,
        ),
        done=_("Claimed. Staff compare it with your licence; then its vacancies are yours."),
        back=console.url("employer-setup"),
    )


@require_http_methods(["GET", "POST"])
@in_console
def profile(request: HttpRequest, console: Console) -> HttpResponse:
    """How the employer presents itself to seekers."""
    employer = console.employer
    initial = {name: getattr(employer, name) for name in ProfileForm.NAMES}
    form = ProfileForm(request.POST or None, initial=initial)
    if request.method == "POST" and _save(request, console, form):
        return HttpResponseRedirect(console.url("employer-profile"))
    return page(request, console, "profile.html", "profile", form=form)


# --- the team -----------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
@in_console
def team(request: HttpRequest, console: Console) -> HttpResponse:
    """Who works here; owners invite and remove."""
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.invite_member(
                actor=console.actor,
                employer=console.employer,
                on_behalf_of=console.on_behalf_of,
                **form.cleaned_data,
            )
        except DomainError as error:
            explain(form, error)
        else:
            messages.success(
                request, _("Invited by text message. They join when they sign in with that number.")
            )
            return HttpResponseRedirect(console.url("employer-team"))
    members = console.employer.members.select_related("person").order_by("role", "since")
    return page(
        request,
        console,
        "team.html",
        "team",
        form=form,
        members=members,
        invitations=[
            (invitation, User(phone=invitation.phone).masked_phone)
            for invitation in _open_invitations(console)
        ],
    )


def _open_invitations(console: Console) -> Any:
    return Invitation.objects.filter(
        scope=InvitationScope.EMPLOYER,
        target=console.employer.public_id,
        claimed_at__isnull=True,
        revoked_at__isnull=True,
    ).order_by("created_at")


@require_POST
@in_console
def remove_member(request: HttpRequest, console: Console, person: UUID) -> HttpResponse:
    """End a membership; leaving oneself leads out of the console."""
    member = first_or_404(console.employer.members.filter(person__public_id=person))
    leaves = member.person_id == console.user.pk
    return attempt(
        request,
        lambda: services.remove_member(
            actor=console.actor,
            employer=console.employer,
            person=member.person,
            on_behalf_of=console.on_behalf_of,
        ),
        done=_("You have left the team.") if leaves else _("Removed from the team."),
        back=reverse("employer-console") if leaves else console.url("employer-team"),
    )


@require_POST
@in_console
def revoke(request: HttpRequest, console: Console, invitation: UUID) -> HttpResponse:
    """Take back an invitation."""
    found = first_or_404(_open_invitations(console).filter(public_id=invitation))
    return attempt(
        request,
        lambda: services.revoke_invitation(
            actor=console.actor,
            employer=console.employer,
            invitation=found,
            on_behalf_of=console.on_behalf_of,
        ),
        done=_("The invitation has been taken back."),
        back=console.url("employer-team"),
    )
