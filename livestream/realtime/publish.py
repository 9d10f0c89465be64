"""From services to the hubs, after commit.

The channel layer is at most once and nothing here ever raises: the room log is the truth, and a
hub that missed a message reads the log a few seconds later.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import InMemoryChannelLayer
from django.core.cache import cache

from livestream.realtime import groups, layer, tokens

logger = logging.getLogger(__name__)

#: A layer that does not answer must not hold up the request that wrote the event.
SEND_TIMEOUT_S = 2.0

_listening: asyncio.AbstractEventLoop | None = None


def listen_on(loop: asyncio.AbstractEventLoop) -> None:
    """Remember the event loop that this process's hub runs on."""
    global _listening  # noqa: PLW0603 - one per process, like the layer itself
    _listening = loop


def publish_events(session_public_id: UUID, events: list[dict[str, Any]]) -> None:
    """Hand the public form of newly committed events to every process with viewers there."""
    if events:
        _send(groups.room_group(session_public_id), {"type": groups.EVENTS, "events": events})


def close_key(key: str, session: UUID | None = None) -> None:
    """Close a person's sockets in one room or in all, and refuse tokens issued until now.

    For sign-out, ban and change of role. Open sockets close within a second; a page may fetch a
    new token and come back as what the person is then.
    """
    if not key:
        return
    now_ms = time.time_ns() // 1_000_000
    cache.set(revocation_name(key, session), now_ms, timeout=tokens.LIFETIME_S)
    message = {
        "type": groups.CLOSE_KEY,
        "key": key,
        "session": str(session) if session else "",
        "at": now_ms,
    }
    _send(groups.CONTROL_GROUP, message)


def is_revoked(claims: tokens.Claims) -> bool:
    """Whether the shared cache knows a revocation later than the token. Blocks; not for hubs."""
    names = [revocation_name(claims.key, None), revocation_name(claims.key, claims.session)]
    return any(at >= claims.issued_ms for at in cache.get_many(names).values())


def revocation_name(key: str, session: UUID | None) -> str:
    return f"room-revoked:{key}:{session.hex if session else 'all'}"


def _send(group: str, message: dict[str, Any]) -> None:
    try:
        carrier = layer.current()
        if isinstance(carrier, InMemoryChannelLayer):
            _send_here(carrier, group, message)
        else:
            async_to_sync(_send_in_time)(group, message)
    except Exception:
        logger.exception("Could not publish to %s; hubs will read the log", group)


def _send_here(carrier: InMemoryChannelLayer, group: str, message: dict[str, Any]) -> None:
    """In one process: on the hub's own loop, because the layer's queues belong to it."""
    if _listening is not None and _listening.is_running():
        asyncio.run_coroutine_threadsafe(carrier.group_send(group, message), _listening)


async def _send_in_time(group: str, message: dict[str, Any]) -> None:
    await asyncio.wait_for(layer.current().group_send(group, message), SEND_TIMEOUT_S)
