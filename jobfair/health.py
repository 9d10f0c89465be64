"""What balancers and monitors ask a process: is it up, can it work, how is it doing.

``/healthz/live``, ``/healthz/ready`` and ``/metrics`` are answered in front of Django, so under any
Host, without a redirect to https and without a session, while every thread is busy.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import redis
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

logger = logging.getLogger(__name__)

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[Any, Receive, Send], Awaitable[None]]
#: Status, body, media type.
Answer = tuple[HTTPStatus, bytes, str]

#: A database or cache that has not answered by then counts as unreachable.
PATIENCE_S: Final = 3.0
#: Askers within this time share one look.
FRESH_S: Final = 1.0
#: A request with any of these came through somebody; its address is not the asker's.
_PASSED_ON: Final = frozenset(
    {
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-proto",
        b"x-real-ip",
        b"forwarded",
        b"via",
    }
)


class Readiness:
    """Whether this process can work, looked at once for all who ask within a second."""

    def __init__(self) -> None:
        self.draining = False
        self._migrated = False
        self._look: asyncio.Task[dict[str, str]] | None = None
        self._looked_at = float("-inf")

    async def report(self) -> dict[str, str]:
        """``status`` is ready, degraded (works, but without its cache), unready or draining."""
        if self.draining:
            return {"status": "draining"}
        if self._look is None or (
            self._look.done() and time.monotonic() - self._looked_at > FRESH_S
        ):
            self._look = asyncio.create_task(self._fresh())
        return await asyncio.shield(self._look)

    async def _fresh(self) -> dict[str, str]:
        parts = await asyncio.gather(
            self._ask(self._database, "unreachable"), self._ask(self._cache, "unreachable")
        )
        self._looked_at = time.monotonic()
        database, shared = parts
        status = "ready" if shared != "unreachable" else "degraded"
        if database != "ready":
            status = "unready"
        return {"status": status, "database": database, "cache": shared}

    async def _ask(self, look: Callable[[], str], otherwise: str) -> str:
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await asyncio.to_thread(look)
        except Exception as error:  # noqa: BLE001 (whatever it is: it does not work)
            logger.warning("readiness: %s", type(error).__name__)
            return otherwise

    def _database(self) -> str:
        connection = connections[DEFAULT_DB_ALIAS]
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            if not self._migrated:
                executor = MigrationExecutor(connection)
                plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
                self._migrated = not plan
        finally:
            connection.close()
        return "ready" if self._migrated else "not migrated"

    def _cache(self) -> str:
        if not settings.REDIS_URL:
            return "in this process"
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=PATIENCE_S, socket_connect_timeout=PATIENCE_S
        ) as client:
            client.ping()
        return "ready"


readiness = Readiness()


class Probes:
    """Answers the probes; hands everything else on."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One HTTP request."""
        answers = {
            "/healthz/live": self._live,
            "/healthz/ready": self._ready,
            "/metrics": self._metrics,
        }
        answer = answers.get(scope["path"])
        if answer is None:
            await self._application(scope, receive, send)
        elif scope["method"] not in {"GET", "HEAD"}:
            await _send(send, (HTTPStatus.METHOD_NOT_ALLOWED, b"", "text/plain"))
        else:
            await _send(send, await answer(scope), body=scope["method"] == "GET")

    async def _live(self, scope: Scope) -> Answer:
        return _json(HTTPStatus.OK, {"status": "live"})

    async def _ready(self, scope: Scope) -> Answer:
        report = await readiness.report()
        can_work = report["status"] in {"ready", "degraded"}
        return _json(HTTPStatus.OK if can_work else HTTPStatus.SERVICE_UNAVAILABLE, report)

    async def _metrics(self, scope: Scope) -> Answer:
        if not may_read_metrics(scope):
            return HTTPStatus.NOT_FOUND, b"", "text/plain"
        return HTTPStatus.OK, generate_latest(), CONTENT_TYPE_LATEST


def may_read_metrics(scope: Scope) -> bool:
    """Who has the token; else the addresses of METRICS_ALLOWED, if they came by themselves.

    What a header says about an address is never believed. Nor is the address on a TLS port: a
    proxy that passes on what is encrypted (deploy/nginx/sockets-by-name.conf) leaves no header.
    """
    headers = list(scope["headers"])
    expected = f"Bearer {settings.METRICS_TOKEN}".encode()
    if settings.METRICS_TOKEN:
        given = [value for name, value in headers if name == b"authorization"]
        if len(given) == 1 and hmac.compare_digest(given[0], expected):
            return True
    if scope["scheme"] != "http" or any(name in _PASSED_ON for name, _value in headers):
        return False
    client = scope.get("client")
    return client is not None and client[0] in settings.METRICS_ALLOWED


def _json(status: HTTPStatus, content: Mapping[str, str]) -> Answer:
    return status, json.dumps(content).encode(), "application/json"


async def _send(send: Send, answer: Answer, *, body: bool = True) -> None:
    status, content, media_type = answer
    headers = [
        (b"content-type", media_type.encode()),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status.value, "headers": headers})
    await send({"type": "http.response.body", "body": content if body else b""})
