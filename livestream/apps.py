from __future__ import annotations

from django.apps import AppConfig


class LivestreamConfig(AppConfig):
    name = "livestream"

    def ready(self) -> None:
        from livestream import receivers  # noqa: F401 - connects them
