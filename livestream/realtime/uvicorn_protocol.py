"""uvicorn's WebSocket protocol, set up for rooms: small, compressing once, leaving politely."""

from __future__ import annotations

import random
import socket
from asyncio.transports import BaseTransport
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.http11 import Request

from livestream.media.ingest.limits import MAX_HELLO
from livestream.realtime import frames
from livestream.realtime.wire import Frame

#: Where pictures arrive: long messages, and nothing in them to compress.
INGEST_PATH = "/ws/ingest/"
#: The kernel's part of what one viewer can be behind.
SEND_BUFFER = 32 * 1024
#: Whoever acknowledges nothing for this long is gone; nobody is pinged.
GONE_MS = 60_000
#: Over how long the pages of a process that goes down come back elsewhere.
RECONNECT_SPREAD_S = 20.0
#: Messages under way are stored and acknowledged in that time.
ANSWERS_S = 1.0

#: Without context takeover every message stands alone: compressed once, it serves everybody,
#: and nobody's socket keeps a compressor's 300 KB.
_DEFLATE = ServerPerMessageDeflateFactory(
    server_no_context_takeover=True, client_no_context_takeover=True
)


class RoomProtocol(WebSocketsSansIOProtocol):
    """Pass as ``--ws``, with uvicorn's own per-message deflate and pings turned off."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conn.available_extensions = [_DEFLATE]

    def connection_made(self, transport: BaseTransport) -> None:
        """Bound what the kernel keeps for this viewer."""
        super().connection_made(transport)
        line = transport.get_extra_info("socket")
        if line is not None and line.family in {socket.AF_INET, socket.AF_INET6}:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, GONE_MS)

    def handle_connect(self, event: Request) -> None:
        """As uvicorn's; publishers may send longer messages than viewers, once they are known."""
        if event.path.startswith(INGEST_PATH):
            self.conn.max_message_size = MAX_HELLO
            self.conn.available_extensions = []
        super().handle_connect(event)

    async def send(self, message: Any) -> None:
        """As uvicorn's; once a socket is open, let go of what only opening it needed."""
        await super().send(message)
        if message["type"] == "websocket.accept":
            # The application's routers have copied what they need of the scope.
            self.scope["headers"] = []
            del self.request, self.response

    def shutdown(self) -> None:
        """Say that this process goes down; close (1012) once what is under way is answered."""
        if not self.handshake_complete or self.close_sent or self.transport.is_closing():
            super().shutdown()
            return
        spread = round(random.uniform(0.8, 1) * RECONNECT_SPREAD_S, 1)
        self.transport.write(Frame(frames.encode(frames.reconnect(spread))).raw)
        self.loop.call_later(ANSWERS_S, super().shutdown)
