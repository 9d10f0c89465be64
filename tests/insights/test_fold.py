"""The definitions of docs/statistics.md, one by one, on figures small enough to check by eye."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from insights.fold import Logs, Offer, RoomEntry, Step, Wish, fold
from insights.records import Count, Supply
from intents.enums import EventKind as K
from livestream.enums import EventKind as R

T0 = datetime(2026, 3, 1, tzinfo=UTC)


def at(minute: int) -> datetime:
    return T0 + timedelta(minutes=minute)


def wish(seeker: int = 1, session: str | None = None, pin: int | None = None, **more: str) -> Wish:
    values = {"employer": "e", "vacancy": "v", "channel": None, **more}
    return Wish(seeker=seeker, session=session, pin_seq=pin, **values)  # type: ignore[arg-type]


def logs(*histories: tuple[Wish, list[K]], **more) -> Logs:
    """Each history's steps a minute apart, one history after the other."""
    made, seq = Logs(**more), 0
    for number, (what, kinds) in enumerate(histories, start=1):
        made.wishes[number] = what
        for kind in kinds:
            seq += 1
            made.steps.append(Step(seq, number, kind, at(seq)))
    return made


def persons(statistics) -> list[int]:
    return [count.persons for count in statistics.net]


END = at(10_000)


class TestLevels:
    @pytest.mark.parametrize(
        ("kinds", "expected"),
        [
            ([K.EXPRESSED], [1, 0, 0, 0, 0, 0, 0]),
            ([K.EXPRESSED, K.MATCHED], [1, 1, 0, 0, 0, 0, 0]),
            ([K.EXPRESSED, K.MATCHED, K.MATCH_UNDONE], [1, 0, 0, 0, 0, 0, 0]),
            ([K.EXPRESSED, K.MATCHED, K.HIRED], [1, 1, 1, 1, 1, 1, 0]),
            ([K.EXPRESSED, K.MATCHED, K.HIRED, K.RETAINED], [1, 1, 1, 1, 1, 1, 1]),
            ([K.EXPRESSED, K.MATCHED, K.DECLINED], [1, 0, 0, 0, 0, 0, 0]),
            ([K.EXPRESSED, K.LAPSED], [1, 0, 0, 0, 0, 0, 0]),
            ([K.EXPRESSED, K.MATCHED, K.WITHDRAWN], [0, 0, 0, 0, 0, 0, 0]),
        ],
    )
    def test_the_last_step_decides(self, kinds, expected):
        assert persons(fold(logs((wish(), kinds)), END)) == expected

    def test_the_state_at_the_cutoff_counts_inclusive(self):
        history = logs((wish(), [K.EXPRESSED, K.MATCHED, K.WITHDRAWN]))
        seen = [persons(fold(history, at(minute)))[:2] for minute in range(4)]
        assert seen == [[0, 0], [1, 0], [1, 1], [0, 0]]

    def test_people_once_intents_each(self):
        history = logs(
            (wish(1), [K.EXPRESSED]), (wish(1), [K.EXPRESSED, K.MATCHED]), (wish(2), [K.EXPRESSED])
        )
        assert fold(history, END).net[:2] == (Count(2, 3), Count(1, 1))

    def test_endings_are_told(self):
        history = logs((wish(), [K.EXPRESSED, K.DECLINED]), (wish(), [K.EXPRESSED, K.WITHDRAWN]))
        assert fold(history, END).ended == {"withdrawn": 1, "declined": 1, "lapsed": 0}


class TestExclusions:
    def test_who_works_there_from_then_on(self):
        history = logs((wish(1), [K.EXPRESSED]), works=[(1, at(5))])
        assert persons(fold(history, at(4)))[0] == 1
        assert persons(fold(history, at(5)))[0] == 0
        assert fold(history, at(5)).gross[0] == Count(1, 1)

    def test_blocked_and_no_longer_blocked(self):
        history = logs((wish(1), [K.EXPRESSED]), blocks=[(1, True, at(5)), (1, False, at(6))])
        assert [persons(fold(history, at(m)))[0] for m in (4, 5, 6)] == [1, 0, 1]

    def test_rehearsals(self):
        history = logs((wish(1, session="r"), [K.EXPRESSED]), rehearsals=frozenset({"r"}))
        assert persons(fold(history, END))[0] == 0


class TestGuests:
    GUESTS = {
        "session_guests": {"s": frozenset({"g", "h"})},
        "presenters": {("s", 5): frozenset({"h", "x"})},
    }

    def credited(self, **where):
        statistics = fold(logs((wish(**where), [K.EXPRESSED]), **self.GUESTS), END)
        return sorted(line.key for line in statistics.lines["guest"])

    def test_who_presented_the_card(self):
        assert self.credited(session="s", pin=5) == ["h"]

    def test_all_where_nobody_is_named(self):
        assert self.credited(session="s", pin=7) == self.credited(session="s") == ["g", "h"]

    def test_nobody_outside_a_session(self):
        assert self.credited() == []


class TestSupplyAndTalk:
    def offer(self, vacancy="v", **more):
        values = {"employer": "e", "number": 1, "headcount": 3, "trade": "焊工", **more}
        return Offer(
            vacancy=vacancy,
            brought_at=values.pop("brought_at", at(1)),
            at=values.pop("at", at(1)),
            **values,
        )

    def test_supply(self):
        offers = [
            self.offer(),
            self.offer(number=2, headcount=5, at=at(9)),
            self.offer("w", headcount=None, trade=""),
        ]
        history = Logs(offers=offers)
        assert fold(history, at(0)).supply == Supply()
        assert fold(history, at(8)).supply == Supply(1, 2, 3, 1, 1)
        assert fold(history, at(9)).supply == Supply(1, 2, 5, 1, 1)

    def test_talk(self):
        def entry(kind, key, minute=1, session="s", **refs):
            return RoomEntry(session, kind, key, refs, at(minute))

        room = [
            entry(R.MESSAGE, "a", message="1"),
            entry(R.MESSAGE, "a", 3, message="1"),  # held, then released: one message
            entry(R.MESSAGE, "staff", message="2"),
            entry(R.QUESTION, "a", question="q"),
            entry(R.QUESTION, "b", question="p"),
            entry(R.ANSWER, "staff", 5, question="q"),
            entry(R.MESSAGE, "a", session="r", message="3"),
        ]
        history = Logs(
            room=room,
            keys={"a": 1, "b": 2, "staff": 3},
            works=[(3, at(0))],
            rehearsals=frozenset({"r"}),
        )
        talk = fold(history, END).talk
        assert (talk.messages, talk.senders, talk.questions, talk.askers, talk.answered) == (
            1,
            1,
            2,
            2,
            1,
        )
        assert fold(history, at(4)).talk.answered == 0
        room.append(entry(R.QUESTION, "a", 6, question="q"))  # the answer was taken back
        assert fold(history, at(5)).talk.answered == 1
        assert fold(history, at(6)).talk.answered == 0
        assert list(fold(history, END).talk_by_session) == ["s"]
