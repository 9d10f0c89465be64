"""Abstract bases of the domain's models."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import models
from django.utils import timezone

from core.errors import Conflict, NotFound
from core.ids import new_id

M = TypeVar("M", bound=models.Model)


class PublicModel(models.Model):
    """A row that is known outside by ``public_id`` and never by its integer key."""

    public_id = models.UUIDField(default=new_id, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True


def one_of(field: str, choices: type[models.TextChoices]) -> models.Q:
    """Return the condition "``field`` holds one of ``choices``" for a check constraint."""
    return models.Q(**{f"{field}__in": choices.values})


def first_or_404(rows: models.QuerySet[M]) -> M:
    """Return the first of ``rows``, or raise :class:`~core.errors.NotFound` if there is none."""
    row = rows.first()
    if row is None:
        raise NotFound
    return row


def move(
    row: M,
    *,
    field: str,
    to: str,
    transitions: dict[str, frozenset[str]],
    conflict: Conflict,
    **also: Any,
) -> M:
    """Move ``row`` to the state ``to`` by one conditional UPDATE, or raise ``conflict``.

    ``transitions`` maps each target state to the states it may be reached from. Two callers that
    decide at once: the database lets one through, the other gets ``conflict``.
    """
    allowed = transitions.get(to, frozenset())
    changed = (
        type(row)
        ._default_manager.filter(pk=row.pk, **{f"{field}__in": allowed})
        .update(**{field: to}, **also)
    )
    if not changed:
        raise conflict
    row.refresh_from_db()
    return row
