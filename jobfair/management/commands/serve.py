"""``manage.py serve``: web processes for real people, kept running by a supervisor."""

from __future__ import annotations

import logging
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobfair.serving.options import BadOptionsError, Options
from jobfair.serving.supervisor import Supervisor

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Serve pages and rooms with uvicorn: N processes, each on a port of its own. SIGTERM stops "
        "gracefully, SIGHUP replaces one process after the other."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        usual = Options()
        parser.add_argument("--processes", type=int, default=settings.PROCESSES, metavar="N")
        parser.add_argument("--host", default=usual.host, help="address of the plain ports")
        parser.add_argument("--port", type=int, default=usual.port, help="first of N plain ports")
        parser.add_argument("--tls-host", default=usual.tls_host, help="address of the TLS ports")
        parser.add_argument(
            "--tls-port", type=int, default=usual.tls_port, help="first of N TLS ports"
        )
        parser.add_argument("--certfile", default=settings.TLS_CERTFILE)
        parser.add_argument("--keyfile", default=settings.TLS_KEYFILE)
        parser.add_argument("--grace", type=int, default=settings.GRACE_S, metavar="SECONDS")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = Options(
            host=options["host"],
            port=options["port"],
            processes=options["processes"],
            tls_host=options["tls_host"],
            tls_port=options["tls_port"],
            certfile=options["certfile"],
            keyfile=options["keyfile"],
            grace_s=options["grace"],
        )
        if wanted.processes > 1 and not settings.REDIS_URL:
            raise CommandError(
                f"{wanted.processes} processes need REDIS_URL: without it people in one room would "
                "sit in separate ones. Set it, or serve with --processes 1."
            )
        try:
            code = Supervisor(wanted).run()
        except BadOptionsError as error:
            raise CommandError(str(error)) from None
        sys.exit(code)
