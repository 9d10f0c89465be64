from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livestream.media.packaging.clock import (
    BELIEVED,
    DRIFT,
    FLAT,
    SETTLE,
    STEP,
    ProgrammeClock,
)

T0 = 1_800_000_000.0
waits = st.floats(0, 0.9, allow_nan=False)


def play(clock: ProgrammeClock, delays: list[float], *, start: float = 0.0, step: float = 1.0):
    """One fragment a step, each so much late; arrivals never overtake one another."""
    arrived = T0 + start
    for n, delay in enumerate(delays, start=1):
        media = start + n * step
        arrived = max(arrived, T0 + media + delay)
        clock.observe(media, arrived)
    return arrived


def test_nothing_has_arrived():
    with pytest.raises(ValueError):
        ProgrammeClock().at(0)


@given(st.lists(waits, min_size=1, max_size=60))
def test_error_is_the_shortest_way_so_far(delays):
    clock = ProgrammeClock()
    play(clock, delays)
    error = clock.at(0) - T0
    assert -1e-6 <= error <= min(delays) + DRIFT * len(delays) + 1e-6


@given(st.lists(st.floats(0, 120, allow_nan=False), min_size=1, max_size=80))
def test_never_early_and_never_later_than_the_last(delays):
    clock = ProgrammeClock()
    last = play(clock, delays)
    assert clock.at(0) >= T0 - 1e-6
    assert clock.at(len(delays)) <= last + 1e-6


ways = st.floats(0, BELIEVED - DRIFT * SETTLE)  # it drifts while it is measured


@given(st.lists(waits, max_size=6), ways, st.floats(0, 0.05), waits)
def test_a_beginning_that_was_told_takes_the_way_off_for_good(delays, way, told_late, later):
    clock = ProgrammeClock()
    clock.begin(0, T0 + told_late)
    play(clock, [*delays, way])
    shortest = min(*delays, way) if delays else way
    expected = min(told_late, shortest)
    assert clock.at(0) - T0 == pytest.approx(expected, abs=DRIFT * 10)
    play(clock, [way + later] * 60, start=len(delays) + 1)
    assert clock.at(0) - T0 == pytest.approx(expected, abs=DRIFT * 80)


@given(st.floats(BELIEVED + 0.01, 30))
def test_a_beginning_that_cannot_be_is_not_believed(early):
    clock = ProgrammeClock()
    clock.begin(0, T0 - early)
    play(clock, [0.0] * 20)
    assert clock.at(0) - T0 == pytest.approx(0, abs=DRIFT * 20)


@given(stall=st.integers(2, 30), way=st.floats(0, 0.1))
def test_a_stalled_network_that_catches_up_changes_nothing(stall, way):
    clock = ProgrammeClock()
    play(clock, [way] * 20 + [stall - n + way for n in range(stall)] + [way] * 10)
    assert abs(clock.at(0) - T0 - way) < 0.02


@given(
    pause=st.floats(STEP + 0.2, 600),
    jitter=st.lists(st.floats(0, FLAT / 2), min_size=12, max_size=20),
)
def test_a_pause_moves_programme_time_by_itself(pause, jitter):
    clock = ProgrammeClock()
    play(clock, [0.05] * 20)
    for n, extra in enumerate(jitter, start=21):
        clock.observe(n, T0 + n + pause + 0.05 + extra)
    assert abs(clock.at(0) - T0 - pause) < 0.05 + FLAT


def test_a_pause_is_judged_after_it_settled():
    clock = ProgrammeClock()
    play(clock, [0.0] * 5)
    for n in range(6, 6 + int(SETTLE)):
        clock.observe(n, T0 + n + 60)
        assert clock.at(0) < T0 + 1
    clock.observe(14, T0 + 14 + 60)
    assert abs(clock.at(0) - T0 - 60) < 0.1


@given(slope=st.floats(0.02, 0.9))
def test_an_uplink_that_falls_behind_is_no_pause(slope):
    clock = ProgrammeClock()
    play(clock, [n * slope for n in range(120)])
    assert clock.at(0) - T0 <= 0.05


@settings(max_examples=20, deadline=None)
@given(st.floats(-80e-6, 80e-6))
def test_a_camera_clock_that_runs_apart_for_hours(ppm):
    clock = ProgrammeClock()
    for n in range(1, 4 * 3600, 2):
        media = n * (1 + ppm)
        clock.observe(media, T0 + n + 0.05)
    assert abs(clock.at(media) - (T0 + n) - 0.05) < 0.01


@given(jump=st.floats(-1e6, 1e6), gone=st.floats(0, 100))
def test_a_timeline_that_jumps(jump, gone):
    clock = ProgrammeClock()
    play(clock, [0.05] * 10)
    clock.restart()
    for n in range(1, 5):
        clock.observe(10 + jump + n, T0 + 10 + gone + n + 0.05)
    error = clock.at(10 + jump) - (T0 + 10 + gone)
    assert -STEP <= error <= 0.06
