"""The media process: nginx, its callbacks, and a relay for every publisher it let in."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final
from uuid import UUID

from channels.db import database_sync_to_async

from core.errors import DomainError
from livestream.enums import PublishPath, TakeEnd
from livestream.media.adapters import registry
from livestream.media.rtmp import children, state
from livestream.media.rtmp.hooks import Form, Hooks
from livestream.media.rtmp.relay import Relay
from livestream.media.rtmp.server import Installed, Server
from livestream.models import Session, Take
from livestream.realtime import threads
from livestream.services import takes

log = logging.getLogger(__name__)

_LOOK_EVERY_S: Final = 1.0
_REAP_EVERY_S: Final = 4.0
#: A publisher is answered when ffmpeg asks for the stream, or after so long.
_READY_S: Final = 1.5
#: A publisher that comes again while its former connection is silent takes over.
_STALE_S: Final = 3.0
_LEAVE_S: Final = 5.0
_STOP_S: Final = 8.0


class MediaServer:
    """Everything of one ``manage.py media``. Use :meth:`run` once, in the main thread."""

    def __init__(
        self, *, installed: Installed, run: Path, port: int, ready: Callable[[], None]
    ) -> None:
        self._installed = installed
        self._run = run
        self._port = port
        self._ready = ready
        self._start = secrets.token_hex(6)
        self._hooks = Hooks(self)
        self._server: Server | None = None
        self._instance = 0  # nginx counts connections anew each time it is started
        self._relays: dict[str, Relay] = {}  # by nginx's number of the connection
        self._working: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Serve until SIGTERM or Ctrl-C. Raises ``ServerError`` when nginx cannot start."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        await self._bury_the_dead()
        address = await self._hooks.start()
        routines = [asyncio.create_task(self._look()), asyncio.create_task(self._reap())]
        try:
            await self._keep_nginx(address)
        finally:
            for routine in routines:
                routine.cancel()
            await asyncio.gather(*routines, return_exceptions=True)
            await self._end_relays()
            await self._hooks.stop()

    async def _bury_the_dead(self) -> None:
        """End what an earlier process of this directory left: its children, and its takes."""
        children.reap(self._run)
        former = state.former_start(self._run, self._start)
        for name in (self._run / "now").iterdir():
            name.unlink()
        await database_sync_to_async(_end_takes_of)(former)

    async def _keep_nginx(self, address: str) -> None:
        """Run nginx, and run it again where it ends by itself, until told to stop."""
        pause = 1.0
        while not self._stopping.is_set():
            began = time.monotonic()
            self._instance += 1
            self._server = await Server.start(
                installed=self._installed, run=self._run, port=self._port, hooks=address
            )
            self._ready()
            ended = asyncio.create_task(self._server.ended())
            stopping = asyncio.create_task(self._stopping.wait())
            await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            await self._server.stop()
            last_words = await ended
            if self._stopping.is_set():
                return
            await self._end_relays()
            pause = 1.0 if time.monotonic() - began > 60 else min(pause * 2, 10.0)
            log.error("nginx ended by itself (%s); again in %.0f s", last_words, pause)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)

    async def _end_relays(self) -> None:
        for relay in self._relays.values():
            relay.publisher_gone(said_goodbye=False)
        if self._working:
            await asyncio.wait(self._working, timeout=_STOP_S)
        for task in self._working:
            task.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)

    # --- routines --------------------------------------------------------------------------------
    async def _look(self) -> None:
        """Tell the relays, every second, what nginx counts of their publishers."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            if self._relays and self._server is not None:
                incoming = await self._server.incoming()
                for relay in list(self._relays.values()):
                    try:
                        relay.observed(incoming.get(relay.name))
                    except Exception:
                        log.exception("take %s could not be looked after", relay.take.public_id)

    async def _reap(self) -> None:
        """End the takes whose process was lost, wherever it ran."""
        while True:
            try:
                await database_sync_to_async(takes.reap_takes)()
            except Exception:
                log.exception("lost takes could not be ended")
            await asyncio.sleep(_REAP_EVERY_S)

    # --- what nginx asks -------------------------------------------------------------------------
    async def publish(self, form: Form) -> bool:
        """Let a publisher in whose key is right and whose session takes a picture now."""
        session = _session_of(form.get("name", ""))
        client_id = form.get("clientid", "")
        if session is None or not client_id.isdecimal() or self._stopping.is_set():
            return False
        try:
            take = await self._begin(session, form.get("key", ""), client_id)
        except DomainError as error:
            log.warning("a publisher of %s was refused: %s", session, error.code)
            if await threads.KEYS.run(_exists, session):
                state.tell_refused(session, error.code)
            return False
        await self._receive(take, form["name"], client_id)
        return True

    async def _begin(self, session: UUID, secret: str, client_id: str) -> Take:
        try:
            return await self._let_in(session, secret, client_id)
        except DomainError as error:
            former = self._leaving(session) if error.code == "stream_taken" else None
            if former is None:
                raise
        # The same line once more, while the end of its connection is not written down yet.
        if not former.is_over:
            former.stop(TakeEnd.DROPPED)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(former.ended.wait(), _LEAVE_S)
        return await self._let_in(session, secret, client_id)

    async def _let_in(self, session: UUID, secret: str, client_id: str) -> Take:
        # In a thread of its own: whoever tries keys holds up nobody's beat.
        return await threads.KEYS.run(
            registry.by_path(PublishPath.RTMP).authorize,
            stream=session,
            token=secret,
            connection_id=f"{self._start}.{self._instance}:{client_id}",
        )

    def _leaving(self, session: UUID) -> Relay | None:
        """The relay of a session whose publisher is gone, or silent as if it were."""
        silent = time.monotonic() - _STALE_S
        here = [relay for relay in self._relays.values() if relay.session == session]
        return next((r for r in here if r.is_over or r.received_at < silent), None)

    async def _receive(self, take: Take, name: str, client_id: str) -> None:
        """Start the relay and wait until it listens, so that it misses nothing."""

        async def drop() -> None:
            if self._server is not None:
                await self._server.drop(name, client_id)

        relay = Relay(
            take=take, name=name, client_id=client_id, port=self._port, run=self._run, drop=drop
        )
        self._relays[client_id] = relay
        task = asyncio.create_task(relay.run())
        self._working.add(task)
        task.add_done_callback(lambda done: self._done_with(client_id, done))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(relay.playing.wait(), _READY_S)

    def _done_with(self, client_id: str, task: asyncio.Task[None]) -> None:
        self._working.discard(task)
        self._relays.pop(client_id, None)

    async def play(self, form: Form) -> bool:
        """Only our own relays play, and only what is being published."""
        name = form.get("name", "")
        found = next((r for r in self._relays.values() if r.name == name and r.wanted), None)
        if found is None or form.get("addr") != "127.0.0.1":
            return False
        found.playing.set()
        return True

    async def update(self, form: Form) -> bool:
        """Whether a publisher is still wanted; of a player its stream is looked at."""
        if form.get("call") == "update_play":
            return any(relay.name == form.get("name") for relay in self._relays.values())
        relay = self._relays.get(form.get("clientid", ""))
        return relay is not None and relay.wanted

    async def done(self, client_id: str, *, said_goodbye: bool) -> None:
        """A publisher is gone. One that was refused says goodbye, too: it has no relay."""
        relay = self._relays.get(client_id)
        if relay is not None:
            relay.publisher_gone(said_goodbye=said_goodbye)


def _session_of(name: str) -> UUID | None:
    """The session a stream is named after: 32 small hexadecimal digits and nothing else."""
    if len(name) != 32 or not set(name) <= set("0123456789abcdef"):
        return None
    return UUID(name)


def _exists(session: UUID) -> bool:
    return Session.objects.filter(public_id=session).exists()


def _end_takes_of(start: str) -> None:
    """End the takes of a media process that was killed: nobody holds their connections."""
    if not start:
        return
    left = Take.objects.filter(
        path=PublishPath.RTMP, ended_at=None, connection_id__startswith=f"{start}."
    )
    for take in left.select_related("session"):
        registry.adapter_of(take).down(take=take, reason=TakeEnd.LOST)
