"""The pace of a room: how often a process ticks, when its turn is, and how much a tick carries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livestream.realtime import pace
from livestream.realtime.pace import Turn
from livestream.realtime.tail import Entry


@pytest.mark.parametrize(
    ("seconds", "present", "length"),
    [(0.01, 10, 0.25), (0.2, 10, pytest.approx(0.6)), (3.0, 10, 1.0), (3.0, 60_000, 1.5)],
)
def test_the_tick_follows_the_fan_out(seconds: float, present: int, length: float) -> None:
    assert pace.tick_length(pace.Sent(seconds, 10, 0, 100), present) == length


def test_many_skipped_viewers_slow_the_tick_down() -> None:
    assert pace.tick_length(pace.Sent(0.1, 100, 6, 100), 100) == pytest.approx(0.6)


chats = st.lists(st.booleans(), min_size=1, max_size=80)


@given(chats, st.integers(min_value=1, max_value=30))
def test_a_sample_keeps_all_that_is_no_chat_and_never_more_lines(
    chatty: list[bool], lines: int
) -> None:
    entries = [Entry(n, "message", "", "{}", chat) for n, chat in enumerate(chatty, start=1)]
    kept = pace.select(entries, lines)
    assert sum(entry.chat for entry in kept) == min(lines, sum(chatty))
    assert [e for e in kept if not e.chat] == [e for e in entries if not e.chat]
    assert list(kept) == sorted(kept, key=lambda entry: entry.seq)


@given(
    st.floats(min_value=1, max_value=1000),
    st.integers(min_value=1, max_value=100_000),
    st.floats(min_value=50, max_value=20_000),
)
def test_what_a_room_sends_fits_the_line(mbit: float, people: int, line_bytes: float) -> None:
    """Steady state: as many lines as allowed, once a tick; or the room sends mere clock ticks."""
    allowance = pace.bytes_per_viewer_s(mbit, people)
    lines = pace.chat_lines(90, allowance=allowance, bytes_per_line=line_bytes)
    frame = lines * line_bytes
    length = pace.tick_length(pace.Sent(0.1, people, 0, frame), people, allowance)
    assert allowance is not None
    sent = (frame + pace.OVERHEAD_BYTES) / length
    assert sent <= allowance * 1.001 or lines == 1


def test_a_burst_is_shown_whole_and_a_steady_flood_is_not() -> None:
    readable = pace.Readable(30)
    assert readable.after(0.25) == 300
    readable.show(300)
    shown = 0
    for _tick in range(40):
        lines = readable.after(0.25)
        readable.show(lines)
        shown += lines
    assert 290 <= shown <= 300
    steady = pace.Readable(30)
    for _tick in range(400):  # 20 lines a second, in lumps
        assert steady.after(2) >= 40
        steady.show(40)


@pytest.mark.parametrize(("processes", "length"), [(1, 0.6), (3, 0.6), (6, 1.2), (12, 1.5)])
def test_many_processes_leave_the_machine_half_of_its_time(
    processes: int, length: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "CORES", 2)
    sent = pace.Sent(0.2, 10_000, 0, 100)
    assert pace.tick_length(sent, 60_000, None, processes) == pytest.approx(length)


def test_one_slow_tick_changes_little_and_a_slow_machine_much() -> None:
    once = pace.smoothed(0.2, 0.4)
    assert pace.smoothed(0.0, 0.4) == 0.4
    assert once == pytest.approx(0.25)
    for _tick in range(10):
        once = pace.smoothed(once, 0.4)
    assert once == pytest.approx(0.4, abs=0.01)


moments = st.floats(min_value=0, max_value=1e7)
lengths = st.floats(min_value=pace.SHORTEST_S, max_value=pace.LONGEST_ON_LINE_S)
turns = st.tuples(st.integers(min_value=2, max_value=64), lengths).flatmap(
    lambda shape: st.builds(
        Turn, st.integers(min_value=0, max_value=shape[0] - 1), st.just(shape[0]), st.just(shape[1])
    )
)


@given(moments, lengths)
def test_a_process_alone_ticks_when_its_time_is_over(last: float, length: float) -> None:
    assert pace.next_tick(last, length, Turn()) == last + length


@given(moments, turns)
def test_the_first_tick_in_turn_is_near_and_those_after_it_are_even(
    last: float, turn: Turn
) -> None:
    first = pace.next_tick(last, 0.3, turn)
    period = pace.next_tick(first, 0.3, turn) - first
    assert turn.tick_s - 0.01 <= period <= turn.tick_s + pace.STEP_S
    assert pace.LEAST_PART * period - 1e-3 <= first - last <= 1.75 * period + 1e-3


@given(moments, moments, turns)
def test_processes_do_not_tick_together(mine: float, others: float, turn: Turn) -> None:
    other = turn._replace(number=(turn.number + 1) % turn.of)
    first = pace.next_tick(mine, 0.3, turn)
    period = pace.next_tick(first, 0.3, turn) - first
    apart = (pace.next_tick(others, 0.9, other) - first) % period
    assert apart == pytest.approx(period / turn.of, abs=1e-3)


@given(moments, turns, st.floats(min_value=0, max_value=0.2))
def test_a_tick_that_begins_late_does_not_cost_a_round(
    last: float, turn: Turn, late: float
) -> None:
    due = pace.next_tick(last, 0.3, turn)
    on_time = pace.next_tick(due, 0.3, turn)
    after = pace.next_tick(due + late * (on_time - due), 0.3, turn)
    assert after == pytest.approx(on_time, abs=1e-3)
