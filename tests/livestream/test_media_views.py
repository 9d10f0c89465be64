"""Pictures over HTTP: signed addresses, only files we write, in parts and conditionally."""

from __future__ import annotations

import pytest
from django.test import AsyncClient
from django.utils import timezone

from livestream import selectors, services
from livestream.enums import (
    CrewRole,
    KeyKind,
    PublishPath,
    ReplayStatus,
    SessionStatus,
    TakeEnd,
    VideoSource,
)
from livestream.media import folders, signing
from livestream.models import Replay, Session
from livestream.services import stream_keys, takes
from tests.factories import (
    OnAirIntervalFactory,
    SessionCrewFactory,
    SessionFactory,
    UserFactory,
    actor,
)
from tests.support.accounts import signed_in

pytestmark = pytest.mark.django_db
SEGMENT = bytes(range(256)) * 4


@pytest.fixture
def session(settings, tmp_path) -> Session:
    settings.MEDIA_DIR = tmp_path
    found = SessionFactory(video_source=VideoSource.HOSTED)
    folder = folders.session_folder(found.public_id)
    (folder / "t1").mkdir(parents=True)
    (folder / "live.m3u8").write_text("#EXTM3U\n")
    (folder / "t1/v00001.m4s").write_bytes(SEGMENT)
    (folder / "t1/a-init.mp4").write_bytes(b"init")
    (folder / "secret.txt").write_text("secret")
    return found


@pytest.fixture
def base(session):
    return signing.prefix(session.public_id)


def test_playlists_and_segments(client, base):
    answer = client.get(f"{base}live.m3u8")
    assert (answer.status_code, answer.content) == (200, b"#EXTM3U\n")
    assert answer["Content-Type"] == "application/vnd.apple.mpegurl"
    assert answer["Cache-Control"] == "public, max-age=1"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")

    answer = client.get(f"{base}t1/v00001.m4s")
    assert (answer.status_code, answer.content) == (200, SEGMENT)
    assert answer["Content-Type"] == "video/mp4"
    assert answer["Cache-Control"] == "public, max-age=86400, immutable"
    assert client.get(f"{base}t1/a-init.mp4")["Content-Type"] == "audio/mp4"
    again = client.get(f"{base}t1/v00001.m4s", headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again["Cache-Control"] == "public, max-age=86400, immutable"
    head = client.head(f"{base}t1/v00001.m4s")
    assert (head.status_code, head["Content-Length"], head.content) == (200, "1024", b"")


@pytest.mark.parametrize(
    ("asked", "status", "start", "end"),
    [
        ("bytes=0-0", 206, 0, 1),
        ("bytes=10-19", 206, 10, 20),
        ("bytes=1000-", 206, 1000, 1024),
        ("bytes=-24", 206, 1000, 1024),
        ("bytes=-9999", 206, 0, 1024),
        ("bytes=1000-99999", 206, 1000, 1024),
        ("bytes=1024-", 416, 0, 0),
        ("bytes=-0", 416, 0, 0),
        ("bytes=5-2", 416, 0, 0),
        ("bytes=0-1,4-5", 200, 0, 1024),
        ("bytes=-", 200, 0, 1024),
        ("lines=1-2", 200, 0, 1024),
        ("", 200, 0, 1024),
    ],
)
def test_parts(client, base, asked, status, start, end):
    answer = client.get(f"{base}t1/v00001.m4s", headers={"Range": asked})
    assert (answer.status_code, answer.content) == (status, SEGMENT[start:end])
    assert answer["Content-Length"] == str(end - start)
    if status == 206:
        assert answer["Content-Range"] == f"bytes {start}-{end - 1}/1024"
    if status == 416:
        assert answer["Content-Range"] == "bytes */1024"


def test_a_part_of_another_version_is_all_of_this_one(client, base):
    headers = {"Range": "bytes=0-3", "If-Range": '"other"'}
    answer = client.get(f"{base}t1/v00001.m4s", headers=headers)
    assert (answer.status_code, answer.content) == (200, SEGMENT)


@pytest.mark.django_db(transaction=True)
async def test_what_is_large_goes_out_in_pieces(session):
    whole = bytes(range(256)) * 256 * 80  # 5 MB
    folder = folders.session_folder(session.public_id) / "r1" / "p1"
    folder.mkdir(parents=True)
    (folder / "v.mp4").write_bytes(whole)
    (folder.parent / "index.m3u8").touch()
    at = signing.prefix(session.public_id, "r1")
    client = AsyncClient()
    for asked, expected in (("", whole), ("bytes=100-4194403", whole[100:4194404])):
        answer = await client.get(f"{at}p1/v.mp4", headers={"Range": asked})
        pieces = [piece async for piece in answer.streaming_content]  # type: ignore[attr-defined]
        assert len(pieces) > 5
        assert b"".join(pieces) == expected
        assert answer["Content-Length"] == str(len(expected))


def test_other_addresses_get_nothing(client, session, base):
    _empty, _media, _hls, expires, signature, name, _end = base.split("/")
    other = SessionFactory()
    refused = [
        f"/media/hls/{int(expires) + 1}/{signature}/{name}/live.m3u8",
        f"/media/hls/{expires}/{signature[::-1]}/{name}/live.m3u8",
        f"/media/hls/{expires}/{signature}/{other.public_id.hex}/live.m3u8",
        f"/media/hls/{expires}/{signature}/{name.upper()}/live.m3u8",
        f"/media/hls/1/{signing.signature(name, 1)}/{name}/live.m3u8",
        f"/media/hls/{expires}/{signing.signature('..', int(expires))}/../live.m3u8",
        f"/media/hls/{expires}/{signing.signature('', int(expires))}//live.m3u8",
    ]
    for address in refused:
        answer = client.get(address)
        assert answer.status_code in {403, 404}, address
        assert b"EXTM3U" not in answer.content
    absent = ["secret.txt", "t1/../secret.txt", "t1/..%2f..%2fsecret.txt", "t1/", "t9/v.m3u8",
              "%2e%2e/%2e%2e/etc/passwd", "t1/v00001.m4s%00", "live.m3u8%0a"]  # fmt: skip
    for path in absent:
        answer = client.get(base + path)
        assert answer.status_code in {403, 404}, path
        assert b"secret" not in answer.content
    assert client.get(f"{base}t9/v00001.m4s")["Cache-Control"] == "no-store"
    assert client.post(f"{base}live.m3u8").status_code == 405


def test_an_address_opens_one_folder(client, session, base):
    """Of the live picture, or of one revision: not what was cut, hidden or not yet published."""
    folder = folders.session_folder(session.public_id)
    (folder / "t1/v.m3u8").write_text("#EXTM3U\n")
    for name in ("r1", "r2", "r2.whole"):
        (folder / name / "p1").mkdir(parents=True)
        for file in ("index.m3u8", "p1/v.mp4", "p1/v.m3u8"):
            (folder / name / file).write_text("picture")
    published = signing.prefix(session.public_id, "r2")
    assert client.get(f"{published}p1/v.mp4").status_code == 200
    assert (
        client.get(f"{signing.prefix(session.public_id, 'r2.whole')}p1/v.m3u8").status_code == 200
    )
    beside = published.removesuffix("r2/")
    for address in (
        f"{base}r2/index.m3u8", f"{base}r2/p1/v.mp4", f"{base}t1/v.m3u8",
        f"{published}p1/v.m3u8", f"{beside}r1/p1/v.mp4", f"{beside}r2.whole/p1/v.m3u8",
        f"{beside}r2.whole/p1/v.mp4", f"{beside}live.m3u8", f"{beside}t1/v00001.m4s",
    ):  # fmt: skip
        assert client.get(address).status_code in {403, 404}, address


def test_a_folder_without_its_list_is_closed(client, session, base):
    """Whatever address of it somebody kept."""
    folder = folders.session_folder(session.public_id)
    assert client.get(f"{base}t1/v00001.m4s").status_code == 200
    (folder / "live.m3u8").unlink()
    answer = client.get(f"{base}t1/v00001.m4s")
    assert (answer.status_code, answer["Cache-Control"]) == (404, "no-store")


def test_a_page_on_another_origin_may_ask_for_parts(client, base):
    answer = client.options(f"{base}t1/v00001.m4s")
    assert answer.status_code == 204
    assert answer["Access-Control-Allow-Headers"] == "Range"
    assert answer["Access-Control-Allow-Origin"] == "*"


def test_asking_costs_no_query(client, base, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get(f"{base}live.m3u8")


# --- where the picture is -----------------------------------------------------------------------


def where(client, session):
    from django.core.cache import cache

    cache.clear()
    answer = client.get(f"/live/{session.public_id}/playback/")
    assert "no-store" in answer["Cache-Control"]
    return answer.json()


NOTHING = {"url": "", "kind": "none"}


def test_a_hosted_picture_is_there_while_its_take_is_up(client, session):
    crew = actor(SessionCrewFactory(session=session).person)
    secret = stream_keys.issue_key(actor=crew, session=session, kind=KeyKind.BROWSER).secret
    assert where(client, session) == NOTHING
    take = takes.begin_take(
        session=session.public_id, secret=secret, connection_id="1", path=PublishPath.BROWSER
    )
    assert where(client, session) == NOTHING
    takes.take_up(take=take, first_at=timezone.now())
    live = {"url": f"{signing.prefix(session.public_id)}live.m3u8", "kind": "hls"}
    assert where(client, session) == live
    takes.end_take(take=take, reason=TakeEnd.DROPPED)
    assert where(client, session) == NOTHING


def test_a_replay_has_an_address_unless_hidden(client, session):
    Session.objects.filter(pk=session.pk).update(status=SessionStatus.REPLAY)
    assert where(client, session) == NOTHING
    replay = Replay.objects.create(session=session, status=ReplayStatus.READY, revision=3)
    at = f"{signing.prefix(session.public_id, 'r3')}index.m3u8"
    assert where(client, session) == {"url": at, "kind": "hls"}
    replay.status = ReplayStatus.WORKING  # a new revision is being made beside it
    replay.save()
    assert where(client, session)["url"] == at
    replay.hidden_at = timezone.now()
    replay.save()
    assert where(client, session) == NOTHING
    replay.hidden_at, replay.status = None, ReplayStatus.EXPIRED
    replay.save()
    assert where(client, session) == NOTHING


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        (VideoSource.EXTERNAL_HLS, "hls"),
        (VideoSource.EMBED, "embed"),
        (VideoSource.ELSEWHERE, "link"),
    ],
)
def test_pictures_of_others(client, settings, source, kind):
    settings.FRAME_ORIGINS = ["https://live.example.org"]
    link = "https://live.example.org/1"
    session = SessionFactory(video_source=source, external_url=link)
    assert where(client, session) == NOTHING
    OnAirIntervalFactory(session=session)
    assert where(client, session) == {"url": link, "kind": kind}
    Session.objects.filter(pk=session.pk).update(status=SessionStatus.ENDED)
    assert where(client, session) == NOTHING


def test_a_player_of_a_site_that_is_not_listed_is_a_link(client, settings):
    settings.FRAME_ORIGINS = ["https://other.example.org"]
    link = "https://live.example.org/1"
    session = SessionFactory(video_source=VideoSource.EMBED, external_url=link)
    OnAirIntervalFactory(session=session)
    assert where(client, session) == {"url": link, "kind": "link"}


def test_the_test_channel(client):
    session = SessionFactory()
    OnAirIntervalFactory(session=session)
    assert where(client, session)["url"].startswith("/media/testchannel/live.m3u8?since=")


def test_rehearsals_only_for_those_who_work_there(client, session):
    rehearsal = SessionFactory(
        video_source=VideoSource.HOSTED, rehearsal_of=session, fair=session.fair
    )
    crew = SessionCrewFactory(session=rehearsal, role=CrewRole.HOST).person
    key = stream_keys.issue_key(actor=actor(crew), session=rehearsal, kind=KeyKind.BROWSER)
    take = takes.begin_take(
        session=rehearsal.public_id,
        secret=key.secret,
        connection_id="1",
        path=PublishPath.BROWSER,
    )
    takes.take_up(take=take, first_at=timezone.now())
    own = signed_in(client, crew)
    assert where(own, rehearsal)["kind"] == "hls"
    other = type(client)()
    url = f"/live/{rehearsal.public_id}/playback/"
    assert other.get(url).status_code == 404
    assert signed_in(other, UserFactory()).get(url).status_code == 404


def test_everybody_shares_one_answer(client, session, django_assert_num_queries):
    from django.core.cache import cache

    cache.clear()
    url = f"/live/{session.public_id}/playback/"
    with django_assert_num_queries(1):
        for _ in range(5):
            client.get(url)


def test_the_api_says_the_same(client, session):
    services.end_session(actor=actor(UserFactory(admin=True)), session=session)
    assert (
        client.get(f"/api/v1/sessions/{session.public_id}/").json()["video"]["playback_url"] == ""
    )
    found, _standing = selectors.session_for(None, session.public_id)
    assert selectors.playback_url(found) == ""
