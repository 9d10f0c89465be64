"""The ingest socket: pieces of a recording in, a take on air. An ASGI application.

Hello with a stream key → a take; then every binary frame goes to the pump, which packages in a
thread of its own. Reading waits for the pump, so a server that is behind makes the line wait, and
holds no more than a message and the pump's queue for each publisher. docs/protocol.md is the
contract of its frames and close codes.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Never, TypeVar
from uuid import UUID

from django.conf import settings

from livestream.enums import TakeEnd
from livestream.media.folders import session_folder
from livestream.media.ingest import hello as frames
from livestream.media.ingest import limits, takes, tickets
from livestream.media.packaging import NotMediaError, Overflow, PackagingError, Pump
from livestream.models import Take
from livestream.realtime.consumer import (
    CLOSE_FAULT,
    CLOSE_FLOOD,
    CLOSE_GARBAGE,
    CLOSE_NO_HELLO,
    HELLO_TIMEOUT_S,
    CloseSocketError,
    SocketGoneError,
    close_socket,
    refuse,
)
from livestream.realtime.origin import origin_allowed
from livestream.services.takes import BEAT_S

logger = logging.getLogger(__name__)

T = TypeVar("T")
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

CLOSE_STOPPED: Final = 1000
CLOSE_TOO_MUCH: Final = 4413
CLOSE_NOT_MEDIA: Final = 4415
#: How often we look whether viewers can see it yet.
UP_STEP_S: Final = 0.1
#: A publisher that sends nothing for this long is gone.
SILENCE_S: Final = 12.0
#: A publisher that reads nothing for this long, too.
SEND_TIMEOUT_S: Final = 8.0

PLACES: Final = limits.Places(limits.PUBLISHERS)
WAITING: Final = limits.WaitingRoom()


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a take ends, and the code its socket is closed with; 0: it is closed."""

    reason: TakeEnd
    code: int
    trouble: str = ""


GONE: Final = Ending(TakeEnd.DROPPED, 0)


async def ingest_socket(scope: Any, receive: Receive, send: Send) -> None:
    """One publisher's socket to the session in ``scope["url_route"]``."""
    session: UUID = scope["url_route"]["kwargs"]["session"]
    if not (origin_allowed(scope["headers"]) and tickets.admits(session, scope["query_string"])):
        await refuse(scope, receive, send)
        return
    await receive()  # websocket.connect
    await send({"type": "websocket.accept"})
    limits.bound_messages(send, limits.MAX_HELLO)
    code = 0
    try:
        code = await Publisher(session, receive, send).serve()
    except SocketGoneError:
        return
    except CloseSocketError as closing:
        code = closing.code
    except takes.RefusedError as refused:
        code = refused.code
    except limits.FullError:
        code = CLOSE_FLOOD
    except Exception:
        logger.exception("Ingest socket failed")
        code = CLOSE_FAULT
    if code:
        await close_socket(send, code)


class Publisher:
    """One connection: hello, then pieces in and figures out, until either side ends it."""

    def __init__(self, session: UUID, receive: Receive, send: Send) -> None:
        self._session = session
        self._receive = receive
        self._send = send
        self._allowance = limits.Allowance()
        self._bytes = 0
        self._failing: set[str] = set()

    async def serve(self) -> int:
        """Publish until it ends; the code to close with, 0 where the socket is closed."""
        hello = await self._known()
        limits.bound_messages(self._send, limits.MAX_MESSAGE)
        with PLACES.one(settings.INGEST_MAX):
            take = await takes.begin(self._session, hello.key)
            return await self._publish(take, hello.mime)

    # --- hello ---------------------------------------------------------------------------------
    async def _known(self) -> frames.Hello:
        """The hello of a publisher whose key is right: nobody else takes a place."""
        try:
            async with WAITING.one(limits.MAX_WAITING, HELLO_TIMEOUT_S):
                hello = await self._hello()
                await takes.require_key(self._session, hello.key)
        except TimeoutError:
            raise CloseSocketError(CLOSE_NO_HELLO) from None
        return hello

    async def _hello(self) -> frames.Hello:
        _data, text = await self._next()
        try:
            return frames.parse(text)
        except frames.BadHelloError:
            raise CloseSocketError(CLOSE_GARBAGE) from None

    async def _next(self) -> tuple[bytes | None, str | None]:
        """The next frame's bytes or text; raise :class:`SocketGoneError`."""
        message = await self._receive()
        if message["type"] != "websocket.receive":
            raise SocketGoneError
        return message.get("bytes"), message.get("text")

    async def _say(self, frame: dict[str, Any]) -> None:
        """Send a frame; a side that reads nothing, or is gone, raises :class:`SocketGoneError`."""
        text = json.dumps(frame, separators=(",", ":"))
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await self._send({"type": "websocket.send", "text": text})
        except (TimeoutError, OSError, RuntimeError):
            raise SocketGoneError from None

    # --- the take ------------------------------------------------------------------------------
    async def _publish(self, take: Take, mime: str) -> int:
        """Run a take from its begin to its end, whatever ends it."""
        ending, pump = GONE, None
        try:
            segment_s = float(take.session.segment_s)
            folder = session_folder(self._session)
            pump = Pump(folder, take.number, mime=mime, segment_s=segment_s)
            ending = await self._run(take, pump)
        except SocketGoneError:
            pass
        except PackagingError as error:
            ending = await self._judged(take, error)
        except Exception:
            logger.exception("Publishing failed")
            ending = Ending(TakeEnd.DROPPED, CLOSE_FAULT, "The server failed; see its log.")
        finally:
            # Also where the server goes down and cancels us: the page comes back with a new take.
            last_at = None
            if pump is not None:
                ending = await _closed(pump, ending)
                last_at = pump.last_at
            await takes.end(take, ending.reason, last_at=last_at, trouble=ending.trouble)
        return ending.code

    async def _run(self, take: Take, pump: Pump) -> Ending:
        """Read, beat and watch the packaging until one of them has a reason to end."""
        await self._say({"type": "welcome", "take": take.number})
        tasks = {
            asyncio.create_task(self._read(take, pump)),
            asyncio.create_task(self._beat(take, pump)),
            asyncio.create_task(self._tell_up(take, pump)),
            asyncio.create_task(_broken(pump)),
        }
        try:
            done, _running = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return done.pop().result()

    async def _read(self, take: Take, pump: Pump) -> Ending:
        """Only bytes of a picture put off the end of a silence; a beginning is heard once."""
        clock, began = asyncio.get_running_loop(), False
        silent_at = clock.time() + SILENCE_S
        while True:
            try:
                async with asyncio.timeout_at(silent_at):
                    data, text = await self._next()
            except TimeoutError:
                return Ending(TakeEnd.DROPPED, CLOSE_NO_HELLO, "Nothing arrived any more.")
            if data is None and not began and not self._bytes and frames.is_beginning(text or ""):
                began = True
                pump.began()
                continue
            if data is None:
                return _goodbye(text or "")
            if not data:  # some browsers end a recording so
                continue
            if len(data) > limits.MAX_CHUNK:
                return Ending(TakeEnd.BROKEN, CLOSE_TOO_MUCH, "A piece was too large.")
            if not self._allowance.take(len(data)):
                return Ending(TakeEnd.BROKEN, CLOSE_TOO_MUCH, "More than 8 Mbit/s arrived.")
            self._bytes += len(data)
            await pump.put(data)
            silent_at = clock.time() + SILENCE_S

    async def _tell_up(self, take: Take, pump: Pump) -> Ending:
        """On air as soon as the playlist has something to play; never ends the take itself."""
        while not pump.up or pump.first_at is None:  # noqa: ASYNC110 - set by other threads
            await asyncio.sleep(UP_STEP_S)
        while not await self._tried(takes.up(take, pump.first_at), "Going on air failed"):  # noqa: ASYNC110
            await asyncio.sleep(BEAT_S)
        await self._say({"type": "live", "first_at": pump.first_at.isoformat()})
        await asyncio.Event().wait()
        return GONE

    async def _beat(self, take: Take, pump: Pump) -> Ending:
        since, before = time.monotonic(), 0
        while True:
            await asyncio.sleep(BEAT_S)
            pulse = await self._tried(takes.beat(take, pump.last_at), "A take's beat failed")
            if pulse is None:
                continue
            if not pulse.wanted:
                return Ending(TakeEnd.ENDED, pulse.code)
            now, total = time.monotonic(), self._bytes
            kbps = round((total - before) * 8 / 1000 / (now - since))
            since, before = now, total
            await self._say(
                {
                    "type": "stats",
                    "kbps": kbps,
                    "segments": pump.segments,
                    "present": pulse.present,
                    "playing": pulse.playing,
                }
            )

    async def _judged(self, take: Take, error: PackagingError) -> Ending:
        """What an error of packaging means: of a take that is over, nothing.

        Whoever deletes a rehearsal deletes the folder under its publisher.
        """
        pulse = await self._tried(takes.beat(take, None), "A take's beat failed")
        if pulse is not None and not pulse.wanted:
            return Ending(TakeEnd.ENDED, pulse.code)
        return _ending_for(error)

    async def _tried(self, work: Awaitable[T], failure: str) -> T | None:
        """What ``work`` brings. A database that is away for a moment ends nobody's broadcast.

        Logged once, until something works again.
        """
        try:
            found = await work
        except Exception:
            if failure not in self._failing:
                logger.exception(failure)
            self._failing.add(failure)
            return None
        self._failing.discard(failure)
        return found


def _goodbye(text: str) -> Ending:
    if frames.is_stop(text):
        return Ending(TakeEnd.STOPPED, CLOSE_STOPPED)
    return Ending(TakeEnd.DROPPED, CLOSE_GARBAGE, "The page sent what the server does not know.")


def _ending_for(error: PackagingError) -> Ending:
    if isinstance(error, NotMediaError):
        return Ending(TakeEnd.BROKEN, CLOSE_NOT_MEDIA, str(error))
    if isinstance(error, Overflow):
        return Ending(TakeEnd.DROPPED, CLOSE_TOO_MUCH, "The server could not keep up.")
    logger.error("A picture cannot be packaged: %s", error)
    return Ending(TakeEnd.DROPPED, CLOSE_FAULT, str(error))


async def _broken(pump: Pump) -> Never:
    raise await pump.broken()


async def _closed(pump: Pump, ending: Ending) -> Ending:
    """Write what waits and leave no process; a publisher that stopped hears what went wrong."""
    await pump.close()
    if pump.trouble is not None and ending.reason == TakeEnd.STOPPED:
        return _ending_for(pump.trouble)
    return ending
