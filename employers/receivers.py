"""What employers do when other parts of the site announce something."""

from __future__ import annotations

from typing import Any

from accounts.enums import InvitationScope
from accounts.models import Invitation, User
from accounts.signals import invitation_claimed


def connect() -> None:
    """Listen; called once when the application is ready."""
    invitation_claimed.connect(_join_employer, dispatch_uid="employers.join")


def _join_employer(*, invitation: Invitation, user: User, **_kwargs: Any) -> None:
    from employers.services import members

    if invitation.scope == InvitationScope.EMPLOYER:
        members.join_by_invitation(invitation=invitation, user=user)
