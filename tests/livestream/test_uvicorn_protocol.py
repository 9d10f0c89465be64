"""The room socket through a real uvicorn with our protocol."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import (
    ClientPerMessageDeflateFactory,
    PerMessageDeflate,
)

from livestream.models import Session
from livestream.realtime import hub, tokens, transport
from livestream.realtime.transport import DirectPipe
from livestream.realtime.uvicorn_protocol import RoomProtocol
from tests.livestream.rooms import application, close_hub, make_session_async, say_async
from tests.support.services import free_port

pytestmark = pytest.mark.django_db(transaction=True)


class Site:
    """A uvicorn on the test's own event loop."""

    def __init__(self) -> None:
        config = uvicorn.Config(
            application,  # type: ignore[arg-type]
            port=free_port(),
            ws=RoomProtocol,
            ws_ping_interval=None,
            ws_per_message_deflate=False,
            lifespan="off",
            log_level="warning",
        )
        self.port = config.port
        self.server = uvicorn.Server(config)
        self.sockets: list[ClientConnection] = []
        self.server.capture_signals = _no_signals  # type: ignore[method-assign]

    async def join(self, session: Session, **options: Any) -> ClientConnection:
        socket = await connect(
            f"ws://127.0.0.1:{self.port}/ws/rooms/{session.public_id}/",
            origin=f"http://127.0.0.1:{self.port}",  # type: ignore[arg-type]
            **options,
        )
        self.sockets.append(socket)
        token = tokens.issue(session.public_id, "k", "seeker")
        await socket.send(json.dumps({"type": "hello", "token": token, "after": 0}))
        assert json.loads(await socket.recv())["type"] == "welcome"
        return socket


def _no_signals() -> Any:
    import contextlib

    return contextlib.nullcontext()


@asynccontextmanager
async def serving() -> AsyncIterator[Site]:
    site = Site()
    task = asyncio.create_task(site.server.serve())
    async with asyncio.timeout(10):
        while not site.server.started:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    try:
        yield site
    finally:
        for socket in site.sockets:
            socket.transport.abort()
        site.server.should_exit = True
        await asyncio.wait_for(task, 10)
        await close_hub()


async def heard(socket: ClientConnection, *, events: int) -> list[str]:
    """Texts of the next so many entries."""
    texts: list[str] = []
    async with asyncio.timeout(20):
        while len(texts) < events:
            frame = json.loads(await socket.recv())
            texts += [event["data"]["text"] for event in frame.get("events", ())]
    return texts


async def test_every_kind_of_browser_reads_the_same_tick() -> None:
    session = await make_session_async()
    async with serving() as site:
        kinds = {
            "as browsers do": await site.join(session),
            "none": await site.join(session, compression=None),
            "small window": await site.join(
                session,
                compression=None,
                extensions=[ClientPerMessageDeflateFactory(server_max_window_bits=10)],
            ),
        }
        room = await hub.get_hub().room(session.public_id)
        pipes = [viewer.pipe for viewer in room.viewers]
        assert all(isinstance(pipe, DirectPipe) for pipe in pipes)
        assert sum(pipe._deflates for pipe in pipes if isinstance(pipe, DirectPipe)) == 1
        [deflate] = kinds["as browsers do"].protocol.extensions
        assert isinstance(deflate, PerMessageDeflate)
        assert deflate.remote_no_context_takeover
        await say_async(session, 30, text="焊工一天多少钱，包吃住吗？")
        for kind, socket in kinds.items():
            assert len(await heard(socket, events=30)) == 30, kind
            await socket.send('{"type":"ping"}')
            await asyncio.sleep(0)
        await say_async(session, 1)
        for socket in kinds.values():
            assert await heard(socket, events=1) == ["你好 0"]
            await socket.close()


async def test_a_process_that_goes_down_says_so_first() -> None:
    session = await make_session_async()
    async with serving() as site:
        socket = await site.join(session)
        site.server.should_exit = True
        with pytest.raises(ConnectionClosed) as closed:
            async with asyncio.timeout(5):
                while True:
                    frame = json.loads(await socket.recv())
                    if frame.get("type") == "reconnect":
                        assert frame["spread_s"] > 1
                        said = True
        assert said
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012


async def test_who_stops_reading_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "BACKLOG_LIMIT", 20_000)
    session = await make_session_async()
    async with serving() as site:
        stuck = await site.join(session, compression=None)
        stuck.transport.pause_reading()
        reader = await site.join(session, compression=None)
        for _ in range(20):
            await say_async(session, 40, text="长" * 600)
            await heard(reader, events=40)
        room = await hub.get_hub().room(session.public_id)
        assert max(viewer.skipped for viewer in room.viewers) > 0
        assert min(viewer.skipped for viewer in room.viewers) == 0
