"""The intent ladder."""

from __future__ import annotations

from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Level(IntegerChoices):
    """How far an intent has come; each level includes those below it."""

    EXPRESSED = 1, _("Applied")
    MATCHED = 2, _("Employment intent reached")
    INTERVIEW_BOOKED = 3, _("Interview booked")
    INTERVIEWED = 4, _("Interviewed")
    OFFERED = 5, _("Offered")
    HIRED = 6, _("Hired")
    RETAINED = 7, _("Still employed after 30 days")


class Outcome(TextChoices):
    """Whether the intent still lives, or how it ended."""

    LIVE = "live", pgettext_lazy("intent", "In progress")
    WITHDRAWN = "withdrawn", pgettext_lazy("intent", "Withdrawn")
    DECLINED = "declined", pgettext_lazy("intent", "Declined")
    LAPSED = "lapsed", pgettext_lazy("intent", "Lapsed")


class EventKind(TextChoices):
    """Steps of the ladder, up, back and sideways."""

    EXPRESSED = "expressed", pgettext_lazy("step", "Applied")
    MATCHED = "matched", pgettext_lazy("step", "Accepted by the employer")
    MATCH_UNDONE = "match_undone", pgettext_lazy("step", "Acceptance undone")
    INTERVIEW_BOOKED = "interview_booked", pgettext_lazy("step", "Interview booked")
    INTERVIEWED = "interviewed", pgettext_lazy("step", "Interviewed")
    OFFERED = "offered", pgettext_lazy("step", "Offered")
    HIRED = "hired", pgettext_lazy("step", "Hired")
    RETAINED = "retained", pgettext_lazy("step", "Still employed")
    WITHDRAWN = "withdrawn", pgettext_lazy("step", "Withdrawn by the seeker")
    DECLINED = "declined", pgettext_lazy("step", "Declined by the employer")
    LAPSED = "lapsed", pgettext_lazy("step", "Lapsed")


class EventChannel(TextChoices):
    """How a step reached the system."""

    SELF = "self", pgettext_lazy("channel", "By the person")
    STAFF = "staff", pgettext_lazy("channel", "By staff")
    PHONE = "phone", pgettext_lazy("channel", "By phone")
    IMPORT = "import", pgettext_lazy("channel", "By import")
    ONSITE = "onsite", pgettext_lazy("channel", "On site")


class MomentSource(TextChoices):
    """Where ``seen_at`` comes from."""

    PLAYER = "player", _("Player clock")
    ESTIMATED = "estimated", _("Estimated from the declared delay")
    NONE = "none", _("Not known")


#: The level that each step reaches.
STEP_LEVEL: dict[str, Level] = {
    EventKind.EXPRESSED: Level.EXPRESSED,
    EventKind.MATCHED: Level.MATCHED,
    EventKind.MATCH_UNDONE: Level.EXPRESSED,
    EventKind.INTERVIEW_BOOKED: Level.INTERVIEW_BOOKED,
    EventKind.INTERVIEWED: Level.INTERVIEWED,
    EventKind.OFFERED: Level.OFFERED,
    EventKind.HIRED: Level.HIRED,
    EventKind.RETAINED: Level.RETAINED,
}

#: The outcome that each sideways step ends in.
STEP_OUTCOME: dict[str, Outcome] = {
    EventKind.WITHDRAWN: Outcome.WITHDRAWN,
    EventKind.DECLINED: Outcome.DECLINED,
    EventKind.LAPSED: Outcome.LAPSED,
}
