"""A production-like installation of its own: PostgreSQL, Redis and N web processes."""

from __future__ import annotations

import math
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks import meter
from benchmarks.generator import say
from benchmarks.support import ROOT
from tests.support.services import Postgres, Redis, start_logged

#: Sockets of one web process; 20,000 descriptors are a process's limit here.
PER_PROCESS = 18_000
START_S = 60


def processes_for(viewers: int) -> int:
    """How many web processes so many sockets need."""
    return max(1, math.ceil(viewers / PER_PROCESS))


def free_ports(number: int) -> int:
    """The first of so many free neighbouring ports below the range of outgoing ones."""
    for _ in range(100):
        first = random.randrange(20_000, 32_000)
        probes = [socket.socket() for _ in range(number)]
        try:
            for place, probe in enumerate(probes):
                probe.bind(("127.0.0.1", first + place))
        except OSError:
            continue
        else:
            return first
        finally:
            for probe in probes:
                probe.close()
    raise RuntimeError("no free ports")


class Installation:
    """PostgreSQL (durable), Redis, a migrated database and ``manage.py serve``.

    Sets Django up in this process on the same database, so that a benchmark may write rows and
    sign tokens. One per process. With ``pages`` browsers find scripts and sheets, too.
    """

    def __init__(
        self, *, processes: int, tls: bool = False, pages: bool = False, **settings: str
    ) -> None:
        self.processes = processes
        self.tls = tls
        self.pages = pages
        self.var_dir = Path(tempfile.mkdtemp(prefix="jobfair-bench-"))
        self.log = self.var_dir / "server.log"
        self._server: subprocess.Popen[bytes] | None = None
        self._port = free_ports(2 * processes)
        self.database = Postgres(durable=True)
        self.redis = Redis()
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "MAKEFLAGS"},
            "DJANGO_SETTINGS_MODULE": "jobfair.settings",
            "DEMO": "0",
            "TESTING": "0",
            "DEBUG": "0",
            "HTTPS": "0",
            "SECRET_KEY": secrets.token_hex(40),
            "ALLOWED_HOSTS": "127.0.0.1",
            "VAR_DIR": str(self.var_dir),
            "DATABASE_URL": self.database.url,
            "REDIS_URL": self.redis.url,
            "LOG_LEVEL": "WARNING",
            "JOBS_IN_WEB_PROCESS": "0",
            **settings,
        }

    def __enter__(self) -> Self:
        try:
            self.manage("migrate", "--verbosity=0")
            if self.pages:
                self.manage("collectstatic", "--noinput", "--verbosity=0")
            if self.tls:
                self._make_certificate()
            os.environ.update(self.environment)
            import django

            django.setup()
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            say(f"the server's last words:\n{self.last_words()}")
        self.close()

    @property
    def ports(self) -> list[int]:
        """Where viewers connect: one port per process."""
        first = self._port + self.processes if self.tls else self._port
        return list(range(first, first + self.processes))

    @property
    def plain_ports(self) -> list[int]:
        """The ports without TLS."""
        return list(range(self._port, self._port + self.processes))

    @property
    def pid(self) -> int:
        """The supervisor; web processes are its children."""
        assert self._server is not None
        return self._server.pid

    def last_words(self) -> str:
        """The end of the servers' log."""
        return self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""

    def manage(self, *arguments: str) -> None:
        """Run a management command. Raises CalledProcessError."""
        subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            check=True,
            stdout=sys.stderr,
        )

    def start(self) -> None:
        """Start the web processes and wait until each answers."""
        command = [sys.executable, "manage.py", "serve", f"--processes={self.processes}"]
        command += ["--host=127.0.0.1", f"--port={self._port}"]
        if self.tls:
            command += ["--tls-host=127.0.0.1", f"--tls-port={self._port + self.processes}"]
            command += [f"--certfile={self.var_dir / 'certificate.pem'}"]
            command += [f"--keyfile={self.var_dir / 'key.pem'}"]
        self._server = start_logged(
            command,
            self.log,
            cwd=ROOT,
            environment=self.environment,
        )
        self.wait_ready()

    def wait_ready(self) -> None:
        """Wait until every process answers. Raises RuntimeError with the log's end."""
        deadline = time.monotonic() + START_S
        for port in self.plain_ports:
            while not _answers(port):
                ended = self._server is None or self._server.poll() is not None
                if ended or time.monotonic() > deadline:
                    raise RuntimeError(f"the server did not start:\n{self.last_words()}")
                time.sleep(0.05)
        if self._server is None or self._server.poll() is not None:
            raise RuntimeError(f"somebody else has the ports:\n{self.last_words()}")

    def kill(self) -> None:
        """End the supervisor and all web processes with SIGKILL, by their ids."""
        for pid in meter.tree(self.pid):
            os.kill(pid, signal.SIGKILL)
        assert self._server is not None
        self._server.wait()

    def close(self) -> None:
        """End everything and remove the data. Safe to call twice."""
        if self._server is not None and self._server.poll() is None:
            self.kill()
        self.database.stop()
        self.redis.stop()
        shutil.rmtree(self.var_dir, ignore_errors=True)

    def _make_certificate(self) -> None:
        """A certificate for 127.0.0.1 with a P-256 key, as most are today."""
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
            + ["-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
            + ["-keyout", str(self.var_dir / "key.pem")]
            + ["-out", str(self.var_dir / "certificate.pem")],
            check=True,
            capture_output=True,
        )


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz/live", timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
