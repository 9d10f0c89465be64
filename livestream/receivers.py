"""What follows in rooms from what happens to accounts."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from accounts import audit
from accounts.enums import InvitationScope
from accounts.models import Invitation, User
from accounts.signals import invitation_claimed, roles_changed, sessions_revoked
from livestream.enums import CrewRole
from livestream.models import Session, SessionCrew
from livestream.realtime.publish import close_key


@receiver(invitation_claimed, dispatch_uid="livestream.invitation_claimed")
def give_crew_role(*, invitation: Invitation, user: User, **_kwargs: Any) -> None:
    """Make the invited person crew of the session they were invited to, and of its rehearsals."""
    if invitation.scope != InvitationScope.SESSION or invitation.role not in CrewRole.values:
        return
    session = Session.objects.filter(public_id=invitation.target).first()
    if session is None:
        return
    for rehearsal in session.rehearsals.all():
        SessionCrew.objects.get_or_create(
            session=rehearsal, person=user, role=invitation.role, ended_at=None
        )
    _row, is_new = SessionCrew.objects.get_or_create(
        session=session, person=user, role=invitation.role, ended_at=None
    )
    if is_new:
        audit.record(
            actor=invitation.invited_by,
            action="session.add_crew",
            obj=session,
            reason="invitation claimed",
            diff={"crew": [None, f"{invitation.role}:{user.public_id}"]},
        )
        close_key(user.actor_key, session.public_id)


@receiver(roles_changed, dispatch_uid="livestream.roles_changed")
def return_as_what_they_are(*, user: User, **_kwargs: Any) -> None:
    """Close the sockets of somebody whose role changed; pages return with the new one."""
    close_key(user.actor_key)


@receiver(sessions_revoked, dispatch_uid="livestream.sessions_revoked")
def leave_rooms(*, user: User, **_kwargs: Any) -> None:
    """Close the sockets of somebody who signed out or was blocked; pages return as visitors."""
    close_key(user.actor_key)
