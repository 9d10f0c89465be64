"""The real application as a process: daphne over its own migrated and demo-seeded database."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.services import die_with_parent, free_port, start_logged

ROOT = Path(__file__).resolve().parent.parent.parent
START_TIMEOUT_S = 60


class SmsInbox:
    """What the console SMS backend wrote for the phones of a test."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def messages(self, phone: str) -> list[dict[str, Any]]:
        """All lines for a phone, oldest first; ``phone`` with or without +86."""
        if not self.path.exists():
            return []
        digits = phone.replace(" ", "")[-11:]
        rows = [json.loads(line) for line in self.path.read_text().splitlines() if line]
        return [row for row in rows if str(row.get("phone", "")).endswith(digits)]

    def code(self, phone: str, *, after: int = 0, timeout_s: float = 10) -> str:
        """The newest code for a phone, once more than ``after`` were sent. Raises LookupError."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            codes = [row["code"] for row in self.messages(phone) if row.get("code")]
            if len(codes) > after:
                return str(codes[-1])
            time.sleep(0.05)
        raise LookupError(f"no code was sent to {phone}")

    def clear(self) -> None:
        self.path.unlink(missing_ok=True)


def environment_of(var_dir: Path, database_url: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("COV_CORE")}
    return {
        **kept,
        "TESTING": "1",
        "DEMO": "1",
        "VAR_DIR": str(var_dir),
        "DATABASE_URL": database_url,
        "LOG_LEVEL": "WARNING",
    }


def manage(environment: dict[str, str], *arguments: str) -> str:
    """Run a management command; its standard output. Raises AssertionError with the error text."""
    result = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, f"manage.py {arguments[0]}:\n{result.stdout}{result.stderr}"
    return result.stdout


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def migrated_database(shared: Path) -> Path:
    """An SQLite database with all migrations, made once for all workers."""
    path = shared / "migrated.sqlite3"
    with exclusive(shared / "migrated.lock"):
        if not path.exists():
            fresh = shared / "migrating.sqlite3"
            fresh.unlink(missing_ok=True)
            environment = environment_of(shared, f"sqlite:///{fresh}")
            environment.pop("REDIS_URL", None)
            manage(environment, "migrate", "--verbosity=0")
            fresh.rename(path)
    return path


def migrated_postgres(shared: Path, name: str) -> None:
    """Make a database ``name`` with all migrations, run once for all workers."""
    import psycopg

    server = os.environ["DATABASE_URL"]
    with (
        exclusive(shared / "migrated.lock"),
        psycopg.connect(server, autocommit=True) as connection,
    ):
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname='migrated'").fetchone():
            connection.execute("CREATE DATABASE migrating")
            there = environment_of(shared, f"{server.rpartition('/')[0]}/migrating")
            manage(there, "migrate", "--verbosity=0")
            connection.execute("ALTER DATABASE migrating RENAME TO migrated")
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE migrated'.encode())


def made_channel(shared: Path) -> Path:
    """A VAR_DIR with the test channel in it, made once for all workers."""
    var_dir = shared / "channel"
    with exclusive(shared / "channel.lock"):
        manage(environment_of(var_dir, "sqlite://:memory:"), "make_test_channel")
    return var_dir


def seeded_template(shared: Path) -> Path:
    """A directory with a seeded SQLite database and static files, made once for all workers."""
    template = shared / "live-template"
    with exclusive(shared / "live-template.lock"):
        if not (template / "ready").exists():
            shutil.rmtree(template, ignore_errors=True)
            template.mkdir(parents=True)
            environment = environment_of(template, f"sqlite:///{template}/jobfair.sqlite3")
            environment.pop("REDIS_URL", None)
            shutil.copy(migrated_database(shared), template / "jobfair.sqlite3")
            shutil.copytree(made_channel(shared) / "media", template / "media")
            manage(environment, "demo", "--seed-only")
            manage(environment, "collectstatic", "--noinput", "--verbosity=0")
            (template / "ready").touch()
    return template


class LiveApp:
    """One running server with its own data; ended by its pid."""

    def __init__(self, template: Path, var_dir: Path) -> None:
        self.var_dir = var_dir
        self.sms = SmsInbox(var_dir / "sms.jsonl")
        self.port = free_port()
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.host}"
        self.ws_url = f"ws://{self.host}"
        self.process: subprocess.Popen[bytes] | None = None
        self._shell: subprocess.Popen[str] | None = None
        shutil.copytree(template, var_dir, ignore=shutil.ignore_patterns("static", "ready"))
        (var_dir / "static").symlink_to(template / "static")
        self.environment = environment_of(var_dir, self._database_url())
        if not self.environment["DATABASE_URL"].startswith("sqlite"):
            self.manage("demo", "--seed-only")
        self.start()

    def _database_url(self) -> str:
        """A database of this server alone, on the same kind of server as the test run's."""
        if os.environ.get("TEST_DATABASE") != "postgres":
            return f"sqlite:///{self.var_dir}/jobfair.sqlite3"
        import psycopg

        server = os.environ["DATABASE_URL"]
        name = f"live_{uuid.uuid4().hex}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return f"{server.rpartition('/')[0]}/{name}"

    def start(self) -> None:
        self.process = start_logged(
            [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(self.port)]
            + ["jobfair.asgi:application"],
            self.var_dir / "server.log",
            cwd=ROOT,
            environment=self.environment,
        )
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"daphne did not start:\n{self.log[-4000:]}")
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.url, timeout=20):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    @property
    def log(self) -> str:
        """Everything the server wrote."""
        return (self.var_dir / "server.log").read_text(errors="replace")

    def manage(self, *arguments: str) -> str:
        """Run a management command in the server's database; its output."""
        return manage(self.environment, *arguments)

    def shell(self, code: str) -> str:
        """Run Python in the server's settings and database; what it printed, stripped."""
        if self._shell is None or self._shell.poll() is not None:
            self._shell = subprocess.Popen(
                [sys.executable, "-m", "tests.support.shell"],
                cwd=ROOT,
                env={**self.environment, "DJANGO_SETTINGS_MODULE": "jobfair.settings"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                preexec_fn=die_with_parent,
            )
        assert self._shell.stdin is not None
        assert self._shell.stdout is not None
        self._shell.stdin.write(json.dumps(code) + "\n")
        self._shell.stdin.flush()
        answer = self._shell.stdout.readline()
        assert answer, "the shell of the live server died"
        printed, failure = json.loads(answer)
        assert not failure, f"{code}\n{printed}{failure}"
        return str(printed).strip()

    def kill(self) -> None:
        """End it without warning, as a crash would."""
        self.stop(signal.SIGKILL)

    def close(self) -> None:
        """End the server and everything beside it."""
        if self._shell is not None:
            with self._shell:  # waits for it
                assert self._shell.stdin is not None
                self._shell.stdin.close()
        self.kill()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the server; one that still waits for a connection to close is cut short."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(2)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def restart(self) -> None:
        """Stop and start again on the same address and data."""
        self.stop()
        self.start()
