"""Sign-in by phone number and a code sent to it; the same for a new and a known number.

This is the only module that knows how allauth's login by code works inside. The code and the
tries left live in the browser's session, so a code works in the browser that asked for it only.
"""

from __future__ import annotations

import time
import unicodedata
from dataclasses import dataclass
from typing import Any

from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.stages import LoginByCodeStage, LoginStageController
from allauth.core.internal.cryptokit import compare_user_code
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import devices
from accounts.actor import Actor
from accounts.models import User
from accounts.rules import clean_display_name
from accounts.services import rename
from core import ratelimit
from core.errors import Conflict, Invalid, NotAllowed, RateLimited
from core.phones import normalise_mobile
from core.transactions import write

RESEND_AFTER_S = 60
_DAY_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Pending:
    """A code that was sent and waits to be typed. Times in seconds from now."""

    phone: str
    expires_in: int
    resend_in: int


class WrongCode(Invalid):
    """The code is not the one that was sent; ``tries_left`` more may be typed."""

    def __init__(self, tries_left: int) -> None:
        if tries_left:
            message = ngettext(
                "This is not the code we sent. %(n)s try left.",
                "This is not the code we sent. %(n)s tries left.",
                tries_left,
            ) % {"n": tries_left}
        else:
            message = _("This is not the code we sent. Ask for a new one.")
        super().__init__("wrong_code", message, fields={"code": message})
        self.tries_left = tries_left


class CodeExpired(Invalid):
    """There is no code to compare with: too old, used up, or asked for in another browser."""

    def __init__(self) -> None:
        message = _("This code is no longer valid. Ask for a new one.")
        super().__init__("code_expired", message, fields={"code": message})


class SecondFactorPending(NotAllowed):
    """The code was right; the account's authenticator app is asked next (``mfa_authenticate``)."""

    def __init__(self) -> None:
        super().__init__(
            "second_factor_pending",
            _("One more step: enter the code of your authenticator app."),
        )


def request_code(request: HttpRequest, phone: str) -> Pending:
    """Send a code to ``phone``, as typed by a person, and remember it in the session.

    An unknown number gets an account that is not verified yet; however many ask at once, one.
    Raises ``Invalid`` (``phone_invalid``), ``RateLimited``, ``SmsUnavailable``, or ``Conflict``
    (``already_signed_in``).
    """
    if request.user.is_authenticated:
        raise Conflict("already_signed_in", _("You are signed in already."))
    number = normalise_mobile(phone)
    _spend(request, number)
    with write():
        user, _new = User.objects.get_or_create(
            phone=number, defaults={"password": make_password(None)}
        )
    LoginCodeVerificationProcess.initiate(request=request, user=user, phone=number)
    return Pending(number, settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT, RESEND_AFTER_S)


def pending(request: HttpRequest) -> Pending | None:
    """The code this browser waits for, if there is one."""
    process = _process(request)
    if process is None:
        return None
    phone = process.state["phone"]
    left = process.state["at"] + settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT - time.time()
    return Pending(phone, int(left), ratelimit.held_s(_resend_key(request, phone)))


def verify_code(
    request: HttpRequest, code: str, *, display_name: str = "", next_path: str = "/"
) -> User:
    """Sign in with the code that was sent to this browser; return the account.

    The phone counts as verified, the device becomes the account's, invitations are claimed. The
    session keeps what it held. Raises :class:`WrongCode` (three tries per code, however many are
    typed at once), :class:`CodeExpired`, ``Invalid`` (``name_invalid``, before the code is looked
    at), ``NotAllowed`` (``account_blocked``), or
    :class:`SecondFactorPending`; after that one the person ends up at ``next_path``.
    """
    name = clean_display_name(display_name) if display_name.strip() else ""
    process = _process(request)
    if process is None:
        raise CodeExpired
    tries = _count_try(process)
    if tries > settings.ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS:
        process.abort()
        raise CodeExpired
    typed = unicodedata.normalize("NFKC", code)
    if not compare_user_code(actual=typed, expected=process.code):
        _refuse(process, settings.ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS - tries)
    user: User = process.user
    if not user.is_active:
        process.abort()
        raise NotAllowed("account_blocked", _("This account is blocked. Contact the organiser."))
    process.finish(next_path)
    if not request.user.is_authenticated:
        raise SecondFactorPending
    if name:
        rename(actor=Actor(user=user), display_name=name)
    return user


def _process(request: HttpRequest) -> Any:
    """The process of allauth for the code this browser waits for, or ``None``."""
    if request.user.is_authenticated:
        return None
    stage = LoginStageController.enter(request, LoginByCodeStage.key)
    if stage is None or not stage.state.get("phone") or stage.login.user is None:
        return None
    return LoginCodeVerificationProcess.resume(stage)


def _count_try(process: Any) -> int:
    """Count in the shared cache: requests sent at once would read the same count in a session."""
    state = process.state
    return ratelimit.count(
        f"sms-tries:{state['phone']}:{state['at']}",
        timeout_s=settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT + 60,
    )


def _refuse(process: Any, tries_left: int) -> None:
    has_more = process.record_invalid_attempt()
    if has_more and tries_left == 0:
        process.abort()
    raise WrongCode(tries_left if has_more else 0)


def _spend(request: HttpRequest, phone: str) -> None:
    """Count one code against every limit. An internet address is none of them: many share one."""
    ratelimit.hold(_resend_key(request, phone), seconds=RESEND_AFTER_S)
    for whose in (f"phone:{phone}", *_browser(request)):
        ratelimit.take(f"sms:{whose}", limit=3, period_s=60)
        _take_or_say(
            f"sms:{whose}",
            limit=10,
            period_s=_DAY_S,
            message=_("That is enough codes for one day. Please try again tomorrow."),
        )
    _take_or_say(
        "sms:all",
        limit=settings.SMS_PER_HOUR,
        period_s=3600,
        message=_("Very many people are signing in. Please try again in a while."),
    )


def _take_or_say(key: str, *, limit: int, period_s: int, message: str) -> None:
    try:
        ratelimit.take(key, limit=limit, period_s=period_s)
    except RateLimited as error:
        raise RateLimited(error.retry_after, message) from None


def _resend_key(request: HttpRequest, phone: str) -> str:
    return f"sms:{phone}:{_session_key(request)}"


def _browser(request: HttpRequest) -> list[str]:
    """Who asks: the session, and the device if the browser holds its cookie."""
    device = devices.read(request)
    session = f"session:{_session_key(request)}"
    return [session, f"device:{device}"] if device else [session]


def _session_key(request: HttpRequest) -> str:
    if request.session.session_key is None:
        request.session.create()
    return str(request.session.session_key)
