"""Roles promised to a phone number and given to whoever proves to hold it."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit, tasks
from accounts.actor import Actor
from accounts.enums import InvitationScope
from accounts.models import Invitation, User
from accounts.signals import invitation_claimed
from core.errors import Conflict, DomainError
from core.phones import mask, normalise_mobile
from core.transactions import write
from jobs.queue import enqueue

log = logging.getLogger(__name__)


def invite(
    *,
    actor: Actor,
    phone: str,
    scope: InvitationScope,
    target: UUID,
    role: str,
    on_behalf_of: UUID | None = None,
) -> Invitation:
    """Promise ``role`` at ``target`` (a public id) to whoever holds ``phone``; tell them by SMS.

    Asking twice returns the open invitation and sends nothing. Somebody who signed in with this
    number within a session's lifetime has proved to hold it and gets the role at once; everybody
    else when they next sign in. The caller has checked that ``actor`` may give this role. Raises
    ``Invalid`` for a number that is not a mobile and ``Conflict`` where the open invitation is to
    speak for another employer.
    """
    by = actor.require_user()
    number = normalise_mobile(phone)
    with write():
        invitation, is_new = Invitation.objects.get_or_create(
            phone=number,
            scope=scope,
            target=target,
            role=role,
            claimed_at=None,
            revoked_at=None,
            defaults={"invited_by": by, "on_behalf_of": on_behalf_of},
        )
        if not is_new:
            if invitation.on_behalf_of != on_behalf_of:
                words = _("This number is invited for another employer. Take that back first.")
                raise Conflict("invitation_differs", words)
            return invitation
        audit.record(actor=by, action="invitation.create", obj=invitation, diff=_masked(invitation))
        holder = _proven_holder(number)
        if holder is not None:
            _claim(invitation, holder)
        enqueue(tasks.send_invitation, invitation=str(invitation.public_id))
    return invitation


def revoke(*, actor: Actor, invitation: Invitation) -> Invitation:
    """Withdraw an open invitation; raise ``Conflict`` if it was claimed. Repeating is harmless."""
    by = actor.require_user()
    with write():
        revoked = Invitation.objects.filter(
            pk=invitation.pk, claimed_at=None, revoked_at=None
        ).update(revoked_at=timezone.now())
        invitation.refresh_from_db()
        if invitation.claimed_at is not None:
            raise Conflict(
                "invitation_claimed",
                _("This invitation was accepted meanwhile. End the role instead."),
            )
        if revoked:
            audit.record(
                actor=by, action="invitation.revoke", obj=invitation, diff=_masked(invitation)
            )
    return invitation


def claim_all(*, user: User) -> list[Invitation]:
    """Give ``user``, who has just proved to hold the number, every role promised to it.

    An invitation whose target is gone stays open and is logged; it stops nobody from signing in.
    """
    with write():
        promised = Invitation.objects.filter(phone=user.phone, claimed_at=None, revoked_at=None)
        return [invitation for invitation in promised.order_by("id") if _claim(invitation, user)]


def _claim(invitation: Invitation, user: User) -> bool:
    """Claim within a savepoint: whoever creates the role row may refuse."""
    try:
        with transaction.atomic():
            won = Invitation.objects.filter(
                pk=invitation.pk, claimed_at=None, revoked_at=None
            ).update(claimed_at=timezone.now(), claimed_by=user)
            if not won:
                return False
            invitation.refresh_from_db()
            audit.record(
                actor=user, action="invitation.claim", obj=invitation, diff=_masked(invitation)
            )
            invitation_claimed.send(sender=Invitation, invitation=invitation, user=user)
    except (DomainError, ObjectDoesNotExist):
        log.warning("invitation %s could not be claimed", invitation.public_id, exc_info=True)
        invitation.refresh_from_db()
        return False
    return True


def _proven_holder(phone: str) -> User | None:
    since = timezone.now() - timedelta(seconds=settings.SESSION_COOKIE_AGE)
    return User.objects.filter(
        phone=phone, is_active=True, phone_verified_at__isnull=False, last_login__gte=since
    ).first()


def _masked(invitation: Invitation) -> dict[str, list[str | None]]:
    return {
        "phone": [None, mask(invitation.phone)],
        "role": [None, f"{invitation.scope}:{invitation.target}:{invitation.role}"],
        "on_behalf_of": [None, str(invitation.on_behalf_of) if invitation.on_behalf_of else None],
    }
