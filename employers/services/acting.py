"""Staff acting for an employer: when it began and ended, beside the audit of each thing done."""

from __future__ import annotations

from accounts import audit
from accounts.actor import Actor
from core.transactions import write
from employers.models import Employer


def begin_acting(*, actor: Actor, employer: Employer) -> Employer:
    """Record that a staff member begins to act for ``employer``; the caller has let them."""
    return _note(actor, employer, "employer.acting_began")


def end_acting(*, actor: Actor, employer: Employer) -> Employer:
    """Record that they have stopped."""
    return _note(actor, employer, "employer.acting_ended")


def _note(actor: Actor, employer: Employer, action: str) -> Employer:
    with write():
        audit.record(
            actor=actor.require_user(),
            action=action,
            obj=employer,
            on_behalf_of=employer.public_id,
        )
    return employer
