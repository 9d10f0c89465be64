"""Recordings beside being watched: downloads for staff, and their end by the clock."""

from __future__ import annotations

import logging
import re
import shutil
import subprocess
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import imageio_ffmpeg
from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_tasks import TaskResultStatus
from django_tasks.base import Task
from django_tasks_db.models import DBTaskResult

from accounts import audit
from accounts.actor import Actor
from core.errors import Conflict, NotFound
from core.transactions import write
from jobs.queue import enqueue, task
from livestream import rules
from livestream.enums import OVER_SESSIONS, ReplayStatus
from livestream.media import folders, remux
from livestream.models import Replay, Session
from livestream.replay_selectors import load_parts, load_whole
from livestream.services.deleting import expire, is_deleted, remove_deleted
from livestream.services.replays import close_revision, make_replay

log = logging.getLogger(__name__)

#: The clock looks every so many seconds.
TIDY_S: Final = 600
#: A download that was prepared stays for so long.
DOWNLOAD_KEPT: Final = timedelta(days=1)
#: Takes whose replay could not be made are kept for so long: somebody may find out why.
UNMADE_KEPT: Final = timedelta(days=30)
#: A revision that was replaced stays for so long, though nobody is served from it any more.
FORMER_KEPT: Final = timedelta(hours=2)
#: ffmpeg copies an hour in seconds; this is no measure but an end.
_FFMPEG_S: Final = 3600


# --- downloads ----------------------------------------------------------------------------------


def download_path(replay: Replay, number: int) -> Path:
    """The MP4 of one take (``number``), or of all that is played (0), once it has been made."""
    edges = f"{replay.starts_at}-{replay.ends_at}" if not number else ""
    name = f"r{replay.revision}-p{number}-{zlib.crc32(edges.encode()):08x}.mp4"
    return folders.download_folder(replay.session.public_id) / name


def download_state(replay: Replay, number: int) -> str:
    """``ready``, ``wanted`` (a job is to make it), ``failed`` or empty."""
    return download_states(replay, [number])[number]


def download_states(replay: Replay, numbers: Sequence[int]) -> dict[int, str]:
    """The states of several downloads; of a replay that was deleted there are none."""
    if replay.status == ReplayStatus.EXPIRED:
        return dict.fromkeys(numbers, "")
    jobs = _jobs(make_download, replay).values_list("args_kwargs", flat=True)
    wanted = {job["kwargs"]["number"] for job in jobs}
    return {n: _state(download_path(replay, n), is_wanted=n in wanted) for n in numbers}


def _state(path: Path, *, is_wanted: bool) -> str:
    if path.is_file():
        return "ready"
    if is_wanted:
        return "wanted"
    return "failed" if path.with_suffix(".failed").exists() else ""


def _jobs(job: Task[..., Any], replay: Replay) -> QuerySet[DBTaskResult[..., Any]]:
    """The jobs of that kind that are to be done for a replay."""
    return DBTaskResult.objects.filter(
        task_path=job.module_path,
        status__in=(TaskResultStatus.READY, TaskResultStatus.RUNNING),
        args_kwargs__kwargs__replay=str(replay.public_id),
    )


def prepare_download(*, actor: Actor, session: Session, number: int) -> Path:
    """Have the MP4 of a take (or of all that is played, 0) made; for the crew. It is audited.

    Raises :class:`Conflict` where takes differ so that they cannot be one file.
    """
    user = actor.require_user()
    rules.require_console(session, user)
    replay = Replay.objects.select_related("session").filter(session=session).first()
    parts = (load_whole(replay) if number else load_parts(replay)) if replay else []
    if replay is None or not parts or (number and number not in {part.number for part in parts}):
        raise NotFound
    if not number and not are_alike(replay, parts):
        text = _("The takes differ in size or encoding. Download them one by one.")
        raise Conflict("replay_parts_differ", text)
    with write():
        audit.record(
            actor=user, action="replay.download", obj=session, diff={"part": [None, number]}
        )
        if download_state(replay, number) not in {"ready", "wanted"}:
            enqueue(make_download, replay=str(replay.public_id), number=number)
    return download_path(replay, number)


def are_alike(replay: Replay, parts: list[remux.Part]) -> bool:
    """Whether the takes have one encoding, so that they can be one file."""
    folder = folders.replay_folder(replay.session.public_id, replay.revision)
    return len({_encoding(folder / f"p{part.number}" / "v.mp4", part) for part in parts}) == 1


def _encoding(path: Path, part: remux.Part) -> tuple[tuple[str, bytes], ...]:
    try:
        with path.open("rb") as file:
            return remux.encoding_of(file.read(part.video.init))
    except FileNotFoundError:
        return ()


@task
def make_download(replay: str, number: int) -> bool:
    """Write the MP4 of a take, or of all that is played (0); whether it is there now."""
    found = Replay.objects.select_related("session").filter(public_id=replay).first()
    if found is None or found.status == ReplayStatus.EXPIRED:
        return False
    session, revision = found.session.public_id, found.revision
    source = folders.replay_folder(session, revision) / "video.m3u8"
    if number:
        source = folders.whole_folder(session, revision) / f"p{number}" / "v.mp4"
    path = download_path(found, number)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".failed").unlink(missing_ok=True)
    _copy(source, path)
    if not path.is_file():
        path.with_suffix(".failed").touch()
    return path.is_file()


def _copy(source: Path, path: Path) -> None:
    """Have ffmpeg write one MP4 of a part or a playlist; without success there is none."""
    work = path.with_suffix(".work.mp4")
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y",
        "-protocol_whitelist", "file", "-i", str(source),
        "-c", "copy", "-movflags", "+faststart", str(work),
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, timeout=_FFMPEG_S, check=False)
        if done.returncode:
            log.error("ffmpeg: %s", done.stderr[-500:].decode(errors="replace"))
        else:
            work.rename(path)
    except (OSError, subprocess.TimeoutExpired):
        log.exception("a download cannot be made")
    work.unlink(missing_ok=True)


# --- the clock ----------------------------------------------------------------------------------


def order_tidy() -> None:
    """Have :func:`tidy` run in the queue: removing a session's files may take its time."""
    waiting = DBTaskResult.objects.filter(task_path=tidy.module_path, status=TaskResultStatus.READY)
    if not waiting.exists():
        enqueue(tidy)


@task
def tidy() -> None:
    """Delete what has had its time, and take up what was forgotten; a few times an hour.

    A replay that waits and that no job knows of gets one. Replays past their day; takes whose
    replay has been there for ``TAKE_DAYS``; former revisions; prepared downloads. A folder that
    cannot be tidied is logged, and left for the next time.
    """
    _take_up_forgotten()
    now = timezone.now()
    for replay in _expired(now):
        expire(replay=replay)
    for folder in _folders(folders.hls_folder()):
        with _logged(folder):
            _tidy_session(folder, now)
    for folder in _folders(Path(settings.MEDIA_DIR) / "downloads"):
        with _logged(folder):
            _remove_old(folder, DOWNLOAD_KEPT)


@contextmanager
def _logged(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError:
        log.exception("cannot tidy %s", folder)


def _expired(now: datetime) -> list[Replay]:
    due = Replay.objects.exclude(status=ReplayStatus.EXPIRED).filter(expires_at__lte=now)
    return list(due.select_related("session"))


def _folders(root: Path) -> Iterator[Path]:
    """The folders of sessions below ``root``."""
    try:
        found = sorted(root.iterdir())
    except OSError:
        return
    yield from (path for path in found if path.is_dir() and _session_id(path) is not None)


def _session_id(folder: Path) -> UUID | None:
    return UUID(hex=folder.name) if re.fullmatch(r"[0-9a-f]{32}", folder.name) else None


def _tidy_session(folder: Path, now: datetime) -> None:
    public_id = _session_id(folder)
    found = None if public_id is None else Session.objects.filter(public_id=public_id).first()
    if found is None:  # a rehearsal that was deleted
        if _age(folder) > DOWNLOAD_KEPT:
            shutil.rmtree(folder)
        return
    replay = Replay.objects.select_related("session").filter(session=found).first()
    if replay is not None and is_deleted(replay):
        remove_deleted(replay)  # what a job could not
    if found.status in OVER_SESSIONS and folder.exists():
        _remove_takes(folder, found, replay, now)
        _remove_former(folder, found, replay)


def _remove_takes(folder: Path, session: Session, replay: Replay | None, now: datetime) -> None:
    due = takes_due(session, replay)
    if due is None or due > now:
        return
    removed = list[int]()
    try:
        for path in sorted(folder.glob("t*")):
            if re.fullmatch(r"t\d+", path.name):
                shutil.rmtree(path)
                removed.append(int(path.name[1:]))
    finally:
        if removed:
            diff = {"takes": [sorted(removed), None]}
            with write():
                audit.record(actor=None, action="takes.delete", obj=session, diff=diff)


def takes_due(session: Session, replay: Replay | None) -> datetime | None:
    """When the takes of an ended session are deleted; None: they are needed still."""
    if session.takes.filter(ended_at=None).exists():
        return None
    days = timedelta(days=settings.TAKE_DAYS)
    if replay is not None and replay.status == ReplayStatus.READY and replay.made_at is not None:
        return replay.made_at + days
    if replay is not None and replay.status in {ReplayStatus.WAITING, ReplayStatus.WORKING}:
        return None
    last = session.takes.order_by("-ended_at").values_list("ended_at", flat=True).first()
    kept = days if session.rehearsal_of_id is not None else max(days, UNMADE_KEPT)
    return last + kept if last else None


def _remove_former(folder: Path, session: Session, replay: Replay | None) -> None:
    """Revisions that nobody is sent to any more, and work that was given up."""
    current = {f"r{replay.revision}", f"r{replay.revision}.whole"} if replay is not None else set()
    if replay is not None and replay.status in {ReplayStatus.WAITING, ReplayStatus.WORKING}:
        return
    with folders.working_on(session.public_id) as ours:
        for path in folder.glob("r*"):
            old = re.fullmatch(r"r\d+(\.work|\.whole)?", path.name) and path.name not in current
            if ours and old:
                close_revision(path)
            if ours and old and _age(path) > FORMER_KEPT:
                shutil.rmtree(path)


def _remove_old(folder: Path, kept: timedelta) -> None:
    for path in folder.iterdir():
        if _age(path) > kept:
            path.unlink(missing_ok=True)
    with suppress(OSError):  # not empty, or not any more
        folder.rmdir()


def _age(path: Path) -> timedelta:
    try:
        return timedelta(seconds=time.time() - path.stat().st_mtime)
    except FileNotFoundError:
        return timedelta(0)


def _take_up_forgotten() -> None:
    """A replay whose job was given up (its workers were killed five times) is tried again."""
    unmade = Replay.objects.filter(status__in=(ReplayStatus.WAITING, ReplayStatus.WORKING))
    for replay in unmade:
        if not _jobs(make_replay, replay).exists():
            enqueue(make_replay, replay=str(replay.public_id))
