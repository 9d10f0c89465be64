"""An intent as its seeker follows it: the steps taken, the one that is due, what to do now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from django.utils.translation import gettext as _

from core.templatetags.fmt import day, moment
from intents.enums import STEP_LEVEL, EventKind, Level, Outcome
from intents.models import Intent, IntentEvent


class Step(TypedDict):
    """One line of ``components/steps.html``."""

    title: str
    date: str
    note: str
    state: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What the seeker can do next, and why."""

    text: str
    wants_answers: bool = False


#: The way that is shown ahead; steps that were skipped are left out behind.
_AHEAD = (Level.EXPRESSED, Level.MATCHED, Level.INTERVIEW_BOOKED, Level.HIRED)


def _titles() -> dict[int, tuple[str, str]]:
    """Per level: the words for a step that was taken, and for one that lies ahead."""
    return {
        Level.EXPRESSED: (_("You applied"), _("Apply")),
        Level.MATCHED: (_("Employer accepted"), _("Employer's answer")),
        Level.INTERVIEW_BOOKED: (_("Interview booked"), _("Interview")),
        Level.INTERVIEWED: (_("Interview held"), _("Interview")),
        Level.OFFERED: (_("Offer made"), _("Offer")),
        Level.HIRED: (_("Hired"), _("Getting the job")),
        Level.RETAINED: (_("Still at work there"), _("Still at work there")),
    }


def steps_of(intent: Intent) -> list[Step]:
    """The steps with their dates, then what lies ahead; needs ``events`` (see ``for_lists``)."""
    titles = _titles()
    taken = _taken(intent)
    steps: list[Step] = [
        {"title": titles[level][0], "date": moment(e.at), "note": _note(e), "state": "done"}
        for level, e in sorted(taken.items())
    ]
    if intent.outcome != Outcome.LIVE:
        return [*steps, _ending(intent)]
    ahead = [level for level in _AHEAD if level > intent.level]
    for place, level in enumerate(ahead):
        state = "" if place else "now"
        steps.append({"title": titles[level][1], "date": "", "note": "", "state": state})
    return steps


def _taken(intent: Intent) -> dict[int, IntentEvent]:
    """The last event of every level that still stands; an acceptance that was undone does not."""
    taken: dict[int, IntentEvent] = {}
    for event in sorted(intent.events.all(), key=lambda e: e.seq):
        if event.kind == EventKind.MATCH_UNDONE:
            taken.pop(Level.MATCHED, None)
        elif event.kind in STEP_LEVEL:
            taken[STEP_LEVEL[event.kind]] = event
    return taken


def _note(event: IntentEvent) -> str:
    if event.effective_on is None:
        return ""
    words = _("First day: %(day)s") if event.kind == EventKind.HIRED else _("On %(day)s")
    return words % {"day": day(event.effective_on)}


def _ending(intent: Intent) -> Step:
    titles = {
        Outcome.WITHDRAWN: _("You withdrew"),
        Outcome.DECLINED: _("Employer did not accept"),
        Outcome.LAPSED: _("Closed without an answer"),
    }
    last = max(intent.events.all(), key=lambda e: e.seq)
    return {
        "title": titles[Outcome(intent.outcome)],
        "date": moment(last.at),
        "note": intent.reason,
        "state": "bad",
    }


def advice_for(intent: Intent) -> Advice:
    """What to do next, in one or two sentences."""
    employer = intent.vacancy.employer.name
    if intent.outcome != Outcome.LIVE:
        return Advice(_ended(intent) % {"employer": employer})
    booked = _taken(intent).get(Level.INTERVIEW_BOOKED)
    words = {
        Level.EXPRESSED: _(
            "%(employer)s is looking at your application. It answers, as a rule, within three "
            "working days."
        ),
        Level.MATCHED: _("Keep your phone at hand: %(employer)s will call to arrange to meet."),
        Level.INTERVIEW_BOOKED: _("Go to the interview on %(day)s. Bring your certificates."),
        Level.INTERVIEWED: _("Wait for the result of the interview."),
        Level.OFFERED: _("Tell %(employer)s whether you take the offer."),
        Level.HIRED: _("Congratulations on your new job! We will ask after 30 days how it goes."),
        Level.RETAINED: _("Congratulations: you have settled in."),
    }[Level(intent.level)]
    on = day(booked.effective_on) if booked and booked.effective_on else ""
    return Advice(
        words % {"employer": employer, "day": on},
        wants_answers=intent.level == Level.EXPRESSED and not (intent.trade and intent.name),
    )


def _ended(intent: Intent) -> str:
    return {
        Outcome.WITHDRAWN: _(
            "%(employer)s no longer sees your contact. You can apply again as long as the vacancy "
            "is open."
        ),
        Outcome.DECLINED: _("Other employers may be waiting for you: have a look around."),
        Outcome.LAPSED: _("Other employers may be waiting for you: have a look around."),
    }[Outcome(intent.outcome)]
