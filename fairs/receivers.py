"""Roles promised to a phone number, given when it signs in."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from accounts import audit
from accounts.enums import InvitationScope
from accounts.models import Invitation, User
from accounts.signals import invitation_claimed, roles_changed
from fairs.enums import StaffRole
from fairs.models import Fair, FairStaff


@receiver(invitation_claimed, dispatch_uid="fairs.invitation_claimed")
def give_fair_role(*, invitation: Invitation, user: User, **_kwargs: Any) -> None:
    """Make the invited person staff of the fair they were invited to."""
    if invitation.scope != InvitationScope.FAIR or invitation.role not in StaffRole.values:
        return
    fair = Fair.objects.filter(public_id=invitation.target).first()
    if fair is None:
        return
    _row, is_new = FairStaff.objects.get_or_create(
        fair=fair, person=user, role=invitation.role, ended_at=None
    )
    if is_new:
        audit.record(
            actor=invitation.invited_by,
            action="fair.add_staff",
            obj=fair,
            reason="invitation claimed",
            diff={"staff": [None, f"{invitation.role}:{user.public_id}"]},
        )
        roles_changed.send(sender=FairStaff, user=user)
