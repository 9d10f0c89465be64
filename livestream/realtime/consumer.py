"""The room socket: an ASGI application over the hub. Parses, asks one service, answers.

Not a Channels consumer: those give every viewer a channel of its own in the layer. No database
in the handshake, one task per viewer. docs/protocol.md is the contract.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from core.buckets import Bucket
from livestream.realtime import frames, metrics, tokens
from livestream.realtime.hub import CLOSE_REVOKED, Hub, get_hub
from livestream.realtime.inbox import NotStoredError
from livestream.realtime.origin import origin_allowed
from livestream.realtime.room import Room, RoomClosedError, UnknownRoomError
from livestream.realtime.store import Wanted
from livestream.realtime.transport import pipe_for
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


class Limits:
    """What one socket may send. Made with its first frame after hello: most never send one."""

    __slots__ = ("floods", "frames", "garbage", "tallies")

    def __init__(self) -> None:
        self.frames = Bucket(burst=20, per_s=5)
        self.floods = Bucket(burst=200, per_s=5)
        self.garbage = Bucket(burst=5, per_s=0.1)
        #: Watch reports and ♥: what is too much is dropped without a word.
        self.tallies = Bucket(burst=8, per_s=0.7)


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
    scope.clear()  # it would be kept for hours, a hundred thousand times
    try:
        await RoomSocket(session, receive, send).serve()
    except SocketGoneError:
        return
    except CloseSocketError as closing:
        await close_socket(send, closing.code)
    except Exception:
        logger.exception("Room socket failed")
        await close_socket(send, CLOSE_FAULT)


async def close_socket(send: Send, code: int) -> None:
    """Close the socket with ``code``; harmless where the other side is gone."""
    # If it fails, the other side is gone or does not read: nothing is left to say.
    with suppress(TimeoutError, OSError, RuntimeError):
        await asyncio.wait_for(send({"type": "websocket.close", "code": code}), CLOSE_TIMEOUT_S)


class RoomSocket:
    """Hello, then two directions at once: frames in, ticks and answers out."""

    __slots__ = ("_lang", "_limits", "_receive", "_send", "_session")

    def __init__(self, session: UUID, receive: Receive, send: Send) -> None:
        self._session = session
        self._receive = receive
        self._send = send
        self._lang = ""
        self._limits: Limits | None = None

    async def serve(self) -> None:
        """Run until the socket closes; always leaves the room."""
        hello, claims = await self._hello()
        self._lang = hello.lang
        hub = get_hub()
        try:
            room = await hub.room(self._session)
        except UnknownRoomError:
            raise CloseSocketError(CLOSE_UNKNOWN) from None
        except RoomClosedError:
            raise CloseSocketError(CLOSE_FAULT) from None
        if hub.is_revoked(claims):
            raise CloseSocketError(CLOSE_REVOKED)
        viewer = Viewer(claims, pipe_for(self._send), asyncio.current_task())
        after = hello.after
        del hello
        try:
            room.join(viewer, after)
            hub.visited()
            await self._run(hub, room, viewer)
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

    async def _next_text(self) -> str | None:
        """The next frame's text, None for a binary frame; raise :class:`SocketGoneError`."""
        message = await self._receive()
        if message["type"] != "websocket.receive":
            raise SocketGoneError
        text = message.get("text")
        return text if isinstance(text, str) else None

    # --- both directions -----------------------------------------------------------------------
    async def _run(self, hub: Hub, room: Room, viewer: Viewer) -> None:
        """Read until the other side goes, or :meth:`Viewer.close` cancels us."""
        writing = asyncio.create_task(viewer.pipe.run()) if viewer.pipe.waits else None
        try:
            await self._read(hub, room, viewer)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if viewer.closing is None or task is None or task.uncancel():
                raise
            raise CloseSocketError(viewer.closing) from None
        finally:
            if writing is not None:
                writing.cancel()
                await asyncio.gather(writing, return_exceptions=True)

    async def _read(self, hub: Hub, room: Room, viewer: Viewer) -> None:
        while True:
            text = await self._next_text()
            if self._limits is None:
                self._limits = Limits()
            limits = self._limits
            try:
                frame = frames.parse_client(text)
                if isinstance(frame, frames.Hello):
                    raise frames.FrameError("frame_second_hello", "")
            except frames.FrameError as error:
                await self._flooding(limits)
                viewer.answer(frames.error(error.code, str(error.message)))
                if not limits.garbage.take():
                    raise CloseSocketError(CLOSE_GARBAGE) from None
                continue
            if isinstance(frame, frames.Watch | frames.React):
                if limits.tallies.take():
                    self._tally(hub, room, viewer, frame)
                else:
                    await self._flooding(limits)
            elif not limits.frames.take():
                await self._flooding(limits)
                metrics.REFUSED.labels("rate_limited").inc()
                viewer.answer(self._too_fast(frame))
            elif isinstance(frame, frames.Post):
                await self._post(hub, viewer, frame)
            else:
                viewer.answer(frames.pong())

    async def _flooding(self, limits: Limits) -> None:
        """Give others their turn: what one socket sends too much is queued here already."""
        if not limits.floods.take():
            raise CloseSocketError(CLOSE_FLOOD)
        await asyncio.sleep(0)

    def _tally(
        self, hub: Hub, room: Room, viewer: Viewer, frame: frames.Watch | frames.React
    ) -> None:
        if isinstance(frame, frames.Watch):
            if frame.on != viewer.playing:
                hub.visited()
            hub.watches.take(viewer, frame)
        else:
            room.hearts += frame.count

    def _too_fast(self, frame: frames.ClientFrame) -> dict[str, Any]:
        client_id = frame.client_id if isinstance(frame, frames.Post) else None
        message = _("You are sending too fast. Wait a few seconds and try again.")
        return frames.error("rate_limited", str(message), client_id=client_id, retry_after=3)

    async def _post(self, hub: Hub, viewer: Viewer, post: frames.Post) -> None:
        if hub.is_revoked(viewer.claims):
            raise CloseSocketError(CLOSE_REVOKED)
        try:
            posted = await hub.inbox.post(Wanted(viewer.claims, post, self._lang))
        except NotStoredError:
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
        viewer.answer(answer)
