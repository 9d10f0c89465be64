"""How far behind viewers' pictures are: reports, their median, and the sum over processes."""

from __future__ import annotations

import asyncio

import pytest
from asgiref.sync import sync_to_async

from core.ids import new_id
from livestream.realtime import presence
from livestream.realtime.delays import KEPT_MOST, KEPT_S, Behind, Delays
from livestream.realtime.presence import Count
from tests.livestream.rooms import close_hub, joined, make_session_async


def test_the_median_of_the_last_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    room, other, delays = new_id(), new_id(), Delays()
    now = [1000.0]
    monkeypatch.setattr("livestream.realtime.delays.time.monotonic", lambda: now[0])
    assert delays.of(room) == Behind(0, 0)
    for seconds in (4, 6, 250):
        delays.note(room, seconds)
    delays.note(other, 9)
    assert delays.of(room) == Behind(6, 3)
    now[0] += KEPT_S - 1
    delays.note(room, 5)
    assert delays.of(room) == Behind(5.5, 4)
    now[0] += 2
    assert delays.of(room) == Behind(5, 1)
    assert delays.of(other) == Behind(0, 0)


def test_a_large_room_keeps_its_newest_reports() -> None:
    room, delays = new_id(), Delays()
    for number in range(3 * KEPT_MOST):
        delays.note(room, 2 if number < 2 * KEPT_MOST else 8)
    assert delays.of(room) == Behind(8, KEPT_MOST)


def test_processes_count_by_how_many_told_them() -> None:
    session = new_id()
    assert presence.line(session).delay_s is None
    presence.Reporter().report({session: Count(5)})
    assert presence.line(session).delay_s is None
    presence.Reporter().report({session: Count(30, 30, behind=Behind(4, 30))})
    presence.Reporter().report({session: Count(10, 10, behind=Behind(8, 10))})
    assert presence.line(session).delay_s == 5


@pytest.mark.django_db(transaction=True)
async def test_what_pages_report_is_what_the_crew_reads() -> None:
    session = await make_session_async()
    async with (
        joined(session.public_id, key="one") as (one, _),
        joined(session.public_id, key="two") as (two, _),
    ):
        watch = {"type": "watch", "kind": "media", "played": 0, "on": True}
        await one.say({**watch, "delay": 6.4})
        await two.say(watch)  # a page that does not know
        async with asyncio.timeout(8):
            while (await sync_to_async(presence.line)(session.public_id)).delay_s != 6.4:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
    await close_hub()
