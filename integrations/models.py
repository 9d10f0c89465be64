"""Tokens that let other systems use the REST API."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from core.db import PublicModel


class ApiToken(PublicModel):
    """A scoped bearer token of one account; only its SHA-256 is kept.

    ``scopes`` lists ``read`` and ``write``.
    """

    name = models.CharField(max_length=60)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    @property
    def is_valid(self) -> bool:
        return self.revoked_at is None and (
            self.expires_at is None or self.expires_at > timezone.now()
        )
