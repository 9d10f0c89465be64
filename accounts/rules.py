"""What an account may be called."""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext as _

from core.errors import Invalid

NAME_MAX = 20
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_NUMBER = re.compile(r"(?:\d[\s._-]*){7,}")


def clean_display_name(typed: str) -> str:
    """Return a 称呼 fit to be shown to strangers: one line, nothing invisible, no phone number.

    Raises :class:`Invalid` with code ``name_invalid``.
    """
    visible = "".join(c for c in typed if unicodedata.category(c) not in _INVISIBLE or c.isspace())
    name = " ".join(visible.split())
    if not name:
        raise _refused(_("Tell us what to call you, for example Mr Li."))
    if len(name) > NAME_MAX:
        raise _refused(_("At most %(n)s characters, please.") % {"n": NAME_MAX})
    if _NUMBER.search(unicodedata.normalize("NFKC", name)):
        raise _refused(_("This name is shown to others: leave phone and ID numbers out."))
    return name


def _refused(message: str) -> Invalid:
    return Invalid("name_invalid", message, fields={"display_name": message})
