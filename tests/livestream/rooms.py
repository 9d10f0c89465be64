"""What the room tests share: a session, its log, and sockets to it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.db import connections

from livestream.enums import EventKind
from livestream.log import Draft, append_events
from livestream.models import Session
from livestream.realtime import tokens
from livestream.realtime.hub import get_hub
from livestream.realtime.routing import websocket_urlpatterns
from tests.factories import SessionFactory

application = URLRouter(websocket_urlpatterns)


def say(session: Session, count: int = 1, text: str = "你好") -> list[int]:
    """Append notices to the log; their numbers."""
    drafts = [
        Draft(kind=EventKind.NOTICE, refs={"text": f"{text} {n}"}, data={"text": f"{text} {n}"})
        for n in range(count)
    ]
    return [appended.event.seq for appended in append_events(session, drafts)]


make_session_async: Callable[..., Awaitable[Session]] = sync_to_async(SessionFactory)
say_async = sync_to_async(say)


class Socket(WebsocketCommunicator):
    """A socket that speaks JSON and collects what the room's log sends."""

    def __init__(self, session: UUID, headers: list[tuple[bytes, bytes]] | None = None) -> None:
        own = [(b"host", b"testserver"), (b"origin", b"http://testserver")]
        super().__init__(
            application, f"/ws/rooms/{session}/", headers=own if headers is None else headers
        )

    async def say(self, frame: Any) -> None:
        await self.send_to(text_data=frame if isinstance(frame, str) else json.dumps(frame))

    async def hear(self, timeout_s: float = 5) -> dict[str, Any]:
        return json.loads(await self.receive_from(timeout=timeout_s))

    async def hear_type(self, kind: str | None, timeout_s: float = 5) -> dict[str, Any]:
        """The next frame of a type (None: a tick with events); others are passed over."""
        async with asyncio.timeout(timeout_s):
            while True:
                frame = await self.hear(timeout_s)
                if frame.get("type") == kind and (kind or frame["events"]):
                    return frame

    async def close_code(self, timeout_s: float = 5) -> int:
        """The code the server closes with; other frames are passed over."""
        async with asyncio.timeout(timeout_s):
            while True:
                message = await self.receive_output(timeout=timeout_s)
                if message["type"] == "websocket.close":
                    return int(message["code"])

    async def log_until(self, seq: int, timeout_s: float = 8) -> list[int]:
        """Numbers received in ticks until ``seq`` has come."""
        got: list[int] = []
        async with asyncio.timeout(timeout_s):
            while seq not in got:
                frame = await self.hear(timeout_s)
                got += [event["seq"] for event in frame.get("events", [])]
        return got


@asynccontextmanager
async def joined(
    session: UUID, *, after: int = 0, key: str = "k1", role: str = "seeker"
) -> AsyncIterator[tuple[Socket, dict[str, Any]]]:
    """A socket past its welcome, and the welcome."""
    socket = Socket(session)
    connected, _ = await socket.connect()
    assert connected
    token = tokens.issue(session, key, role)
    await socket.say({"type": "hello", "token": token, "after": after})
    yield socket, await socket.hear_type("welcome")
    await socket.disconnect()


async def close_hub() -> None:
    """End what the sockets of a test started, and the database connection of its thread."""
    await get_hub().close()
    await sync_to_async(connections.close_all)()
