"""The people who work for an employer here."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts import audit, invitations
from accounts.actor import Actor
from accounts.enums import InvitationScope
from accounts.models import Invitation, User
from accounts.signals import roles_changed
from core import ratelimit
from core.errors import Conflict, Invalid, NotAllowed
from core.phones import normalise_mobile
from core.transactions import write
from employers.enums import EmployerRole
from employers.models import Employer, EmployerMember

#: Anybody may register an employer; without a limit anybody could send text messages to everybody,
#: and ask number by number who has an account.
_INVITATIONS_PER_DAY: Final = 20
_DAY_S: Final = 24 * 3600


def invite_member(
    *,
    actor: Actor,
    employer: Employer,
    phone: str,
    role: str,
    on_behalf_of: UUID | None = None,
) -> Invitation:
    """Invite a phone number; it joins at its first verified sign-in. For owners and for staff.

    An owner invites at most twenty a day.
    """
    user = actor.require_user()
    _require_owner(user, employer, on_behalf_of)
    if role not in EmployerRole.values:
        raise Invalid("role_unknown", _("Choose a role."), fields={"role": _("Choose a role.")})
    number = normalise_mobile(phone)
    if employer.members.filter(person__phone=number).exists():
        raise Conflict("member_already", _("This person works here already."))
    if on_behalf_of is None:
        ratelimit.take(f"invite-member:{user.pk}", limit=_INVITATIONS_PER_DAY, period_s=_DAY_S)
    return invitations.invite(
        actor=actor,
        phone=number,
        scope=InvitationScope.EMPLOYER,
        target=employer.public_id,
        role=role,
    )


def revoke_invitation(
    *,
    actor: Actor,
    employer: Employer,
    invitation: Invitation,
    on_behalf_of: UUID | None = None,
) -> Invitation:
    """Take back an invitation that has not been claimed."""
    user = actor.require_user()
    _require_owner(user, employer, on_behalf_of)
    return invitations.revoke(actor=actor, invitation=invitation)


def join_by_invitation(*, invitation: Invitation, user: User) -> EmployerMember | None:
    """Make ``user`` a member, inside the transaction that claims the invitation.

    Whoever works there already keeps the higher role. ``None`` if the employer is gone.
    """
    employer = Employer.objects.known().filter(public_id=invitation.target).first()
    if employer is None:
        return None
    with write():
        member, created = EmployerMember.objects.get_or_create(
            employer=employer, person=user, defaults={"role": invitation.role}
        )
        if not created and invitation.role == EmployerRole.OWNER:
            member.role = EmployerRole.OWNER
            member.save(update_fields=["role"])
        audit.record(
            actor=user,
            action="employer.member_joined",
            obj=employer,
            diff={"role": ["", member.role]},
        )
        roles_changed.send(sender=EmployerMember, user=user)
    return member


def remove_member(
    *,
    actor: Actor,
    employer: Employer,
    person: User,
    on_behalf_of: UUID | None = None,
) -> Employer:
    """End a membership. An owner removes anybody, a recruiter only themselves.

    The last owner stays: :class:`Conflict`.
    """
    user = actor.require_user()
    if user.pk != person.pk:
        _require_owner(user, employer, on_behalf_of)
    with write():
        Employer.objects.select_for_update().get(pk=employer.pk)
        member = employer.members.filter(person=person).first()
        if member is None:
            raise Conflict("member_gone", _("This person does not work here any more."))
        owners = employer.members.filter(role=EmployerRole.OWNER)
        if member.role == EmployerRole.OWNER and owners.count() == 1:
            raise Conflict(
                "last_owner", _("An employer needs an owner. Make somebody else owner first.")
            )
        role = member.role
        member.delete()
        audit.record(
            actor=user,
            action="employer.member_removed",
            obj=employer,
            diff={"person": [str(person.public_id), ""], "role": [role, ""]},
            on_behalf_of=on_behalf_of,
        )
        roles_changed.send(sender=EmployerMember, user=person)
    return employer


def _require_owner(user: User, employer: Employer, on_behalf_of: UUID | None) -> None:
    if on_behalf_of == employer.public_id:
        return
    if not employer.members.filter(person=user, role=EmployerRole.OWNER).exists():
        raise NotAllowed("owner_only", _("Only the employer's owner may do this."))
