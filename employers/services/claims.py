"""Claims on imported employers, and the merge that a granted claim leads to."""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor
from accounts.models import User
from core.errors import Conflict
from core.texts import given_reason, require_reason
from core.transactions import write
from employers import merging
from employers.enums import ClaimStatus, EmployerStatus
from employers.models import Employer, EmployerClaim


def claim_unclaimed(
    *,
    actor: Actor,
    claimant: Employer,
    unclaimed: Employer,
    on_behalf_of: UUID | None = None,
) -> EmployerClaim:
    """Say that ``unclaimed`` is ``claimant``; staff decide. Nothing is shown or moved before.

    Claiming again returns the pending claim.
    """
    user = actor.require_user()
    if unclaimed.status != EmployerStatus.UNCLAIMED:
        raise Conflict("not_unclaimed", _("This employer has been claimed already."))
    if claimant.status in {EmployerStatus.SUSPENDED, EmployerStatus.MERGED}:
        raise Conflict("claimant_not_active", _("A suspended employer cannot claim another."))
    with write():
        try:
            with transaction.atomic():
                claim = EmployerClaim.objects.create(
                    unclaimed=unclaimed, claimant=claimant, claimed_by=user
                )
        except IntegrityError:
            return EmployerClaim.objects.get(
                unclaimed=unclaimed, claimant=claimant, status=ClaimStatus.PENDING
            )
        audit.record(actor=user, action="employer.claimed", obj=claim, on_behalf_of=on_behalf_of)
    return claim


def decide_claim(
    *, actor: Actor, claim: EmployerClaim, approved: bool, reason: str = ""
) -> EmployerClaim:
    """Grant a claim, which merges at once (see :mod:`employers.merging`), or refuse it.

    A claim is granted to a verified employer only. Other pending claims on the same imported
    employer are refused with it. Of two deciders one gets a :class:`Conflict`.
    """
    user = actor.require_user()
    reason = given_reason(reason) if approved else require_reason(reason)
    with write():
        now = timezone.now()
        decided = EmployerClaim.objects.filter(pk=claim.pk, status=ClaimStatus.PENDING).update(
            status=ClaimStatus.APPROVED if approved else ClaimStatus.REJECTED,
            decided_by=user,
            decided_at=now,
            reason=reason,
        )
        if not decided:
            raise Conflict("claim_decided", _("Somebody else has just decided this claim."))
        claim.refresh_from_db()
        if approved:
            _grant(claim, user)
        audit.record(
            actor=user,
            action="employer.claim_granted" if approved else "employer.claim_refused",
            obj=claim,
            reason=reason,
        )
    return claim


def _grant(claim: EmployerClaim, user: User) -> None:
    if claim.claimant.status != EmployerStatus.VERIFIED:
        raise Conflict("claimant_not_verified", _("Verify the claiming employer first."))
    moved = merging.merge(claim.unclaimed, claim.claimant)
    EmployerClaim.objects.filter(unclaimed=claim.unclaimed, status=ClaimStatus.PENDING).update(
        status=ClaimStatus.REJECTED,
        decided_by=user,
        decided_at=claim.decided_at,
        reason=str(_("Granted to another employer.")),
    )
    audit.record(
        actor=user,
        action="employer.merged",
        obj=claim.unclaimed,
        diff={"merged_into": [None, str(claim.claimant.public_id)], "moved": moved},
    )
