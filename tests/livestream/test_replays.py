"""Replays: made from takes on the disk, cut, hidden, deleted by the clock."""

from __future__ import annotations

import errno
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from hypothesis import given
from hypothesis import strategies as st

from jobs.queue import enqueue
from jobs.worker import run_pending
from livestream import replay_selectors
from livestream.enums import (
    PartStatus,
    ReplayStatus,
    SessionStatus,
    VideoSource,
)
from livestream.media import folders, remux, take_lists
from livestream.media.remux import Part, Piece, Track
from livestream.models import Replay, ReplayPart, Session
from livestream.services import replays
from tests.livestream.recorded import (
    T0,
    ended,
    files,
    made,
    operator,
    take_of,
    two_takes,
    without_files,
)
from tests.livestream.takes_on_disk import put_take


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_DIR = tmp_path / "media"
    return tmp_path / "media"


@pytest.mark.django_db
class TestMaking:
    def test_takes_become_one_replay_with_their_programme_time(self) -> None:
        session = two_takes()
        replay = made(session)
        assert (replay.status, replay.revision, replay.percent) == (ReplayStatus.READY, 1, 100)
        parts = list(replay.parts.all())
        assert [part.status for part in parts] == [PartStatus.READY, PartStatus.READY]
        assert [part.duration_ms for part in parts] == [8000, 8000]
        assert [part.starts_at for part in parts] == [T0, T0 + timedelta(seconds=60)]
        text = (files(session) / "video.m3u8").read_text()
        assert text.count("#EXT-X-DISCONTINUITY") == 1
        assert text.count("#EXT-X-MAP") == 2
        assert "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T10:01:00.000+00:00" in text
        assert text.endswith("#EXT-X-ENDLIST\n")
        index = (files(session) / "index.m3u8").read_text()
        assert re.findall(r'CODECS="([^"]*)"\n(.*)', index) == [
            ("avc1.42c00c,mp4a.40.2", "video.m3u8"),
            ("mp4a.40.2", "audio.m3u8"),
        ]

    @pytest.mark.parametrize("status", [SessionStatus.ENDED, SessionStatus.LIVE])
    def test_players_of_what_was_live_are_told_that_it_is_over(self, status: SessionStatus) -> None:
        session = two_takes()
        folder = folders.session_folder(session.public_id)
        shutil.copy(folder / "t2" / "v.m3u8", folder / "video.m3u8")
        text = (folder / "video.m3u8").read_text().replace("#EXT-X-ENDLIST\n", "")
        (folder / "video.m3u8").write_text(text)
        Session.objects.filter(pk=session.pk).update(status=status)  # it may have gone on
        made(session)
        is_over = (folder / "video.m3u8").read_text().endswith("#EXT-X-ENDLIST\n")
        assert is_over == (status == SessionStatus.ENDED)

    def test_a_still_of_it_stands_in_the_player(self) -> None:
        session = two_takes()
        replay = made(session)
        still = (files(session) / "poster.jpg").read_bytes()
        assert still.startswith(b"\xff\xd8")
        assert replay_selectors.poster_url(replay).endswith("/r1/poster.jpg")
        (files(session) / "poster.jpg").unlink()
        assert replay_selectors.poster_url(replay) == ""

    def test_ffmpeg_plays_every_second_of_it(self) -> None:
        import imageio_ffmpeg

        session = two_takes()
        made(session)
        for name in ("video", "audio"):
            command = [imageio_ffmpeg.get_ffmpeg_exe(), "-i", str(files(session) / f"{name}.m3u8")]
            told = subprocess.run(
                [*command, "-f", "null", "-"], capture_output=True, text=True, check=True
            )
            assert "time=00:00:16" in told.stderr, told.stderr

    def test_programme_time_follows_the_takes_own_clock(self) -> None:
        session = ended()
        without_files(session, 1, T0, 8)
        folder = folders.take_folder(session.public_id, 1)
        put_take(folder, starts_at=T0, seconds=20, drift_ms=9)
        replay = made(session)
        told = _segments_by_replay(replay)
        for segment in take_lists.read_playlist(folder / "v.m3u8"):
            at_ms = take_lists.unix_ms(segment.at)
            assert any(abs(at - at_ms) <= 50 for at in told), segment

    def test_a_broken_take_is_reported_and_the_rest_published(self) -> None:
        session = two_takes()
        without_files(session, 3, T0 + timedelta(seconds=90))
        shutil.rmtree(folders.take_folder(session.public_id, 1))
        replay = made(session)
        assert replay.status == ReplayStatus.READY
        states = [(part.status, part.trouble) for part in replay.parts.all()]
        assert states == [
            (PartStatus.BROKEN, "no_files"),
            (PartStatus.READY, ""),
            (PartStatus.BROKEN, "no_files"),
        ]
        assert all(replay_selectors.trouble_words(trouble) for _status, trouble in states[:1])

    def test_a_damaged_segment_is_left_out(self) -> None:
        session = ended()
        take_of(session, 1, T0)
        segment = folders.take_folder(session.public_id, 1) / "v00002.m4s"
        segment.write_bytes(segment.read_bytes()[:-100])
        replay = made(session)
        part = replay.parts.get()
        assert (part.status, part.trouble) == (PartStatus.READY, "left_out:1:4")
        assert part.duration_ms == 6000
        text = (files(session) / "video.m3u8").read_text()
        assert text.count("#EXT-X-DISCONTINUITY") == 1
        assert "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T10:00:04.000+00:00" in text

    def test_a_damaged_line_of_a_list_costs_its_segment_and_no_more(self) -> None:
        session = ended()
        take_of(session, 1, T0)
        path = folders.take_folder(session.public_id, 1) / "v.m3u8"
        head, *rest = path.read_text().split("#EXTINF:")
        path.write_text("#EXTINF:".join([head, rest[0], "\0" + rest[1], *rest[2:]]))
        part = made(session).parts.get()
        assert (part.status, part.duration_ms) == (PartStatus.READY, 6000)
        text = (files(session) / "video.m3u8").read_text()
        assert text.count("#EXT-X-DISCONTINUITY") == 1
        path.write_text("\0" * 4096)
        replays.request_replay(session=session)
        shutil.rmtree(files(session))
        part = made(session).parts.get()
        assert (part.status, part.trouble) == (PartStatus.BROKEN, "no_files")

    def test_a_segment_with_nothing_at_its_end_is_left_out(self) -> None:
        session = ended()
        take_of(session, 1, T0)
        segment = folders.take_folder(session.public_id, 1) / "v00002.m4s"
        segment.write_bytes(segment.read_bytes() + bytes(64))
        assert made(session).parts.get().trouble == "left_out:1:4"

    def test_the_web_server_may_read_it_whatever_the_umask(self) -> None:
        session = two_takes()
        before = os.umask(0o077)
        try:
            made(session)
        finally:
            os.umask(before)
        found = [files(session), *files(session).rglob("*")]
        assert len(found) > 10
        for path in found:
            assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644), path

    def test_no_usable_take_says_so(self) -> None:
        session = ended()
        without_files(session, 1, T0)
        replay = made(session)
        assert (replay.status, replay.trouble) == (ReplayStatus.FAILED, "no_take")
        assert replay_selectors.trouble_words(replay.trouble)

    @pytest.mark.parametrize(
        "values",
        [
            {"video_source": VideoSource.TEST},
            {"video_source": VideoSource.ELSEWHERE, "external_url": "https://v.example/1"},
        ],
    )
    def test_what_was_not_published_here_has_no_recording(self, values: dict[str, Any]) -> None:
        assert replays.request_replay(session=ended(**values)) is None

    def test_a_rehearsal_has_none(self) -> None:
        session = ended()
        rehearsal = ended(rehearsal_of=session, fair=session.fair)
        assert replays.request_replay(session=rehearsal) is None

    def test_ending_the_session_asks_for_it(self) -> None:
        from livestream import services

        session = ended(status=SessionStatus.LIVE)
        services.end_session(actor=operator(session), session=session)
        assert Replay.objects.get(session=session).status == ReplayStatus.WAITING

    def test_a_session_that_went_on_gets_a_new_revision(self) -> None:
        session = two_takes()
        made(session)
        shutil.rmtree(folders.take_folder(session.public_id, 1))  # its time had come
        take_of(session, 3, T0 + timedelta(seconds=120))
        replay = made(session)
        assert replay.revision == 2
        assert [part.status for part in replay.parts.all()] == [PartStatus.READY] * 3
        assert (files(session, 2) / "video.m3u8").read_text().count("#EXT-X-MAP") == 3

    def test_finished_parts_are_kept_and_half_ones_made_again(self, monkeypatch: Any) -> None:
        session = two_takes()
        joined: list[int] = []
        real = remux._join

        def dies_at_the_second(take: Path, name: str, *rest: Any, **more: Any) -> Any:
            joined.append(int(take.name[1:]))
            if take.name == "t2" and len(joined) < 4:
                raise KeyboardInterrupt
            return real(take, name, *rest, **more)

        monkeypatch.setattr(remux, "_join", dies_at_the_second)
        replay = replays.request_replay(session=session)
        assert replay is not None
        with pytest.raises(KeyboardInterrupt):
            replays.make(replay)
        replay.refresh_from_db()
        assert replay.status == ReplayStatus.WORKING
        joined.clear()
        joined.extend([0, 0, 0, 0])
        assert replays.make(replay) == ReplayStatus.READY
        assert 1 not in joined
        assert not list(files(session).glob("*.work"))

    def test_only_one_makes_it_at_a_time(self) -> None:
        session = two_takes()
        replay = replays.request_replay(session=session)
        assert replay is not None
        with folders.working_on(session.public_id) as ours:
            assert ours
            assert replays.make(replay) == ReplayStatus.WAITING
        assert replays.make(replay) == ReplayStatus.READY

    def test_a_full_disk_is_said_and_tried_again(self, monkeypatch: Any) -> None:
        session = two_takes()
        monkeypatch.setattr(remux, "join_take", _no_space)
        replay = made(session)
        assert (replay.status, replay.trouble) == (ReplayStatus.WAITING, "disk_full")
        monkeypatch.undo()
        django_settings.MEDIA_DIR = folders.hls_folder().parent
        DBTaskResult.objects.update(run_after=timezone.now())
        run_pending()
        replay.refresh_from_db()
        assert (replay.status, replay.trouble) == (ReplayStatus.READY, "")

    def test_a_disk_that_stays_full_ends_in_a_clear_state(self, monkeypatch: Any) -> None:
        session = two_takes()
        monkeypatch.setattr(remux, "join_take", _no_space)
        replay = made(session)
        for _try in replays.RETRY_S:
            DBTaskResult.objects.update(run_after=timezone.now())
            run_pending()
        replay.refresh_from_db()
        assert (replay.status, replay.trouble) == (ReplayStatus.FAILED, "disk_full")


def _no_space(*args: Any, **more: Any) -> Part:
    raise OSError(errno.ENOSPC, "No space left on device")


def _segments_by_replay(replay: Replay) -> list[float]:
    """The programme time at which the replay shows the beginning of every two seconds."""
    moments = []
    for stretch in remux.stretches(replay_selectors.load_parts(replay)):
        moments += [stretch.at_ms + 2000 * n for n in range(int(stretch.duration_ms // 2000))]
    return moments


@pytest.mark.django_db(transaction=True)
def test_a_killed_job_resumes(tmp_path: Path) -> None:
    """A real worker process is killed -9 in the middle; another one finishes."""
    session = ended()
    for number in range(1, 9):
        take_of(session, number, T0 + timedelta(seconds=60 * number))
    replay = Replay.objects.create(session=session)
    enqueue(replays.make_replay, replay=str(replay.public_id))
    work = folders.replay_folder(session.public_id, 1)
    work = work.with_name(work.name + ".work")
    with Worker(slow=True) as first:
        _wait_for((work / "p2").exists)
        os.kill(first.pid, signal.SIGKILL)
    replay.refresh_from_db()
    assert replay.status == ReplayStatus.WORKING
    assert 0 < replay.percent < 100
    finished = {path.name: path.stat().st_ino for path in work.iterdir() if path.suffix == ""}
    assert 2 <= len(finished) < 8
    with Worker() as second:
        _wait_for(lambda: Replay.objects.filter(status=ReplayStatus.READY).exists())
        second.terminate()
    final = folders.whole_folder(session.public_id, 1)
    assert {name: (final / name).stat().st_ino for name in finished} == finished
    assert ReplayPart.objects.filter(status=PartStatus.READY).count() == 8
    assert not list(final.parent.glob("*.work")) + list(final.glob("*.work"))


class Worker:
    """``manage.py worker`` on this test's database; ``slow``: a pause after each file."""

    def __init__(self, *, slow: bool = False) -> None:
        from django.db import connection

        name = str(connection.settings_dict["NAME"])
        environment = {
            **os.environ,
            "TESTING": "1",
            "DATABASE_URL": f"sqlite:///{name}",
            "VAR_DIR": str(django_settings.VAR_DIR),
            "MEDIA_DIR": str(django_settings.MEDIA_DIR),
            "DJANGO_SETTINGS_MODULE": "jobfair.settings",
        }
        slowly = (
            "from livestream.media import remux; import time; real = remux._read;"
            "remux._read = lambda path: (time.sleep(0.05), real(path))[1];"
        )
        code = (
            "import django; django.setup();"
            + (slowly if slow else "")
            + "from django.core.management import call_command; call_command('worker')"
        )
        self.process = subprocess.Popen([sys.executable, "-c", code], env=environment)

    def __enter__(self) -> subprocess.Popen[bytes]:
        return self.process

    def __exit__(self, *told: object) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(20)


def _wait_for(true: Any) -> None:
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


# --- position and programme time ----------------------------------------------------------------

lengths = st.lists(st.floats(1.0, 6.0), min_size=1, max_size=8)
takes = st.lists(st.tuples(st.integers(0, 3_600_000), lengths), min_size=1, max_size=6)


def _parts(shape: list[tuple[int, list[float]]]) -> list[Part]:
    """Takes with pauses between them: (milliseconds of pause, seconds of each piece)."""
    at, parts = take_lists.unix_ms(T0), []
    for number, (pause, pieces) in enumerate(shape, start=1):
        at += pause
        made = []
        for seconds in pieces:
            made.append(Piece(at, seconds, 0, 1))
            at += seconds * 1000
        parts.append(Part(number, Track("v.mp4", 1, "", made), None, len(made)))
    return parts


@given(takes, st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_position_and_programme_time_are_inverse(
    shape: list[tuple[int, list[float]]], fractions: list[float]
) -> None:
    stretches = remux.stretches(_parts(shape))
    length = sum(stretch.duration_ms for stretch in stretches)
    positions = sorted(fraction * length for fraction in fractions)
    moments = [replay_selectors.moment_at(stretches, position) for position in positions]
    assert moments == sorted(moments)
    for position, moment in zip(positions, moments, strict=True):
        assert abs(replay_selectors.position_of(stretches, moment) - position) < 0.5
    for one, two in pairwise(moments):
        low, high = (replay_selectors.position_of(stretches, at) for at in (one, two))
        assert low <= high


@given(takes, st.floats(-1000, 5_000_000))
def test_a_moment_between_takes_is_the_next_ones_beginning(
    shape: list[tuple[int, list[float]]], offset: float
) -> None:
    stretches = remux.stretches(_parts(shape))
    at = take_lists.unix_ms(T0) + offset
    shown = replay_selectors.moment_at(stretches, replay_selectors.position_of(stretches, at))
    inside = any(s.at_ms <= at <= s.at_ms + s.duration_ms for s in stretches)
    last = stretches[-1].at_ms + stretches[-1].duration_ms
    following = [s.at_ms for s in stretches if s.at_ms >= at]
    wanted = at if inside else min(following, default=last)
    assert abs(shown - wanted) < 0.5
