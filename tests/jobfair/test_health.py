"""The probes of balancers and monitors, in front of Django."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from unittest import mock

import pytest
from django.db import DatabaseError

from jobfair import health
from livestream.realtime import metrics

HERE = ("127.0.0.1", 5000)
pages = mock.AsyncMock()


async def ask(
    path: str,
    *,
    method: str = "GET",
    client: tuple[str, int] = HERE,
    headers: Iterable[tuple[bytes, bytes]] = (),
) -> tuple[int, bytes, dict[bytes, bytes]]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": method, "path": path, "query_string": b"", "scheme": "http",
        "headers": [(b"host", b"whatever.example"), *headers], "client": client,
    }  # fmt: skip
    await health.Probes(pages)(scope, mock.AsyncMock(), send)
    return sent[0]["status"], sent[1]["body"], dict(sent[0]["headers"])


@pytest.fixture(autouse=True)
def readiness(monkeypatch: pytest.MonkeyPatch) -> health.Readiness:
    fresh = health.Readiness()
    monkeypatch.setattr(health, "readiness", fresh)
    return fresh


async def test_live_needs_nothing_and_takes_any_host(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT, settings.ALLOWED_HOSTS = True, ["fair.example"]
    status, body, headers = await ask("/healthz/live")
    assert (status, json.loads(body)) == (200, {"status": "live"})
    assert headers[b"cache-control"] == b"no-store"
    assert (await ask("/healthz/live", method="HEAD"))[1] == b""
    assert (await ask("/healthz/live", method="POST"))[0] == 405


@pytest.mark.django_db(transaction=True)
@pytest.mark.both_databases
async def test_ready_says_what_works(readiness: health.Readiness, settings: Any) -> None:
    shared = "ready" if settings.REDIS_URL else "in this process"
    status, body, _headers = await ask("/healthz/ready")
    assert (status, json.loads(body)) == (
        200,
        {"status": "ready", "database": "ready", "cache": shared},
    )
    readiness.draining = True
    status, body, _headers = await ask("/healthz/ready")
    assert (status, json.loads(body)["status"]) == (503, "draining")


@pytest.mark.parametrize(
    ("broken", "status", "word"),
    [("_cache", 200, "degraded"), ("_database", 503, "unready")],
)
@pytest.mark.django_db(transaction=True)
async def test_ready_without_cache_or_database(broken: str, status: int, word: str) -> None:
    with mock.patch.object(health.Readiness, broken, side_effect=DatabaseError("secret")):
        got, body, _headers = await ask("/healthz/ready")
    assert (got, json.loads(body)["status"]) == (status, word)
    assert b"secret" not in body


@pytest.mark.django_db(transaction=True)
async def test_not_ready_before_the_migrations() -> None:
    with mock.patch("jobfair.health.MigrationExecutor.migration_plan", return_value=["one"]):
        status, body, _headers = await ask("/healthz/ready")
    assert (status, json.loads(body)["database"]) == (503, "not migrated")


async def test_metrics_are_for_this_machine_and_for_the_token(settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    metrics.VIEWERS.set(7)
    status, body, _headers = await ask("/metrics")
    assert status == 200
    assert b"\njobfair_room_viewers 7.0\n" in body
    elsewhere = ("198.51.100.7", 5000)
    assert (await ask("/metrics", client=elsewhere))[0] == 404
    empty = [(b"authorization", b"Bearer ")]
    assert (await ask("/metrics", client=elsewhere, headers=empty))[0] == 404
    settings.METRICS_TOKEN = "long-and-secret"
    right = [(b"authorization", b"Bearer long-and-secret")]
    assert (await ask("/metrics", client=elsewhere, headers=right))[0] == 200
    wrong = [(b"authorization", b"Bearer long-and-secre")]
    assert (await ask("/metrics", client=elsewhere, headers=wrong))[0] == 404


@pytest.mark.parametrize("name", [b"x-forwarded-for", b"x-real-ip", b"forwarded", b"via"])
async def test_a_proxy_on_this_machine_opens_nothing(name: bytes) -> None:
    assert (await ask("/metrics", headers=[(name, b"127.0.0.1")]))[0] == 404
