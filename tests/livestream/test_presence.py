"""People present: each process reports its part, and learns the sums and its turn to write."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache

from core.ids import new_id
from livestream.realtime import presence
from livestream.realtime.frames import Now
from livestream.realtime.pace import Turn
from livestream.realtime.presence import Count, Told


def test_a_process_keeps_its_place_and_a_dead_one_is_forgotten() -> None:
    session = new_id()
    one, two = presence.Reporter(), presence.Reporter()
    assert one.report({session: Count(3, 2, 5)}, 9) == ({session: Told(Now(3, 2, 5))}, 9)
    assert two.report({session: Count(4)}, 2) == (
        {session: Told(Now(7, 2, 5), Turn(1, 2))},
        11,
    )
    assert one.report({session: Count(1, 0, 1)}, 8) == (
        {session: Told(Now(5, 0, 6), Turn(0, 2))},
        10,
    )
    assert presence.present(session) == 5


def test_a_process_that_lost_its_place_takes_another() -> None:
    session = new_id()
    one, two = presence.Reporter(), presence.Reporter()
    one.report({session: Count(3)})
    cache.set("room-process:0", "somebody else's")
    assert one.report({session: Count(3)}, 4)[1] == 4
    assert two.report({session: Count(4)}, 1)[1] == 5
    assert cache.get("room-process:0") == "somebody else's"


def test_a_report_takes_two_round_trips(monkeypatch: pytest.MonkeyPatch) -> None:
    trips: list[str] = []

    class Counted:
        def __getattr__(self, name: str) -> Any:
            trips.append(name)
            return getattr(cache, name)

    monkeypatch.setattr(presence, "cache", Counted())
    one, first, second = presence.Reporter(), new_id(), new_id()
    one.report({first: Count(1), second: Count(2)}, 3)
    trips.clear()
    one.report({first: Count(1), second: Count(2)}, 3)
    assert trips == ["get_many", "set_many"]
    trips.clear()
    one.report({first: Count(1, hearts=2)}, 3)
    assert trips == ["incr", "add", "get_many", "set_many"]


def test_without_a_free_place_a_process_counts_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "SLOTS", 0)
    session = new_id()
    assert presence.Reporter().report({session: Count(2)}, 7) == ({session: Told(Now(2))}, 7)


def test_only_processes_with_people_in_the_room_take_turns() -> None:
    here, elsewhere = new_id(), new_id()
    one, two, three = (presence.Reporter() for _ in range(3))
    one.report({here: Count(3)})
    two.report({here: Count(0), elsewhere: Count(9)})
    assert three.report({here: Count(4, tick_s=0.7)})[0][here].turn == Turn(1, 2, 0.7)
    assert two.report({here: Count(1), elsewhere: Count(9)})[0][here].turn == Turn(1, 3, 0.7)
