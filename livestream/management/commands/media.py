"""``manage.py media``: take pictures of OBS and switchers by RTMP."""

from __future__ import annotations

import asyncio
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from livestream.media.rtmp import server, state
from livestream.media.rtmp.supervisor import MediaServer


class Command(BaseCommand):
    help = (
        "Take pictures of OBS and switchers by RTMP: starts an nginx of its own and a relay for "
        "each publisher. Runs in the foreground; SIGTERM and Ctrl-C end it, and publishers "
        "reconnect when it is back."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=settings.RTMP_PORT, help="port of RTMP")
        parser.add_argument("--check", action="store_true", help="only say whether it could run")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.MEDIA_SERVER != "nginx-rtmp":
            raise CommandError(
                f"MEDIA_SERVER is {settings.MEDIA_SERVER}: pages would not name this server. Set "
                "MEDIA_SERVER=nginx-rtmp for the site and for this command."
            )
        try:
            installed = server.find()
            if options["check"]:
                self.stdout.write(f"{installed.nginx} with {installed.module}")
                return
            with state.lock() as run:
                media = MediaServer(
                    installed=installed, run=run, port=options["port"], ready=self._ready(options)
                )
                asyncio.run(media.run())
        except (server.MissingError, server.ServerError, state.AlreadyRunningError) as error:
            raise CommandError(str(error)) from None

    def _ready(self, options: dict[str, Any]) -> Any:
        def say() -> None:
            host = settings.RTMP_PUBLIC_HOST or "localhost"
            self.stdout.write(f"RTMP: rtmp://{host}:{options['port']}/{server.APPLICATION}")
            self.stdout.flush()

        return say
