"""Takes: one publisher at a time, on air only while it can be watched, an end for every beginning."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from core.errors import Conflict, NotAllowed
from livestream import selectors, services
from livestream.enums import (
    IntervalSource,
    KeyKind,
    PublishPath,
    SessionStatus,
    TakeEnd,
    VideoSource,
)
from livestream.log import public_events
from livestream.models import OnAirInterval, Session, Take
from livestream.services import stream_keys, takes
from tests.factories import SessionCrewFactory, SessionFactory, actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def session() -> Session:
    return SessionFactory(status=SessionStatus.SCHEDULED, video_source=VideoSource.HOSTED)


@pytest.fixture
def crew(session):
    return actor(SessionCrewFactory(session=session).person)


@pytest.fixture
def secret(crew, session):
    return stream_keys.issue_key(actor=crew, session=session, kind=KeyKind.BROWSER).secret


def begin(session, secret, path=PublishPath.BROWSER, connection=None):
    return takes.begin_take(
        session=session.public_id,
        secret=secret,
        connection_id=connection or uuid4().hex,
        path=path,
    )


def air_log(session):
    return [
        (event["kind"], event["data"])
        for event in public_events(session.public_id)
        if event["kind"] in {"on_air", "off_air"}
    ]


def test_the_life_of_a_take(session, crew, secret):
    now = timezone.now()
    take = begin(session, secret)
    assert (take.number, take.key.issued_by) == (1, crew.user)
    session.refresh_from_db()
    assert session.status == SessionStatus.SCHEDULED  # let in is not on air
    assert takes.take_up(take=take, first_at=now - timedelta(seconds=3))
    assert takes.take_up(take=take, first_at=now)
    session.refresh_from_db()
    assert session.status == SessionStatus.LIVE
    interval = OnAirInterval.objects.get(session=session)
    assert interval.starts_at == now - timedelta(seconds=3)
    assert (interval.source, interval.take, interval.ends_at) == (IntervalSource.TAKE, take, None)
    assert takes.beat(take=take, last_at=now - timedelta(seconds=1))
    for _ in range(2):
        ended = takes.end_take(take=take, reason=TakeEnd.DROPPED)
    assert ended.end == TakeEnd.DROPPED
    interval.refresh_from_db()
    assert interval.ends_at == now - timedelta(seconds=1)
    assert air_log(session) == [("on_air", {"take": 1}), ("off_air", {"why": "drop"})]
    assert not takes.beat(take=take)
    assert not takes.take_up(take=take, first_at=now)


def test_sceneries():
    assert set(TakeEnd) == set(__import__("livestream.services.air", fromlist=["WHY"]).WHY)
