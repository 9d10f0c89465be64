"""Played-time reports of an invented audience, so that the statistics have something to count."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from accounts.models import User
from livestream.enums import WatchKind
from livestream.models import Session
from livestream.services.watching import Span, store_spans

_MINUTE = timedelta(minutes=1)


def audience(live: Session, elsewhere: Session, crowd: Sequence[User], now: datetime) -> int:
    """Store what the crowd and people without an account watched by ``now``; how many reports."""
    chance = random.Random(2026)
    accounts = [user.actor_key for user in crowd]
    spans = list(_room(chance, live, WatchKind.MEDIA, accounts + _devices(chance, 130), now))
    spans += _room(chance, elsewhere, WatchKind.ROOM, accounts[:4] + _devices(chance, 45), now)
    return store_spans(spans)


def _devices(chance: random.Random, count: int) -> list[str]:
    return [f"{chance.getrandbits(96):024x}" for _device in range(count)]


def _room(
    chance: random.Random, session: Session, kind: WatchKind, keys: list[str], now: datetime
) -> Iterator[Span]:
    """Most come early; some leave after seconds, some watch to the end, one in five comes back."""
    length = now - session.starts_at
    for key in keys:
        channel = chance.choice(["wx", "wx", "poster", "dy", "", ""])
        arrives = session.starts_at + length * min(chance.random(), chance.random())
        for _visit in range(chance.choice([1, 1, 1, 1, 2])):
            stays = timedelta(seconds=chance.choice([6, 25, 90, 240, 600, 1200, 1200]))
            leaves = min(arrives + stays * chance.uniform(0.7, 1.3), now)
            while arrives < leaves:
                end = min(arrives + _MINUTE, leaves)
                played = (end - arrives) * chance.choice([1.0, 1.0, 1.0, 0.8])
                yield Span(
                    session=session.public_id,
                    key=key,
                    channel=channel,
                    starts_at=arrives,
                    ends_at=end,
                    played_ms=played // timedelta(milliseconds=1),
                    kind=kind,
                )
                arrives = end
            arrives += timedelta(minutes=3)
