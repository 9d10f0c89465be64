"""From services to the hubs, after commit.

The channel layer is at most once and nothing here ever raises for it: room log and revocations
are in the database, and a hub that missed a message reads them a few seconds later.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import InMemoryChannelLayer

from core.transactions import on_commit, write
from livestream.models import RoomRevocation
from livestream.realtime import groups, layer, tokens

logger = logging.getLogger(__name__)

#: A layer that does not answer must not hold up the request that wrote the event.
SEND_TIMEOUT_S = 2.0

Here = Callable[[str, dict[str, Any]], None]

_listening: tuple[asyncio.AbstractEventLoop, Here] | None = None


def listen_on(loop: asyncio.AbstractEventLoop, here: Here) -> None:
    """Remember the event loop of this process's hub, and what takes messages there."""
    global _listening  # noqa: PLW0603 - one per process, like the layer itself
    _listening = (loop, here)


def publish_events(session_public_id: UUID, events: list[dict[str, Any]]) -> None:
    """Hand the public form of newly committed events to every process with viewers there."""
    if events:
        message = {"type": groups.EVENTS, "events": events, "at": time.time()}
        _send(groups.room_group(session_public_id), message)


def close_key(key: str, session: UUID | None = None) -> None:
    """Close a person's sockets in one room or in all, and void tokens issued until now.

    For sign-out, ban and change of role: call it in the transaction that decides, so that there
    is no decision without its revocation. Open sockets close within a second of the commit, or
    three where the layer fails. A page may fetch a new token and come back as what the person is
    then.
    """
    if not key:
        return
    now = _now()
    with write():
        row = RoomRevocation.objects.create(key=key, session_public_id=session, at=now)
        RoomRevocation.objects.filter(at__lt=now - timedelta(seconds=tokens.LIFETIME_S)).delete()
        on_commit(lambda: _tell(row))


def _tell(row: RoomRevocation) -> None:
    """Void what was issued until the commit, and say so to every process."""
    row.at = _now()
    row.save(update_fields=["at"])
    message = {
        "type": groups.CLOSE_KEY,
        "key": row.key,
        "session": str(row.session_public_id or ""),
        "at": int(row.at.timestamp() * 1000),
    }
    _send(groups.CONTROL_GROUP, message)


def _now() -> datetime:
    """Now, in whole milliseconds as tokens have them."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def _send(group: str, message: dict[str, Any]) -> None:
    try:
        carrier = layer.current()
        if _listening is None or not _listening[0].is_running():
            if not isinstance(carrier, InMemoryChannelLayer):
                async_to_sync(_send_in_time)(group, message)
            return
        loop, here = _listening
        loop.call_soon_threadsafe(here, group, message)
        if not isinstance(carrier, InMemoryChannelLayer):
            asyncio.run_coroutine_threadsafe(_send_quietly(group, message), loop)
    except Exception:
        logger.exception("Could not publish to %s; hubs will read the log", group)


async def _send_quietly(group: str, message: dict[str, Any]) -> None:
    try:
        await _send_in_time(group, message)
    except Exception as error:  # noqa: BLE001 (Redis may be gone for a while: a line each, no more)
        name = type(error).__name__
        logger.warning("Could not publish to %s (%s); hubs will read the log", group, name)


async def _send_in_time(group: str, message: dict[str, Any]) -> None:
    await asyncio.wait_for(layer.current().group_send(group, message), SEND_TIMEOUT_S)
