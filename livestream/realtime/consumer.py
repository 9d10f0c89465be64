"""The room socket: an ASGI application over the hub. Parses, asks one service, answers.

Not a Channels consumer: those give every viewer a channel of its own in the layer. No database
in the handshake. docs/protocol.md is the contract.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from livestream.realtime import frames, store, tokens
from livestream.realtime.hub import CLOSE_REVOKED, get_hub
from livestream.realtime.origin import origin_allowed
from livestream.realtime.room import Room, UnknownRoomError
from livestream.realtime.viewers import Viewer

logger = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

HELLO_TIMEOUT_S = 10.0
CLOSE_TIMEOUT_S = 2.0

CLOSE_GARBAGE = 4400
CLOSE_TOKEN = 4401
CLOSE_UNKNOWN = 4404
CLOSE_NO_HELLO = 4408
CLOSE_FLOOD = 4429
CLOSE_FAULT = 1011


class SocketGoneError(Exception):
    """The other side closed the socket."""


class CloseSocketError(Exception):
    """We close the socket with ``code``."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Bucket:
    """A token bucket: ``burst`` at once, ``per_s`` again every second."""

    def __init__(self, *, burst: float, per_s: float) -> None:
        self._burst, self._per_s = burst, per_s
        self._left, self._at = burst, time.monotonic()

    def take(self) -> bool:
        """Use one; false when none is left."""
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._at) * self._per_s)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


async def refuse(scope: Any, receive: Receive, send: Send) -> None:
    """Turn away a socket before it opens (HTTP 403)."""
    del scope
    await receive()
    await send({"type": "websocket.close", "code": 4404})


async def room_socket(scope: Any, receive: Receive, send: Send) -> None:
    """One viewer's socket to the room in ``scope["url_route"]``."""
    if not origin_allowed(scope["headers"]):
        await refuse(scope, receive, send)
        return
    await receive()  # websocket.connect
    await send({"type": "websocket.accept"})
    session: UUID = scope["url_route"]["kwargs"]["session"]
    try:
        await RoomSocket(session, receive, send).serve()
    except SocketGoneError:
        return
    except CloseSocketError as closing:
        await _close(send, closing.code)
    except Exception:
        logger.exception("Room socket failed")
        await _close(send, CLOSE_FAULT)


async def _close(send: Send, code: int) -> None:
    # If it fails, the other side is gone or does not read: nothing is left to say.
    with suppress(TimeoutError, OSError, RuntimeError):
        await asyncio.wait_for(send({"type": "websocket.close", "code": code}), CLOSE_TIMEOUT_S)


class RoomSocket:
    """Hello, then two directions at once: frames in, ticks and answers out."""

    def __init__(self, session: UUID, receive: Receive, send: Send) -> None:
        self._session = session
        self._receive = receive
        self._send = send
        self._lang = ""
        self._frames = Bucket(burst=20, per_s=5)
        self._floods = Bucket(burst=200, per_s=5)
        self._garbage = Bucket(burst=5, per_s=0.1)

    async def serve(self) -> None:
        """Run until the socket closes; always leaves the room."""
        hello, claims = await self._hello()
        hub = get_hub()
        if hub.is_revoked(claims):
            raise CloseSocketError(CLOSE_REVOKED)
        try:
            room = await hub.room(self._session)
        except UnknownRoomError:
            raise CloseSocketError(CLOSE_UNKNOWN) from None
        self._lang = hello.lang
        viewer = Viewer(claims.key or f"socket-{id(self)}", claims.issued_ms, self._send)
        try:
            self._welcome(room, viewer, claims, hello.after)
            hub.visited()
            await self._run(viewer, claims)
        finally:
            room.leave(viewer)
            hub.visited()

    # --- hello ---------------------------------------------------------------------------------
    async def _hello(self) -> tuple[frames.Hello, tokens.Claims]:
        try:
            async with asyncio.timeout(HELLO_TIMEOUT_S):
                text = await self._next_text()
        except TimeoutError:
            raise CloseSocketError(CLOSE_NO_HELLO) from None
        try:
            frame = frames.parse_client(text)
        except frames.FrameError:
            raise CloseSocketError(CLOSE_GARBAGE) from None
        if not isinstance(frame, frames.Hello):
            raise CloseSocketError(CLOSE_GARBAGE)
        try:
            claims = tokens.read(frame.token)
        except tokens.BadTokenError:
            raise CloseSocketError(CLOSE_TOKEN) from None
        if claims.session != self._session:
            raise CloseSocketError(CLOSE_TOKEN)
        return frame, claims

    def _welcome(self, room: Room, viewer: Viewer, claims: tokens.Claims, after: int) -> None:
        frame = frames.welcome(
            session=self._session,
            role=claims.role,
            tail=room.join(viewer, after),
            seq=room.head,
            spread_s=room.reconnect_spread_s,
        )
        viewer.answer(frames.encode(frame))

    async def _next_text(self) -> str | None:
        """The next frame's text, None for a binary frame; raise :class:`SocketGoneError`."""
        message = await self._receive()
        if message["type"] != "websocket.receive":
            raise SocketGoneError
        text = message.get("text")
        return text if isinstance(text, str) else None

    # --- both directions -----------------------------------------------------------------------
    async def _run(self, viewer: Viewer, claims: tokens.Claims) -> None:
        reading = asyncio.create_task(self._read(viewer, claims))
        writing = asyncio.create_task(viewer.write())
        try:
            until: set[asyncio.Future[Any]] = {reading, writing, viewer.closed}
            await asyncio.wait(until, return_when=asyncio.FIRST_COMPLETED)
        finally:
            reading.cancel()
            writing.cancel()
            results = await asyncio.gather(reading, writing, return_exceptions=True)
        if viewer.closed.done():
            raise CloseSocketError(viewer.closed.result())
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _read(self, viewer: Viewer, claims: tokens.Claims) -> None:
        while True:
            await asyncio.sleep(0)  # a flood fills the queue: others get their turn all the same
            text = await self._next_text()
            if not self._frames.take():
                if not self._floods.take():
                    raise CloseSocketError(CLOSE_FLOOD)
                viewer.answer(frames.encode(self._too_fast(text)))
                continue
            try:
                frame = frames.parse_client(text)
                if isinstance(frame, frames.Hello):
                    raise frames.FrameError("frame_second_hello", "")
            except frames.FrameError as error:
                viewer.answer(frames.encode(frames.error(error.code, str(error.message))))
                if not self._garbage.take():
                    raise CloseSocketError(CLOSE_GARBAGE) from None
                continue
            if isinstance(frame, frames.Post):
                await self._post(viewer, claims, frame)
            else:
                viewer.answer(frames.encode(frames.pong()))

    def _too_fast(self, text: str | None) -> dict[str, Any]:
        """Tell which message was not taken, if that can be seen cheaply."""
        try:
            frame = frames.parse_client(text)
        except frames.FrameError:
            frame = None
        client_id = frame.client_id if isinstance(frame, frames.Post) else None
        message = _("You are sending too fast. Wait a few seconds and try again.")
        return frames.error("rate_limited", str(message), client_id=client_id, retry_after=3)

    async def _post(self, viewer: Viewer, claims: tokens.Claims, post: frames.Post) -> None:
        try:
            posted = await store.post_message(claims, post, self._lang)
        except Exception:
            logger.exception("Posting a message failed")
            text = str(_("The message was not sent. Please try again."))
            answer = frames.error("server_error", text, client_id=post.client_id)
        else:
            if posted.code:
                answer = frames.error(
                    posted.code,
                    posted.message,
                    client_id=post.client_id,
                    retry_after=posted.retry_after,
                )
            else:
                answer = frames.ack(post.client_id, posted.seq, held=posted.held)
        viewer.answer(frames.encode(answer))
