"""Addresses of recordings that somebody kept: of what was cut off or hidden they give nothing."""

from __future__ import annotations

import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from imageio_ffmpeg import get_ffmpeg_exe

from core.errors import Conflict
from jobs.worker import run_pending
from livestream import replay_selectors, services
from livestream.enums import ReplayStatus, SessionStatus
from livestream.media import folders, remux, signing
from livestream.models import Replay, Session
from livestream.services import recordings, replays
from tests.livestream.recorded import T0, files, made, operator, take_of, two_takes

pytestmark = pytest.mark.django_db
#: Within the second of four pieces (6 and 2 s of each of two takes), and within the third.
FROM, TO = T0 + timedelta(seconds=7), T0 + timedelta(seconds=61)


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_DIR = tmp_path / "media"
    return tmp_path / "media"


def cut(
    session: Session, starts_at: datetime | None = FROM, ends_at: datetime | None = TO
) -> Replay:
    """Cut it, and have the job do its work."""
    replays.trim(actor=operator(session), session=session, starts_at=starts_at, ends_at=ends_at)
    jobs()
    return Replay.objects.select_related("session").get(session=session)


def jobs() -> None:
    DBTaskResult.objects.update(run_after=timezone.now())
    run_pending()


def live_picture(session: Session) -> str:
    """What was served live is still on the disk, under an address a viewer has."""
    (folders.session_folder(session.public_id) / "live.m3u8").write_text("#EXTM3U\n")
    return signing.prefix(session.public_id) + "t1/v00001.m4s"


def segment(session: Session, take: int, number: int) -> bytes:
    path = folders.take_folder(session.public_id, take) / f"v{number:05d}.m4s"
    return path.read_bytes()


def status(client: Client, address: str) -> int:
    return client.get(address).status_code


class TestCutting:
    def test_what_was_cut_off_is_in_no_file_that_is_served(self) -> None:
        session = two_takes()
        made(session)
        replay = cut(session)
        assert (replay.revision, replay.status) == (2, ReplayStatus.READY)
        shown = {n: (files(session, 2) / f"p{n}/v.mp4").read_bytes() for n in (1, 2)}
        whole = (folders.whole_folder(session.public_id, 2) / "p1/v.mp4").read_bytes()
        for take, number, is_shown in ((1, 1, False), (1, 3, False), (1, 4, True),
                                       (2, 1, True), (2, 3, True), (2, 4, False)):  # fmt: skip
            assert (segment(session, take, number) in shown[take]) == is_shown, (take, number)
        assert segment(session, 1, 1) in whole
        text = (files(session, 2) / "video.m3u8").read_text()
        assert text.count("#EXTINF") == 2

    def test_it_plays_to_the_end(self) -> None:
        session = two_takes()
        made(session)
        cut(session)
        for name in ("video", "audio"):
            command = [
                get_ffmpeg_exe(),
                "-v",
                "info",
                "-i",
                str(files(session, 2) / f"{name}.m3u8"),
            ]
            told = subprocess.run(
                [*command, "-f", "null", "-"], capture_output=True, text=True, check=True
            )
            assert "time=00:00:08" in told.stderr, told.stderr

    def test_former_addresses_stop_and_the_new_one_works(self, client: Client) -> None:
        session = two_takes()
        made(session)
        former = signing.prefix(session.public_id, "r1")
        whole = signing.prefix(session.public_id, "r1.whole")
        addresses = (
            f"{former}index.m3u8",
            f"{former}p1/v.mp4",
            f"{whole}index.m3u8",
            live_picture(session),
        )
        for address in addresses:
            assert status(client, address) == 200
        replay = cut(session)
        for address in addresses:
            assert status(client, address) == 404, address
        assert status(client, replay_selectors.folder_url(replay) + "video.m3u8") == 200
        assert status(client, replay_selectors.whole_url(replay) + "p1/v.m3u8") == 200

    def test_the_rest_comes_back(self, client: Client) -> None:
        session = two_takes()
        made(session)
        cut(session, T0 + timedelta(seconds=60), None)
        folders.take_folder(session.public_id, 1).rename(folders.hls_folder() / "gone")
        replay = cut(session, None, None)
        assert [part.number for part in replay_selectors.load_parts(replay)] == [1, 2]
        text = (files(session, 3) / "video.m3u8").read_text()
        assert text.count("#EXTINF") == 4
        shown, whole = files(session, 3), folders.whole_folder(session.public_id, 3)
        for name in ("p1/v.mp4", "p2/a.mp4"):  # not twice on the disk
            assert (shown / name).stat().st_ino == (whole / name).stat().st_ino

    def test_until_it_is_made_nothing_more_is_shown(self) -> None:
        session = two_takes()
        made(session)
        actor = operator(session)
        replays.hide(actor=actor, session=session)
        replay = replays.trim(actor=actor, session=session, starts_at=FROM, ends_at=TO)
        [first, second] = remux.stretches(replay_selectors.load_parts(replay))  # what still plays
        assert (first.duration_ms, second.duration_ms) == (8000, 8000)
        timeline = replay_selectors.timeline_of(session, replay)
        assert timeline is not None
        assert (timeline.starts_at, timeline.ends_at) == (FROM, TO)
        with pytest.raises(Conflict):
            services.publish_replay(actor=actor, session=session)
        with pytest.raises(Conflict):
            replays.show(actor=actor, session=session)
        jobs()
        replays.show(actor=actor, session=session)
        services.publish_replay(actor=actor, session=session)

    def test_cut_while_it_is_made(self, monkeypatch: Any) -> None:
        session = two_takes()
        made(session)
        actor = operator(session)
        real, lists = remux.write_playlists, list[Path]()

        def write_playlists(folder: Path, parts: list[remux.Part]) -> None:
            if not lists:
                replays.trim(actor=actor, session=session, starts_at=FROM, ends_at=TO)
            lists.append(folder)
            real(folder, parts)

        replays.make_again(actor=actor, session=session)
        monkeypatch.setattr(remux, "write_playlists", write_playlists)
        jobs()
        replay = Replay.objects.get(session=session)
        assert (replay.status, replay.revision) == (ReplayStatus.READY, 2)
        assert (files(session, 2) / "video.m3u8").read_text().count("#EXTINF") == 2

    def test_the_same_edges_again_cost_nothing(self) -> None:
        session = two_takes()
        made(session)
        cut(session)
        assert cut(session).revision == 2

    def test_downloads_of_a_take_are_whole_and_of_all_are_cut(self) -> None:
        session = two_takes()
        made(session)
        cut(session)
        actor = operator(session)
        lengths = []
        for number in (1, 0):
            path = recordings.prepare_download(actor=actor, session=session, number=number)
            jobs()
            told = subprocess.run(
                [get_ffmpeg_exe(), "-i", str(path)], capture_output=True, text=True, check=False
            )
            lengths.append(told.stderr.split("Duration: ")[1][:8])
        assert lengths == ["00:00:08", "00:00:08"]
        replay = cut(session, T0 + timedelta(seconds=60), None)
        path = recordings.prepare_download(actor=actor, session=session, number=1)
        jobs()
        assert path.is_file()
        assert recordings.download_state(replay, 1) == "ready"


class TestHiding:
    def test_addresses_stop_and_work_again_when_it_is_shown(self, client: Client) -> None:
        session = two_takes()
        replay = made(session)
        actor = operator(session)
        live, address = live_picture(session), replay_selectors.folder_url(replay)
        uncut = replay_selectors.whole_url(replay)
        assert status(client, f"{address}p1/v.mp4") == 200
        for _twice in range(2):
            replays.hide(actor=actor, session=session)
            assert status(client, f"{address}p1/v.mp4") == 404
            assert status(client, f"{address}index.m3u8") == 404
            assert status(client, live) == 404
            assert status(client, f"{uncut}p1/v.m3u8") == 200
        replays.show(actor=actor, session=session)
        assert status(client, f"{address}p1/v.mp4") == 200
        assert status(client, live) == 404

    def test_while_it_is_made(self, client: Client, monkeypatch: Any) -> None:
        session = two_takes()
        made(session)
        actor = operator(session)
        real, lists = remux.write_playlists, list[Path]()

        def write_playlists(folder: Path, parts: list[remux.Part]) -> None:
            if not lists:
                replays.hide(actor=actor, session=session)
            lists.append(folder)
            real(folder, parts)

        replays.make_again(actor=actor, session=session)
        monkeypatch.setattr(remux, "write_playlists", write_playlists)
        jobs()
        replay = Replay.objects.select_related("session").get(session=session)
        assert (replay.status, replay.revision) == (ReplayStatus.READY, 2)
        assert status(client, replay_selectors.folder_url(replay) + "index.m3u8") == 404

    def test_a_session_that_goes_on_keeps_its_picture(self, client: Client) -> None:
        session = two_takes()
        made(session)
        Session.objects.filter(pk=session.pk).update(status=SessionStatus.LIVE)
        live = live_picture(session)
        replays.hide(actor=operator(session), session=session)
        assert status(client, live) == 200

    def test_the_clock_closes_what_was_left_open(self, client: Client) -> None:
        """Whoever put the new revision in its place died before closing the former one."""
        session = two_takes()
        made(session)
        former = signing.prefix(session.public_id, "r1")
        cut(session)
        (files(session, 1) / "index.m3u8").touch()
        assert status(client, f"{former}p1/v.mp4") == 200
        recordings.tidy.call()
        assert status(client, f"{former}p1/v.mp4") == 404
        assert files(session, 2).exists()
        assert folders.whole_folder(session.public_id, 2).exists()


def test_a_new_take_is_in_the_next_revision(client: Client) -> None:
    session = two_takes()
    made(session)
    cut(session, FROM, None)
    take_of(session, 3, T0 + timedelta(seconds=120))
    replay = made(session)
    assert replay.revision == 3
    assert [part.number for part in replay_selectors.load_parts(replay)] == [1, 2, 3]
    assert (files(session, 3) / "video.m3u8").read_text().count("#EXTINF") == 5
