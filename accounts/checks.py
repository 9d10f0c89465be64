"""What must be right before an installation serves real people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution

from core import sms


@register(Tags.security, deploy=True)
def people_can_sign_in(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Sign-in is by text message: one must be able to leave, and not to the terminal."""
    if settings.DEMO:
        return [
            Error(
                "DEMO=1 prints sign-in codes to the terminal.",
                hint="Unset DEMO and configure a text message provider with SMS_BACKEND.",
                id="accounts.E002",
            )
        ]
    if lacking := sms.missing_settings():
        return [
            Error(
                f"Nobody can sign in: SMS_BACKEND={settings.SMS_BACKEND} lacks "
                f"{', '.join(lacking)}.",
                hint="See docs/deployment.md, Text messages.",
                id="accounts.E003",
            )
        ]
    if not sms.is_configured():
        return [
            Error(
                "No text message backend is configured: nobody can sign in.",
                hint="Set SMS_BACKEND.",
                id="accounts.E001",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def messages_have_templates(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Providers send reviewed templates only; a message without one does not leave."""
    found: list[CheckMessage] = [
        Error(f"SMS_TEMPLATES: {mistake}.", id="accounts.E004") for mistake in sms.mistakes()
    ]
    if lacking := [name for name in sms.missing_templates() if name != sms.CODE]:
        found.append(
            Caution(
                f"SMS_TEMPLATES names no template for {', '.join(lacking)}: "
                "these messages are not sent.",
                hint="Name them, or say that they are not to be sent, like declined=-.",
                id="accounts.W002",
            )
        )
    return found


@register(Tags.security, deploy=True)
def limits_are_shared(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Limits on codes live in the cache; one per process would multiply them."""
    if settings.CACHES["default"]["BACKEND"].endswith("LocMemCache"):
        return [
            Caution(
                "Rate limits are counted by each process alone.",
                hint="Set REDIS_URL so that all processes share one cache.",
                id="accounts.W001",
            )
        ]
    return []
