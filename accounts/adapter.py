"""Joins allauth to accounts that are known by phone number."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from accounts.mfa import has_second_factor
from accounts.models import User
from core import sms


class AccountAdapter(DefaultAccountAdapter):
    """Phone numbers instead of user names and e-mail addresses."""

    def send_verification_code_sms(self, user: User, phone: str, code: str, **kwargs: Any) -> None:
        minutes = settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT // 60
        sms.send(phone, sms.CODE, {"code": code, "minutes": minutes})

    def get_user_by_phone(self, phone: str) -> User | None:
        return User.objects.filter(phone=phone).first()

    def get_phone(self, user: User) -> tuple[str, bool] | None:
        return user.phone, user.phone_verified_at is not None

    def set_phone(self, user: User, phone: str, verified: bool) -> None:  # noqa: FBT001
        raise NotImplementedError("a phone number is changed by a service of ours only")

    def set_phone_verified(self, user: User, phone: str) -> None:
        if user.phone_verified_at is None and user.phone == phone:
            user.phone_verified_at = timezone.now()
            user.save(update_fields=["phone_verified_at"])

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """Runs once a sign-in is complete, a second factor included."""
        from accounts.services import welcome

        response: HttpResponse = super().post_login(request, user, **kwargs)
        welcome(request=request, user=user)
        return response

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Whoever has an authenticator confirms with it; a first one is set up without."""
        user = context.request.user
        return isinstance(user, User) and has_second_factor(user)

    def get_reauthentication_methods(self, user: User | AnonymousUser) -> list[dict[str, Any]]:
        """There are no passwords to confirm with."""
        if not isinstance(user, User) or not has_second_factor(user):
            return []
        return [
            {
                "id": "mfa_reauthenticate",
                "description": "",
                "url": reverse("mfa_reauthenticate"),
            }
        ]

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        return HttpResponseRedirect(reverse("sign-in"))

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up by allauth's own pages; ours make the account at the first code."""
        return False

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """Pass on what concerns the second factor; the rest our pages say themselves."""
        if message or (message_template or "").startswith("mfa/"):
            super().add_message(
                request, level, message_template, message_context, extra_tags, message
            )


class MfaAdapter(DefaultMFAAdapter):
    """Keeps authenticator secrets encrypted, so that a copy of the database does not give them."""

    def get_totp_label(self, user: User) -> str:
        return user.masked_phone

    def encrypt(self, text: str) -> str:
        return _ciphers().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _ciphers().decrypt(encrypted_text.encode()).decode()


def _ciphers() -> MultiFernet:
    """Keys derived from ``SECRET_KEY``; earlier ones in ``SECRET_KEY_FALLBACKS`` still read."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(f"accounts.mfa:{key}".encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
