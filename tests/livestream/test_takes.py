"""Takes: one publisher at a time, on air while it can be watched, one end for every beginning."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from accounts.models import AuditEvent
from core.errors import Conflict, NotAllowed, NotFound
from core.ids import new_id
from fairs.enums import FairStatus
from intents.selectors import moment_of
from livestream import services
from livestream.enums import (
    IntervalSource,
    KeyKind,
    PublishPath,
    SessionStatus,
    TakeEnd,
    VideoSource,
)
from livestream.models import OnAirInterval, Session, StreamKey, Take
from livestream.services import stream_keys, takes
from livestream.services.air import WHY
from tests.factories import OnAirIntervalFactory, SessionCrewFactory, SessionFactory, actor
from tests.livestream.publishing import air_log, begin, secret_for

pytestmark = pytest.mark.django_db


def s(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


@pytest.fixture
def session() -> Session:
    return SessionFactory(
        status=SessionStatus.SCHEDULED,
        video_source=VideoSource.HOSTED,
        fair__status=FairStatus.PUBLISHED,
    )


@pytest.fixture
def crew(session):
    return actor(SessionCrewFactory(session=session).person)


@pytest.fixture
def secret(crew, session):
    return secret_for(crew, session)


def test_the_life_of_a_take(session, crew, secret):
    now = timezone.now()
    take = begin(session, secret)
    assert (take.number, take.key.issued_by) == (1, crew.user)
    session.refresh_from_db()
    assert session.status == SessionStatus.SCHEDULED  # let in is not on air
    assert not air_log(session)
    assert takes.take_up(take=take, first_at=now - s(3))
    assert takes.take_up(take=take, first_at=now)  # twice is once
    session.refresh_from_db()
    session.fair.refresh_from_db()
    assert session.status == SessionStatus.LIVE
    assert session.fair.status == FairStatus.LIVE
    interval = OnAirInterval.objects.get(session=session)
    assert interval.starts_at == now - s(3)
    assert (interval.source, interval.take, interval.ends_at) == (IntervalSource.TAKE, take, None)
    assert takes.beat(take=take, last_at=now - s(1))
    for _ in range(2):
        ended = takes.end_take(take=take, reason=TakeEnd.DROPPED)
    assert ended.end == TakeEnd.DROPPED
    interval.refresh_from_db()
    assert interval.ends_at == now - s(1)
    assert air_log(session) == [("on_air", {"take": 1}), ("off_air", {"why": "drop"})]
    assert set(session.events.values_list("actor_key", flat=True)) == {crew.key}
    assert not takes.beat(take=take)
    assert not takes.take_up(take=take, first_at=now)
    trail = AuditEvent.objects.filter(object_id=session.public_id).order_by("pk")
    assert list(trail.values_list("action", flat=True)) == [
        "stream_key.issue", "session.start", "session.on_air", "session.off_air",
    ]  # fmt: skip


def test_a_take_that_never_could_be_played_was_never_on_air(session, secret):
    take = begin(session, secret)
    takes.end_take(take=take, reason=TakeEnd.BROKEN, trouble="not a picture " * 50)
    take.refresh_from_db()
    assert take.trouble.startswith("not a picture")
    assert len(take.trouble) == 300
    assert not air_log(session)
    assert not OnAirInterval.objects.filter(session=session).exists()


@pytest.mark.parametrize(
    ("reason", "why"),
    [(TakeEnd.DROPPED, "drop"), (TakeEnd.LOST, "drop"), (TakeEnd.BROKEN, "drop"),
     (TakeEnd.STOPPED, "break"), (TakeEnd.ENDED, "end")],
)  # fmt: skip
def test_viewers_learn_why(session, secret, reason, why):
    take = begin(session, secret)
    takes.take_up(take=take, first_at=timezone.now())
    takes.end_take(take=take, reason=reason)
    assert air_log(session)[-1] == ("off_air", {"why": why})
    assert set(WHY) == set(TakeEnd)


# --- who is let in ------------------------------------------------------------------------------


def test_wrong_keys(session, crew, secret):
    other = SessionFactory(video_source=VideoSource.HOSTED)
    foreign = secret_for(actor(SessionCrewFactory(session=other).person), other)
    revoked = secret_for(crew, session)
    stream_keys.revoke_keys(actor=crew, session=session)
    for wrong in ("", "x", secret, revoked, foreign, secret.upper()):
        with pytest.raises(NotAllowed, match="stream_key_wrong"):
            begin(session, wrong)
    with pytest.raises(NotAllowed, match="stream_key_wrong"):
        takes.begin_take(session=new_id(), secret=foreign, connection_id="1", path=PublishPath.RTMP)
    assert not Take.objects.exists()


def test_guessing_keys_waits_for_nobody_and_holds_nobody_up(session, django_assert_num_queries):
    with django_assert_num_queries(2), pytest.raises(NotAllowed):
        begin(session, "guess")


@pytest.mark.parametrize("status", [SessionStatus.ENDED, SessionStatus.REPLAY])
def test_nothing_is_published_to_a_session_that_is_over(session, secret, status):
    Session.objects.filter(pk=session.pk).update(status=status)
    with pytest.raises(Conflict, match="session_state"):
        begin(session, secret)


def test_nothing_is_published_where_the_picture_is_another(session, secret):
    Session.objects.filter(pk=session.pk).update(video_source=VideoSource.TEST)
    with pytest.raises(Conflict, match="stream_source"):
        begin(session, secret)


def test_one_publishes_at_a_time(session, crew, secret):
    first = begin(session, secret, connection="a")
    encoder = secret_for(crew, session, KeyKind.ENCODER)
    with pytest.raises(Conflict, match="stream_taken"):
        begin(session, encoder, PublishPath.RTMP, "b")
    takes.end_take(take=first, reason=TakeEnd.STOPPED)
    second = begin(session, secret, connection="c")
    assert second.number == 2
    # The late goodbye of an older connection ends nothing.
    takes.end_take(take=first, reason=TakeEnd.DROPPED)
    first.refresh_from_db()
    assert first.end == TakeEnd.STOPPED
    assert takes.beat(take=second)
    with pytest.raises(Conflict, match="stream_taken"):
        begin(session, secret, connection="a")  # a connection is let in once


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_twenty_publishers_at_once_one_is_let_in() -> None:
    session = SessionFactory(video_source=VideoSource.HOSTED)
    crew = actor(SessionCrewFactory(session=session).person)
    secret = secret_for(crew, session)
    outcomes: list[object] = []
    gate = threading.Barrier(20)

    def publish() -> None:
        gate.wait()
        try:
            take = begin(session, secret)
            takes.take_up(take=take, first_at=timezone.now())
            outcomes.append(take.number)
        except Conflict as refusal:
            outcomes.append(refusal.code)
        except Exception as error:  # noqa: BLE001 - shown below
            outcomes.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=publish) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes)) == ["1"] + ["stream_taken"] * 19
    assert Take.objects.filter(session=session).count() == 1
    assert air_log(session) == [("on_air", {"take": 1})]


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_up_end_beat_cut_and_reap_at_once_leave_one_end() -> None:
    session = SessionFactory(video_source=VideoSource.HOSTED)
    crew = actor(SessionCrewFactory(session=session).person)
    take = begin(session, secret_for(crew, session))
    acts = [
        lambda: takes.take_up(take=take, first_at=timezone.now()),
        lambda: takes.beat(take=take, last_at=timezone.now()),
        lambda: takes.end_take(take=take, reason=TakeEnd.DROPPED),
        lambda: takes.cut(actor=crew, session=session),
        lambda: services.end_session(actor=crew, session=Session.objects.get(pk=session.pk)),
        takes.reap_takes,
    ] * 2
    errors: list[Exception] = []

    def run(act) -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001 - shown below
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    take.refresh_from_db()
    assert take.ended_at is not None
    assert not OnAirInterval.objects.filter(session=session, ends_at=None).exists()
    kinds = [kind for kind, _data in air_log(session)]
    # The last one says to a room that is dark already that the session is over.
    assert kinds.count("on_air") <= 1
    assert "".join(kinds).removeprefix("on_air") in {"", "off_air", "off_airoff_air"}


# --- lost, cut, revoked, over -------------------------------------------------------------------


def test_a_take_that_lost_its_process_is_given_up(session, secret):
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        take = begin(session, secret)
        takes.take_up(take=take, first_at=start)
        clock.shift(6)
        takes.beat(take=take, last_at=start + s(4.5))
        clock.shift(7)
        assert takes.reap_takes() == 0
        clock.shift(2)
        assert takes.reap_takes() == 1
        assert takes.reap_takes() == 0
    take.refresh_from_db()
    assert take.end == TakeEnd.LOST
    assert take.onairinterval.ends_at == start + s(4.5)
    assert air_log(session)[-1] == ("off_air", {"why": "drop"})


def test_who_comes_back_need_not_wait_for_that(session, secret):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        first = begin(session, secret)
        clock.shift(7)
        with pytest.raises(Conflict, match="stream_taken"):
            begin(session, secret)
        clock.shift(2)
        assert begin(session, secret).number == 2
    first.refresh_from_db()
    assert first.end == TakeEnd.LOST


def test_a_cloud_does_not_beat(session, crew):
    secret = secret_for(crew, session, KeyKind.ENCODER)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        first = begin(session, secret, PublishPath.CLOUD)
        clock.shift(600)
        assert takes.reap_takes() == 0
        with pytest.raises(Conflict, match="stream_taken"):
            begin(session, secret, PublishPath.BROWSER)
        assert begin(session, secret, PublishPath.CLOUD).number == 2
    first.refresh_from_db()
    assert first.end == TakeEnd.LOST


def test_cutting_takes_everything_off_the_air(session, crew, secret):
    take = begin(session, secret)
    takes.take_up(take=take, first_at=timezone.now())
    assert takes.cut(actor=crew, session=session) == take
    take.refresh_from_db()
    assert take.end == TakeEnd.CUT
    assert not takes.beat(take=take)
    assert not StreamKey.objects.filter(revoked_at=None).exists()
    assert air_log(session)[-1] == ("off_air", {"why": "break", "cut": True})
    with pytest.raises(NotAllowed, match="stream_key_wrong"):
        begin(session, secret)
    event = AuditEvent.objects.get(action="session.cut")
    assert (event.actor, event.diff) == (crew.user, {"take": [1, None]})
    assert takes.cut(actor=crew, session=session) is None
    begin(session, secret_for(crew, session))  # and on again with a new key
    with pytest.raises(NotAllowed):
        takes.cut(actor=actor(), session=session)


def test_cutting_ends_what_staff_marked(crew, session):
    Session.objects.filter(pk=session.pk).update(video_source=VideoSource.TEST)
    session.refresh_from_db()
    services.mark_on_air(actor=crew, session=session)
    assert takes.cut(actor=crew, session=session) is None
    assert air_log(session)[-1] == ("off_air", {"why": "break", "cut": True})


def test_the_end_of_the_session_ends_what_is_published(session, crew, secret):
    take = begin(session, secret)
    takes.take_up(take=take, first_at=timezone.now())
    session.refresh_from_db()
    services.end_session(actor=crew, session=session)
    take.refresh_from_db()
    assert take.end == TakeEnd.ENDED
    assert air_log(session)[-1] == ("off_air", {"why": "end"})
    with pytest.raises(NotAllowed, match="stream_key_wrong"):
        begin(session, secret)
    with pytest.raises(Conflict, match="session_state"):
        secret_for(crew, session)


def test_a_deleted_rehearsal_stops_its_publisher(session, crew):
    rehearsal = services.create_rehearsal(actor=crew, session=session)
    take = begin(rehearsal, secret_for(crew, rehearsal))
    assert takes.take_up(take=take, first_at=timezone.now())
    session.fair.refresh_from_db()
    assert session.fair.status == FairStatus.PUBLISHED  # a rehearsal opens no fair
    services.delete_rehearsal(actor=crew, rehearsal=rehearsal)
    assert not takes.beat(take=take)
    assert not takes.take_up(take=take, first_at=timezone.now())
    assert takes.end_take(take=take, reason=TakeEnd.DROPPED) == take


# --- staff marks --------------------------------------------------------------------------------


def test_nobody_marks_by_hand_what_is_measured(session, crew):
    for act in (services.mark_on_air, services.mark_off_air):
        with pytest.raises(Conflict, match="on_air_by_take"):
            act(actor=crew, session=session)
    for source in set(VideoSource) - {VideoSource.HOSTED}:
        other = SessionFactory(
            video_source=source, external_url="https://a.cn/1", fair=session.fair
        )
        who = actor(SessionCrewFactory(session=other).person)
        services.mark_on_air(actor=who, session=other)
        assert services.mark_off_air(actor=who, session=other)
        assert [kind for kind, _data in air_log(other)] == ["on_air", "off_air"]


def test_a_mark_left_over_makes_way_for_the_take(session, secret):
    marked = OnAirIntervalFactory(session=session)
    take = begin(session, secret)
    assert takes.take_up(take=take, first_at=timezone.now())
    marked.refresh_from_db()
    assert marked.ends_at <= take.onairinterval.starts_at


# --- programme time -----------------------------------------------------------------------------


def test_stretches_never_overlap_nor_lie_in_the_future(session, secret):
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        first = begin(session, secret)
        takes.take_up(take=first, first_at=start + s(90))  # a clock that is wrong
        assert first.onairinterval.starts_at == start
        clock.shift(10)
        takes.end_take(take=first, reason=TakeEnd.DROPPED, last_at=start + s(400))
        second = begin(session, secret)
        takes.take_up(take=second, first_at=start + s(8))  # recorded before the first one ended
        takes.end_take(take=second, reason=TakeEnd.DROPPED, last_at=start - s(30))
    spans = list(OnAirInterval.objects.filter(session=session).values_list("starts_at", "ends_at"))
    assert spans == [(start, start + s(10)), (start + s(10), start + s(10))]


def test_a_picture_cannot_be_older_than_its_connection(session, secret):
    """Times come from what is sent: they could move a take over what happened before it."""
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        take = begin(session, secret)
        clock.shift(5)
        assert takes.take_up(take=take, first_at=start - s(480))
    take.refresh_from_db()
    assert take.first_at == take.onairinterval.starts_at == start - takes.EARLIEST


@pytest.mark.both_databases
def test_what_went_wrong_is_stored_whatever_was_sent(session, secret):
    take = begin(session, secret)
    takes.end_take(take=take, reason=TakeEnd.BROKEN, trouble="a\0b\ud800\x1b 好\n" + "x" * 400)
    take.refresh_from_db()
    assert (take.end, take.ended_at is None) == (TakeEnd.BROKEN, False)
    assert take.trouble.startswith("a b   好 xxx")
    assert len(take.trouble) == 300


def test_intents_fall_into_takes_and_never_between(session, secret):
    start = timezone.now() - s(1000)
    with time_machine.travel(start, tick=False) as clock:
        for _ in range(2):
            take = begin(session, secret)
            takes.take_up(take=take, first_at=timezone.now())
            clock.shift(100)
            takes.end_take(take=take, reason=TakeEnd.DROPPED, last_at=timezone.now() - s(2))
            clock.shift(60)
        session.refresh_from_db()
        assert moment_of(session, start + s(50)).at == start + s(50)
        assert moment_of(session, start + s(110)).at == start + s(98)
        assert moment_of(session, start + s(150)).at == start + s(160)
        assert moment_of(session, start + s(170)).at == start + s(170)
        assert moment_of(session, start + s(400)).at == start + s(258)


def test_what_a_broadcast_stands_on_is_not_changed_under_it(session, secret):
    from fairs.enums import StaffRole
    from tests.factories import FairStaffFactory

    manager = actor(FairStaffFactory(fair=session.fair, role=StaffRole.MANAGER).person)
    take = begin(session, secret)
    for change in ({"video_source": VideoSource.TEST}, {"segment_s": 1}):
        with pytest.raises(Conflict, match="session_on_air"):
            fresh = Session.objects.get(pk=session.pk)
            services.update_session(actor=manager, session=fresh, changes=change)
    fresh = Session.objects.get(pk=session.pk)
    same = {"title": "新名字", "segment_s": 2, "video_source": VideoSource.HOSTED}
    services.update_session(actor=manager, session=fresh, changes=same)
    takes.end_take(take=take, reason=TakeEnd.STOPPED)
    services.update_session(actor=manager, session=fresh, changes={"segment_s": 1})
    session.refresh_from_db()
    assert (session.segment_s, session.title) == (1, "新名字")


@pytest.mark.parametrize("act", [takes.cut, stream_keys.revoke_keys])
def test_sessions_nobody_may_know_of_stay_unknown(session, act):
    session.fair.status = FairStatus.DRAFT
    session.fair.save()
    with pytest.raises(NotFound):
        act(actor=actor(), session=session)
