"""What must be right before several processes, and nginx, serve one site."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution


@register(Tags.compatibility, deploy=True)
def several_processes_share(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Processes of one site see each other through Redis and write to one real database."""
    if settings.PROCESSES < 2:
        return []
    found: list[CheckMessage] = []
    if not settings.REDIS_URL:
        found.append(
            Error(
                "Several processes without Redis: people in one room would sit in separate ones.",
                hint="Set REDIS_URL, or PROCESSES=1.",
                id="jobfair.E001",
            )
        )
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        found.append(
            Caution(
                "Several processes write to one SQLite file and wait for each other.",
                hint="Set DATABASE_URL to a PostgreSQL database.",
                id="jobfair.W001",
            )
        )
    return found


@register(Tags.compatibility, deploy=True)
def each_process_has_its_socket_origin(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """A process without an address of its own would get no viewers; one too many, nobody's."""
    origins = settings.SOCKET_ORIGINS
    if not origins or len(set(origins)) == len(origins) == settings.PROCESSES:
        return []
    return [
        Caution(
            f"{len(origins)} SOCKET_ORIGINS for {settings.PROCESSES} processes.",
            hint="Name one address per process, each once; unless processes on other machines "
            "serve this site too.",
            id="jobfair.W002",
        )
    ]


@register(Tags.compatibility, deploy=True)
def nginx_knows_what_we_sign(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Where nginx serves files, it serves pictures too, and refuses what it cannot verify."""
    if not settings.PRIVATE_FILES_ACCEL or settings.MEDIA_SIGNING_KEY_IS_SET:
        return []
    return [
        Caution(
            "nginx serves files but has no key for pictures: it refuses their addresses.",
            hint="Set MEDIA_SIGNING_KEY, and the same in /etc/nginx/jobfair-media-key.conf.",
            id="jobfair.W003",
        )
    ]
