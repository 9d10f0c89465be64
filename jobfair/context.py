"""What every page knows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    """The person asking and what of the site is theirs (each part is read when a page asks)."""
    return {"actor": getattr(request, "actor", None)}
