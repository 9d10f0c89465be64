"""Private PostgreSQL and Redis instances for one test run, on free ports, ended by their pid.

They come from the distribution's packages, keep their data in a temporary directory, never touch a
server that is already there, and end with the test run even when that is killed (Linux).
"""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG = 1
START_TIMEOUT_S = 30


class ServiceMissing(Exception):
    """A program the run needs is not installed; the message says which package has it."""


def free_port() -> int:
    """A TCP port of 127.0.0.1 nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def die_with_parent() -> None:
    """In a child, before exec: be ended by the kernel when the test run ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def find_program(name: str) -> str:
    """Path of a server program; PostgreSQL keeps its own outside PATH. Raises ServiceMissing."""
    found = shutil.which(name)
    if found:
        return found
    places = (
        "/usr/lib/postgresql/*/bin",
        "/usr/pgsql-*/bin",
        "/opt/homebrew/opt/postgresql*/bin",
        "/usr/local/opt/postgresql*/bin",
    )
    for place in places:
        matches = sorted(Path("/").glob(f"{place.lstrip('/')}/{name}"))
        if matches:
            return str(matches[-1])
    package = {"initdb": "postgresql", "postgres": "postgresql"}.get(name, name)
    raise ServiceMissing(f"{name} is missing: install it, e.g. apt-get install {package}")


def unprivileged_user() -> str | None:
    """Whom PostgreSQL runs as, since it refuses root; None when we are not root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    raise ServiceMissing("root needs a user named postgres or nobody to run PostgreSQL as")


def start_logged(
    command: Sequence[str],
    log: Path,
    *,
    cwd: Path,
    environment: Mapping[str, str] | None = None,
    user: str | None = None,
) -> subprocess.Popen[bytes]:
    """Start a process that adds what it says to ``log`` and ends with this one (Linux)."""
    with log.open("ab") as out:
        return subprocess.Popen(
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            user=user,
            preexec_fn=die_with_parent,
        )


class Service:
    """A server process with a temporary directory of its own."""

    def __init__(self, name: str) -> None:
        self.port = free_port()
        self.directory = Path(tempfile.mkdtemp(prefix=f"jobfair-{name}-", dir="/tmp"))
        self.log = self.directory / "log"
        self.process: subprocess.Popen[bytes] | None = None

    def spawn(self, command: list[str], user: str | None = None) -> None:
        self.command, self.user = command, user
        self.process = start_logged(command, self.log, cwd=self.directory, user=user)

    def kill(self) -> None:
        """End the process and its children without warning (SIGKILL), as a crash would."""
        assert self.process is not None
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        children = [int(pid) for pid in listed.read_text().split()]
        self.process.kill()
        for pid in children:  # PostgreSQL's have sessions of their own
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def start_again(self) -> None:
        """Start a killed process on its port and data; does not wait until it answers."""
        self.spawn(self.command, self.user)

    def wait_until(self, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not ready():
            ended = self.process is None or self.process.poll() is not None
            if ended or time.monotonic() > deadline:
                tail = self.log.read_text(errors="replace")[-2000:]
                self.stop()
                raise RuntimeError(f"{type(self).__name__} did not start:\n{tail}")
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the process by its pid and remove its directory. Safe to call twice."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


class Postgres(Service):
    """A throw-away PostgreSQL: trust on 127.0.0.1, no fsync unless ``durable``."""

    def __init__(self, *, durable: bool = False) -> None:
        initdb, server = find_program("initdb"), find_program("postgres")
        user = unprivileged_user()
        super().__init__("postgres")
        if user is not None:
            shutil.chown(self.directory, user)
        data = self.directory / "data"
        subprocess.run(
            [initdb, "-D", str(data), "-U", "jobfair", "-A", "trust", "-E", "UTF8", "--locale=C"]
            + ["--no-sync"],
            cwd=self.directory,
            user=user,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        safe = "on" if durable else "off"
        flags = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.directory),
            "fsync": safe,
            "synchronous_commit": safe,
            "full_page_writes": safe,
            "max_connections": "200",
            "shared_buffers": "128MB",
        }
        options = [word for key, value in flags.items() for word in ("-c", f"{key}={value}")]
        self.spawn([server, "-D", str(data), *options], user)
        self.wait_until(self.answers)

    @property
    def url(self) -> str:
        return f"postgres://jobfair@127.0.0.1:{self.port}/postgres"

    def answers(self) -> bool:
        import psycopg

        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Fast shutdown: open connections are cut."""
        super().stop(how)


class Redis(Service):
    """A throw-away Redis without persistence."""

    def __init__(self) -> None:
        server = find_program("redis-server")
        super().__init__("redis")
        self.spawn(
            [server, "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
            + ["--appendonly", "no", "--dir", str(self.directory)]
        )
        self.wait_until(self.answers)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def answers(self) -> bool:
        import redis

        try:
            with redis.Redis.from_url(self.url, socket_timeout=2) as client:
                return bool(client.ping())
        except redis.exceptions.ConnectionError:
            return False
