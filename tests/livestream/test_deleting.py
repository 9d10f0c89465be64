"""Recordings that are deleted: marked at once, their files by a job, what is newer untouched."""

from __future__ import annotations

import shutil
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import AuditEvent
from core.errors import Conflict
from jobs.worker import run_pending
from livestream import replay_selectors, services
from livestream.enums import PartStatus, ReplayStatus, SessionStatus
from livestream.media import folders, remux
from livestream.models import Replay, Session
from livestream.services import deleting, recordings, replays
from tests.livestream.recorded import T0, files, made, operator, take_of, two_takes

DELETED = (PartStatus.BROKEN, deleting.DELETED)


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_DIR = tmp_path / "media"
    return tmp_path / "media"


def states(replay: Replay) -> list[tuple[str, str]]:
    return [(part.status, part.trouble) for part in replay.parts.all()]


def refuse(path: Path, *told: Any, **more: Any) -> None:
    raise PermissionError(path)


def deleted_with_its_files_left(monkeypatch: Any) -> Session:
    """A session whose replay was deleted, and whose files resisted the job."""
    session = two_takes()
    made(session)
    replays.delete(actor=operator(session), session=session)
    with monkeypatch.context() as resisting:
        resisting.setattr(shutil, "rmtree", refuse)
        run_pending()
    return session


@pytest.mark.django_db
class TestByTheCrew:
    def test_it_is_gone_at_once_and_its_files_by_a_job(self) -> None:
        session = two_takes()
        made(session)
        actor = operator(session)
        recordings.prepare_download(actor=actor, session=session, number=1)
        run_pending()
        replay = replays.delete(actor=actor, session=session)
        assert replay.status == ReplayStatus.EXPIRED
        assert states(replay) == [DELETED, DELETED]
        assert replay_selectors.load_parts(replay) == []
        assert recordings.download_state(replay, 1) == ""
        assert files(session).exists()  # a crash here: the job is a row, and runs after it
        run_pending()
        assert not folders.session_folder(session.public_id).exists()
        assert not folders.download_folder(session.public_id).exists()
        with pytest.raises(Conflict):
            replays.make_again(actor=actor, session=session)

    def test_what_is_not_stored_deletes_nothing(self) -> None:
        session = two_takes()
        replay = made(session)
        with pytest.raises(RuntimeError), transaction.atomic():
            replays.delete(actor=operator(session), session=session)
            raise RuntimeError
        run_pending()
        replay.refresh_from_db()
        assert replay.status == ReplayStatus.READY
        assert len(replay_selectors.load_parts(replay)) == 2

    def test_a_take_that_no_replay_was_made_of_goes_too(self) -> None:
        session = two_takes()
        replays.request_replay(session=session)
        replay = replays.delete(actor=operator(session), session=session)
        assert states(replay) == [DELETED, DELETED]
        run_pending()
        assert not folders.session_folder(session.public_id).exists()

    def test_while_it_is_being_made(self, monkeypatch: Any) -> None:
        session = two_takes()
        actor = operator(session)
        replay = replays.request_replay(session=session)
        assert replay is not None
        real = remux.join_take

        def join(take: Path, out: Path, number: int, **more: Any) -> remux.Part:
            part = real(take, out, number, **more)
            if number == 2:
                replays.delete(actor=actor, session=session)
                assert not deleting.delete_files.call(str(replay.public_id))  # who makes it does
            return part

        monkeypatch.setattr(remux, "join_take", join)
        assert replays.make(replay) == ReplayStatus.EXPIRED
        assert states(replay) == [DELETED, DELETED]
        assert not folders.session_folder(session.public_id).exists()

    def test_files_that_cannot_be_removed_are_tried_again(self, monkeypatch: Any) -> None:
        session = deleted_with_its_files_left(monkeypatch)
        assert files(session).exists()
        assert not DBTaskResult.objects.ready().exists()
        recordings.tidy.call()
        assert not folders.session_folder(session.public_id).exists()


@pytest.mark.django_db
class TestASessionThatWentOn:
    def test_keeps_what_is_newer_and_gets_a_day_of_its_own(self, settings: Any) -> None:
        settings.REPLAY_DAYS = 30
        session = two_takes()
        made(session)
        Replay.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        Session.objects.update(status=SessionStatus.LIVE)
        take_of(session, 3, T0 + timedelta(seconds=120))
        recordings.tidy.call()
        run_pending()
        assert AuditEvent.objects.filter(action="replay.expire").count() == 1
        left = {path.name for path in folders.session_folder(session.public_id).iterdir()}
        assert left == {"t3", "replay.lock"}

        session.refresh_from_db()
        actor = operator(session)
        services.end_session(actor=actor, session=session)
        with pytest.raises(Conflict):
            services.publish_replay(actor=actor, session=session)
        replay = made(session)
        assert (replay.status, replay.revision) == (ReplayStatus.READY, 2)
        assert states(replay) == [DELETED, DELETED, (PartStatus.READY, "")]
        assert replay_selectors.trouble_words(deleting.DELETED)
        assert replay.expires_at is not None
        assert replay.expires_at - timezone.now() > timedelta(days=29)
        recordings.tidy.call()
        run_pending()
        replay.refresh_from_db()
        assert replay.status == ReplayStatus.READY
        assert len(replay_selectors.load_parts(replay)) == 1

    def test_never_shows_what_was_deleted_before(self, monkeypatch: Any) -> None:
        session = deleted_with_its_files_left(monkeypatch)
        take_of(session, 3, T0 + timedelta(seconds=120))
        replay = made(session)
        assert [part.number for part in replay_selectors.load_parts(replay)] == [3]
        recordings.tidy.call()
        folder = folders.session_folder(session.public_id)
        assert {path.name for path in folder.glob("t*")} == {"t3"}
        assert {path.name for path in folder.glob("r*/p[0-9]*")} == {"p3"}

    def test_is_not_expired_while_it_is_made_anew(self) -> None:
        session = two_takes()
        replay = made(session)
        replays.request_replay(session=session)
        Replay.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert not deleting.expire(replay=replay)
        assert not AuditEvent.objects.filter(action="replay.expire").exists()


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_a_cut_reaches_the_revision_that_comes_meanwhile(monkeypatch: Any) -> None:
    """The job is about to publish revision 2 when somebody cuts what is there."""
    session = two_takes()
    made(session)
    actor = operator(session)
    replay = replays.request_replay(session=session)
    assert replay is not None
    is_made, may_publish, published = threading.Event(), threading.Event(), threading.Event()
    finish, check = replays._finish, replays._check_edges

    def late(*told: Any) -> bool:
        is_made.set()
        may_publish.wait(20)
        done = finish(*told)
        published.set()
        return done

    def check_while_publishing(*told: Any) -> None:
        may_publish.set()
        published.wait(0.5)  # in vain: the row is held
        check(*told)

    def make() -> None:
        try:
            replays.make(replay)
        finally:
            connection.close()

    monkeypatch.setattr(replays, "_finish", late)
    monkeypatch.setattr(replays, "_check_edges", check_while_publishing)
    job = threading.Thread(target=make)
    job.start()
    assert is_made.wait(20)
    edges = (T0 + timedelta(seconds=7), T0 + timedelta(seconds=61))
    replays.trim(actor=actor, session=session, starts_at=edges[0], ends_at=edges[1])
    job.join(20)
    replay.refresh_from_db()
    assert (replay.revision, replay.starts_at, replay.ends_at) == (2, *edges)
    assert (files(session, 2) / "video.m3u8").read_text().count("#EXTINF") == 2
