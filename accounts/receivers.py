"""What this app does when Django or allauth announces something."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa import signals as mfa_signals
from allauth.mfa.models import Authenticator
from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from accounts import audit
from accounts.models import User
from accounts.signals import sessions_revoked


@receiver(user_logged_out)
def logged_out(user: User | None, **_: Any) -> None:
    """However a session ended, the person's sockets end with it."""
    if user is not None:
        sessions_revoked.send(sender=User, user=user)


@receiver(mfa_signals.authenticator_added)
def authenticator_added(
    request: HttpRequest, user: User, authenticator: Authenticator, **_: Any
) -> None:
    """Setting up an app proves that one holds it: this session has shown the second factor."""
    audit.record(actor=user, action="second_factor.add", obj=user, diff=_type(authenticator))
    if authenticator.type == Authenticator.Type.TOTP:
        record_authentication(
            request,
            user,
            method="mfa",
            id=authenticator.pk,
            type=authenticator.type,
            reauthenticated=True,
        )


@receiver(mfa_signals.authenticator_removed)
def authenticator_removed(user: User, authenticator: Authenticator, **_: Any) -> None:
    audit.record(actor=user, action="second_factor.remove", obj=user, diff=_type(authenticator))


@receiver(mfa_signals.authenticator_reset)
def authenticator_reset(user: User, authenticator: Authenticator, **_: Any) -> None:
    audit.record(actor=user, action="second_factor.reset", obj=user, diff=_type(authenticator))


def _type(authenticator: Authenticator) -> dict[str, str]:
    return {"type": str(authenticator.type)}
