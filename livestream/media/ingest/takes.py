"""A publisher's take, from the event loop: every service call in a thread, in order."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from core.errors import Conflict, NotAllowed
from livestream.enums import PublishPath, TakeEnd
from livestream.media.adapters import registry
from livestream.models import Take
from livestream.realtime import presence, threads
from livestream.services import stream_keys, takes

logger = logging.getLogger(__name__)

CLOSE_KEY = 4401
CLOSE_TAKEN = 4409
CLOSE_OVER = 4410
#: The server lost track of the publisher; it may begin anew at once.
CLOSE_AGAIN = 1012


class RefusedError(Exception):
    """No take for this publisher; ``code`` closes the socket."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Pulse:
    """What a beat brought: whether to go on, else with which code to close; who is in the room."""

    wanted: bool
    code: int = 0
    present: int = 0
    playing: int = 0


async def require_key(session: UUID, secret: str) -> None:
    """Raise :class:`RefusedError` for a wrong key; takes no lock, and may be given up."""
    try:
        await threads.KEYS.run(stream_keys.require_valid, session, secret)
    except NotAllowed:
        raise RefusedError(CLOSE_KEY) from None


async def begin(session: UUID, secret: str) -> Take:
    """A take of ``session``; raises :class:`RefusedError`."""
    try:
        return await threads.KEYS.run(_begin, session, secret)
    except NotAllowed:
        raise RefusedError(CLOSE_KEY) from None
    except Conflict as conflict:
        taken = conflict.code == "stream_taken"
        raise RefusedError(CLOSE_TAKEN if taken else CLOSE_OVER) from None


def _begin(session: UUID, secret: str) -> Take:
    """Let the publisher in, also where its own earlier connection is still thought to be there.

    A phone that changes networks comes back at once; the server hears of the loss much later.
    """
    try:
        return _take(session, secret)
    except Conflict as conflict:
        ghost = Take.objects.filter(
            session__public_id=session, ended_at=None, key__digest=stream_keys.digest(secret)
        ).select_related("session")
        if conflict.code != "stream_taken" or not (found := ghost.first()):
            raise
        registry.adapter_of(found).down(take=found, reason=TakeEnd.DROPPED)
        return _take(session, secret)


def _take(session: UUID, secret: str) -> Take:
    browsers = registry.by_path(PublishPath.BROWSER)
    return browsers.authorize(stream=session, token=secret, connection_id=uuid4().hex)


async def up(take: Take, first_at: datetime) -> bool:
    """On air from ``first_at``; false where the take is over already."""
    adapter = registry.adapter_of(take)
    return await threads.TAKES.run(adapter.up, take=take, first_at=first_at)


async def beat(take: Take, last_at: datetime | None) -> Pulse:
    """Tell that the take lives."""
    return await threads.TAKES.run(_beat, take, last_at)


def _beat(take: Take, last_at: datetime | None) -> Pulse:
    if not takes.beat(take=take, last_at=last_at):
        # No row: deleted with its rehearsal.
        end = Take.objects.filter(pk=take.pk).values_list("end", flat=True).first() or ""
        return Pulse(wanted=False, code=_CODES.get(end, CLOSE_OVER))
    now = presence.now(take.session.public_id)
    return Pulse(wanted=True, present=now.present, playing=now.playing)


_CODES: dict[str, int] = {TakeEnd.REVOKED: CLOSE_KEY, TakeEnd.LOST: CLOSE_AGAIN}


async def end(
    take: Take, reason: TakeEnd, *, last_at: datetime | None = None, trouble: str = ""
) -> None:
    """The take is over; whatever hinders storing that is logged, and the take reaped later."""
    down = registry.adapter_of(take).down
    try:
        await threads.TAKES.run(down, take=take, reason=reason, last_at=last_at, trouble=trouble)
    except Exception:
        logger.exception("Ending a take failed")
