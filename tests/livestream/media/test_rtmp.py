"""Publishing by RTMP to the real nginx, with ffmpeg in the place of OBS."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from imageio_ffmpeg import get_ffmpeg_exe

from livestream import services
from livestream.enums import KeyKind, PublishPath, SessionStatus, TakeEnd, VideoSource
from livestream.log import public_events
from livestream.media import folders
from livestream.media.rtmp import server, state
from livestream.models import OnAirInterval, Session, Take
from livestream.services import stream_keys, takes
from tests.factories import SessionCrewFactory, SessionFactory, actor
from tests.livestream.media.rtmp_site import (
    SMALL,
    of_this_test,
    programme_time_errors_ms,
    seconds_until,
)
from tests.support.publishing import until

try:
    server.find()
    missing = ""
except server.MissingError as error:
    missing = str(error)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(bool(missing), reason=missing),
]


@pytest.fixture
def session() -> Session:
    planned = SessionStatus.SCHEDULED
    return SessionFactory(status=planned, video_source=VideoSource.HOSTED, segment_s=2)


@pytest.fixture
def crew(session):
    return actor(SessionCrewFactory(session=session).person)


@pytest.fixture
def secret(crew, session):
    return stream_keys.issue_key(actor=crew, session=session, kind=KeyKind.ENCODER).secret


@pytest.fixture
def media(tmp_path):
    site = of_this_test(tmp_path)
    try:
        site.start()
        yield site
    finally:
        site.end()
        assert until(lambda: not site.processes(), 5), "the media server left processes behind"


def newest(session) -> Take | None:
    return Take.objects.filter(session=session).order_by("number").last()


def is_up(session, number=1) -> bool:
    return Take.objects.filter(session=session, number=number, up_at__isnull=False).exists()


def on_air(session) -> bool:
    return OnAirInterval.objects.filter(session=session, ends_at=None).exists()


def off_air_because(session) -> list[str]:
    events = public_events(session.public_id)
    return [event["data"]["why"] for event in events if event["kind"] == "off_air"]


def test_an_encoder_is_on_air_until_it_stops(media, session, secret):
    publisher = media.publish(session, secret)
    seconds_until(lambda: is_up(session), 15)
    session.refresh_from_db()
    take = newest(session)
    assert (session.status, take.path) == (SessionStatus.LIVE, PublishPath.RTMP)
    assert on_air(session)
    folder = folders.take_folder(session.public_id, take.number)
    assert (folder / "v-init.mp4").exists()
    assert (folder / "a-init.mp4").exists()
    live = folders.session_folder(session.public_id) / "video.m3u8"
    assert "EXT-X-PROGRAM-DATE-TIME" in live.read_text()
    assert until(lambda: _told(session) is not None and _told(session).kbits > 0, 5)
    assert (_told(session).width, _told(session).height) == (SMALL.width, SMALL.height)
    assert _told(session).warning == ""

    publisher.stop()
    assert until(lambda: not on_air(session), 8)
    take.refresh_from_db()
    assert (take.end, take.trouble) == (TakeEnd.STOPPED, "")
    assert take.last_at > take.first_at
    assert off_air_because(session) == ["break"]
    assert "#EXT-X-ENDLIST" in (folder / "v.m3u8").read_text()
    assert until(lambda: _ffmpegs(media) == [], 3)


def _told(session):
    return state.now(session.public_id, 1)


def _ffmpegs(media) -> list[int]:
    return [pid for pid in media.processes() if _name(pid) != "nginx"]


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return "nginx"  # gone


def test_a_broken_line_is_a_new_take_when_it_is_back(media, session, secret):
    publisher = media.publish(session, secret)
    seconds_until(lambda: is_up(session, 1), 15)
    publisher.kill()
    assert until(lambda: not on_air(session), 8)
    assert newest(session).end == TakeEnd.DROPPED
    assert off_air_because(session) == ["drop"]
    media.publish(session, secret)
    seconds_until(lambda: is_up(session, 2), 15)
    assert on_air(session)
    lines = (folders.session_folder(session.public_id) / "video.m3u8").read_text()
    assert "#EXT-X-DISCONTINUITY\n" in lines


@pytest.mark.parametrize("key", ["wrong", ""])
def test_a_wrong_key_is_refused_and_the_crew_is_told(media, session, secret, key):
    publisher = media.publish(session, key)
    assert until(lambda: not publisher.running, 10)
    assert newest(session) is None
    assert state.refused(session.public_id) == "stream_key_wrong"
    assert until(lambda: _ffmpegs(media) == [], 3)


def test_a_session_that_is_over_takes_no_picture(media, session, secret):
    Session.objects.filter(pk=session.pk).update(status=SessionStatus.ENDED)
    publisher = media.publish(session, secret)
    assert until(lambda: not publisher.running, 10)
    assert newest(session) is None


@pytest.mark.parametrize("how", ["revoke", "cut", "end"])
def test_what_the_crew_ends_is_thrown_out_within_five_seconds(media, session, secret, crew, how):
    publisher = media.publish(session, secret)
    seconds_until(lambda: is_up(session), 15)
    session.refresh_from_db()
    if how == "revoke":
        stream_keys.revoke_keys(actor=crew, session=session)
    elif how == "cut":
        takes.cut(actor=crew, session=session)
    else:
        services.end_session(actor=crew, session=session)
    assert not on_air(session)
    seconds_until(lambda: not publisher.running, 5)
    assert until(lambda: _ffmpegs(media) == [], 3)
    reasons = {"revoke": TakeEnd.REVOKED, "cut": TakeEnd.CUT, "end": TakeEnd.ENDED}
    assert newest(session).end == reasons[how]
    written = sorted(folders.take_folder(session.public_id, 1).iterdir())
    time.sleep(1)
    assert sorted(folders.take_folder(session.public_id, 1).iterdir()) == written


def test_a_second_publisher_is_refused_and_harms_nobody(media, session, secret):
    first = media.publish(session, secret)
    seconds_until(lambda: is_up(session), 15)
    second = media.publish(session, secret)
    assert until(lambda: not second.running, 10)
    assert state.refused(session.public_id) == "stream_taken"
    time.sleep(3)  # its goodbye has come, and the next beats
    assert first.running
    assert Take.objects.filter(session=session).count() == 1
    assert newest(session).ended_at is None
    assert on_air(session)


def test_two_sessions_do_not_disturb_each_other(media, session, secret, crew):
    other = SessionFactory(video_source=VideoSource.HOSTED)
    other_crew = actor(SessionCrewFactory(session=other).person)
    other_secret = stream_keys.issue_key(
        actor=other_crew, session=other, kind=KeyKind.ENCODER
    ).secret
    first, second = media.publish(session, secret), media.publish(other, other_secret)
    seconds_until(lambda: is_up(session) and is_up(other), 20)
    takes.cut(actor=crew, session=session)
    assert until(lambda: not first.running, 5)
    time.sleep(2.5)
    assert second.running
    assert on_air(other)


def test_kill_9_leaves_nothing_and_the_encoder_is_back_soon(media, session, secret):
    media.publish(session, secret)
    seconds_until(lambda: is_up(session), 15)
    assert len(media.processes()) >= 2
    media.kill()
    seconds_until(lambda: media.processes() == [], 2)

    media.start()
    take = newest(session)
    assert take.end == TakeEnd.LOST
    assert not on_air(session)
    media.publish(session, secret)
    seconds_until(lambda: is_up(session, 2), 15)


def test_stopping_the_service_ends_takes_as_a_broken_line(media, session, secret):
    media.publish(session, secret)
    seconds_until(lambda: is_up(session), 15)
    assert media.stop() == 0
    assert media.processes() == []
    assert newest(session).end == TakeEnd.DROPPED
    assert not state.is_running()


def test_nginx_that_dies_comes_back(media, session, secret):
    publisher = media.publish(session, secret)
    seconds_until(lambda: is_up(session), 15)
    [nginx] = [pid for pid in media.processes() if _name(pid) == "nginx"]
    subprocess.run(["/bin/kill", "-9", str(nginx)], check=True)
    assert until(lambda: newest(session).ended_at is not None, 10)
    assert newest(session).end == TakeEnd.DROPPED
    publisher.stop()
    assert until(lambda: any(_name(pid) == "nginx" for pid in media.processes()), 10)
    time.sleep(0.5)
    media.publish(session, secret)
    seconds_until(lambda: is_up(session, 2), 15)


def test_an_ffmpeg_that_dies_ends_the_take_and_the_encoder_may_come_again(media, session, secret):
    publisher = media.publish(session, secret)
    seconds_until(lambda: is_up(session), 15)
    for pid in _ffmpegs(media):
        subprocess.run(["/bin/kill", "-9", str(pid)], check=True)
    assert until(lambda: newest(session).ended_at is not None, 8)
    assert newest(session).end == TakeEnd.BROKEN
    assert newest(session).trouble
    assert until(lambda: not publisher.running, 5)


def _push(media, session, secret, *codecs, seconds=12) -> subprocess.Popen[bytes]:
    picture = f"testsrc2=s={SMALL.width}x{SMALL.height}:r={SMALL.rate}"
    command = [get_ffmpeg_exe(), "-loglevel", "error", "-re", "-f", "lavfi", "-i", picture]
    command += ["-re", "-f", "lavfi", "-i", "sine", "-t", str(seconds), *codecs, "-f", "flv"]
    return subprocess.Popen([*command, media.url(session, secret)], stdin=subprocess.DEVNULL)


H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


@pytest.mark.parametrize(
    ("codecs", "said"),
    [
        (("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv444p", "-g", "15"), "NV12"),
        (("-vn", "-c:a", "aac"), "画面"),
        (("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=0"), "H.264"),
    ],
    ids=["4:4:4", "only sound", "H.265"],
)
def test_what_browsers_cannot_play_is_refused_with_its_reason(media, session, secret, codecs, said):
    encoder = _push(media, session, secret, *codecs)
    try:
        assert until(
            lambda: newest(session) is not None and newest(session).ended_at is not None, 20
        )
        take = newest(session)
        assert (take.end, take.up_at) == (TakeEnd.BROKEN, None)
        assert said in take.trouble
    finally:
        encoder.kill()
        encoder.wait()


def test_sound_of_another_kind_is_converted_and_b_frames_are_fine(media, session, secret):
    codecs = (*H264, "-g", "30", "-bf", "2", "-c:a", "libmp3lame")
    encoder = _push(media, session, secret, *codecs)
    try:
        seconds_until(lambda: is_up(session), 15)
        assert b"mp4a" in (folders.take_folder(session.public_id, 1) / "a-init.mp4").read_bytes()
    finally:
        encoder.kill()
        encoder.wait()


def test_a_picture_without_sound_plays(media, session, secret):
    encoder = _push(media, session, secret, *H264, "-g", "30", "-an")
    try:
        seconds_until(lambda: is_up(session), 15)
        assert not (folders.take_folder(session.public_id, 1) / "a-init.mp4").exists()
    finally:
        encoder.kill()
        encoder.wait()


def test_rare_key_frames_play_and_the_crew_is_warned(media, session, secret):
    media.publish(session, secret, key_frame_s=8)
    assert until(lambda: _told(session) is not None and "关键帧" in _told(session).warning, 20)
    seconds_until(lambda: is_up(session), 15)


def test_programme_time_is_that_of_the_picture(media, session, secret):
    media.publish(session, secret)
    seconds_until(lambda: is_up(session), 15)
    folder = folders.take_folder(session.public_id, 1)
    assert until((folder / "v00004.m4s").exists, 12)
    errors = programme_time_errors_ms(folder)
    assert len(errors) >= 3
    assert max(abs(error) for error in errors) <= 150, errors


def test_nobody_plays_from_the_ingest_server(media, session, secret):
    media.publish(session, secret)
    seconds_until(lambda: is_up(session), 15)
    name = f"rtmp://127.0.0.1:{media.port}/live/{'0' * 32}"
    probe = [get_ffmpeg_exe(), "-loglevel", "error", "-rw_timeout", "3000000", "-i", name]
    tried = subprocess.run([*probe, "-f", "null", "-"], check=False, capture_output=True)
    assert tried.returncode != 0


def test_who_connects_and_says_nothing_keeps_nobody_out(media, session, secret):
    """Six hundred of them, who are sent away after ten seconds."""
    with contextlib.ExitStack() as open_lines:
        silent = [
            open_lines.enter_context(socket.create_connection(("127.0.0.1", media.port)))
            for _ in range(600)
        ]
        media.publish(session, secret)
        seconds_until(lambda: is_up(session), 15)
        silent[0].settimeout(20)
        assert silent[0].recv(1) == b""


def test_no_key_is_left_in_a_file_of_the_server(media, session, secret):
    media.publish(session, secret)
    seconds_until(lambda: is_up(session), 15)
    files = [file for file in media.run.rglob("*") if file.is_file()]
    assert files
    for file in [*files, media.log]:
        assert secret not in file.read_text(errors="replace"), file


def test_a_second_media_server_of_the_same_directory_says_so(media, tmp_path):
    other = of_this_test(tmp_path / "other")
    (tmp_path / "other").mkdir()
    with pytest.raises(AssertionError, match="already"):
        other.start()
    other.end()
    assert media.processes()


def test_a_line_that_falls_silent_is_given_up(media, session, secret):
    publisher = media.publish(session, secret)
    seconds_until(lambda: is_up(session), 15)
    publisher.process.send_signal(signal.SIGSTOP)
    try:
        assert until(lambda: not on_air(session), 15)
        assert newest(session).end == TakeEnd.DROPPED
    finally:
        publisher.process.send_signal(signal.SIGCONT)


def test_an_encoder_that_comes_again_takes_over_its_silent_connection(media, session, secret):
    publisher = media.publish(session, secret)
    seconds_until(lambda: is_up(session), 15)
    publisher.process.send_signal(signal.SIGSTOP)
    try:
        time.sleep(4.5)
        assert newest(session).ended_at is None
        media.publish(session, secret)
        seconds_until(lambda: is_up(session, 2), 15)
        assert Take.objects.get(session=session, number=1).end == TakeEnd.DROPPED
    finally:
        publisher.process.send_signal(signal.SIGCONT)
    time.sleep(3)  # the former one finds its connection closed and says goodbye
    assert newest(session).ended_at is None
    assert on_air(session)
