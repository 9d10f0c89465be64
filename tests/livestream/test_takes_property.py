"""Whatever comes in whatever order: takes, stretches on air and the log fit together."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import DomainError
from livestream import services
from livestream.enums import IntervalSource, KeyKind, SessionStatus, TakeEnd, VideoSource
from livestream.models import OnAirInterval, Session, StreamKey, Take
from livestream.services import stream_keys, takes
from tests.factories import SessionCrewFactory, SessionFactory, actor
from tests.livestream.publishing import air_log, begin, secret_for

pytestmark = pytest.mark.django_db
START = datetime(2026, 12, 3, 6, 0, tzinfo=UTC)

offsets = st.integers(-30, 30).map(lambda seconds: timedelta(seconds=seconds))
which = st.integers(0, 3)
#: Going on and off is in one piece too: what goes wrong later needs something that went well.
acts = st.one_of(
    st.tuples(st.just("go"), offsets),
    st.tuples(st.just("end"), st.just(0), st.sampled_from(TakeEnd), st.none() | offsets),
    st.tuples(st.just("begin"), st.sampled_from(["newest", "oldest"])),
    st.tuples(st.just("up"), which, offsets),
    st.tuples(st.just("beat"), which, st.none() | offsets),
    st.tuples(st.just("end"), which, st.sampled_from(TakeEnd), st.none() | offsets),
    st.tuples(st.just("wait"), st.integers(0, 12)),
    st.tuples(st.sampled_from(["reap", "cut", "key", "rotate", "resume", "finish", "mark"])),
)


class Broadcast:
    """One session with its crew, on a clock that only the test moves."""

    def __init__(self, clock: Any) -> None:
        self.clock = clock
        self.session = SessionFactory(
            status=SessionStatus.SCHEDULED, video_source=VideoSource.HOSTED, starts_at=START
        )
        self.crew = actor(SessionCrewFactory(session=self.session).person)
        self.secrets = [secret_for(self.crew, self.session)]
        self.takes: list[Take] = []

    def do(self, act: str, *args: Any) -> None:
        getattr(self, act)(*args)
        self.session.refresh_from_db()

    def _take(self, back: int) -> Take | None:
        return self.takes[-1 - back] if back < len(self.takes) else None

    def begin(self, key: str) -> None:
        secret = self.secrets[-1] if key == "newest" else self.secrets[0]
        self.takes.append(begin(self.session, secret))

    def go(self, offset: timedelta) -> None:
        with suppress(DomainError):
            self.begin("newest")
        self.up(0, offset)

    def up(self, back: int, offset: timedelta) -> None:
        if take := self._take(back):
            is_open = Take.objects.filter(pk=take.pk, ended_at=None).exists()
            assert takes.take_up(take=take, first_at=timezone.now() + offset) == is_open

    def beat(self, back: int, offset: timedelta | None) -> None:
        if take := self._take(back):
            is_open = Take.objects.filter(pk=take.pk, ended_at=None).exists()
            at = None if offset is None else timezone.now() + offset
            assert takes.beat(take=take, last_at=at) == is_open

    def end(self, back: int, reason: TakeEnd, offset: timedelta | None) -> None:
        if take := self._take(back):
            before = Take.objects.get(pk=take.pk)
            at = None if offset is None else timezone.now() + offset
            after = takes.end_take(take=take, reason=reason, last_at=at)
            assert after.end == (before.end or reason)

    def wait(self, seconds: int) -> None:
        self.clock.shift(seconds)

    def reap(self) -> None:
        takes.reap_takes()

    def cut(self) -> None:
        takes.cut(actor=self.crew, session=self.session)
        assert not StreamKey.objects.filter(session=self.session, revoked_at=None).exists()

    def key(self) -> None:
        self.secrets.append(secret_for(self.crew, self.session))

    def rotate(self) -> None:
        stream_keys.revoke_keys(actor=self.crew, session=self.session, kind=KeyKind.BROWSER)

    def resume(self) -> None:
        services.resume_session(actor=self.crew, session=self.session)

    def finish(self) -> None:
        services.end_session(actor=self.crew, session=self.session)

    def mark(self) -> None:
        services.mark_on_air(actor=self.crew, session=self.session)

    def check(self) -> None:
        now = timezone.now()
        running = Take.objects.filter(session=self.session, ended_at=None)
        open_one = running.first()
        assert running.count() <= 1
        spans = list(OnAirInterval.objects.filter(session=self.session).order_by("pk"))
        assert {span.source for span in spans} <= {IntervalSource.TAKE}
        for span in spans:
            assert span.starts_at <= (span.ends_at or now) <= now
        for former, later in pairwise(spans):
            assert former.ends_at is not None
            assert former.ends_at <= later.starts_at
        on_air = bool(spans) and spans[-1].ends_at is None
        assert on_air == (open_one is not None and open_one.up_at is not None)
        begun, said_on, over = 0, False, False
        for kind, data in air_log(self.session):
            if kind == "on_air":
                assert not said_on
                begun += 1
            else:  # to a room that is off air: the end of a session, and that it goes on after all
                assert said_on or data["why"] == "end" or (over and data["why"] == "break")
            said_on = kind == "on_air"
            over = not said_on and data["why"] == "end"
        assert (begun, said_on) == (len(spans), on_air)
        if on_air:
            assert self.session.status == SessionStatus.LIVE
        if self.session.status == SessionStatus.ENDED:
            assert open_one is None


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(acts, min_size=15, max_size=40))
def test_any_order_of_events(script) -> None:
    with time_machine.travel(START, tick=False) as clock:
        broadcast = Broadcast(clock)
        for act in script:
            try:
                broadcast.do(*act)
            except DomainError:
                Session.objects.get(pk=broadcast.session.pk)  # refused: the transaction goes on
            broadcast.check()
