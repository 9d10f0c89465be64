"""Writing API tokens."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import User
from core.errors import Invalid
from core.transactions import write
from integrations.authentication import digest
from integrations.models import ApiToken

SCOPES = frozenset({"read", "write"})


def create_token(
    *, owner: User, name: str, scopes: Iterable[str], expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """Create a token for ``owner`` and return it with its plain text, which is shown only once.

    Raises :class:`Invalid` for a scope that does not exist.
    """
    wanted = sorted(set(scopes))
    if not wanted or not SCOPES.issuperset(wanted):
        raise Invalid("unknown_scope", _("A token's scopes are “read” and “write”."))
    plain = f"jfl_{secrets.token_urlsafe(32)}"
    with write():
        token = ApiToken.objects.create(
            owner=owner, name=name, digest=digest(plain), scopes=wanted, expires_at=expires_at
        )
        audit.record(actor=owner, action="token.created", obj=token, diff={"scopes": wanted})
    return token, plain


def rotate_token(*, owner: User, token: ApiToken) -> tuple[ApiToken, str]:
    """Revoke ``token`` and create its successor with the same name, scopes and expiry."""
    with write():
        revoke_token(owner=owner, token=token)
        return create_token(
            owner=owner, name=token.name, scopes=token.scopes, expires_at=token.expires_at
        )


def revoke_token(*, owner: User, token: ApiToken) -> None:
    """End ``token`` now; doing so twice changes nothing."""
    with write():
        ended = ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(
            revoked_at=timezone.now()
        )
        if ended:
            audit.record(actor=owner, action="token.revoked", obj=token)
