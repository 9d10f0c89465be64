"""The world of the permission tests serves the API's, too."""

from __future__ import annotations

from tests.permissions.conftest import world

__all__ = ["world"]
