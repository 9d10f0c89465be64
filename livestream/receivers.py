"""What follows in rooms from what happens to accounts."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from accounts.enums import InvitationScope
from accounts.models import Invitation, User
from accounts.signals import invitation_claimed, roles_changed, sessions_revoked
from core.transactions import write
from employers.models import Employer
from livestream.enums import CrewRole
from livestream.models import Session
from livestream.realtime.publish import close_key
from livestream.services import stream_keys
from livestream.services.people import give_role


@receiver(invitation_claimed, dispatch_uid="livestream.invitation_claimed")
def give_crew_role(*, invitation: Invitation, user: User, **_kwargs: Any) -> None:
    """Make the invited person crew of the session they were invited to, and of its rehearsals."""
    if invitation.scope != InvitationScope.SESSION or invitation.role not in CrewRole.values:
        return
    session = Session.objects.filter(public_id=invitation.target).first()
    if session is None:
        return
    employer = None
    if invitation.on_behalf_of is not None:
        employer = Employer.objects.filter(public_id=invitation.on_behalf_of).first()
    give_role(
        by=invitation.invited_by,
        session=session,
        person=user,
        role=CrewRole(invitation.role),
        employer=employer,
        reason="invitation claimed",
    )


@receiver(roles_changed, dispatch_uid="livestream.roles_changed")
def return_as_what_they_are(*, user: User, **_kwargs: Any) -> None:
    """Close the sockets of somebody whose role changed; pages return with the new one.

    Where they work no more, their stream keys are void and what they publish ends.
    """
    _let_go(user)


@receiver(sessions_revoked, dispatch_uid="livestream.sessions_revoked")
def leave_rooms(*, user: User, **_kwargs: Any) -> None:
    """Close the sockets of somebody who signed out or was blocked; pages return as visitors.

    Whoever signs out publishes on, whoever was blocked does not.
    """
    _let_go(user)


def _let_go(user: User) -> None:
    with write():
        close_key(user.actor_key)
        stream_keys.revoke_void(user)
