"""Why a text message did not leave."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import DomainError, Invalid, RateLimited

MINUTE_S = 60
HOUR_S = 3600
DAY_S = 24 * HOUR_S


class SmsUnavailable(DomainError):
    """No text message can leave: nothing is configured, or the provider does not take it."""

    status = 503
    socket_code = 4503

    def __init__(self) -> None:
        super().__init__(
            "sms_unavailable",
            gettext_lazy("Text messages cannot be sent right now. Please try again later."),
        )


class NumberRefused(Invalid):
    """The provider sends nothing to this number: it does not exist, or wants no messages."""

    def __init__(self) -> None:
        text = _("No text message can be sent to this number. Check it, or use another one.")
        super().__init__("phone_invalid", text, fields={"phone": text})


def throttled(wait_s: int) -> RateLimited:
    """The error for a number that has had its share; worth another try in ``wait_s`` seconds."""
    if wait_s >= DAY_S:
        text = _("This number has had enough text messages for one day. Try again tomorrow.")
    elif wait_s >= HOUR_S:
        text = _("This number has had many text messages. Please try again in an hour.")
    else:
        return RateLimited(wait_s)
    return RateLimited(wait_s, text)
