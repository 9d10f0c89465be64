"""``manage.py demo``: a believable fair, served by one process."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobfair.demo import certificate, people


class Command(BaseCommand):
    help = "Seed a demonstration fair and serve it with daphne (PORT, HOST, HTTPS, RESET)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed-only", action="store_true", help="seed, serve nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The demo runs with DEMO=1 only.")
        host, port = os.environ.get("HOST", "127.0.0.1"), _port()
        if not options["seed_only"]:
            _refuse_taken(host, port)
        if os.environ.get("RESET") == "1":
            self._forget()
        fair = self._prepare()
        if options["seed_only"]:
            return
        scheme = "https" if settings.HTTPS else "http"
        self._table(f"{scheme}://{'localhost' if host in _LOCAL else host}:{port}", fair)
        _serve(host, port)

    def _forget(self) -> None:
        """Delete what earlier demos stored; the test channel's film is kept."""
        for name in ("public", "private"):
            shutil.rmtree(settings.VAR_DIR / name, ignore_errors=True)
        for name in ("jobfair.sqlite3", "jobfair.sqlite3-wal", "jobfair.sqlite3-shm", "sms.jsonl"):
            (settings.VAR_DIR / name).unlink(missing_ok=True)

    def _prepare(self) -> Any:
        from jobfair.demo.seed import seed

        settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
        with self._step("database"):
            call_command("migrate", verbosity=0, interactive=False)
        with self._step("test channel"):
            call_command("make_test_channel", stdout=StringIO())
        with self._step("a fair"):
            return seed(lambda part: None)

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        self.stdout.write(f"  {name} …", ending="")
        self.stdout.flush()
        yield
        self.stdout.write(f" {time.monotonic() - started:.1f} s")

    def _table(self, base: str, fair: Any) -> None:
        live = fair.sessions.filter(status="live").first()
        hosted = fair.sessions.filter(video_source="hosted").first()
        lines = [
            ("fair", f"{base}/fairs/{fair.slug}/"),
            ("live room", f"{base}/live/{live.public_id}/" if live else "–"),
            ("studio (crew)", f"{base}/studio/{live.public_id}/" if live else "–"),
            ("go live (host)", f"{base}/studio/{hosted.public_id}/live/" if hosted else "–"),
            ("employer", f"{base}/employer/"),
            ("staff", f"{base}/desk/"),
            *((person.role, _local(person.phone)) for person in (*people.PEOPLE, people.NEWCOMER)),
        ]
        self.stdout.write("")
        for name, value in lines:
            self.stdout.write(f"  {name:<26}{value}")
        self.stdout.write(
            "\n  Sign in with one of these phone numbers; the code appears here and in "
            f"{os.path.relpath(settings.SMS_LOG)}.\n  Ctrl-C ends the demo; RESET=1 starts anew.\n"
        )


_LOCAL = frozenset({"127.0.0.1", "0.0.0.0", "::", "localhost"})  # noqa: S104 (compared only)


def _local(phone: str) -> str:
    return phone.removeprefix("+86")


def _port() -> int:
    text = os.environ.get("PORT", "8000")
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise CommandError(f"PORT={text} is no port number; try PORT=8001.")
    return int(text)


def _refuse_taken(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} on {host} cannot be used ({error.strerror}); "
                f"try: make demo PORT={port + 1}"
            ) from error


def _serve(host: str, port: int) -> None:
    from daphne.cli import CommandLineInterface

    arguments = ["--application-close-timeout", "5", "--verbosity", "0"]
    if settings.HTTPS:
        key, cert = certificate.ensure(settings.VAR_DIR / "tls", host)
        arguments += ["-e", f"ssl:{port}:interface={host}:privateKey={key}:certKey={cert}"]
    else:
        arguments += ["-b", host, "-p", str(port)]
    sys.stdout.flush()
    CommandLineInterface().run([*arguments, "jobfair.asgi:application"])
