"""``manage.py serve``: a supervisor and its processes, for real."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import ssl
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from jobfair.demo import certificate
from jobfair.serving import gate as gates
from jobfair.serving.gate import Gate
from jobfair.serving.listeners import listen
from jobfair.serving.options import BadOptionsError, Options
from tests.support.live import ROOT, environment_of
from tests.support.services import free_port, start_logged


def test_several_processes_without_redis_are_refused(settings: Any) -> None:
    settings.REDIS_URL = ""
    with pytest.raises(CommandError, match="REDIS_URL"):
        call_command("serve", processes=2)


@pytest.mark.parametrize(
    "options",
    [
        Options(processes=0),
        Options(grace_s=0),
        Options(port=65535, processes=2),
        Options(port=0),
        Options(certfile="x"),
        Options(port=8000, tls_port=8001, processes=2, certfile="x", keyfile="y"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(options: Options) -> None:
    with pytest.raises(BadOptionsError):
        options.check()


def test_options_reach_the_processes_as_they_are() -> None:
    options = Options(host="::1", port=9, processes=3, certfile="a b", keyfile="c", grace_s=4)
    assert Options.from_json(options.to_json()) == options


def test_a_taken_port_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobfair.serving.listeners.BIND_PATIENCE_S", 0.0)
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BadOptionsError, match=str(port)):
            listen("127.0.0.1", port)


async def test_the_gate_makes_room_for_those_who_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two who never begin their handshake hold both places, and lose them to the third."""
    monkeypatch.setattr(gates, "HANDSHAKES", 2)
    monkeypatch.setattr(gates, "PATIENCE_S", 0.1)
    key, certfile = certificate.ensure(tmp_path, "127.0.0.1")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certfile, key)
    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    gate = Gate(listener, lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader()), context)
    gate.open()
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(2)]
    trusting = ssl.create_default_context(cafile=certfile)
    async with asyncio.timeout(5):
        _reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting)
    writer.close()
    gate.close()
    await gate.wait_closed()
    for connection in silent:
        connection.close()


class Served:
    """A running ``manage.py serve`` with one process."""

    def __init__(self, var_dir: Path) -> None:
        self.port, self.tls_port = free_port(), free_port()
        key, self.certfile = certificate.ensure(var_dir / "tls", "127.0.0.1")
        (var_dir / "static").mkdir()
        environment = environment_of(var_dir, f"sqlite:///{var_dir}/empty.sqlite3")
        environment.update(JOBS_IN_WEB_PROCESS="0", LOG_LEVEL="INFO")
        self.log = var_dir / "log"
        self.process = start_logged(
            [sys.executable, "manage.py", "serve", "--port", str(self.port), "--grace", "5"]
            + ["--tls-host", "127.0.0.1", "--tls-port", str(self.tls_port)]
            + ["--certfile", str(self.certfile), "--keyfile", str(key)],
            self.log,
            cwd=ROOT,
            environment=environment,
        )

    def get(self, path: str, *, tls: bool = False) -> int:
        """The status of an answer; OSError if there is none."""
        context = ssl.create_default_context(cafile=str(self.certfile)) if tls else None
        port = self.tls_port if tls else self.port
        url = f"{'https' if tls else 'http'}://127.0.0.1:{port}{path}"
        with urllib.request.urlopen(url, timeout=10, context=context) as answer:
            return int(answer.status)

    def connect(self, context: ssl.SSLContext) -> ssl.SSLSocket:
        """A connection to the TLS port."""
        plain = socket.create_connection(("127.0.0.1", self.tls_port), timeout=10)
        return context.wrap_socket(plain, server_hostname="127.0.0.1")

    @property
    def child(self) -> int:
        """The process that serves."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return int(children.read_text().split()[0])


def eventually(holds: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "too late"
        time.sleep(0.05)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path)

    def up() -> bool:
        assert served.process.poll() is None, served.log.read_text()
        try:
            return served.get("/healthz/live") == 200
        except OSError:
            return False

    try:
        eventually(up, 60)
        yield served
    finally:
        served.process.kill()
        served.process.wait()


def test_killed_replaced_stopped_and_left_alone(served: Served) -> None:
    """One after the other on one server: a start costs a second of processor time."""
    assert served.get("/healthz/live", tls=True) == 200
    first = served.child
    os.kill(first, signal.SIGKILL)
    assert served.get("/healthz/live") == 200  # whoever connects meanwhile waits, is not refused
    second = served.child
    assert second != first

    answers: list[int] = []
    asking = threading.Event()

    def ask() -> None:
        while not asking.is_set():
            answers.append(served.get("/healthz/live"))
            answers.append(served.get("/healthz/live", tls=True))

    asker = threading.Thread(target=ask)
    asker.start()
    served.process.send_signal(signal.SIGHUP)
    eventually(lambda: served.child != second and not Path(f"/proc/{second}").exists())
    asking.set()
    asker.join()
    assert set(answers) == {200}

    third = served.child
    with socket.create_connection(("127.0.0.1", served.port)) as under_way:
        under_way.sendall(
            b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"
        )
        served.process.send_signal(signal.SIGTERM)
        eventually(lambda: "accepting no more" in served.log.read_text())
        under_way.sendall(b"phone=138")
        assert under_way.recv(64).startswith(b"HTTP/1.1 ")
    assert served.process.wait(15) == 0
    assert not Path(f"/proc/{third}").exists()


def test_the_tls_port_serves_sockets_and_no_pages(served: Served) -> None:
    """Beside the same address on the plain port; an upload without end is cut off at once."""
    assert served.get("/metrics") == 200
    for path in ("/metrics", "/sign-in/"):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            served.get(path, tls=True)
    context = ssl.create_default_context(cafile=str(served.certfile))
    with served.connect(context) as line:
        line.sendall(
            b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"100000\r\n"
        )
        answer = b"".join(iter(lambda: line.recv(4096), b""))  # to its end, which is the server's
        assert answer.startswith(b"HTTP/1.1 404 ")
    with served.connect(context) as line:
        line.sendall(
            b"GET /ws/rooms/00000000-0000-0000-0000-000000000000/ HTTP/1.1\r\nHost: localhost\r\n"
            b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: https://localhost\r\n\r\n"
        )
        assert line.recv(4096).startswith(b"HTTP/1.1 101 ")


def test_processes_do_not_outlive_their_supervisor(served: Served) -> None:
    child = served.child
    served.process.kill()
    eventually(lambda: not Path(f"/proc/{child}").exists())
    listen("127.0.0.1", served.port).close()
