"""Steps after the first: answers of the employer, withdrawal, interviews, hires, lapses.

Whoever takes a step for somebody else is a manager of the fair and recorded as such. Every
function returns the intent as stored and raises :class:`~core.errors.NotAllowed` for those who may
not take the step, :class:`~core.errors.Conflict` where the state does not allow it (any more).
"""

from __future__ import annotations

from datetime import date

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor
from core.errors import Conflict, Invalid, NotAllowed
from core.texts import given_reason
from core.transactions import write
from fairs.enums import StaffRole
from fairs.rules import require_role, speaks_for
from intents.enums import EventChannel, EventKind, Level
from intents.models import Consent, Intent
from intents.rules import ADVANCE, DATED_STEPS
from intents.steps import By, Note, take_step


def accept_intent(*, actor: Actor, intent: Intent) -> Intent:
    """The employer accepts: 初步达成就业意向 (L2)."""
    return take_step(intent, EventKind.MATCHED, by=_for_employer(actor, intent))


def undo_accept(*, actor: Actor, intent: Intent) -> Intent:
    """Take an acceptance back; possible until the phone number has been viewed."""
    return take_step(
        intent,
        EventKind.MATCH_UNDONE,
        by=_for_employer(actor, intent),
        revealed_at__isnull=True,
    )


def decline_intent(
    *, actor: Actor, intent: Intent, reason: str, seen_level: Level | None = None
) -> Intent:
    """The employer declines with a reason that the seeker reads.

    ``seen_level`` is the level on the recruiter's screen: a colleague may have accepted since, and
    declining that match would be a step nobody meant to take.
    """
    by = _for_employer(actor, intent)
    return _close(intent, EventKind.DECLINED, by, reason, seen_level)


def advance_intent(
    *,
    actor: Actor,
    intent: Intent,
    to: Level,
    evidence: str = "",
    effective_on: date | None = None,
    channel: EventChannel | None = None,
) -> Intent:
    """Note an interview booked or held, an offer, a hire or staying on (L3 to L7).

    ``effective_on`` is the day of the interview or the first day at work; both need one.
    ``channel`` tells how the news came where the actor did not see it themselves.
    """
    by = _for_employer(actor, intent)
    step = ADVANCE.get(to)
    if step is None:
        wrong = _("Choose a step from an interview on.")
        raise Invalid("level_wrong", wrong, fields={"to": wrong})
    if step in DATED_STEPS and effective_on is None:
        missing = _("Give the date.")
        raise Invalid("date_missing", missing, fields={"effective_on": missing})
    if channel is not None:
        by = By(by.user, channel, by.on_behalf_of)
    note = Note(evidence=evidence.strip(), effective_on=effective_on)
    return take_step(intent, step, by=by, note=note)


def withdraw_intent(*, actor: Actor, intent: Intent, reason: str = "") -> Intent:
    """The seeker withdraws the intent and the consent to share their contact with it.

    A manager of the fair may do it for a seeker who asks by phone.
    """
    user = actor.require_user()
    by = By(user)
    if user.pk != intent.seeker_id:
        require_role(user, intent.fair, StaffRole.MANAGER)
        by = By(user, EventChannel.PHONE, intent.seeker.public_id)
    with write():
        note = Note(reason=given_reason(reason))
        intent = take_step(intent, EventKind.WITHDRAWN, by=by, note=note)
        Consent.objects.filter(pk=intent.consent_id, withdrawn_at__isnull=True).update(
            withdrawn_at=timezone.now()
        )
    return intent


def lapse_intent(
    *, actor: Actor, intent: Intent, reason: str, seen_level: Level | None = None
) -> Intent:
    """Close an intent that came to nothing, with a reason that the seeker reads.

    For managers of the fair. ``seen_level``: see :func:`decline_intent`.
    """
    user = actor.require_user()
    require_role(user, intent.fair, StaffRole.MANAGER)
    by = By(user, EventChannel.STAFF)
    return _close(intent, EventKind.LAPSED, by, reason, seen_level)


def _close(
    intent: Intent, step: EventKind, by: By, reason: str, seen_level: Level | None
) -> Intent:
    if not reason.strip():
        missing = _("Give a reason; the seeker will read it.")
        raise Invalid("reason_missing", missing, fields={"reason": missing})
    if seen_level is not None:
        intent.level = seen_level
    return take_step(intent, step, by=by, note=Note(reason=given_reason(reason)))


def reveal_contact(*, actor: Actor, intent: Intent) -> str:
    """Return the seeker's phone number (E.164) to who answers for the employer; audited each time.

    Only after a match and while the intent lives; from the first time on, the acceptance can no
    longer be undone.
    """
    by = _for_employer(actor, intent)
    if by.channel == EventChannel.SELF and not intent.vacancy.employer.is_verified:
        raise NotAllowed(
            "employer_not_verified", _("Phone numbers are shown to verified employers only.")
        )
    with write():
        matched = Intent.objects.live().filter(pk=intent.pk, level__gte=Level.MATCHED)
        first = matched.filter(revealed_at__isnull=True).update(revealed_at=timezone.now())
        if not first and not matched.exists():
            raise Conflict(
                "not_matched", _("The phone number shows after the application was accepted.")
            )
        audit.record(
            actor=by.user,
            action="intent.contact_revealed",
            obj=intent,
            on_behalf_of=by.on_behalf_of,
        )
    intent.refresh_from_db()
    return intent.seeker.phone


def _for_employer(actor: Actor, intent: Intent) -> By:
    """Who answers: a member of the employer itself, or a manager of the fair on its behalf."""
    user = actor.require_user()
    employer = intent.vacancy.employer
    if speaks_for(user, employer):
        return By(user)
    require_role(user, intent.fair, StaffRole.MANAGER)
    return By(user, EventChannel.STAFF, employer.public_id)
