"""Device keys: a signed cookie that lets a returning browser be counted once."""

from __future__ import annotations

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

from accounts.models import Device, new_actor_key

COOKIE = "device"
_SALT = "accounts.device"
_YEAR_S = 365 * 24 * 3600


def read(request: HttpRequest) -> str:
    """Return the device's actor key from its cookie, or ``""``. No database."""
    try:
        return str(signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT))
    except signing.BadSignature:
        return ""


def give(response: HttpResponseBase, *, channel_code: str) -> Device:
    """Create a device and set its cookie on ``response``."""
    device = Device.objects.create(channel_code=channel_code)
    remember(response, device.actor_key)
    return device


def new_key() -> str:
    """A key for a browser without one. Its row is made when it belongs to an account."""
    return new_actor_key()


def remember(response: HttpResponseBase, key: str) -> None:
    """Set the signed cookie with a device's key."""
    response.set_cookie(
        COOKIE,
        signing.dumps(key, salt=_SALT),
        max_age=_YEAR_S,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def ensure(request: HttpRequest, response: HttpResponseBase, *, channel_code: str) -> str:
    """Return the device's actor key; a browser without one is given a cookie on ``response``."""
    return read(request) or give(response, channel_code=channel_code).actor_key
