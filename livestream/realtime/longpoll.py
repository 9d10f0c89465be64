"""Waiting for a room's next entry without a socket: a coroutine, no thread and no connection.

Django's pages would hold both. So the wait is done here, in front of it; the request goes on to
the ordinary address as soon as there is something to read.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from livestream.realtime.hub import get_hub
from livestream.realtime.room import RoomClosedError, UnknownRoomError

Application = Callable[[Any, Any, Any], Awaitable[None]]

_EVENTS = re.compile(r"^/api/v1/sessions/([0-9a-f-]{36})/events/$")
#: Seconds; less than what proxies and phones give an idle request.
WAIT_MOST_S = 10
#: Requests of one process that wait at once; further ones are answered at once.
WAITING_MOST = 2000


class LongPoll:
    """Holds ``GET …/events/?after=&wait=`` until the log goes beyond ``after``."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._waiting = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Wait if asked to, then answer as ever."""
        asked = _asked(scope)
        if asked is not None and self._waiting < WAITING_MOST:
            self._waiting += 1
            try:
                await _wait(*asked)
            finally:
                self._waiting -= 1
        await self._application(scope, receive, send)


def _asked(scope: Any) -> tuple[UUID, int, int] | None:
    """The session, the number and the seconds of a request that wants to wait."""
    match = _EVENTS.match(scope["path"])
    if match is None or b"wait=" not in scope["query_string"]:
        return None
    query = parse_qs(scope["query_string"].decode("latin-1"))
    try:
        wait, after = int(query["wait"][0]), int(query.get("after", ["0"])[0])
        return UUID(match[1]), after, min(wait, WAIT_MOST_S)
    except (KeyError, ValueError):
        return None


async def _wait(session: UUID, after: int, seconds: int) -> None:
    try:
        room = await get_hub().room(session)
    except (UnknownRoomError, RoomClosedError):
        return  # the address itself says what is wrong
    await room.wait_beyond(after, seconds)
