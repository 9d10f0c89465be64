"""Roles promised to a phone number, given when it signs in."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from accounts.enums import InvitationScope
from accounts.models import Invitation, User
from accounts.signals import invitation_claimed
from fairs.enums import StaffRole
from fairs.models import Fair
from fairs.services import give_role


@receiver(invitation_claimed, dispatch_uid="fairs.invitation_claimed")
def give_fair_role(*, invitation: Invitation, user: User, **_kwargs: Any) -> None:
    """Make the invited person staff of the fair they were invited to."""
    if invitation.scope != InvitationScope.FAIR or invitation.role not in StaffRole.values:
        return
    fair = Fair.objects.filter(public_id=invitation.target).first()
    if fair is not None:
        give_role(
            by=invitation.invited_by,
            fair=fair,
            person=user,
            role=StaffRole(invitation.role),
            reason="invitation claimed",
        )
