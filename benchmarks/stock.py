"""The same room as anybody would build it first: stock Channels, a consumer per viewer.

``daphne benchmarks.stock:application``. A message is checked and stored by the same service as
ours, then ``group_send`` takes it to every viewer's consumer, which sends it as a frame.
"""

from __future__ import annotations

import json
import os
from typing import Any
from uuid import UUID

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jobfair.settings")
get_asgi_application()

from channels.db import database_sync_to_async  # noqa: E402  (needs the app registry)
from channels.generic.websocket import AsyncJsonWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path  # noqa: E402

from accounts.actor import Actor  # noqa: E402
from accounts.models import User  # noqa: E402
from core.errors import DomainError  # noqa: E402
from livestream import log  # noqa: E402
from livestream.models import Session  # noqa: E402
from livestream.realtime import tokens  # noqa: E402
from livestream.services.chat import post_message  # noqa: E402


@database_sync_to_async
def head_of(session: UUID) -> int:
    return Session.objects.values_list("last_seq", flat=True).get(public_id=session)


@database_sync_to_async
def store(claims: tokens.Claims, frame: dict[str, Any]) -> dict[str, Any]:
    """Store a message; the public form of its entry."""
    user = User.objects.get(actor_key=claims.key)
    session = Session.objects.visible_to(user).get(public_id=claims.session)
    message, _is_new = post_message(
        actor=Actor(user=user),
        session=session,
        client_id=UUID(frame["client_id"]),
        text=frame["text"],
    )
    [event] = log.public_events(claims.session, after=message.seq - 1, limit=1)
    return event


class StockViewer(AsyncJsonWebsocketConsumer):
    """One viewer: hello, a member of the group, frames one by one."""

    claims: tokens.Claims

    @classmethod
    async def encode_json(cls, content: dict[str, Any]) -> str:
        """As short as ours."""
        return json.dumps(content, ensure_ascii=False, separators=(",", ":"))

    async def receive_json(self, content: dict[str, Any], **kwargs: Any) -> None:
        if content["type"] == "hello":
            await self.hello(content)
        elif content["type"] == "message":
            await self.message(content)

    @property
    def group(self) -> str:
        return f"stock.{self.claims.session.hex}"

    async def hello(self, frame: dict[str, Any]) -> None:
        self.claims = tokens.read(frame["token"])
        await self.channel_layer.group_add(self.group, self.channel_name)
        head = await head_of(self.claims.session)
        now = {"present": 0}
        welcome = {"type": "welcome", "seq": head, "reconnect_spread_s": 2.0}
        await self.send_json(
            {**welcome, "from": head + 1, "to": head, "events": [], "now": now},
        )

    async def message(self, frame: dict[str, Any]) -> None:
        known = {"client_id": frame["client_id"]}
        try:
            event = await store(self.claims, frame)
        except DomainError as error:
            await self.send_json({"type": "error", "code": error.code, **known})
            return
        await self.send_json({"type": "ack", "seq": event["seq"], "held": False, **known})
        await self.channel_layer.group_send(self.group, {"type": "room.event", "event": event})

    async def room_event(self, message: dict[str, Any]) -> None:
        event = message["event"]
        seq = event["seq"]
        await self.send_json({"from": seq, "to": seq, "events": [event], "now": {"present": 0}})

    async def disconnect(self, code: int) -> None:
        if hasattr(self, "claims"):
            await self.channel_layer.group_discard(self.group, self.channel_name)


application = ProtocolTypeRouter(
    {"websocket": URLRouter([path("ws/rooms/<uuid:session>/", StockViewer.as_asgi())])}  # type: ignore[arg-type,list-item]
)
