"""Cloud live: addresses signed as the providers' documents say, callbacks believed once."""

from __future__ import annotations

import hashlib
import json
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from livestream import selectors
from livestream.enums import KeyKind, PublishPath, SessionStatus, TakeEnd, VideoSource
from livestream.media.adapters import aliyun, registry, tencent
from livestream.models import OnAirInterval, Session, Take
from livestream.services import stream_keys, takes
from tests.factories import SessionCrewFactory, SessionFactory, actor

PUSH, PLAY = "push.example.org", "play.example.org"


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@pytest.fixture(autouse=True)
def cloud(settings):
    settings.CLOUD_PUSH_DOMAIN, settings.CLOUD_PLAY_DOMAIN = PUSH, PLAY
    settings.CLOUD_PUSH_KEY, settings.CLOUD_PLAY_KEY = "push-key", "play-key"
    settings.CLOUD_CALLBACK_KEY = "callback-key"
    settings.CLOUD_APP = "live"


# --- the providers' own examples --------------------------------------------------------------------


def test_tencent_signs_as_in_its_example():
    # https://intl.cloud.tencent.com/document/product/267/31560
    key = "e12c46f2612d5106e2034781ab261ca3"
    assert tencent.signed(key, "test", 0x5C271099) == (
        "txSecret=f85a2ab363fe4deaffef9754d79da6fe&txTime=5C271099"
    )


def test_aliyun_signs_as_in_its_examples():
    # https://help.aliyun.com/document_detail/85113.html, type A; the second is its present edition.
    assert aliyun.signed("aliyuncdnexp1234", "/video/standard/1K.html", 1444435200) == (
        "auth_key=1444435200-0-0-80cd3862d699b7118eed99103f2a3a4f"
    )
    assert aliyun.signed("aliyuncdnexp1234", "/video/standard/test.mp4", 1444435200) == (
        "auth_key=1444435200-0-0-23bf85053008f5c0e791667a313e28ce"
    )


def test_callbacks_are_signed_by_the_documented_formulas():
    # Neither document prints a digest; their formulas are spelled out here.
    assert tencent.callback_sign("key", 1600000000) == md5("key1600000000")
    signature = aliyun.callback_signature("learn.aliyundoc.com", "1519375990", "yourkey")
    assert signature == md5("learn.aliyundoc.com|1519375990|yourkey")


# --- addresses --------------------------------------------------------------------------------------


@pytest.fixture
def session(db) -> Session:
    return SessionFactory(status=SessionStatus.SCHEDULED, video_source=VideoSource.HOSTED)


@pytest.fixture
def crew(session):
    return actor(SessionCrewFactory(session=session).person)


@pytest.fixture
def secret(crew, session):
    return stream_keys.issue_key(actor=crew, session=session, kind=KeyKind.ENCODER).secret


def test_an_encoder_gets_a_signed_address_with_our_key(settings, session):
    settings.MEDIA_SERVER, settings.CLOUD_PUSH_HOURS = "tencent", 3
    [address] = registry.for_encoders().ingest_urls(session, "geheim")
    assert address.url == f"rtmp://{PUSH}/live"
    name, arguments = address.key.split("?")
    signed = {key: value for key, [value] in parse_qs(arguments).items()}
    assert name == session.public_id.hex
    assert signed["txSecret"] == md5(f"push-key{name}{signed['txTime']}")
    assert abs(int(signed["txTime"], 16) - time.time() - 3 * 3600) < 5
    assert signed["key"] == "geheim"

    settings.MEDIA_SERVER = "aliyun"
    [address] = registry.for_encoders().ingest_urls(session, "geheim")
    asked = parse_qs(address.key.split("?")[1])
    at, rand, uid, digest = asked["auth_key"][0].split("-")
    assert (rand, uid) == ("0", "0")
    assert digest == md5(f"/live/{name}-{at}-0-0-push-key")
    assert asked["key"] == ["geheim"]


@pytest.mark.parametrize("provider", ["tencent", "aliyun"])
def test_viewers_play_from_the_cloud_while_on_air_with_one_address(
    settings, session, secret, provider
):
    settings.MEDIA_SERVER = provider
    assert _seen(session).url == ""
    take = takes.begin_take(
        session=session.public_id, secret=secret, connection_id="c:1:x", path=PublishPath.CLOUD
    )
    takes.take_up(take=take, first_at=timezone.now())
    playback = _seen(session)
    address = urlsplit(playback.url)
    assert (playback.kind, address.scheme, address.hostname) == ("hls", "https", PLAY)
    assert address.path == f"/live/{session.public_id.hex}.m3u8"
    # The stream key is the encoder's and nobody else's.
    assert secret not in playback.url
    assert _seen(session) == playback
    takes.end_take(take=take, reason=TakeEnd.STOPPED)
    assert _seen(session).url == ""


def _seen(session):
    found, _standing = selectors.session_for(None, session.public_id)
    return registry.source_of(found).playback_url(found)


# --- callbacks --------------------------------------------------------------------------------------


class Provider:
    """Sends callbacks as the providers do."""

    def __init__(self, client, session, name):
        self.client, self.session, self.name = client, session, name

    def tell(
        self, begins, *, key="", at=None, sequence="1", stream=None, now=None, callback_key=""
    ):
        at = at or datetime.now(UTC)
        now = now or time.time()
        stream = stream or self.session.public_id.hex
        callback_key = callback_key or "callback-key"
        send = self._tencent if self.name == "tencent" else self._aliyun
        return send(begins, key, int(at.timestamp()), sequence, stream, int(now), callback_key)

    def _tencent(self, begins, key, at, sequence, stream, now, callback_key):
        until = now + 600
        told = {
            "appid": 1, "app": PUSH, "appname": "live", "stream_id": stream, "channel_id": stream,
            "event_time": at, "event_type": 1 if begins else 0, "sequence": sequence,
            "node": "1.2.3.4", "user_ip": "5.6.7.8", "errcode": 0, "errmsg": "ok",
            "stream_param": f"txSecret=a&txTime=b&key={key}",
            "t": until, "sign": md5(f"{callback_key}{until}"),
        }  # fmt: skip
        address = "/media/callbacks/tencent/"
        return self.client.post(address, json.dumps(told), content_type="application/json")

    def _aliyun(self, begins, key, at, sequence, stream, now, callback_key):
        told = {
            "action": "publish" if begins else "publish_done", "ip": "5.6.7.8", "id": stream,
            "app": PUSH, "appname": "live", "time": at, "node": "cn1", "usrargs": f"auth_key=a&key={key}",
        }  # fmt: skip
        signature = md5(f"{PUSH}|{now}|{callback_key}")
        headers = {"ALI-LIVE-TIMESTAMP": str(now), "ALI-LIVE-SIGNATURE": signature}
        return self.client.get("/media/callbacks/aliyun/", told, headers=headers)


@pytest.fixture(params=["tencent", "aliyun"])
def provider(request, settings, client, session):
    settings.MEDIA_SERVER = request.param
    return Provider(client, session, request.param)


def _open_take(session):
    return Take.objects.filter(session=session, ended_at=None).first()


def test_a_stream_puts_the_session_on_air_and_its_end_takes_it_off(provider, session, secret):
    began = timezone.now() - timedelta(seconds=2)
    assert provider.tell(True, key=secret, at=began).json() == {"code": 0}
    take = _open_take(session)
    assert (take.path, take.first_at) == (PublishPath.CLOUD, began.replace(microsecond=0))
    session.refresh_from_db()
    assert session.status == SessionStatus.LIVE
    assert OnAirInterval.objects.get(session=session).ends_at is None

    provider.tell(False, key=secret)
    take.refresh_from_db()
    assert take.end == TakeEnd.STOPPED
    assert OnAirInterval.objects.get(session=session).ends_at is not None


def test_the_same_callback_again_changes_nothing(provider, session, secret):
    began, ended = timezone.now() - timedelta(seconds=9), timezone.now() - timedelta(seconds=5)
    for _repeat in range(2):
        provider.tell(True, key=secret, at=began)
    provider.tell(False, key=secret, at=ended)
    provider.tell(True, key=secret, at=began)
    assert Take.objects.filter(session=session).count() == 1
    assert _open_take(session) is None


def test_the_late_end_of_an_older_connection_ends_nothing(provider, session, secret):
    now = timezone.now()
    provider.tell(True, key=secret, at=now - timedelta(seconds=20), sequence="1")
    provider.tell(True, key=secret, at=now - timedelta(seconds=3), sequence="2")
    first, second = Take.objects.filter(session=session).order_by("number")
    assert (first.ended_at is None, second.ended_at is None) == (False, True)
    provider.tell(False, key=secret, at=now - timedelta(seconds=8), sequence="1")
    second.refresh_from_db()
    assert second.ended_at is None


@pytest.mark.parametrize("after_s", [0, 3])
def test_an_end_that_overtakes_its_beginning_leaves_nobody_on_air(
    provider, session, secret, after_s
):
    began = timezone.now() - timedelta(seconds=9)
    provider.tell(False, key=secret, at=began + timedelta(seconds=after_s), sequence="1")
    assert provider.tell(True, key=secret, at=began, sequence="1").json() == {"code": 0}
    assert not Take.objects.filter(session=session).exists()
    # Whoever comes back is on air.
    provider.tell(True, key=secret, at=began + timedelta(seconds=5), sequence="2")
    assert _open_take(session) is not None


def test_ends_told_of_out_of_order_are_remembered_all(provider, session, secret):
    now = timezone.now()
    for number, ago in [("2", 4), ("1", 10)]:
        provider.tell(False, key=secret, at=now - timedelta(seconds=ago), sequence=number)
    for number, ago in [("2", 6), ("1", 12)]:
        provider.tell(True, key=secret, at=now - timedelta(seconds=ago), sequence=number)
    assert not Take.objects.filter(session=session).exists()


def test_the_late_beginning_of_an_older_connection_ends_nothing(provider, session, secret):
    now = timezone.now()
    provider.tell(True, key=secret, at=now - timedelta(seconds=40), sequence="2")
    provider.tell(True, key=secret, at=now - timedelta(seconds=60), sequence="1")
    [take] = Take.objects.filter(session=session)
    assert take.ended_at is None
    assert abs(take.started_at - (now - timedelta(seconds=40))) < timedelta(seconds=1)
    provider.tell(False, key=secret, at=now - timedelta(seconds=50), sequence="1")
    assert _open_take(session) == take
    provider.tell(False, key=secret, sequence="2")
    assert _open_take(session) is None


@pytest.mark.parametrize("key", ["", "wrong"])
def test_a_stream_without_our_key_is_not_on_air(provider, session, secret, key):
    assert provider.tell(True, key=key).status_code == 200
    assert not Take.objects.filter(session=session).exists()


def test_the_end_of_a_stream_without_our_key_ends_nothing_of_another(provider, session, secret):
    provider.tell(True, key=secret, at=timezone.now() - timedelta(seconds=5), sequence="1")
    provider.tell(False, key="wrong", sequence="2")
    assert _open_take(session) is not None


def test_streams_that_are_none_of_ours_are_ignored(provider, session, secret):
    for stream in ["test", "0" * 32, session.public_id.hex.upper(), "中文"]:
        assert provider.tell(True, key=secret, stream=stream).status_code == 200
    assert not Take.objects.exists()


def test_a_callback_that_is_not_signed_or_old_is_refused(provider, session, secret):
    assert provider.tell(True, key=secret, callback_key="guess").status_code == 403
    assert provider.tell(True, key=secret, now=time.time() - 3600).status_code == 403
    assert provider.tell(True, key=secret, now=time.time() + 3600).status_code == 403
    assert not Take.objects.exists()


def test_words_instead_of_a_callback_are_refused(client, settings, db):
    settings.MEDIA_SERVER = "tencent"
    address = "/media/callbacks/tencent/"
    for body in [
        b"",
        b"[]",
        b'{"t": 1}',
        b'{"t": "x", "sign": 5}',
        b"\xff\xfe",
        b'{"sign": "\xe4"}',
        b"[" * 100_000,
    ]:
        assert client.post(address, body, content_type="application/json").status_code == 403
    settings.MEDIA_SERVER = "aliyun"
    headers = {"ALI-LIVE-TIMESTAMP": "soon", "ALI-LIVE-SIGNATURE": "x"}
    assert client.get("/media/callbacks/aliyun/", headers=headers).status_code == 403


def test_a_signed_callback_of_other_types_is_ignored(client, settings, session, secret):
    settings.MEDIA_SERVER = "tencent"
    now = int(time.time()) + 60
    told = {
        "t": now,
        "sign": md5(f"{settings.CLOUD_CALLBACK_KEY}{now}"),
        "stream_id": session.public_id.hex,
        "event_time": now,
    }
    for odd in (
        {"event_type": [], "sequence": "1"},
        {"event_type": 1, "sequence": "\ud800"},
        {"event_type": 1, "sequence": "1", "stream_param": "key=\ud800"},
    ):
        answer = client.post(
            "/media/callbacks/tencent/", json.dumps(told | odd), content_type="application/json"
        )
        assert answer.status_code == 200
    assert not Take.objects.exists()


def test_only_the_provider_in_use_is_heard(client, settings, session, secret):
    settings.MEDIA_SERVER = "nginx-rtmp"
    assert Provider(client, session, "tencent").tell(True, key=secret).status_code == 404
    assert Provider(client, session, "aliyun").tell(True, key=secret).status_code == 404


def test_a_callback_that_could_not_be_worked_on_counts_at_the_next_try(
    provider, session, secret, monkeypatch
):
    began = timezone.now()
    with monkeypatch.context() as patch:
        patch.setattr(takes, "take_up", lambda **_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            provider.tell(True, key=secret, at=began)
    assert _open_take(session) is None or _open_take(session).up_at is None
    provider.tell(True, key=secret, at=began)
    assert _open_take(session).up_at is not None


def test_a_cut_session_shows_nothing_and_stays_off_air(provider, session, secret, crew):
    provider.tell(True, key=secret)
    takes.cut(actor=crew, session=session)
    assert _seen(session).url == ""
    provider.tell(True, key=secret, at=timezone.now() + timedelta(seconds=1), sequence="2")
    assert _open_take(session) is None


def test_a_cloud_take_does_not_beat_and_is_not_lost(provider, session, secret):
    provider.tell(True, key=secret)
    Take.objects.update(beat_at=timezone.now() - timedelta(hours=1))
    takes.reap_takes()
    assert _open_take(session) is not None
