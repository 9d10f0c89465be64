"""Recordings beside being watched: downloads for staff, and their end by the clock."""

from __future__ import annotations

import logging
import re
import shutil
import subprocess
import time
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import imageio_ffmpeg
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from accounts import audit
from accounts.actor import Actor
from core.errors import Conflict, NotFound
from core.transactions import write
from jobs.queue import enqueue
from livestream import rules
from livestream.enums import ReplayStatus, SessionStatus
from livestream.media import folders, remux
from livestream.models import Replay, Session
from livestream.services import replays

log = logging.getLogger(__name__)

#: The clock looks every so many seconds.
TIDY_S: Final = 600
#: A download that was prepared stays for so long.
DOWNLOAD_KEPT: Final = timedelta(days=1)
#: Takes whose replay could not be made are kept for so long: somebody may find out why.
UNMADE_KEPT: Final = timedelta(days=30)
#: A revision that was replaced is still being played by those who had begun.
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
    """``ready``, ``wanted`` (being made), ``failed`` or empty."""
    path = download_path(replay, number)
    if path.is_file():
        return "ready"
    return next((s for s in ("wanted", "failed") if path.with_suffix(f".{s}").exists()), "")


def prepare_download(*, actor: Actor, session: Session, number: int) -> Path:
    """Have the MP4 of a take (or of all that is played, 0) made; for the crew. It is audited.

    Raises :class:`Conflict` where takes differ so that they cannot be one file.
    """
    user = actor.require_user()
    rules.require_console(session, user)
    replay = Replay.objects.select_related("session").filter(session=session).first()
    parts = {part.number: part for part in replays.load_parts(replay)} if replay else {}
    if replay is None or not parts or (number and number not in parts):
        raise NotFound
    if not number and not are_alike(replay, list(parts.values())):
        text = _("The takes differ in size or encoding. Download them one by one.")
        raise Conflict("replay_parts_differ", text)
    path = download_path(replay, number)
    with write():
        audit.record(
            actor=user, action="replay.download", obj=session, diff={"part": [None, number]}
        )
        if download_state(replay, number) not in {"ready", "wanted"}:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.with_suffix(".failed").unlink(missing_ok=True)
            path.with_suffix(".wanted").touch()
            from livestream.tasks import make_download  # the task calls this module

            enqueue(make_download, replay=str(replay.public_id), number=number)
    return path


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


def make_download(replay: Replay, number: int) -> bool:
    """Write the MP4; whether it is there now."""
    folder = folders.replay_folder(replay.session.public_id, replay.revision)
    source = folder / f"p{number}" / "v.mp4" if number else folder / "video.m3u8"
    path = download_path(replay, number)
    work = path.with_suffix(".work.mp4")
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y",
        "-protocol_whitelist", "file", "-i", str(source),
        "-c", "copy", "-movflags", "+faststart", str(work),
    ]  # fmt: skip
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(command, capture_output=True, timeout=_FFMPEG_S, check=False)
        if done.returncode:
            log.error("ffmpeg: %s", done.stderr[-500:].decode(errors="replace"))
        else:
            work.rename(path)
    except (OSError, subprocess.TimeoutExpired):
        log.exception("a download cannot be made")
    work.unlink(missing_ok=True)
    path.with_suffix(".wanted").unlink(missing_ok=True)
    if not path.is_file():
        path.with_suffix(".failed").touch()
    return path.is_file()


# --- the clock ----------------------------------------------------------------------------------


def order_tidy() -> None:
    """Have :func:`tidy` run in the queue: removing a session's files may take its time."""
    from livestream.tasks import tidy_recordings  # the task calls this module

    waiting = DBTaskResult.objects.filter(
        task_path=tidy_recordings.module_path, status=TaskResultStatus.READY
    )
    if not waiting.exists():
        enqueue(tidy_recordings)


def tidy() -> None:
    """Delete what has had its time, and take up what was forgotten; a few times an hour.

    Replays past their day; takes whose replay has been there for ``TAKE_DAYS``; former revisions;
    prepared downloads. A replay that waits and that no job knows of gets one.
    """
    now = timezone.now()
    for replay in _expired(now):
        with write():
            audit.record(actor=None, action="replay.expire", obj=replay.session)
            replays.expire(replay)
    for folder in _folders(folders.hls_folder()):
        _tidy_session(folder, now)
    for folder in _folders(Path(settings.MEDIA_DIR) / "downloads"):
        _remove_old(folder, DOWNLOAD_KEPT)
    _take_up_forgotten()


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
            shutil.rmtree(folder, ignore_errors=True)
        return
    if found.status not in {SessionStatus.ENDED, SessionStatus.REPLAY}:
        return
    replay = Replay.objects.filter(session=found).first()
    due = takes_due(found, replay)
    takes = [path for path in folder.glob("t*") if re.fullmatch(r"t\d+", path.name)]
    if takes and due is not None and due <= now:
        for path in takes:
            shutil.rmtree(path, ignore_errors=True)
        numbers = sorted(int(path.name[1:]) for path in takes)
        with write():
            audit.record(
                actor=None, action="takes.delete", obj=found, diff={"takes": [numbers, None]}
            )
    _remove_former(folder, found, replay)


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
    current = f"r{replay.revision}" if replay is not None else ""
    idle = replay is None or replay.status not in {ReplayStatus.WAITING, ReplayStatus.WORKING}
    with replays.working_on(session) as ours:
        for path in folder.glob("r*"):
            old = re.fullmatch(r"r\d+(\.work)?", path.name) and path.name != current
            if ours and idle and old and _age(path) > FORMER_KEPT:
                shutil.rmtree(path, ignore_errors=True)


def _remove_old(folder: Path, kept: timedelta) -> None:
    for path in folder.iterdir():
        if _age(path) > kept:
            path.unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()


def _age(path: Path) -> timedelta:
    try:
        return timedelta(seconds=time.time() - path.stat().st_mtime)
    except FileNotFoundError:
        return timedelta(0)


def _take_up_forgotten() -> None:
    """A replay whose job was given up (its workers were killed five times) is tried again."""
    from livestream.tasks import make_replay  # the task calls this module

    unmade = Replay.objects.filter(status__in=(ReplayStatus.WAITING, ReplayStatus.WORKING))
    for replay in unmade:
        jobs = DBTaskResult.objects.filter(
            task_path=make_replay.module_path,
            status__in=(TaskResultStatus.READY, TaskResultStatus.RUNNING),
            args_kwargs__kwargs__replay=str(replay.public_id),
        )
        if not jobs.exists():
            enqueue(make_replay, replay=str(replay.public_id))
