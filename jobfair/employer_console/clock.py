"""The response clock: an intent is answered within three working days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

WORKING_DAYS: Final = 3
_SATURDAY: Final = 5
_HOUR_S: Final = 3600
_DAY_S: Final = 24 * _HOUR_S


@dataclass(frozen=True, slots=True)
class Clock:
    """How long an intent has waited, in words, and until when it has to be answered."""

    waited: str
    due: datetime
    late: bool


def due_at(asked: datetime) -> datetime:
    """Return the end of the third working day after ``asked``, Monday to Friday, local time.

    Public holidays are not known here; they only make the clock stricter.
    """
    day = timezone.localtime(asked)
    left = WORKING_DAYS
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < _SATURDAY
    return day.replace(hour=23, minute=59, second=59, microsecond=0)


def clock_of(asked: datetime, *, now: datetime | None = None) -> Clock:
    """Return the clock of an intent that waits since ``asked``."""
    now = now or timezone.now()
    due = due_at(asked)
    return Clock(_waited(max(now - asked, timedelta())), due, now > due)


def _waited(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    if seconds < 60:
        return _("just now")
    if seconds < _HOUR_S:
        n = seconds // 60
        return ngettext("waiting %(n)d minute", "waiting %(n)d minutes", n) % {"n": n}
    if seconds < _DAY_S:
        n = seconds // _HOUR_S
        return ngettext("waiting %(n)d hour", "waiting %(n)d hours", n) % {"n": n}
    n = seconds // _DAY_S
    return ngettext("waiting %(n)d day", "waiting %(n)d days", n) % {"n": n}
