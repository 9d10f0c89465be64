"""The audit trail's only writer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import Model

from accounts.models import AuditEvent, User


def record(
    *,
    actor: User | None,
    action: str,
    obj: Model,
    reason: str = "",
    diff: Mapping[str, Any] | None = None,
    on_behalf_of: UUID | None = None,
) -> AuditEvent:
    """Record ``action`` (``noun.verb``) on ``obj`` within the caller's transaction.

    ``on_behalf_of`` is the public id of the employer that a staff member acts for. ``diff`` must
    come masked: no whole phone number enters the trail.
    """
    return AuditEvent.objects.create(
        actor=actor,
        action=action,
        object_type=obj._meta.label_lower,
        object_id=getattr(obj, "public_id", None),
        reason=reason,
        diff=dict(diff or {}),
        on_behalf_of=on_behalf_of,
    )
