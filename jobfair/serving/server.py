"""uvicorn with our listeners, our signals and our way to stop."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import logging
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable, Generator
from functools import partial
from http import HTTPStatus

import uvicorn

from jobfair.health import Application, Probes, Receive, Scope, Send, readiness
from jobfair.serving.gate import Gate
from jobfair.serving.options import BACKLOG, Options

logger = logging.getLogger(__name__)

_ROOM_PROTOCOL = "livestream.realtime.uvicorn_protocol:RoomProtocol"
#: Frames beyond the 4 KB of the protocol are answered up to here, then the socket is closed.
_LONGEST_FRAME = 64 * 1024
#: Longer than nginx keeps its connections to us, so that it is never nginx who loses a race.
_KEEP_ALIVE_S = 75
#: Who was accepted last is given this long to send the request before idle connections close.
_FIRST_REQUEST_S = 0.5


def config(options: Options) -> uvicorn.Config:
    """Return uvicorn's configuration for one process; Django must be set up."""
    return uvicorn.Config(
        "jobfair.asgi:application",
        loop="uvloop",
        http="httptools",
        ws=_ROOM_PROTOCOL,
        ws_max_size=_LONGEST_FRAME,
        # No pings: a timer per viewer. The kernel asks silent connections (see listeners.py).
        ws_ping_interval=None,
        ws_per_message_deflate=False,
        lifespan="on",  # at the end the hub stores what waits
        log_config=None,
        access_log=False,
        # BEHIND_PROXY decides about forwarded headers, and nothing else believes them.
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=options.grace_s,
    )


def tls_context(options: Options) -> ssl.SSLContext | None:
    """TLS as the processes end it; ``None`` without a certificate."""
    if not options.tls:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(options.certfile, options.keyfile)
    context.set_alpn_protocols(["http/1.1"])
    return context


def sockets_alone(application: Application) -> Application:
    """The application as the TLS ports have it: sockets and probes, not the pages.

    Nobody stands in front of these ports; what pages ask for over HTTP they ask the site.
    """
    probes = Probes(_no_pages)

    # No coroutine of its own: it would be kept for every viewer.
    def called(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return (probes if scope["type"] == "http" else application)(scope, receive, send)

    return called


async def _no_pages(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer without reading what else comes."""
    headers = [
        (b"content-length", b"0"),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
    ]
    status = HTTPStatus.NOT_FOUND.value
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


class Server(uvicorn.Server):
    """Serves already bound listeners; tells when it serves and when it has stopped accepting."""

    def __init__(
        self,
        config: uvicorn.Config,
        listeners: list[tuple[socket.socket, ssl.SSLContext | None]],
        *,
        on_serving: Callable[[], None],
        on_closed: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._listeners = listeners
        self._on_serving = on_serving
        self._on_closed = on_closed
        self.gates: list[Gate] = []

    def stop(self) -> None:
        """Stop gracefully; harmless when it is stopping already."""
        readiness.draining = True
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the gates instead of uvicorn's own servers."""
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            sys.exit(1)
        loop = asyncio.get_running_loop()

        behind_tls = copy.copy(self.config)
        behind_tls.loaded_app = sockets_alone(self.config.loaded_app)

        def protocol(config: uvicorn.Config) -> asyncio.Protocol:
            made: asyncio.Protocol = config.http_protocol_class(  # type: ignore[call-arg]
                config=config,
                server_state=self.server_state,
                app_state=self.lifespan.state,
                _loop=loop,
            )
            return made

        self.gates = [
            Gate(listener, partial(protocol, behind_tls if context else self.config), context)
            for listener, context in self._listeners
        ]
        self.servers = []
        for gate in self.gates:
            gate.open()
        self.started = True
        logger.info("serving")
        self._on_serving()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no more; then uvicorn's way: tell everybody, wait for what is under way."""
        readiness.draining = True
        for gate in self.gates:
            gate.close()
        logger.info("accepting no more; %d connections", len(self.server_state.connections))
        self._on_closed()
        for gate in self.gates:
            await gate.wait_closed()
        await asyncio.sleep(_FIRST_REQUEST_S)
        await super().shutdown()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Signals are the process's matter (process.py); it ends with exit code 0."""
        yield
