"""Text messages: one function, a backend behind it."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.sms.base import Backend
from core.sms.console import ConsoleBackend
from core.sms.templates import ANSWERED, CODE, DECLINED, INTERVIEW, INVITATION, MATCHED, render

__all__ = [
    "ANSWERED",
    "CODE",
    "DECLINED",
    "INTERVIEW",
    "INVITATION",
    "MATCHED",
    "SmsUnavailable",
    "is_configured",
    "send",
]

_BACKENDS: dict[str, type[Backend]] = {"console": ConsoleBackend}


class SmsUnavailable(DomainError):
    """No text message can leave: nothing is configured, or the provider does not answer."""

    status = 503
    socket_code = 4503

    def __init__(self) -> None:
        super().__init__(
            "sms_unavailable", _("Text messages cannot be sent right now. Please try again later.")
        )


def is_configured() -> bool:
    """Whether this installation can send text messages."""
    return settings.SMS_BACKEND in _BACKENDS


def send(phone: str, template: str, params: Mapping[str, object]) -> None:
    """Send the message ``template`` of :mod:`core.sms.templates` to ``phone`` (E.164).

    Returns once the backend has taken the message over. Raises :class:`SmsUnavailable`, and
    ``KeyError`` for an unknown template or a missing parameter.
    """
    text = render(template, params)
    if not is_configured():
        raise SmsUnavailable
    _BACKENDS[settings.SMS_BACKEND]().send(phone, template, params, text)
