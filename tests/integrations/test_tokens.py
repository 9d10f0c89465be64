"""API tokens: scoped, hashed, rotatable."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, User
from core.errors import Invalid
from integrations import services
from integrations.models import ApiToken

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("+8613900001111")


def bearer(client: Client, plain: str, method: str = "get") -> int:
    call = getattr(client, method)
    response = call("/api/v1/intents/", headers={"authorization": f"Bearer {plain}"})
    return int(response.status_code)


def test_only_the_digest_is_kept(owner: User) -> None:
    token, plain = services.create_token(owner=owner, name="erp", scopes=["read"])
    assert plain not in str(ApiToken.objects.values().get(pk=token.pk))
    assert AuditEvent.objects.get(action="token.created").actor == owner


@pytest.mark.parametrize("scopes", [[], ["admin"], ["read", "root"]])
def test_an_unknown_scope_is_refused(owner: User, scopes: list[str]) -> None:
    with pytest.raises(Invalid):
        services.create_token(owner=owner, name="erp", scopes=scopes)


def test_a_valid_token_reads_and_another_does_not(owner: User, client: Client) -> None:
    _token, plain = services.create_token(owner=owner, name="erp", scopes=["read"])
    assert bearer(client, plain) == 200
    assert bearer(client, "jfl_wrong") == 401
    assert bearer(client, "") == 401


def test_the_read_scope_does_not_write(owner: User, client: Client) -> None:
    _token, plain = services.create_token(owner=owner, name="erp", scopes=["read"])
    assert bearer(client, plain, "post") == 401


def test_an_expired_or_revoked_token_and_a_blocked_owner_are_refused(
    owner: User, client: Client
) -> None:
    past = timezone.now() - timedelta(seconds=1)
    _old, expired = services.create_token(owner=owner, name="old", scopes=["read"], expires_at=past)
    assert bearer(client, expired) == 401
    token, plain = services.create_token(owner=owner, name="erp", scopes=["read"])
    services.revoke_token(owner=owner, token=token)
    services.revoke_token(owner=owner, token=token)
    assert bearer(client, plain) == 401
    assert AuditEvent.objects.filter(action="token.revoked").count() == 1
    _fresh, plain = services.create_token(owner=owner, name="erp", scopes=["read"])
    User.objects.update(is_active=False)
    assert bearer(client, plain) == 401


def test_rotation_ends_the_old_token(owner: User, client: Client) -> None:
    token, old = services.create_token(owner=owner, name="erp", scopes=["read", "write"])
    successor, new = services.rotate_token(owner=owner, token=token)
    assert (bearer(client, old), bearer(client, new)) == (401, 200)
    assert successor.scopes == ["read", "write"]
