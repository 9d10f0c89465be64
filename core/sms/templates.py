"""The text of every message we send.

Messages go out in the installation's language whatever the reader's page shows: a provider has
each template reviewed in that one language.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

CODE = "code"
INVITATION = "invitation"
MATCHED = "matched"
DECLINED = "declined"
INTERVIEW = "interview"
ANSWERED = "answered"

_TEXTS: dict[str, Promise] = {
    CODE: _("[%(site)s] Your code is %(code)s, valid for %(minutes)s minutes. Tell it to nobody."),
    INVITATION: _(
        "[%(site)s] %(by)s invites you to work together. Sign in with this number: %(url)s"
    ),
    MATCHED: _("[%(site)s] %(employer)s has accepted your interest in “%(vacancy)s”: %(url)s"),
    DECLINED: _("[%(site)s] %(employer)s has answered your interest in “%(vacancy)s”: %(url)s"),
    INTERVIEW: _(
        "[%(site)s] %(employer)s has set an interview for “%(vacancy)s”: %(when)s %(url)s"
    ),
    ANSWERED: _("[%(site)s] %(who)s has answered your question “%(question)s”: %(url)s"),
}


def names() -> list[str]:
    """The names of all messages."""
    return list(_TEXTS)


def parameters(template: str) -> set[str]:
    """What a message is filled with, ``site`` included."""
    return set(re.findall(r"%\((\w+)\)s", str(_TEXTS[template])))


def site_name() -> str:
    """The name a message signs with."""
    return settings.SITE_NAME or str(_("Jobfair Live"))


def render(template: str, params: Mapping[str, object]) -> str:
    """Return the finished text; ``site`` is filled in. Raises ``KeyError`` for what is unknown."""
    with override(settings.LANGUAGE_CODE):
        return str(_TEXTS[template]) % {"site": site_name(), **params}
