"""A whole site as it is served for real: PostgreSQL, Redis and ``manage.py serve``, all killable."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from tests.support.live import ROOT, environment_of, manage
from tests.support.services import Postgres, Redis, free_port, start_logged

PROCESSES = 2
START_S = 60

#: Migrates; prints one room and a ticket to it for each of ``people`` accounts.
_PEOPLE = """
import json
from django.core.management import call_command
call_command("migrate", verbosity=0)
from accounts.actor import Actor
from livestream.realtime import tokens
from tests.factories import SessionFactory, UserFactory
room = SessionFactory()
people = [UserFactory() for _ in range({people})]
tickets = [tokens.issue_to(room.public_id, Actor(user=user, device_key=""), "seeker") for user in people]
print(json.dumps({{"room": str(room.public_id), "tickets": tickets}}))
"""

#: Prints the room's log: of each entry its number, client_id and text.
_LOG = """
import json
from livestream.models import Message, RoomEvent
texts = dict(Message.objects.filter(session__public_id="{room}").values_list("seq", "text"))
rows = RoomEvent.objects.filter(session__public_id="{room}").order_by("seq").values_list("seq", "client_id")
print(json.dumps([[seq, str(client_id or ""), texts.get(seq, "")] for seq, client_id in rows]))
"""


class Stack:
    """Started once for all faults; every part of it can be killed and comes back."""

    def __init__(self, directory: Path) -> None:
        self.postgres = Postgres(durable=True)
        self.redis = Redis()
        self.directory = directory
        (directory / "static").mkdir()
        self.ports = self._free_ports()
        self.environment = {
            **environment_of(directory, self.postgres.url),
            "DEMO": "0",
            "REDIS_URL": self.redis.url,
            "PROCESSES": str(PROCESSES),
            "GRACE_S": "5",
            "LOG_LEVEL": "INFO",
        }
        self.serve: subprocess.Popen[bytes] | None = None

    @staticmethod
    def _free_ports() -> list[int]:
        """Neighbours, as ``serve`` takes them."""
        while True:
            first = free_port()
            if first + PROCESSES < 65536:
                return list(range(first, first + PROCESSES))

    def prepare(self, people: int) -> tuple[str, list[str]]:
        """Migrate and make one live room; its id and a ticket for each of the people."""
        made = json.loads(self._shell(_PEOPLE.format(people=people)))
        return made["room"], made["tickets"]

    def start(self) -> None:
        self.serve = start_logged(
            [sys.executable, "manage.py", "serve", "--port", str(self.ports[0])],
            self.log_path,
            cwd=ROOT,
            environment=self.environment,
        )

    def stop(self) -> None:
        """End everything, whatever state it is in."""
        if self.serve is not None and self.serve.poll() is None:
            self.serve.kill()
            self.serve.wait()
        self.redis.stop()
        self.postgres.stop(signal.SIGQUIT)

    # --- faults --------------------------------------------------------------------------------
    def kill_web(self, number: int) -> None:
        """Kill -9 whichever process serves place ``number``."""
        pid = self.web_pids()[number]
        os.kill(pid, signal.SIGKILL)

    def web_pids(self) -> dict[int, int]:
        """The processes by place: each says its own on its command line."""
        assert self.serve is not None
        listed = Path(f"/proc/{self.serve.pid}/task/{self.serve.pid}/children").read_text()
        found: dict[int, int] = {}
        for pid in map(int, listed.split()):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if b"jobfair.serving.process" in words:
                found[int(words[words.index(b"jobfair.serving.process") + 1])] = pid
        return found

    # --- what it says --------------------------------------------------------------------------
    @property
    def log_path(self) -> Path:
        return self.directory / "serve.log"

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def stored(self, room: str) -> list[tuple[int, str, str]]:
        """The room's log in the database: number, client_id, text."""
        return [tuple(row) for row in json.loads(self._shell(_LOG.format(room=room)))]

    def _shell(self, code: str) -> str:
        return manage(self.environment, "shell", "--no-imports", "-c", code).splitlines()[-1]

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_S
        for port in self.ports:
            while not self.answers(port):
                assert self.serve is not None
                assert self.serve.poll() is None, self.log[-4000:]
                assert time.monotonic() < deadline, self.log[-4000:]
                time.sleep(0.1)

    @staticmethod
    def answers(port: int, path: str = "/healthz/ready") -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False
