from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from intents.enums import STEP_OUTCOME, EventKind, Level, MomentSource, Outcome
from intents.rules import START, STEP_FROM, TOLERANCE, State, clamp, estimate, next_state

T0 = datetime(2026, 12, 3, 6, 0, tzinfo=UTC)
STEPS = [kind for kind in EventKind if kind != EventKind.EXPRESSED]
states = st.builds(State, st.sampled_from(Level), st.sampled_from(Outcome))
seconds = st.integers(-7200, 7200)
moments = seconds.map(lambda s: T0 + timedelta(seconds=s))


@st.composite
def interval_lists(draw):
    edges = sorted(draw(st.lists(moments, max_size=8, unique=True)))
    closed = list(zip(edges[::2], edges[1::2], strict=False))
    return closed + ([(edges[-1], None)] if len(edges) % 2 else [])


NOW = T0 + timedelta(seconds=7200)


def inside(at, intervals):
    return any(start <= at <= (end or NOW) for start, end in intervals)


class TestNextState:
    def test_every_step_is_in_the_table(self):
        assert set(STEP_FROM) == set(STEPS)

    @given(states, st.sampled_from(EventKind))
    def test_what_has_ended_stays_ended(self, state, step):
        if state.outcome != Outcome.LIVE:
            assert next_state(state, step) is None

    @given(st.sampled_from(Level), st.sampled_from(STEPS))
    def test_steps_go_up_except_the_undoing(self, level, step):
        target = next_state(State(level, Outcome.LIVE), step)
        if target is not None and step != EventKind.MATCH_UNDONE:
            assert target.level >= level

    @given(st.lists(st.sampled_from(STEPS), max_size=12))
    def test_nobody_is_above_a_match_without_one(self, steps):
        state, matched = START, False
        for step in steps:
            target = next_state(state, step)
            if target is None:
                continue
            matched = matched or step == EventKind.MATCHED
            state = target
            assert matched or state.level == Level.EXPRESSED
            assert state.outcome == STEP_OUTCOME.get(step, Outcome.LIVE)

    def test_expressing_is_no_step_of_an_existing_intent(self):
        assert next_state(START, EventKind.EXPRESSED) is None

    def test_somebody_hired_can_neither_be_declined_nor_withdraw(self):
        hired = State(Level.HIRED, Outcome.LIVE)
        for step in (EventKind.DECLINED, EventKind.WITHDRAWN, EventKind.LAPSED):
            assert next_state(hired, step) is None


class TestClamp:
    def test_no_report_is_not_known(self):
        assert clamp(None, [(T0, None)], now=NOW) == (None, MomentSource.NONE)

    @given(moments, interval_lists())
    def test_the_result_was_on_air_and_near(self, seen, intervals):
        at, source = clamp(seen, intervals, now=NOW)
        if at is None:
            assert source == MomentSource.NONE
            return
        assert source == MomentSource.PLAYER
        assert inside(at, intervals)
        assert abs(at - seen) <= TOLERANCE

    @given(moments, interval_lists())
    def test_a_moment_on_air_stays(self, seen, intervals):
        if inside(seen, intervals):
            assert clamp(seen, intervals, now=NOW).at == seen

    @given(moments, interval_lists())
    def test_nothing_on_air_is_nearer(self, seen, intervals):
        at, _source = clamp(seen, intervals, now=NOW)
        edges = [edge for start, end in intervals for edge in (start, end or NOW)]
        nearest = min((abs(edge - seen) for edge in edges), default=None)
        if inside(seen, intervals):
            return
        if nearest is None or nearest > TOLERANCE:
            assert at is None
        else:
            assert at is not None
            assert abs(at - seen) == nearest

    @given(moments, interval_lists())
    def test_clamping_twice_changes_nothing(self, seen, intervals):
        once = clamp(seen, intervals, now=NOW)
        assert clamp(once.at, intervals, now=NOW) == once

    def test_an_interval_that_has_not_begun_is_not_on_air(self):
        assert clamp(NOW, [(NOW + timedelta(minutes=1), None)], now=NOW).at is None


class TestEstimate:
    def test_subtracts_the_declared_delay(self):
        at, source = estimate([(T0, None)], delay_s=30, now=NOW)
        assert at == NOW - timedelta(seconds=30)
        assert source == MomentSource.ESTIMATED

    def test_is_never_moved_to_time_on_air(self):
        assert estimate([(T0, NOW - timedelta(seconds=31))], delay_s=30, now=NOW).at is None
