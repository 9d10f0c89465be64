"""Bearer tokens for other systems."""

from __future__ import annotations

import hashlib

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from accounts.models import User
from integrations.models import ApiToken


def digest(token: str) -> str:
    """The stored form of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


class TokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer <token>``; ``read`` scope for reading, ``write`` for the rest."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _sep, value = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = ApiToken.objects.select_related("owner").filter(digest=digest(value)).first()
        if token is None or not token.is_valid or not token.owner.is_active:
            raise AuthenticationFailed(_("This token is not valid."))
        needed = "read" if request.method in SAFE_METHODS else "write"
        if needed not in token.scopes:
            raise AuthenticationFailed(_("This token may not do that."))
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=timezone.now())
        return token.owner, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
