from __future__ import annotations

from django.apps import AppConfig


class JobfairConfig(AppConfig):
    name = "jobfair"

    def ready(self) -> None:
        """Register the deployment checks."""
        from jobfair import checks  # noqa: F401
