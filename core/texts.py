"""Short texts that people write: one line, within the column they are stored in."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from django.utils.translation import gettext_lazy as _

from core.errors import Invalid

#: Longest reason of a decision, where its column is no shorter.
MAX_REASON: Final = 300

_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


def clean_text(text: str, *, limit: int, field: str = "text") -> str:
    """Normalise what a person wrote: no control or invisible characters, single spaces.

    Raises :class:`Invalid` for ``field`` when nothing is left or more than ``limit`` characters.
    """
    text = _INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    text = "".join(
        " " if unicodedata.category(char) in {"Cc", "Zl", "Zp"} else char for char in text
    )
    text = " ".join(text.split())
    if not text:
        words = _("Write something first.")
        raise Invalid("text_empty", words, fields={field: words})
    if len(text) > limit:
        most = _("At most %(limit)d characters.") % {"limit": limit}
        raise Invalid("text_too_long", most, fields={field: most})
    return text


def require_reason(text: str, *, limit: int = MAX_REASON, field: str = "reason") -> str:
    """Return the reason given for a decision, clean, or refuse one without."""
    if not text.strip():
        words = _("Say why.")
        raise Invalid("reason_missing", words, fields={field: words})
    return clean_text(text, limit=limit, field=field)


def given_reason(text: str, *, limit: int = MAX_REASON, field: str = "reason") -> str:
    """Return the reason of a decision that needs none, clean, or ``""``."""
    return require_reason(text, limit=limit, field=field) if text.strip() else ""
