"""The one way to take a step on the ladder: conditional UPDATE, event, audit, notice, signal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.models import User
from core.errors import Conflict
from core.transactions import on_commit, write
from fairs.enums import ANSWERING_FAIRS
from fairs.models import Fair
from intents.enums import EventChannel, EventKind, Level, Outcome
from intents.models import Intent, IntentEvent
from intents.notices import plan_notice
from intents.rules import State, next_state
from intents.signals import intent_changed


@dataclass(frozen=True, slots=True)
class By:
    """Who takes a step, how it reached us, and for whom (a public id) if not for themselves."""

    user: User | None
    channel: EventChannel = EventChannel.SELF
    on_behalf_of: UUID | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """What is written down with a step."""

    reason: str = ""
    evidence: str = ""
    effective_on: date | None = None


NO_NOTE = Note()


def take_step(
    intent: Intent, step: EventKind, *, by: By, note: Note = NO_NOTE, **only_if: Any
) -> Intent:
    """Take ``step`` on ``intent`` and return it as stored.

    The state moves by one UPDATE that is conditional on the state ``intent`` was read in and on
    the filters ``only_if``; of two callers that decide on what they saw, one wins and the other
    gets :class:`Conflict` with what happened. Event, audit and state are one transaction.
    """
    with write():
        target = next_state(State(Level(intent.level), Outcome(intent.outcome)), step)
        if target is None or not _moved(intent, target, note, only_if):
            raise _conflict(intent)
        record_event(intent, step, by=by, note=note)
        audit.record(
            actor=by.user,
            action=f"intent.{step}",
            obj=intent,
            reason=note.reason,
            on_behalf_of=by.on_behalf_of,
        )
        intent.refresh_from_db()
        plan_notice(intent, step)
        announce(intent, step)
    return intent


def _moved(intent: Intent, target: State, note: Note, only_if: dict[str, Any]) -> bool:
    if not Fair.objects.filter(pk=intent.fair_id, status__in=ANSWERING_FAIRS).exists():
        raise Conflict(
            "fair_archived", gettext_lazy("This job fair has been archived; nothing can change.")
        )
    change: dict[str, Any] = {
        "level": target.level,
        "outcome": target.outcome,
        "updated_at": timezone.now(),
    }
    if target.outcome != Outcome.LIVE:
        change["reason"] = note.reason
    rows = Intent.objects.filter(
        pk=intent.pk, level=intent.level, outcome=intent.outcome, **only_if
    )
    return bool(rows.update(**change))


def record_event(intent: Intent, kind: EventKind, *, by: By, note: Note = NO_NOTE) -> IntentEvent:
    """Append to the fair's intent log with its next number, inside the caller's transaction.

    The UPDATE locks the fair's row until commit: numbers have no gap, and times follow numbers.
    """
    Fair.objects.filter(pk=intent.fair_id).update(intent_seq=F("intent_seq") + 1)
    seq = Fair.objects.values_list("intent_seq", flat=True).get(pk=intent.fair_id)
    return IntentEvent.objects.create(
        fair_id=intent.fair_id,
        seq=seq,
        intent=intent,
        kind=kind,
        actor=by.user,
        on_behalf_of=by.on_behalf_of,
        channel=by.channel,
        evidence=note.evidence,
        reason=note.reason,
        effective_on=note.effective_on,
        at=timezone.now(),
    )


def announce(intent: Intent, kind: EventKind) -> None:
    """After commit, tell whoever listens to ``intent_changed``."""
    on_commit(lambda: intent_changed.send_robust(sender=Intent, intent=intent, kind=kind))


def _conflict(intent: Intent) -> Conflict:
    """Say what happened meanwhile, and who did it."""
    intent.refresh_from_db()
    last = intent.events.select_related("actor").latest("seq")
    if intent.revealed_at and last.kind == EventKind.MATCHED:
        return Conflict(
            "intent_revealed",
            _("The phone number has been viewed; the acceptance can no longer be undone."),
        )
    told = {
        EventKind.MATCHED: _("%(who)s has already accepted this application."),
        EventKind.DECLINED: _("%(who)s has already declined this application."),
        EventKind.WITHDRAWN: _("The seeker has withdrawn this application."),
        EventKind.LAPSED: _("This application has lapsed."),
    }.get(EventKind(last.kind), _("Not possible at this step: %(step)s."))
    who = str(last.actor) if last.actor else _("Somebody")
    return Conflict("intent_changed", told % {"who": who, "step": str(EventKind(last.kind).label)})
