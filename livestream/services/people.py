"""Guests and their honours; who appears and who works at a session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.files.base import File
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit, invitations
from accounts.actor import Actor
from accounts.enums import InvitationScope
from accounts.models import Invitation, User
from core.db import move
from core.errors import Conflict, Invalid, NotAllowed
from core.texts import given_reason, require_reason
from core.transactions import write
from employers.models import Employer
from fairs.enums import StaffRole
from fairs.models import FairStaff
from fairs.rules import require_organiser, require_role
from livestream.enums import HONOUR_TRANSITIONS, CrewRole, HonourLevel, HonourStatus
from livestream.models import Guest, Honour, Session, SessionCrew, SessionGuest
from livestream.realtime.publish import close_key
from livestream.services import stream_keys
from livestream.services.locking import lock_all
from livestream.services.questions import at_fair

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
    check = given_reason if decision == HonourStatus.APPROVED else require_reason
    reason = check(reason)
    conflict = Conflict("honour_state", _("Somebody has decided this already. Reload the page."))
    with write():
        move(
            honour,
            field="status",
            to=decision,
            transitions=HONOUR_TRANSITIONS,
            conflict=conflict,
            status_reason=reason,
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


def invite_crew(
    *,
    actor: Actor,
    session: Session,
    phone: str,
    role: CrewRole,
    employer: Employer | None = None,
) -> Invitation:
    """Promise a role at the session to a phone number; see :func:`accounts.invitations.invite`.

    For managers of the fair. Who will be an employer's voice speaks for ``employer``, which has an
    admitted booth there.
    """
    require_role(actor.require_user(), session.fair, StaffRole.MANAGER)
    _require_no_rehearsal(session)
    _require_voice(session, role, employer)
    return invitations.invite(
        actor=actor,
        phone=phone,
        scope=InvitationScope.SESSION,
        target=session.public_id,
        role=role,
        on_behalf_of=None if employer is None else employer.public_id,
    )


def add_crew(
    *,
    actor: Actor,
    session: Session,
    person: User,
    role: CrewRole,
    employer: Employer | None = None,
) -> SessionCrew:
    """Give ``person`` a role at the session; the same again returns the role held."""
    user = actor.require_user()
    require_role(user, session.fair, StaffRole.MANAGER)
    return give_role(by=user, session=session, person=person, role=role, employer=employer)


def give_role(
    *,
    by: User | None,
    session: Session,
    person: User,
    role: CrewRole,
    employer: Employer | None = None,
    reason: str = "",
) -> SessionCrew:
    """Have ``person`` hold the role. Whoever promised it, or the caller, had the right to.

    Rehearsals have the crew of their session: the role holds there as well, and is not given there.
    An employer's voice speaks for one at a time: the role that was held for another ends.
    """
    _require_no_rehearsal(session)
    _require_voice(session, role, employer)
    with write():
        for rehearsal in session.rehearsals.all():
            _hold(rehearsal, person, role, employer)
        held, is_new = _hold(session, person, role, employer)
        if is_new:
            speaks = "" if employer is None else f":{employer.public_id}"
            audit.record(
                actor=by,
                action="session.add_crew",
                obj=session,
                reason=reason,
                diff={"crew": [None, f"{role}:{person.public_id}{speaks}"]},
            )
            close_key(person.actor_key, session.public_id)
    return held


def _hold(
    session: Session, person: User, role: CrewRole, employer: Employer | None
) -> tuple[SessionCrew, bool]:
    held = SessionCrew.objects.filter(session=session, person=person, role=role, ended_at=None)
    held.exclude(employer=employer).update(ended_at=timezone.now())
    return SessionCrew.objects.get_or_create(
        session=session, person=person, role=role, ended_at=None, defaults={"employer": employer}
    )


def _require_voice(session: Session, role: CrewRole, employer: Employer | None) -> None:
    """An employer's voice names whose it is, and nobody else does."""
    if role != CrewRole.EMPLOYER_VOICE:
        if employer is not None:
            words = _("Only an employer's voice speaks for an employer.")
            raise Invalid("crew_employer", words, fields={"employer": words})
    elif employer is None or not at_fair(session, employer):
        words = _("Choose the employer they speak for, one with an approved booth at this fair.")
        raise Invalid("crew_employer", words, fields={"employer": words})


def end_crew(*, actor: Actor, session: Session, person: User, role: CrewRole) -> None:
    """End a role, in rehearsals too; the row stays so that the past can be recounted.

    Of somebody who works there no more the stream keys are void and what they publish ends.
    """
    user = actor.require_user()
    require_role(user, session.fair, StaffRole.MANAGER)
    _require_no_rehearsal(session)
    with write():
        lock_all([session, *session.rehearsals.all()])  # nobody begins to publish meanwhile
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
        stream_keys.revoke_void(person, by=user)


def _require_no_rehearsal(session: Session) -> None:
    if session.rehearsal_of_id is not None:
        words = _("A rehearsal has the crew of its session. Change it there.")
        raise Conflict("rehearsal_crew", words)
