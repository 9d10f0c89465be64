"""Moments as programs and forms write them."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.utils import timezone
from django.utils.dateparse import parse_datetime

#: Nothing here is older; far from it, a moment has no UTC form or no whole-minute offset.
YEARS: Final = range(2000, 2200)


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
