"""Bodies: counted and timed before Django writes them down; sockets alone behind our own TLS."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest

from employers.licence_folder import MAX_ARCHIVE_BYTES
from employers.spreadsheet.limits import MAX_FILE_BYTES
from jobfair.asgi import application
from jobfair.bodies import Bodies, largest, refused
from jobfair.serving.server import sockets_alone
from tests.support.live import ROOT

MB = 1024 * 1024


class Sender:
    """Sends a body chunk by chunk and notes how many were taken; ``slow``: then nothing more."""

    def __init__(self, chunks: int, size: int = MB, *, slow: bool = False) -> None:
        self.taken = 0
        self._chunks: Iterator[bytes] = iter([b"x" * size] * chunks)
        self._slow = slow
        self.messages: list[Any] = []

    async def receive(self) -> dict[str, Any]:
        chunk = next(self._chunks, None)
        if chunk is None:
            assert self._slow
            await asyncio.Future()
        self.taken += 1
        return {"type": "http.request", "body": chunk, "more_body": True}

    async def send(self, message: Any) -> None:
        self.messages.append(message)

    @property
    def status(self) -> int:
        return int(self.messages[0]["status"])

    @property
    def headers(self) -> dict[bytes, bytes]:
        return {name.lower(): value for name, value in self.messages[0]["headers"]}

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages[1:])


def scope_of(path: str, **headers: str) -> dict[str, Any]:
    told = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
    return {
        "type": "http", "http_version": "1.1", "method": "POST", "scheme": "http", "path": path,
        "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "headers": [(b"host", b"localhost"), *told],
        "client": ("198.51.100.7", 5000), "server": ("127.0.0.1", 8000),
    }  # fmt: skip


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("path", "most"), [("/sign-in/", 25), ("/desk/employers/", 210), ("/no/such/page/", 25)]
)
async def test_a_body_without_end_is_given_up_at_the_limit(path: str, most: int) -> None:
    """Whoever it is: nobody signed in, no token, no page at that address."""
    sender = Sender(300)
    await application(scope_of(path), sender.receive, sender.send)
    assert sender.taken == most + 1
    assert (sender.status, sender.headers[b"connection"]) == (413, b"close")
    assert b"text/html" in sender.headers[b"content-type"]


@pytest.mark.django_db(transaction=True)
async def test_a_script_gets_a_problem_document() -> None:
    sender = Sender(300)
    await application(scope_of("/api/v1/fairs/"), sender.receive, sender.send)
    assert (sender.status, sender.taken) == (413, 26)
    assert sender.headers[b"content-type"] == b"application/problem+json"
    assert json.loads(sender.body)["code"] == "body_too_large"


@pytest.mark.django_db(transaction=True)
async def test_what_is_announced_as_too_large_is_not_read_at_all() -> None:
    sender = Sender(300)
    scope = scope_of("/sign-in/", content_length=str(25 * MB + 1))
    await application(scope, sender.receive, sender.send)
    assert (sender.status, sender.taken) == (413, 0)


@pytest.mark.django_db(transaction=True)
async def test_a_body_that_stays_away_is_not_waited_for(settings: Any) -> None:
    settings.BODY_SECONDS = 0.05
    sender = Sender(1, slow=True)
    async with asyncio.timeout(20):
        await application(scope_of("/api/v1/fairs/"), sender.receive, sender.send)
    assert (sender.status, sender.headers[b"connection"]) == (408, b"close")
    assert json.loads(sender.body)["code"] == "body_too_slow"


async def test_what_fits_arrives_whole_and_the_line_is_listened_to_afterwards() -> None:
    """Announced, in many pieces, up to the last byte; then only a disconnect is waited for."""
    size, read = 25 * MB, bytearray()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        more = True
        while more:
            message = await receive()
            read.extend(message["body"])
            more = message["more_body"]
        assert await receive() == {"type": "http.disconnect"}
        assert refused(scope) is None

    pieces = [b"a" * (10 * MB), b"b" * (10 * MB), b"c" * (5 * MB)]
    messages = [{"type": "http.request", "body": one, "more_body": True} for one in pieces]
    messages[-1]["more_body"] = False
    receive = mock.AsyncMock(side_effect=[*messages, {"type": "http.disconnect"}])
    scope = scope_of("/employer/vacancies/", content_length=str(size))
    await Bodies(application)(scope, receive, mock.AsyncMock())
    assert bytes(read) == b"".join(pieces)


def test_the_largest_uploads_pass() -> None:
    """With a margin for what a form wraps them in."""
    assert largest("/employer/1/vacancies/import/") >= MAX_FILE_BYTES + MB
    assert largest("/desk/fairs/1/batch/") >= MAX_ARCHIVE_BYTES + MAX_FILE_BYTES // 4


def test_nginx_has_the_same_limits() -> None:
    conf = (ROOT / "deploy/nginx/jobfair.conf").read_text()
    everywhere, desk = (int(n) * MB for n in re.findall(r"client_max_body_size (\d+)m;", conf))
    assert (largest("/"), largest("/desk/x/")) == (everywhere, desk)
    place = conf.index("location /desk/ {")
    assert conf.index("client_max_body_size 210m") > place


# --- behind our own TLS --------------------------------------------------------------------------


async def test_a_tls_port_has_no_pages() -> None:
    inner = mock.AsyncMock()
    sender = Sender(300)
    scope = {**scope_of("/sign-in/"), "scheme": "https"}
    await sockets_alone(inner)(scope, sender.receive, sender.send)
    assert (sender.status, sender.taken, sender.headers[b"connection"]) == (404, 0, b"close")
    inner.assert_not_called()


async def test_a_tls_port_has_sockets_and_probes() -> None:
    inner = mock.AsyncMock()
    scope = {"type": "websocket", "path": "/ws/rooms/x/", "scheme": "wss"}
    await sockets_alone(inner)(scope, mock.AsyncMock(), mock.AsyncMock())
    inner.assert_awaited_once()
    sender = Sender(0)
    scope = {**scope_of("/healthz/live"), "scheme": "https", "method": "GET"}
    await sockets_alone(inner)(scope, sender.receive, sender.send)
    assert sender.status == 200


async def test_metrics_behind_tls_need_the_token(settings: Any) -> None:
    """A stream proxy on this machine connects from 127.0.0.1 and leaves no header."""
    settings.METRICS_TOKEN = "long-and-secret"
    here = {"scheme": "https", "method": "GET", "client": ("127.0.0.1", 1)}
    for token, status in ((None, 404), ("long-and-secret", 200)):
        told = {"authorization": f"Bearer {token}"} if token else {}
        for served in (application, sockets_alone(application)):
            sender = Sender(0)
            scope = {**scope_of("/metrics", **told), **here}
            await served(scope, sender.receive, sender.send)
            assert sender.status == status
