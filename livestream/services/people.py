"""Guests and their honours; who appears and who works at a session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.files.base import File
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor
from accounts.models import User
from core.db import move
from core.errors import Conflict, Invalid, NotAllowed
from core.transactions import write
from employers.models import Employer
from fairs.enums import StaffRole
from fairs.models import FairStaff
from fairs.rules import require_organiser, require_role
from livestream.enums import HONOUR_TRANSITIONS, CrewRole, HonourLevel, HonourStatus
from livestream.models import Guest, Honour, Session, SessionCrew, SessionGuest
from livestream.realtime.publish import close_key

GUEST_FIELDS = (
    "name",
    "trade",
    "years",
    "workplace",
    "employer",
    "person",
    "headline",
    "story",
    "portrait",
)


def create_guest(*, actor: Actor, name: str, **fields: Any) -> Guest:
    """Add a worker who goes on air; for managers. ``fields``: names of ``GUEST_FIELDS``."""
    user = actor.require_user()
    require_organiser(user)
    with write():
        guest = Guest.objects.create(name=name, **fields)
        audit.record(actor=user, action="guest.create", obj=guest)
    return guest


def update_guest(*, actor: Actor, guest: Guest, changes: Mapping[str, Any]) -> Guest:
    """Change a worker's page; for managers."""
    user = actor.require_user()
    require_organiser(user)
    if unknown := set(changes) - set(GUEST_FIELDS):
        raise ValueError(f"not editable: {sorted(unknown)}")
    for name, value in changes.items():
        setattr(guest, name, value)
    with write():
        guest.save(update_fields=list(changes))
        audit.record(actor=user, action="guest.update", obj=guest, diff={"fields": sorted(changes)})
    return guest


def submit_honour(
    *,
    actor: Actor,
    guest: Guest,
    level: HonourLevel,
    title: str,
    year: int,
    issuer: str,
    evidence: File[Any] | None = None,
) -> Honour:
    """Enter an honour for review; for managers and the guest. The same again: the one there is."""
    user = actor.require_user()
    if guest.person_id != user.pk:
        require_organiser(user)
    if not 1949 <= year <= timezone.localdate().year:
        words = _("This year cannot be right.")
        raise Invalid("honour_year", words, fields={"year": words})
    with write():
        honour, is_new = Honour.objects.get_or_create(
            guest=guest,
            title=title,
            year=year,
            defaults={"level": level, "issuer": issuer, "evidence": evidence or ""},
        )
        if is_new:
            audit.record(actor=user, action="honour.submit", obj=honour)
    return honour


def review_honour(
    *, actor: Actor, honour: Honour, decision: HonourStatus, reason: str = ""
) -> Honour:
    """Approve, reject or revoke; the last two need a reason. Nobody reviews their own."""
    user = actor.require_user()
    if not may_review_honours(user) or honour.guest.person_id == user.pk:
        raise NotAllowed("not_reviewer", _("Only reviewers may do that."))
    if decision != HonourStatus.APPROVED and not reason.strip():
        words = _("Say why.")
        raise Invalid("reason_missing", words, fields={"reason": words})
    conflict = Conflict("honour_state", _("Somebody has decided this already. Reload the page."))
    with write():
        move(
            honour,
            field="status",
            to=decision,
            transitions=HONOUR_TRANSITIONS,
            conflict=conflict,
            status_reason=reason.strip(),
            reviewed_by=user,
            reviewed_at=timezone.now(),
        )
        audit.record(actor=user, action=f"honour.{decision}", obj=honour, reason=reason)
    return honour


def may_review_honours(user: User) -> bool:
    """Whether ``user`` reviews at any fair (guests belong to the installation)."""
    roles = (StaffRole.MANAGER, StaffRole.REVIEWER)
    return (
        user.is_superuser
        or FairStaff.objects.filter(person=user, ended_at=None, role__in=roles).exists()
    )


def set_guests(*, actor: Actor, session: Session, guests: Sequence[Guest]) -> list[SessionGuest]:
    """Announce these guests for the session, in this order."""
    user = actor.require_user()
    require_role(user, session.fair, StaffRole.MANAGER)
    with write():
        SessionGuest.objects.filter(session=session).delete()
        rows = SessionGuest.objects.bulk_create(
            SessionGuest(session=session, guest=guest, position=position)
            for position, guest in enumerate(dict.fromkeys(guests))
        )
        audit.record(
            actor=user,
            action="session.set_guests",
            obj=session,
            diff={"guests": [None, [str(guest.public_id) for guest in guests]]},
        )
    return rows


def add_crew(
    *,
    actor: Actor,
    session: Session,
    person: User,
    role: CrewRole,
    employer: Employer | None = None,
) -> SessionCrew:
    """Give ``person`` a role at the session; the same again returns the role held.

    Rehearsals have the crew of their session: the role holds there as well, and is not given there.
    """
    user = actor.require_user()
    require_role(user, session.fair, StaffRole.MANAGER)
    _require_no_rehearsal(session)
    with write():
        for rehearsal in session.rehearsals.all():
            SessionCrew.objects.get_or_create(
                session=rehearsal,
                person=person,
                role=role,
                ended_at=None,
                defaults={"employer": employer},
            )
        held, is_new = SessionCrew.objects.get_or_create(
            session=session,
            person=person,
            role=role,
            ended_at=None,
            defaults={"employer": employer},
        )
        if is_new:
            audit.record(
                actor=user,
                action="session.add_crew",
                obj=session,
                diff={"crew": [None, f"{role}:{person.public_id}"]},
            )
            close_key(person.actor_key, session.public_id)
    return held


def end_crew(*, actor: Actor, session: Session, person: User, role: CrewRole) -> None:
    """End a role, in rehearsals too; the row stays so that the past can be recounted."""
    user = actor.require_user()
    require_role(user, session.fair, StaffRole.MANAGER)
    _require_no_rehearsal(session)
    with write():
        roles = SessionCrew.objects.filter(person=person, role=role, ended_at=None)
        for rehearsal in session.rehearsals.all():
            if roles.filter(session=rehearsal).update(ended_at=timezone.now()):
                close_key(person.actor_key, rehearsal.public_id)
        held = roles.filter(session=session)
        if held.update(ended_at=timezone.now()):
            audit.record(
                actor=user,
                action="session.end_crew",
                obj=session,
                diff={"crew": [f"{role}:{person.public_id}", None]},
            )
            close_key(person.actor_key, session.public_id)


def _require_no_rehearsal(session: Session) -> None:
    if session.rehearsal_of_id is not None:
        words = _("A rehearsal has the crew of its session. Change it there.")
        raise Conflict("rehearsal_crew", words)
