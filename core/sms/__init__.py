"""Text messages: one function, a backend behind it."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings

from core.sms.aliyun import AliyunBackend
from core.sms.base import Backend
from core.sms.console import ConsoleBackend
from core.sms.errors import NumberRefused, SmsUnavailable
from core.sms.provider import NOT_SENT, Provider, missing, mistakes
from core.sms.templates import (
    ANSWERED,
    CODE,
    DECLINED,
    INTERVIEW,
    INVITATION,
    MATCHED,
    names,
    render,
)
from core.sms.tencent import TencentBackend

__all__ = [
    "ANSWERED",
    "CODE",
    "DECLINED",
    "INTERVIEW",
    "INVITATION",
    "MATCHED",
    "NumberRefused",
    "SmsUnavailable",
    "has_template",
    "is_configured",
    "missing_settings",
    "missing_templates",
    "mistakes",
    "send",
]

_PROVIDERS: dict[str, type[Provider]] = {"aliyun": AliyunBackend, "tencent": TencentBackend}
_BACKENDS: dict[str, type[Backend]] = {"console": ConsoleBackend, **_PROVIDERS}


def is_configured() -> bool:
    """Whether this installation can send sign-in codes."""
    return settings.SMS_BACKEND in _BACKENDS and not missing_settings()


def missing_settings() -> list[str]:
    """What the chosen provider needs and was not given; empty without a provider."""
    provider = _PROVIDERS.get(settings.SMS_BACKEND)
    return missing(provider) if provider else []


def missing_templates() -> list[str]:
    """The messages for which the provider has no template and that nobody said not to send."""
    if settings.SMS_BACKEND not in _PROVIDERS:
        return []
    return [name for name in names() if name not in settings.SMS_TEMPLATES]


def has_template(template: str) -> bool:
    """Whether messages of this kind are sent here at all."""
    if settings.SMS_BACKEND not in _PROVIDERS:
        return True
    return settings.SMS_TEMPLATES.get(template, (NOT_SENT, ()))[0] != NOT_SENT


def send(phone: str, template: str, params: Mapping[str, object]) -> None:
    """Send the message ``template`` of :mod:`core.sms.templates` to ``phone`` (E.164).

    Returns once the backend has taken the message over. Raises :class:`SmsUnavailable`,
    :class:`NumberRefused`, ``RateLimited`` when the provider lets no more through to this number
    for a while, and ``KeyError`` for an unknown template or a missing parameter.
    """
    text = render(template, params)
    if not is_configured():
        raise SmsUnavailable
    _BACKENDS[settings.SMS_BACKEND]().send(phone, template, params, text)
