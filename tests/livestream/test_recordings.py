"""What staff do with a replay, and what the clock does with recordings."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from accounts.actor import Actor
from accounts.models import AuditEvent
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from jobs.worker import run_pending
from livestream import replay_selectors
from livestream.enums import ReplayStatus, SessionStatus, WatchKind
from livestream.media import folders, remux, take_lists
from livestream.media.packaging import boxes
from livestream.models import Replay, Session, WatchSpan
from livestream.services import recordings, replays
from livestream.services.watching import Span, store_spans
from tests.factories import SessionFactory, UserFactory
from tests.livestream.recorded import T0, ended, files, made, operator, two_takes


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_DIR = tmp_path / "media"
    return tmp_path / "media"


@pytest.mark.django_db
class TestStaff:
    def test_trim_cuts_the_playlists_to_the_segment(self) -> None:
        session = two_takes()
        made(session)
        starts_at, ends_at = T0 + timedelta(seconds=7), T0 + timedelta(seconds=61)
        replay = replays.trim(
            actor=operator(session), session=session, starts_at=starts_at, ends_at=ends_at
        )
        assert (replay.starts_at, replay.ends_at) == (starts_at, ends_at)
        DBTaskResult.objects.update(run_after=timezone.now())
        run_pending()
        replay.refresh_from_db()
        for name in ("video", "audio"):
            text = (files(session, 2) / f"{name}.m3u8").read_text()
            assert text.count("#EXTINF") == 2, text
        parts = replay_selectors.load_parts(replay)
        [first, second] = remux.stretches(parts)
        assert (first.at_ms, first.duration_ms) == (take_lists.unix_ms(T0) + 6000, 2000)
        assert (second.at_ms, second.duration_ms) == (take_lists.unix_ms(T0) + 60000, 6000)
        assert AuditEvent.objects.filter(action="replay.trim").count() == 1

    def test_trimming_everything_away_is_refused(self) -> None:
        session = two_takes()
        made(session)
        for starts_at, ends_at in [
            (T0 + timedelta(hours=1), None),
            (None, T0 - timedelta(hours=1)),
            (T0 + timedelta(seconds=20), T0 + timedelta(seconds=40)),
        ]:
            with pytest.raises(Invalid):
                replays.trim(
                    actor=operator(session), session=session, starts_at=starts_at, ends_at=ends_at
                )

    def test_hide_and_show(self) -> None:
        session = two_takes()
        replay = made(session)
        session.status = SessionStatus.REPLAY
        session.save()
        actor = operator(session)
        assert replay_selectors.playable(session) is not None
        replays.hide(actor=actor, session=session)
        replays.hide(actor=actor, session=session)
        assert replay_selectors.playable(session) is None
        replays.show(actor=actor, session=session)
        assert replay_selectors.playable(session) == replay
        assert AuditEvent.objects.filter(action__startswith="replay.").count() == 3  # made, too

    def test_others_may_do_nothing(self) -> None:
        session = two_takes()
        made(session)
        acts = [
            replays.make_again,
            replays.hide,
            replays.show,
            replays.delete,
            lambda **who: replays.trim(starts_at=None, ends_at=None, **who),
            lambda **who: recordings.prepare_download(number=0, **who),
        ]
        for act in acts:
            with pytest.raises(NotAllowed):
                act(actor=Actor(user=UserFactory()), session=session)

    def test_publishing_waits_for_the_replay(self) -> None:
        from livestream import services

        session = two_takes()
        actor = operator(session)
        with pytest.raises(Conflict):
            services.publish_replay(actor=actor, session=session)
        made(session)
        services.publish_replay(actor=actor, session=session)
        assert session.status == SessionStatus.REPLAY

    @pytest.mark.parametrize("number", [0, 2])
    def test_download_is_an_mp4(self, number: int) -> None:
        session = two_takes()
        replay = made(session)
        path = recordings.prepare_download(actor=operator(session), session=session, number=number)
        assert recordings.download_state(replay, number) == "wanted"
        run_pending()
        assert recordings.download_state(replay, number) == "ready"
        data = path.read_bytes()
        kinds = [box.kind for box in boxes.children(data, 0, len(data))]
        assert kinds.index(b"moov") < kinds.index(b"mdat")
        with pytest.raises(NotFound):
            recordings.prepare_download(actor=operator(session), session=session, number=9)

    def test_takes_that_differ_are_not_one_file(self) -> None:
        session = two_takes()
        replay = made(session)
        parts = replay_selectors.load_parts(replay)
        assert recordings.are_alike(replay, parts)
        path = files(session) / "p2" / "v.mp4"
        data = bytearray(path.read_bytes())
        data[data.index(b"avcC") + 12] ^= 1  # in what the decoder is told
        path.write_bytes(data)
        assert not recordings.are_alike(replay, parts)
        with pytest.raises(Conflict):
            recordings.prepare_download(actor=operator(session), session=session, number=0)

    def test_download_without_ffmpeg_fails_plainly(self, monkeypatch: Any) -> None:
        session = two_takes()
        replay = made(session)
        monkeypatch.setattr("imageio_ffmpeg.get_ffmpeg_exe", lambda: "/none/ffmpeg")
        recordings.prepare_download(actor=operator(session), session=session, number=1)
        run_pending()
        assert recordings.download_state(replay, 1) == "failed"

    def test_a_download_that_was_not_ordered_in_the_end_is_not_awaited(self) -> None:
        session = two_takes()
        replay, actor = made(session), operator(session)
        with pytest.raises(RuntimeError), transaction.atomic():
            recordings.prepare_download(actor=actor, session=session, number=1)
            raise RuntimeError
        assert recordings.download_state(replay, 1) == ""

    def test_a_download_whose_job_is_lost_can_be_ordered_again(self) -> None:
        session = two_takes()
        replay, actor = made(session), operator(session)
        recordings.prepare_download(actor=actor, session=session, number=1)
        recordings.prepare_download(actor=actor, session=session, number=1)
        assert DBTaskResult.objects.ready().count() == 1
        DBTaskResult.objects.ready().update(status=TaskResultStatus.FAILED)
        assert recordings.download_states(replay, [1, 2]) == {1: "", 2: ""}
        recordings.prepare_download(actor=actor, session=session, number=1)
        assert recordings.download_states(replay, [1, 2]) == {1: "wanted", 2: ""}
        run_pending()
        assert recordings.download_state(replay, 1) == "ready"


@pytest.mark.django_db
class TestClock:
    def test_replays_go_when_their_day_has_come(self, settings: Any) -> None:
        settings.REPLAY_DAYS = 30
        session = two_takes()
        replay = made(session)
        assert replay.expires_at is not None
        assert replay.expires_at - timezone.now() > timedelta(days=29)
        recordings.tidy.call()
        assert files(session).exists()
        Replay.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        recordings.tidy.call()
        recordings.tidy.call()
        run_pending()
        replay.refresh_from_db()
        assert replay.status == ReplayStatus.EXPIRED
        assert not folders.session_folder(session.public_id).exists()
        assert AuditEvent.objects.filter(action="replay.expire").count() == 1

    def test_never_means_never(self, settings: Any) -> None:
        settings.REPLAY_DAYS = 0
        assert made(two_takes()).expires_at is None

    def test_takes_go_some_days_after_the_replay_is_there(self, settings: Any) -> None:
        settings.TAKE_DAYS = 3
        session = two_takes()
        made(session)
        recordings.tidy.call()
        assert folders.take_folder(session.public_id, 1).exists()
        Replay.objects.update(made_at=timezone.now() - timedelta(days=4))
        recordings.tidy.call()
        assert not list(folders.session_folder(session.public_id).glob("t*"))
        assert files(session).exists()
        event = AuditEvent.objects.get(action="takes.delete")
        assert event.diff == {"takes": [[1, 2], None]}

    def test_takes_without_a_replay_stay_for_a_month(self) -> None:
        session = two_takes()
        replay = replays.request_replay(session=session)
        assert recordings.takes_due(session, replay) is None
        Replay.objects.update(status=ReplayStatus.FAILED)
        replay = Replay.objects.get()
        due = recordings.takes_due(session, replay)
        assert due == T0 + timedelta(seconds=68) + recordings.UNMADE_KEPT

    def test_a_live_sessions_takes_are_not_touched(self) -> None:
        session = two_takes()
        made(session)
        Replay.objects.update(made_at=timezone.now() - timedelta(days=40))
        Session.objects.update(status=SessionStatus.LIVE)
        recordings.tidy.call()
        assert folders.take_folder(session.public_id, 1).exists()

    def test_a_forgotten_replay_is_taken_up(self) -> None:
        session = two_takes()
        replay = replays.request_replay(session=session)
        recordings.tidy.call()
        assert DBTaskResult.objects.count() == 1  # the job that there was
        DBTaskResult.objects.all().delete()
        Replay.objects.update(status=ReplayStatus.WORKING)
        recordings.tidy.call()
        run_pending()
        assert replay is not None
        replay.refresh_from_db()
        assert replay.status == ReplayStatus.READY

    def test_a_folder_that_resists_stops_nothing_else(
        self, settings: Any, monkeypatch: Any, caplog: Any
    ) -> None:
        settings.TAKE_DAYS = 3
        bad, good = sorted((two_takes(), two_takes()), key=lambda one: one.public_id.hex)
        for session in (bad, good):
            made(session)
        Replay.objects.update(made_at=timezone.now() - timedelta(days=4))
        waits = Replay.objects.create(session=ended())
        real = shutil.rmtree

        def remove(path: Path, *told: Any, **more: Any) -> None:
            if path == folders.take_folder(bad.public_id, 2):
                raise PermissionError(path)
            real(path, *told, **more)

        monkeypatch.setattr(shutil, "rmtree", remove)
        recordings.tidy.call()
        assert "cannot tidy" in caplog.text
        assert not list(folders.session_folder(good.public_id).glob("t*"))
        deleted = AuditEvent.objects.filter(action="takes.delete").order_by("pk")
        assert [(event.object_id, event.diff["takes"][0]) for event in deleted] == [
            (bad.public_id, [1]),
            (good.public_id, [1, 2]),
        ]
        assert DBTaskResult.objects.filter(
            args_kwargs__kwargs__replay=str(waits.public_id)
        ).exists()

    def test_a_download_that_comes_while_its_folder_is_removed_stays(
        self, monkeypatch: Any, caplog: Any
    ) -> None:
        session = two_takes()
        made(session)
        folder = folders.download_folder(session.public_id)
        folder.mkdir(parents=True)
        real = Path.rmdir

        def remove(path: Path) -> None:
            (path / "r1-p1.mp4").touch()
            real(path)

        monkeypatch.setattr(Path, "rmdir", remove)
        recordings.tidy.call()
        assert (folder / "r1-p1.mp4").exists()
        assert "cannot tidy" not in caplog.text


@pytest.mark.django_db
class TestCounting:
    @pytest.mark.parametrize(
        ("status", "said", "stored"),
        [
            (SessionStatus.LIVE, WatchKind.MEDIA, WatchKind.MEDIA),
            (SessionStatus.ENDED, WatchKind.MEDIA, WatchKind.MEDIA),  # the last report of a page
            (SessionStatus.REPLAY, WatchKind.MEDIA, WatchKind.RERUN),
            (SessionStatus.REPLAY, WatchKind.ROOM, WatchKind.ROOM),
        ],
    )
    def test_watching_a_replay_is_a_kind_of_its_own(
        self, status: str, said: WatchKind, stored: WatchKind
    ) -> None:
        session = SessionFactory(status=status)
        now = timezone.now()
        span = Span(session.public_id, "k1", "", now - timedelta(minutes=1), now, 50_000, said)
        assert store_spans([span]) == 1
        assert WatchSpan.objects.get().kind == stored
