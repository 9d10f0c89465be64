"""Room tokens that are void before their time."""

from __future__ import annotations

from django.db import models


class RoomRevocation(models.Model):
    """Tokens of a person issued until ``at`` are void: in one session, or in all (null).

    Names the session by its public id, as tokens do. Rows older than a token's life are deleted.
    """

    key = models.CharField(max_length=24)
    session_public_id = models.UUIDField(null=True)
    at = models.DateTimeField(db_index=True)
