"""Reading the cutoff that a person or a program asks for."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from core.errors import Invalid
from core.moments import read_moment


def read_as_of(text: str, *, local: bool = False) -> datetime | None:
    """Return the moment in ``text``, or ``None`` when it is empty.

    ISO 8601 with an offset; with ``local`` also without one, in Shanghai, as forms send it.
    Raises :class:`Invalid` naming the field ``as_of``.
    """
    if not text.strip():
        return None
    moment = read_moment(text, local=local)
    if moment is None:
        wrong = _("Use a moment such as 2026-12-03T14:00:00+08:00.")
        raise Invalid("as_of_wrong", wrong, fields={"as_of": wrong})
    return moment
