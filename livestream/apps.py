from __future__ import annotations

from django.apps import AppConfig


class LivestreamConfig(AppConfig):
    name = "livestream"

    def ready(self) -> None:
        from livestream import receivers, works  # noqa: F401 - connects and registers them
