"""Sessions with takes on the disk, and their replays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.actor import Actor
from jobs.worker import run_pending
from livestream.enums import CrewRole, SessionStatus, TakeEnd, VideoSource
from livestream.media import folders
from livestream.models import Replay, Session, Take
from livestream.services import replays
from tests.factories import SessionCrewFactory, SessionFactory
from tests.livestream.takes_on_disk import put_take

T0 = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def ended(**values: Any) -> Session:
    values = {"video_source": VideoSource.HOSTED, "status": SessionStatus.ENDED} | values
    session: Session = SessionFactory(**values)
    return session


def take_of(session: Session, number: int, starts_at: datetime, seconds: int = 8) -> Take:
    """A take that ended, with its files."""
    take = without_files(session, number, starts_at, seconds)
    put_take(folders.take_folder(session.public_id, number), starts_at=starts_at, seconds=seconds)
    return take


def without_files(session: Session, number: int, starts_at: datetime, seconds: int = 8) -> Take:
    end = starts_at + timedelta(seconds=seconds)
    return Take.objects.create(
        session=session,
        number=number,
        connection_id=f"c{number}",
        started_at=starts_at,
        beat_at=end,
        up_at=starts_at,
        first_at=starts_at,
        last_at=end,
        ended_at=end,
        end=TakeEnd.STOPPED,
    )


def two_takes() -> Session:
    session = ended()
    take_of(session, 1, T0)
    take_of(session, 2, T0 + timedelta(seconds=60))
    return session


def made(session: Session) -> Replay:
    replay = replays.request_replay(session=session)
    assert replay is not None
    DBTaskResult.objects.update(run_after=timezone.now())
    run_pending()
    replay.refresh_from_db()
    return replay


def operator(session: Session) -> Actor:
    return Actor(user=SessionCrewFactory(session=session, role=CrewRole.OPERATOR).person)


def files(session: Session, revision: int = 1) -> Path:
    return folders.replay_folder(session.public_id, revision)
