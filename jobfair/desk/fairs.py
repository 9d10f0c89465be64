"""Setting up a fair: its facts, people, partners, channels and booths."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.enums import InvitationScope
from core.errors import DomainError, Invalid, NotFound
from fairs import services
from fairs.enums import FAIR_TRANSITIONS, BoothStatus, FairStatus, PartnerKind
from fairs.models import Booth, Fair
from fairs.rules import holds_role, is_organiser
from jobfair.desk import roles
from jobfair.desk.access import COUNTERS, MANAGERS, REVIEWERS, fair_of, staff
from jobfair.desk.acting import attempt, explain, page_of, refuse
from jobfair.desk.forms import ChannelForm, FairForm, PartnersForm, StaffForm
from jobfair.requests import decision_of, signed_in_actor

#: What the button to each state says, and the service behind it.
STEPS = {
    FairStatus.PUBLISHED: (_("Publish"), services.publish_fair),
    FairStatus.LIVE: (_("Open the fair"), services.open_fair),
    FairStatus.CLOSED: (_("Close the fair"), services.close_fair),
    FairStatus.ARCHIVED: (_("Archive"), services.archive_fair),
    FairStatus.DRAFT: (_("Back to draft"), services.unpublish_fair),
}


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Create a fair; for managers of any fair and superusers."""
    actor = signed_in_actor(request)
    if not is_organiser(actor.user):
        raise NotFound
    form = FairForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            fair = services.create_fair(actor=actor, **form.cleaned_data)
        except DomainError as error:
            explain(form, error)
        else:
            messages.success(request, _("The fair has been created as a draft."))
            return HttpResponseRedirect(_home(fair))
    return render(request, "desk/form.html", {"form": form, "heading": _("New fair")})


@require_GET
def overview(request: HttpRequest, slug: str) -> HttpResponse:
    """Everything about one fair, and where to change it."""
    fair = fair_of(request, slug)
    user = signed_in_actor(request).user
    manages = holds_role(user, fair, *MANAGERS)
    names: dict[PartnerKind, list[str]] = {kind: [] for kind in PartnerKind}
    for partner in fair.partners.all():
        names[PartnerKind(partner.kind)].append(partner.name)
    page = {
        "fair": fair,
        "manages": manages,
        "may_import": holds_role(user, fair, *REVIEWERS),
        "may_count": holds_role(user, fair, *COUNTERS),
        "steps": [
            (str(to), STEPS[to][0]) for to in STEPS if fair.status in FAIR_TRANSITIONS.get(to, ())
        ],
        "sessions": fair.sessions.filter(rehearsal_of=None).order_by("starts_at"),
        "staff": fair.staff.filter(ended_at=None).select_related("person").order_by("role", "id"),
        "invited": roles.promised(InvitationScope.FAIR, fair.public_id),
        "channels": fair.channels.order_by("code"),
        "booths": fair.booths.select_related("employer").order_by("position", "id"),
        "staff_form": StaffForm(),
        "channel_form": ChannelForm(),
        "partners_form": PartnersForm(
            initial={str(kind): "\n".join(rows) for kind, rows in names.items()}
        ),
        "fair_url": request.build_absolute_uri(fair.get_absolute_url()),
    }
    return render(request, "desk/fair.html", page)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Change a fair's facts."""
    fair = fair_of(request, slug, *MANAGERS)
    form = FairForm(request.POST or None, request.FILES or None, instance=fair)
    if request.method == "POST" and form.is_valid():
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        fresh = Fair.objects.get(pk=fair.pk)
        try:
            services.update_fair(actor=signed_in_actor(request), fair=fresh, changes=changes)
        except DomainError as error:
            explain(form, error)
        else:
            messages.success(request, _("Saved."))
            return HttpResponseRedirect(_home(fresh))
    return render(
        request, "desk/form.html", {"form": form, "heading": fair.name, "back": _home(fair)}
    )


@require_POST
def move(request: HttpRequest, slug: str) -> HttpResponse:
    """Take the fair to another state."""
    fair = fair_of(request, slug, *MANAGERS)
    to = request.POST.get("to", "")
    if to not in FairStatus.values:
        raise Invalid("unknown_state", _("There is no such state."))
    act = STEPS[FairStatus(to)][1]
    return attempt(
        request,
        lambda: act(actor=signed_in_actor(request), fair=fair),
        done=_("Done."),
        back=_home(fair),
    )


@require_POST
def partners(request: HttpRequest, slug: str) -> HttpResponse:
    """Name the organisations behind the fair."""
    fair = fair_of(request, slug, *MANAGERS)
    form = PartnersForm(request.POST)
    if not form.is_valid():
        return refuse(request, form, _home(fair))
    return attempt(
        request,
        lambda: services.set_partners(
            actor=signed_in_actor(request), fair=fair, partners=form.partners()
        ),
        done=_("Saved."),
        back=_home(fair),
    )


@require_POST
def invite_staff(request: HttpRequest, slug: str) -> HttpResponse:
    """Promise a role at the fair to a phone number."""
    fair = fair_of(request, slug, *MANAGERS)
    act = partial(services.invite_staff, fair=fair)
    return roles.invite(request, StaffForm(request.POST), act, back=_home(fair))


@require_POST
def end_staff(request: HttpRequest, slug: str) -> HttpResponse:
    """End somebody's role at the fair."""
    fair = fair_of(request, slug, *MANAGERS)
    act = partial(services.end_staff, fair=fair)
    return roles.end(request, fair.staff.all(), act, back=_home(fair))


@require_POST
def revoke_invitation(request: HttpRequest, slug: str) -> HttpResponse:
    """Take an open invitation back."""
    fair = fair_of(request, slug, *MANAGERS)
    return roles.revoke(request, InvitationScope.FAIR, fair.public_id, back=_home(fair))


@require_POST
def add_channel(request: HttpRequest, slug: str) -> HttpResponse:
    """Add an entry channel."""
    fair = fair_of(request, slug, *MANAGERS)
    form = ChannelForm(request.POST)
    if not form.is_valid():
        return refuse(request, form, _home(fair))
    return attempt(
        request,
        lambda: services.add_channel(
            actor=signed_in_actor(request), fair=fair, **form.cleaned_data
        ),
        done=_("The channel has been added."),
        back=_home(fair),
    )


@require_GET
def booths(request: HttpRequest) -> HttpResponse:
    """Booths that employers applied for, over all fairs one manages."""
    user = staff(request, *MANAGERS)
    waiting = Booth.objects.filter(
        fair__in=Fair.objects.staffed_by(user, *MANAGERS), status=BoothStatus.APPLIED
    ).select_related("fair", "employer")
    page_obj = page_of(request, waiting.order_by("created_at", "pk"))
    return render(request, "desk/booths.html", {"page_obj": page_obj})


@require_POST
def decide_booth(request: HttpRequest, booth_id: UUID) -> HttpResponse:
    """Approve or decline a booth."""
    user = staff(request, *MANAGERS)
    fairs = Fair.objects.staffed_by(user, *MANAGERS)
    booth = Booth.objects.filter(public_id=booth_id, fair__in=fairs).first()
    if booth is None:
        raise NotFound
    approve = decision_of(request, "approve", "decline") == "approve"
    act = services.approve_booth if approve else services.decline_booth
    return attempt(
        request,
        lambda: act(actor=signed_in_actor(request), booth=booth),
        done=_("The booth is approved.") if approve else _("The booth is declined."),
        back=reverse("desk-booths"),
    )


def _home(fair: Fair) -> str:
    return reverse("desk-fair", args=[fair.slug])
