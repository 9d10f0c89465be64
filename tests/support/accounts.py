"""Real sign-in for tests: sessions, codes, second factors."""

from __future__ import annotations

import time
from pathlib import Path

from allauth.account.internal.flows.login import (
    _AUTHENTICATION_METHODS_USER_SESSION_KEY,
    AUTHENTICATION_METHODS_SESSION_KEY,
)
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.conf import settings
from django.test import Client

from accounts.models import User
from tests.support.live import SmsInbox

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def signed_in(client: Client, user: User, *, second_factor: bool = False) -> Client:
    """Give ``client`` a real session of ``user``; with ``second_factor`` it was just shown."""
    client.force_login(user, backend=BACKEND)
    if second_factor:
        session = client.session
        session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "mfa", "at": time.time()}]
        session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(user.pk)
        session.save()
    return client


def sign_in_by_sms(client: Client, sms: SmsInbox, phone: str) -> None:
    """The whole way of a person: number, code from the message, signed in."""
    sent = len(sms.messages(phone))
    client.post("/sign-in/", {"phone": phone})
    client.post("/sign-in/code/", {"code": sms.code(phone, after=sent)})


def session_cookies(phone: str) -> dict[str, str]:
    """Sign in by code, and by authenticator app where there is one; the cookies of that browser."""
    client = Client()
    sign_in_by_sms(client, SmsInbox(Path(settings.SMS_LOG)), phone)
    if "_auth_user_id" not in client.session:
        client.post("/account/2fa/authenticate/", {"code": totp_code()})
    assert "_auth_user_id" in client.session, f"{phone} is not signed in"
    return {name: cookie.value for name, cookie in client.cookies.items()}


def set_up_totp(user: User) -> None:
    """Give the account an authenticator app with a known secret."""
    TOTP.activate(user, SECRET)


def totp_code(secret: str = SECRET) -> str:
    """What the app shows now."""
    counters = list(yield_hotp_counters_from_time())
    return str(format_hotp_value(hotp_value(secret, counters[len(counters) // 2])))


def has_totp(user: User) -> bool:
    return bool(Authenticator.objects.filter(user=user, type="totp").exists())
