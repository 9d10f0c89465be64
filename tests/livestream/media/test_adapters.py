"""One protocol for every way in: authorize, up, down and kick are the same whoever publishes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from core.errors import Conflict, NotAllowed
from livestream import selectors
from livestream.enums import PublishPath, SessionStatus, TakeEnd, VideoSource
from livestream.media.adapters import registry
from livestream.media.adapters.base import NOTHING
from livestream.models import OnAirInterval, Session
from tests.factories import SessionCrewFactory, SessionFactory, actor
from tests.livestream.publishing import secret_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(settings: Any, tmp_path: Any) -> Session:
    settings.MEDIA_DIR = tmp_path
    settings.CLOUD_PLAY_DOMAIN = "play.example.org"
    return SessionFactory(video_source=VideoSource.HOSTED, status=SessionStatus.SCHEDULED)


@pytest.fixture
def secret(session: Session) -> str:
    return secret_for(actor(SessionCrewFactory(session=session).person), session)


@pytest.fixture(
    params=[
        ("embedded", PublishPath.BROWSER),
        ("nginx-rtmp", PublishPath.BROWSER),
        ("tencent", PublishPath.BROWSER),
        ("nginx-rtmp", PublishPath.RTMP),
        ("tencent", PublishPath.CLOUD),
        ("aliyun", PublishPath.CLOUD),
    ],
    ids=" ".join,
)
def way(request: Any, settings: Any) -> PublishPath:
    server, path = request.param
    settings.MEDIA_SERVER = server
    return path


def seen(session: Session) -> Any:
    found, _standing = selectors.session_for(None, session.public_id)
    return registry.source_of(found).playback_url(found)


def test_from_a_connection_to_off_air(session: Session, secret: str, way: PublishPath) -> None:
    adapter, now = registry.by_path(way), timezone.now()

    def asks(name: str, token: str = secret) -> Any:
        return adapter.authorize(stream=session.public_id, token=token, connection_id=name)

    with pytest.raises(NotAllowed):
        asks("0", "wrong")
    take = asks("1")
    assert (take.path, registry.adapter_of(take)) == (way, adapter)
    assert seen(session) == NOTHING  # let in is not to be seen
    with pytest.raises(Conflict):
        asks("1")
    assert adapter.up(take=take, first_at=now)
    assert seen(session).kind == "hls"
    ended = adapter.down(take=take, reason=TakeEnd.BROKEN, last_at=now, trouble="why")
    assert (ended.end, ended.trouble) == (TakeEnd.BROKEN, "why")
    assert OnAirInterval.objects.get(session=session).ends_at is not None
    assert seen(session) == NOTHING
    assert not adapter.up(take=take, first_at=now)
    adapter.kick(ended)


def test_the_end_of_an_older_connection_is_not_that_of_a_newer(
    session: Session, secret: str, way: PublishPath
) -> None:
    adapter, now = registry.by_path(way), timezone.now()
    older = adapter.authorize(stream=session.public_id, token=secret, connection_id="1")
    adapter.down(take=older, reason=TakeEnd.DROPPED)
    newer = adapter.authorize(stream=session.public_id, token=secret, connection_id="2")
    adapter.up(take=newer, first_at=now)
    adapter.down(take=older, reason=TakeEnd.STOPPED, last_at=now + timedelta(seconds=1))
    newer.refresh_from_db()
    assert newer.ended_at is None
    assert seen(session).kind == "hls"


def test_a_take_keeps_its_way_when_another_server_takes_encoders(
    session: Session, secret: str, settings: Any
) -> None:
    settings.MEDIA_SERVER = "nginx-rtmp"
    take = registry.for_encoders().authorize(
        stream=session.public_id, token=secret, connection_id="1"
    )
    settings.MEDIA_SERVER = "tencent"
    assert registry.adapter_of(take) is not registry.for_encoders()
    assert registry.adapter_of(take).ingest_urls(session, secret)[0].url.startswith("rtmp://")
