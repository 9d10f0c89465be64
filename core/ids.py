"""Public identifiers."""

from __future__ import annotations

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Return a new UUIDv7 (RFC 9562): unguessable in its tail, sortable by creation time."""
    return uuid7()


def read_id(text: str) -> UUID | None:
    """Return the identifier in ``text``, or ``None`` if it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
