"""What nginx asks: may this publisher come in, is it still wanted, it is gone.

A tiny HTTP server on loopback. The path holds a secret that is new at every start, so that only
the nginx this process configured is heard.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from typing import Final, Protocol
from urllib.parse import parse_qsl

log = logging.getLogger(__name__)

_MOST_BODY: Final = 16 * 1024
_PATIENCE_S: Final = 5.0
#: Connections whose end is remembered, to tell a goodbye from a broken line.
_REMEMBERED: Final = 1000
#: The two callbacks of a broken line arrive together.
_TOGETHER_S: Final = 0.05

Form = Mapping[str, str]


class Doorkeeper(Protocol):
    """Who decides. ``True`` lets in, or lets go on."""

    async def publish(self, form: Form) -> bool: ...
    async def play(self, form: Form) -> bool: ...
    async def update(self, form: Form) -> bool: ...
    async def done(self, client_id: str, *, said_goodbye: bool) -> None: ...


class Hooks:
    """The callbacks' server."""

    def __init__(self, doorkeeper: Doorkeeper) -> None:
        self._doorkeeper = doorkeeper
        self._secret = secrets.token_urlsafe(24)
        self._server: asyncio.Server | None = None
        self._arrived = 0
        self._disconnected: OrderedDict[str, int] = OrderedDict()

    async def start(self) -> str:
        """Listen; the address nginx is told, without a slash at its end."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=_MOST_BODY)
        port = self._server.sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}/{self._secret}"

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._arrived += 1
        place, status = self._arrived, "400 Bad Request"
        try:
            call, form = await asyncio.wait_for(self._read(reader), _PATIENCE_S)
            status = "200 OK" if await self._answer(call, form, place) else "403 Forbidden"
        except (ValueError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        except Exception:
            log.exception("an RTMP callback failed")
            status = "500 Internal Server Error"
        try:
            head = f"HTTP/1.0 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            writer.write(head.encode())
            await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> tuple[str, dict[str, str]]:
        """The callback's name and its fields; :class:`ValueError` for anybody but our nginx."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        method, path, _version = first.split(" ", 2)
        expected = f"/{self._secret}/"
        if method != "POST" or not hmac.compare_digest(path[: len(expected)], expected):
            raise ValueError("not our nginx")
        lengths = [line.split(":", 1)[1] for line in lines if line.lower().startswith("content-le")]
        length = int(lengths[0]) if lengths else 0
        if not 0 <= length <= _MOST_BODY:
            raise ValueError("too long")
        body = (await reader.readexactly(length)).decode("utf-8", "replace")
        form: dict[str, str] = {}
        for name, value in parse_qsl(body, keep_blank_values=True, max_num_fields=60):
            # The publisher's own arguments come last; they never replace what nginx says.
            form.setdefault(name, value)
        return path[len(expected) :], form

    async def _answer(self, call: str, form: Form, place: int) -> bool:
        client_id = form.get("clientid", "")
        match call:
            case "publish":
                return await self._doorkeeper.publish(form)
            case "play":
                return await self._doorkeeper.play(form)
            case "update":
                return await self._doorkeeper.update(form)
            case "disconnect":
                self._disconnected[client_id] = place
                if len(self._disconnected) > _REMEMBERED:
                    self._disconnected.popitem(last=False)
            case "done":
                # Of a line that broke, nginx reports the connection's end before the stream's;
                # whoever stops in good order ends the stream first.
                await asyncio.sleep(_TOGETHER_S)
                broke = self._disconnected.get(client_id, place) < place
                await self._doorkeeper.done(client_id, said_goodbye=not broke)
        return True
