from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class EmployersConfig(AppConfig):
    name = "employers"

    def ready(self) -> None:
        from employers import receivers

        receivers.connect()
        post_migrate.connect(_restore_search_index, sender=self)


def _restore_search_index(*, using: str, **_kwargs: Any) -> None:
    """A later migration may have rebuilt the vacancy table without its search triggers."""
    from employers import search_index

    connection = connections[using]
    if "employers_vacancy" in connection.introspection.table_names():
        search_index.install(connection)
