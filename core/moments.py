"""Moments as programs and forms write them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from core.errors import Invalid
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


def given_moment(text: str, *, field: str, code: str) -> datetime | None:
    """Return the moment that a form's field gives, ``None`` where it is left empty.

    Raises :class:`Invalid` with ``code`` for a text that is no moment: it is not taken for none.
    """
    if not text.strip():
        return None
    moment = read_moment(text, local=True)
    if moment is None:
        words = _("Give a date and a time, or nothing.")
        raise Invalid(code, words, fields={field: words})
    return moment


def read_unix(text: str) -> datetime | None:
    """Return the moment of so many whole seconds since 1970 (UTC), or ``None`` if it is none."""
    seconds = whole_number(text, MOST_UNIX)
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
