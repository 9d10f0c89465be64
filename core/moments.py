"""Moments as programs and forms write them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from core.numbers import whole_number

#: Nothing here is older; far from it, a moment has no UTC form or no whole-minute offset.
YEARS: Final = range(2000, 2200)
#: Eleven digits, the year 5138.
MOST_UNIX: Final = 10**11 - 1


def read_moment(text: str, *, local: bool = False) -> datetime | None:
    """Return the moment in ``text``, ISO 8601 with an offset, or ``None`` if it is none.

    With ``local`` also one without an offset, in the site's time zone, as forms send it.
    """
    try:
        moment = parse_datetime(text.strip())
    except ValueError:
        return None
    if moment is None or moment.year not in YEARS:
        return None
    if timezone.is_aware(moment):
        return moment
    return timezone.make_aware(moment) if local else None


def read_unix(text: str) -> datetime | None:
    """Return the moment of so many whole seconds since 1970 (UTC), or ``None`` if it is none."""
    seconds = whole_number(text, MOST_UNIX)
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
