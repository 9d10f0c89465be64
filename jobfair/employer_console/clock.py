"""The response clock: an intent is answered within three working days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from core.waiting import waited

WORKING_DAYS: Final = 3
_SATURDAY: Final = 5


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
    return Clock(waited(max(now - asked, timedelta())), due, now > due)
