"""Listening to a channel-layer group from a process, for as long as the task lives."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from channels.layers import BaseChannelLayer, get_channel_layer

logger = logging.getLogger(__name__)

_RETRY_S = 1.0
#: In-memory groups forget members after a day; joining again is cheap everywhere.
_REJOIN_S = 3600.0


def current() -> BaseChannelLayer:
    """The configured layer; an installation without one cannot run rooms."""
    found = get_channel_layer()
    if found is None:
        raise RuntimeError("CHANNEL_LAYERS has no default layer")
    return found


async def listen(
    group: str,
    on_message: Callable[[dict[str, Any]], None],
    on_subscribed: Callable[[], None],
) -> None:
    """Pass every message of ``group`` to ``on_message`` until cancelled.

    One channel of this process joins the group. ``on_subscribed`` is called each time listening
    (re)starts, because whatever was sent before is lost. Survives a layer that goes away.
    """
    while True:
        try:
            await _listen_once(group, on_message, on_subscribed)
        except asyncio.CancelledError:
            raise
        except Exception:
            logger.exception("Channel layer failed for %s; listening again soon", group)
            await asyncio.sleep(_RETRY_S * random.uniform(0.5, 1.5))


async def _listen_once(
    group: str,
    on_message: Callable[[dict[str, Any]], None],
    on_subscribed: Callable[[], None],
) -> None:
    layer = current()
    channel = await layer.new_channel()
    await layer.group_add(group, channel)
    rejoin = asyncio.create_task(_rejoin(group, channel))
    try:
        on_subscribed()
        while True:
            on_message(await layer.receive(channel))
    finally:
        rejoin.cancel()
        with suppress(Exception):
            await asyncio.wait_for(layer.group_discard(group, channel), 2)


async def _rejoin(group: str, channel: str) -> None:
    while True:
        await asyncio.sleep(_REJOIN_S)
        with suppress(Exception):
            await current().group_add(group, channel)
