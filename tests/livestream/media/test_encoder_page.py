"""The encoder's page: the key once, its hint afterwards, what arrives, and who may see it."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.utils import timezone

from livestream.enums import KeyKind, PublishPath, SessionStatus, TakeEnd, VideoSource
from livestream.media.rtmp import state
from livestream.models import Session, StreamKey
from livestream.services import stream_keys, takes
from tests.factories import SessionCrewFactory, SessionFactory, UserFactory, actor
from tests.support.accounts import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def server(settings, tmp_path):
    settings.MEDIA_SERVER, settings.MEDIA_DIR = "nginx-rtmp", tmp_path
    settings.RTMP_PUBLIC_HOST, settings.RTMP_PORT = "live.example.org", 1935


@pytest.fixture
def session() -> Session:
    return SessionFactory(status=SessionStatus.SCHEDULED, video_source=VideoSource.HOSTED)


@pytest.fixture
def operator(session):
    return SessionCrewFactory(session=session).person


@pytest.fixture
def crew(client, operator):
    return signed_in(client, operator)


def address(session):
    return f"/studio/{session.public_id}/encoder/"


def issue(crew, session, token=None):
    return crew.post(address(session), {"do": "issue", "token": token or str(uuid4())})


def secret_in(page) -> str | None:
    found = re.search(r"\?key=([a-z0-9]{32})", page.content.decode())
    return found[1] if found else None


def test_the_key_is_shown_once_with_address_and_qr(crew, session):
    page = issue(crew, session)
    secret = secret_in(page)
    text = page.content.decode()
    assert "rtmp://live.example.org/live" in text
    assert f"{session.public_id.hex}?key={secret}" in text
    assert "<svg" in text
    assert "qr__code" in text
    assert "no-store" in page["Cache-Control"]

    again = crew.get(address(session)).content.decode()
    assert secret not in again
    assert StreamKey.objects.get().hint in again
    assert "qr__code" not in again


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("192.168.1.20:8000", "rtmp://192.168.1.20:1936/live"),
        ("[fd00::5]", "rtmp://[fd00::5]:1936/live"),
        ("localhost", "rtmp://localhost:1936/live"),
    ],
)
def test_the_address_is_one_that_the_visitor_reaches(crew, session, settings, host, url):
    settings.RTMP_PUBLIC_HOST, settings.SITE_URL = "", "http://localhost:8000"
    settings.RTMP_PORT, settings.ALLOWED_HOSTS = 1936, ["*"]
    page = crew.get(address(session), headers={"host": host})
    assert f'value="{url}"' in page.content.decode()
    settings.SITE_URL = "https://fair.example"
    page = crew.get(address(session), headers={"host": host})
    assert 'value="rtmp://fair.example:1936/live"' in page.content.decode()


def test_sending_the_form_again_issues_no_second_key(crew, session):
    token = str(uuid4())
    first = issue(crew, session, token)
    assert secret_in(first)
    repeated = issue(crew, session, token)
    assert repeated.status_code == 302
    assert StreamKey.objects.count() == 1


def test_a_new_key_and_revoking_end_the_former(crew, session, operator):
    first = secret_in(issue(crew, session))
    second = secret_in(issue(crew, session))
    assert first != second
    [former, present] = StreamKey.objects.order_by("pk")
    assert former.revoked_at is not None
    assert present.revoked_at is None
    crew.post(address(session), {"do": "revoke", "token": str(uuid4())})
    assert not StreamKey.objects.filter(revoked_at=None).exists()
    assert "还没有推流码" in crew.get(address(session)).content.decode()


def arrival(crew, session) -> str:
    return crew.get(f"{address(session)}state/").content.decode()


def test_says_what_arrives(crew, session, operator):
    assert 'data-state="waiting"' in arrival(crew, session)
    assert "make media" in arrival(crew, session)  # no media process works here
    with state.lock():
        assert "make media" not in arrival(crew, session)
    secret = secret_in(issue(crew, session))
    take = takes.begin_take(
        session=session.public_id, secret=secret, connection_id="x:1", path=PublishPath.RTMP
    )
    assert 'data-state="receiving"' in arrival(crew, session)
    (state.run_folder() / "now").mkdir(parents=True, exist_ok=True)
    now = state.Now(take=1, kbits=2345, width=1280, height=720, frame_rate=30, warning="关键帧太远")
    state.tell(session.public_id, now)
    takes.take_up(take=take, first_at=timezone.now())
    said = arrival(crew, session)
    assert 'data-state="live"' in said
    for words in ["2345 kbit/s", "1280×720", "30 fps", "关键帧太远"]:
        assert words in said

    takes.end_take(take=take, reason=TakeEnd.BROKEN, trouble="推流端用的是 H.265")
    said = arrival(crew, session)
    assert 'data-state="waiting"' in said
    assert "推流端用的是 H.265" in said
    state.tell_refused(session.public_id, "stream_key_wrong")
    assert "错误或已作废的推流码" in arrival(crew, session)


def test_a_browser_and_an_encoder_do_not_both_publish(crew, session, operator):
    issued = stream_keys.issue_key(actor=actor(operator), session=session, kind=KeyKind.BROWSER)
    takes.begin_take(
        session=session.public_id,
        secret=issued.secret,
        connection_id="b",
        path=PublishPath.BROWSER,
    )
    assert 'data-state="browser"' in arrival(crew, session)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"status": SessionStatus.ENDED}, "本场直播已结束"),
        ({"video_source": VideoSource.TEST}, "这里不用设置"),
    ],
)
def test_says_why_there_is_no_key_to_have(crew, session, changes, words):
    Session.objects.update(**changes)
    text = crew.get(address(session)).content.decode()
    assert words in text
    assert 'value="issue"' not in text


def test_a_site_without_a_server_for_encoders_says_so(crew, session, settings):
    settings.MEDIA_SERVER = "embedded"
    assert "没有推流服务" in crew.get(address(session)).content.decode()


def test_a_refusal_is_told_on_the_next_page(crew, session):
    Session.objects.update(status=SessionStatus.ENDED)
    answer = issue(crew, session)
    assert answer.status_code == 302
    assert not StreamKey.objects.exists()


def test_strangers_find_no_such_page(client, session):
    stranger = signed_in(client, UserFactory())
    assert stranger.get(address(session)).status_code == 404
    assert issue(stranger, session).status_code == 404
    assert stranger.get(f"{address(session)}state/").status_code == 404
    assert not StreamKey.objects.exists()
