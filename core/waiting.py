"""How long something has waited, in words."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

_MINUTE_S: Final = 60
_HOUR_S: Final = 3600
_DAY_S: Final = 24 * _HOUR_S


def waited(span: timedelta) -> str:
    """A wait in its largest unit: ``just now``, ``waiting 12 minutes``, … ``waiting 3 days``."""
    seconds = int(span.total_seconds())
    if seconds < _MINUTE_S:
        return _("just now")
    if seconds < _HOUR_S:
        n = seconds // _MINUTE_S
        return ngettext("waiting %(n)d minute", "waiting %(n)d minutes", n) % {"n": n}
    if seconds < _DAY_S:
        n = seconds // _HOUR_S
        return ngettext("waiting %(n)d hour", "waiting %(n)d hours", n) % {"n": n}
    n = seconds // _DAY_S
    return ngettext("waiting %(n)d day", "waiting %(n)d days", n) % {"n": n}


def length(span: timedelta) -> str:
    """A stretch of time in words: ``40 s``, ``12 min``, ``3 h 20 min``."""
    seconds = int(span.total_seconds())
    if seconds < _MINUTE_S:
        return _("%(n)d s") % {"n": seconds}
    if seconds < _HOUR_S:
        return _("%(n)d min") % {"n": seconds // _MINUTE_S}
    parts = {"h": seconds // _HOUR_S, "m": seconds % _HOUR_S // _MINUTE_S}
    return _("%(h)d h %(m)d min") % parts


def programme_time(second: int) -> str:
    """A second of a programme as ``12:34`` or ``1:02:03``."""
    hours, rest = divmod(second, _HOUR_S)
    minutes, seconds = divmod(rest, _MINUTE_S)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
