"""What moderators choose from: measures, usual reasons, and the settings of a room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.errors import Invalid
from livestream.enums import SanctionKind


@dataclass(frozen=True, slots=True)
class Measure:
    """A mute or a ban as a button offers it."""

    key: str
    label: str | Promise
    kind: SanctionKind
    minutes: int | None = None
    whole_fair: bool = False

    @property
    def terms(self) -> dict[str, Any]:
        """What ``livestream.services.sanction`` is told of it."""
        return {"kind": self.kind, "minutes": self.minutes, "whole_fair": self.whole_fair}


MEASURES = (
    Measure("mute-10", _("Mute for 10 minutes"), SanctionKind.MUTE, 10),
    Measure("mute-60", _("Mute for an hour"), SanctionKind.MUTE, 60),
    Measure("mute-room", _("Mute for this session"), SanctionKind.MUTE),
    Measure("ban-room", _("Ban from this room"), SanctionKind.BAN),
    Measure("ban-fair", _("Ban from the whole fair"), SanctionKind.BAN, whole_fair=True),
)
_BY_KEY = {measure.key: measure for measure in MEASURES}

#: Each is read by the person concerned.
REASONS = (
    _("Against the rules of the room"),
    _("Advertising or contact details"),
    _("Insults"),
    _("False information"),
    _("The same again and again"),
)

SLOW_CHOICES = (
    (0, pgettext_lazy("slow mode", "Off")),
    (5, _("One message in 5 seconds")),
    (10, _("One message in 10 seconds")),
    (30, _("One message in 30 seconds")),
    (60, _("One message a minute")),
    (300, _("One message in 5 minutes")),
)
AGE_CHOICES = (
    (0, pgettext_lazy("account age", "Everybody at once")),
    (5, _("Accounts of 5 minutes and more")),
    (30, _("Accounts of half an hour and more")),
    (60, _("Accounts of an hour and more")),
    (1440, _("Accounts of a day and more")),
)


def measure_of(key: str) -> Measure:
    """The measure with this key, or :class:`Invalid`."""
    found = _BY_KEY.get(key)
    if found is None:
        words = _("Choose what to do.")
        raise Invalid("measure_unknown", words, fields={"measure": words})
    return found
