from __future__ import annotations

from django.apps import AppConfig


class FairsConfig(AppConfig):
    name = "fairs"

    def ready(self) -> None:
        from fairs import (
            merging,
            receivers,  # noqa: F401 - connects them
        )

        merging.connect()
