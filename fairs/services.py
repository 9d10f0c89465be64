"""Writing fairs: their life, staff, partners, entry channels and booths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit, invitations
from accounts.actor import Actor
from accounts.enums import InvitationScope
from accounts.models import Invitation, User
from accounts.signals import roles_changed
from core.db import move
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.transactions import write
from employers.enums import EmployerStatus
from employers.models import Employer, Vacancy
from fairs import rules
from fairs.enums import (
    BOOTH_TRANSITIONS,
    FAIR_TRANSITIONS,
    BoothStatus,
    FairStatus,
    PartnerKind,
    StaffRole,
)
from fairs.models import Booth, BoothVacancy, EntryChannel, Fair, FairPartner, FairStaff

#: What a manager may change on a fair.
EDITABLE = (
    "slug",
    "name",
    "tagline",
    "intro",
    "cover",
    "starts_at",
    "ends_at",
    "intent_label",
    "vacancy_deadline",
    "two_person_review",
    "contact_phone",
    "licence_text",
)

# --- the fair's life ----------------------------------------------------------------------------


def create_fair(
    *,
    actor: Actor,
    slug: str,
    name: str,
    starts_at: datetime,
    ends_at: datetime,
    **fields: Any,
) -> Fair:
    """Create a draft fair; its creator becomes its first manager.

    For superusers and managers of any fair. ``fields`` are further names of ``EDITABLE``.
    """
    user = actor.require_user()
    rules.require_organiser(user)
    values = {"slug": slug, "name": name, "starts_at": starts_at, "ends_at": ends_at, **fields}
    _check(values)
    with write():
        if Fair.objects.filter(slug=slug).exists():
            raise Conflict("fair_address_taken", _("Another fair has this address."))
        fair = Fair.objects.create(**values)
        FairStaff.objects.create(fair=fair, person=user, role=StaffRole.MANAGER)
        audit.record(actor=user, action="fair.create", obj=fair)
    return fair


def update_fair(*, actor: Actor, fair: Fair, changes: Mapping[str, Any]) -> Fair:
    """Change fields of ``EDITABLE``; records what changed."""
    user = actor.require_user()
    rules.require_role(user, fair, StaffRole.MANAGER)
    diff = {
        name: [str(getattr(fair, name)), str(value)]
        for name, value in changes.items()
        if getattr(fair, name) != value
    }
    _check({name: changes.get(name, getattr(fair, name)) for name in ("starts_at", "ends_at")})
    if unknown := set(changes) - set(EDITABLE):
        raise ValueError(f"not editable: {sorted(unknown)}")
    with write():
        slug = changes.get("slug", fair.slug)
        if Fair.objects.filter(slug=slug).exclude(pk=fair.pk).exists():
            raise Conflict("fair_address_taken", _("Another fair has this address."))
        for name, value in changes.items():
            setattr(fair, name, value)
        fair.save(update_fields=list(changes))
        audit.record(actor=user, action="fair.update", obj=fair, diff=diff)
    return fair


def _check(values: Mapping[str, Any]) -> None:
    if values["ends_at"] <= values["starts_at"]:
        text = _("The end must be after the start.")
        raise Invalid("fair_dates", text, fields={"ends_at": text})


def publish_fair(*, actor: Actor, fair: Fair) -> Fair:
    """Show a draft fair to everybody."""
    return _move_fair(actor, fair, FairStatus.PUBLISHED, "fair.publish")


def open_fair(*, actor: Actor, fair: Fair) -> Fair:
    """The fair has begun."""
    return _move_fair(actor, fair, FairStatus.LIVE, "fair.open")


def close_fair(*, actor: Actor, fair: Fair) -> Fair:
    """No new intents; employers still answer those they have."""
    return _move_fair(actor, fair, FairStatus.CLOSED, "fair.close")


def archive_fair(*, actor: Actor, fair: Fair) -> Fair:
    """Take a closed fair off the public pages."""
    return _move_fair(actor, fair, FairStatus.ARCHIVED, "fair.archive")


def unpublish_fair(*, actor: Actor, fair: Fair) -> Fair:
    """Take a published fair that has not begun back to draft."""
    return _move_fair(actor, fair, FairStatus.DRAFT, "fair.unpublish")


def _move_fair(actor: Actor, fair: Fair, to: FairStatus, action: str) -> Fair:
    user = actor.require_user()
    rules.require_role(user, fair, StaffRole.MANAGER)
    with write():
        _set_status(fair, to)
        audit.record(actor=user, action=action, obj=fair)
    return fair


def _set_status(fair: Fair, to: FairStatus) -> None:
    conflict = Conflict("fair_state", _("The fair is in another state by now. Reload the page."))
    move(fair, field="status", to=to, transitions=FAIR_TRANSITIONS, conflict=conflict)


def begin_with_session(*, user: User, fair: Fair) -> None:
    """A published fair begins when its first session goes on air. Joins the caller's transaction.

    The caller has authorised ``user`` for that session.
    """
    if Fair.objects.filter(pk=fair.pk, status=FairStatus.PUBLISHED).exists():
        _set_status(fair, FairStatus.LIVE)
        audit.record(actor=user, action="fair.open", obj=fair, reason="first session on air")


# --- people, partners, channels -----------------------------------------------------------------


def invite_staff(*, actor: Actor, fair: Fair, phone: str, role: StaffRole) -> Invitation:
    """Promise a role at the fair to a phone number; see :func:`accounts.invitations.invite`."""
    rules.require_role(actor.require_user(), fair, StaffRole.MANAGER)
    return invitations.invite(
        actor=actor, phone=phone, scope=InvitationScope.FAIR, target=fair.public_id, role=role
    )


def add_staff(*, actor: Actor, fair: Fair, person: User, role: StaffRole) -> FairStaff:
    """Give ``person`` a role at the fair; the same again returns the role held."""
    user = actor.require_user()
    rules.require_role(user, fair, StaffRole.MANAGER)
    return give_role(by=user, fair=fair, person=person, role=role)


def give_role(
    *, by: User | None, fair: Fair, person: User, role: StaffRole, reason: str = ""
) -> FairStaff:
    """Have ``person`` hold the role. Whoever promised it, or the caller, had the right to."""
    with write():
        held, is_new = FairStaff.objects.get_or_create(
            fair=fair, person=person, role=role, ended_at=None
        )
        if is_new:
            audit.record(
                actor=by,
                action="fair.add_staff",
                obj=fair,
                reason=reason,
                diff={"staff": [None, f"{role}:{person.public_id}"]},
            )
            roles_changed.send(sender=FairStaff, user=person)
    return held


def end_staff(*, actor: Actor, fair: Fair, person: User, role: StaffRole) -> None:
    """End a role; the row stays so that the past can be recounted. The last manager stays."""
    user = actor.require_user()
    rules.require_role(user, fair, StaffRole.MANAGER)
    with write():
        current = FairStaff.objects.filter(fair=fair, role=role, ended_at=None)
        if role == StaffRole.MANAGER and not current.exclude(person=person).exists():
            raise Conflict("last_manager", _("A fair needs at least one manager."))
        if current.filter(person=person).update(ended_at=timezone.now()):
            audit.record(
                actor=user,
                action="fair.end_staff",
                obj=fair,
                diff={"staff": [f"{role}:{person.public_id}", None]},
            )
            roles_changed.send(sender=FairStaff, user=person)


def set_partners(
    *, actor: Actor, fair: Fair, partners: Sequence[tuple[PartnerKind, str]]
) -> list[FairPartner]:
    """Name the organisations behind the fair, in this order."""
    user = actor.require_user()
    rules.require_role(user, fair, StaffRole.MANAGER)
    with write():
        FairPartner.objects.filter(fair=fair).delete()
        rows = FairPartner.objects.bulk_create(
            FairPartner(fair=fair, kind=kind, name=name, position=position)
            for position, (kind, name) in enumerate(dict.fromkeys(partners))
        )
        audit.record(
            actor=user,
            action="fair.set_partners",
            obj=fair,
            diff={"partners": [None, [row.name for row in rows]]},
        )
    return rows


def add_channel(*, actor: Actor, fair: Fair, code: str, name: str) -> EntryChannel:
    """Add an entry channel; its ``code`` goes on links as ``?c=``."""
    user = actor.require_user()
    rules.require_role(user, fair, StaffRole.MANAGER)
    with write():
        if EntryChannel.objects.filter(fair=fair, code=code).exists():
            raise Conflict("channel_taken", _("This fair already has a channel with that code."))
        channel = EntryChannel.objects.create(fair=fair, code=code, name=name)
        audit.record(
            actor=user, action="fair.add_channel", obj=channel, diff={"code": [None, code]}
        )
    return channel


# --- booths -------------------------------------------------------------------------------------


def apply_for_booth(*, actor: Actor, fair: Fair, employer: Employer) -> Booth:
    """A member asks for a booth; again returns the booth there is."""
    user = actor.require_user()
    if not rules.speaks_for(user, employer):
        raise NotFound
    if fair.status not in {FairStatus.PUBLISHED, FairStatus.LIVE}:
        raise Conflict("fair_not_open", _("This fair takes no employers now."))
    return _new_booth(user, fair, employer, BoothStatus.APPLIED, "booth.apply")


def invite_employer(*, actor: Actor, fair: Fair, employer: Employer) -> Booth:
    """Staff offer an employer a booth."""
    user = actor.require_user()
    rules.require_role(user, fair, StaffRole.MANAGER, StaffRole.REVIEWER)
    return _new_booth(user, fair, employer, BoothStatus.INVITED, "booth.invite")


def _new_booth(
    user: User, fair: Fair, employer: Employer, status: BoothStatus, action: str
) -> Booth:
    if employer.status in {EmployerStatus.SUSPENDED, EmployerStatus.MERGED}:
        raise Conflict("employer_not_admitted", _("This employer cannot take part."))
    with write():
        last = Booth.objects.filter(fair=fair).aggregate(last=Max("position"))["last"] or 0
        booth, is_new = Booth.objects.get_or_create(
            fair=fair, employer=employer, defaults={"status": status, "position": last + 1}
        )
        if is_new:
            audit.record(actor=user, action=action, obj=booth)
    return booth


def approve_booth(*, actor: Actor, booth: Booth) -> Booth:
    """Staff admit an applicant, or an invited employer's member accepts."""
    user = actor.require_user()
    if not (booth.status == BoothStatus.INVITED and rules.speaks_for(user, booth.employer)):
        rules.require_role(user, booth.fair, StaffRole.MANAGER, StaffRole.REVIEWER)
    return _move_booth(user, booth, BoothStatus.APPROVED, "booth.approve", "")


def decline_booth(*, actor: Actor, booth: Booth, reason: str = "") -> Booth:
    """Staff turn an employer down, or its member gives the booth back."""
    user = actor.require_user()
    if not rules.speaks_for(user, booth.employer):
        rules.require_role(user, booth.fair, StaffRole.MANAGER, StaffRole.REVIEWER)
    return _move_booth(user, booth, BoothStatus.DECLINED, "booth.decline", reason)


def _move_booth(user: User, booth: Booth, to: BoothStatus, action: str, reason: str) -> Booth:
    conflict = Conflict("booth_state", _("Somebody has decided this already. Reload the page."))
    with write():
        move(booth, field="status", to=to, transitions=BOOTH_TRANSITIONS, conflict=conflict)
        audit.record(actor=user, action=action, obj=booth, reason=reason)
    return booth


def bring_vacancy(*, actor: Actor, booth: Booth, vacancy: Vacancy) -> BoothVacancy:
    """Bring a vacancy to the fair; again returns the row there is.

    For members of the booth's employer, who recruits or publishes the vacancy, and for staff.
    """
    user = actor.require_user()
    _require_booth(user, booth)
    if booth.employer_id not in {vacancy.employer_id, vacancy.publisher_id}:
        raise NotAllowed("foreign_vacancy", _("This vacancy belongs to another employer."))
    return _bring(user, booth, vacancy)


def bring_to_fairs_on(*, actor: Actor, vacancy: Vacancy) -> list[BoothVacancy]:
    """Bring a new vacancy to every fair that is published or live and has its employer's booth.

    Whoever writes a vacancy during a fair means it for that fair; it can be taken back. The caller
    has authorised ``actor`` for the employer.
    """
    user = actor.require_user()
    booths = Booth.objects.filter(
        employer=vacancy.employer,
        fair__status__in=(FairStatus.PUBLISHED, FairStatus.LIVE),
        status__in=(BoothStatus.APPLIED, BoothStatus.APPROVED),
    ).select_related("fair")
    with write():
        return [_bring(user, booth, vacancy) for booth in booths]


def _bring(user: User, booth: Booth, vacancy: Vacancy) -> BoothVacancy:
    with write():
        row, is_new = BoothVacancy.objects.get_or_create(
            fair=booth.fair, vacancy=vacancy, defaults={"booth": booth}
        )
        if is_new:
            audit.record(actor=user, action="booth.bring_vacancy", obj=vacancy)
    return row


def take_back_vacancy(*, actor: Actor, booth: Booth, vacancy: Vacancy) -> None:
    """Take a vacancy off the fair. What was expressed for it stays."""
    user = actor.require_user()
    _require_booth(user, booth)
    with write():
        if BoothVacancy.objects.filter(booth=booth, vacancy=vacancy).delete()[0]:
            audit.record(actor=user, action="booth.take_back_vacancy", obj=vacancy)


def _require_booth(user: User, booth: Booth) -> None:
    if not rules.speaks_for(user, booth.employer):
        rules.require_role(user, booth.fair, StaffRole.MANAGER, StaffRole.REVIEWER)
