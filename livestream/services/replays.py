"""回放: making what can be watched of a session afterwards, cutting it, hiding it, deleting it.

A job makes the replay from the takes on the disk. It may be killed at any moment: finished parts
are kept, and it begins where it was. A lock on a file in the session's folder, which the kernel
lets go of when its holder dies, keeps two from making the same replay. A new revision is made
beside the one that people watch and then takes its place.
"""

from __future__ import annotations

import errno
import logging
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Actor
from core.errors import Conflict, Invalid
from core.transactions import write
from jobs.queue import enqueue, task
from livestream import replay_selectors, rules
from livestream.enums import (
    OVER_SESSIONS,
    PUBLISHED_SOURCES,
    PartStatus,
    ReplayStatus,
    SessionStatus,
)
from livestream.media import folders, remux, take_lists
from livestream.media.packaging import PackagingError, end_live
from livestream.media.packaging.files import put_folder
from livestream.media.poster import put_poster
from livestream.models import Replay, ReplayPart, Session, Take
from livestream.services.deleting import DELETED, mark_deleted, remove_deleted
from livestream.services.locking import lock

log = logging.getLogger(__name__)

#: A packager closes its files when its take ends; making begins so many seconds after that.
SETTLE_S: Final = 3
#: Pauses before each further try when the disk is full or away; then somebody has to look.
RETRY_S: Final = (60, 300, 900, 3600)
#: A trimmed replay lasts at least this long.
SHORTEST: Final = timedelta(seconds=1)


def request_replay(*, session: Session) -> Replay | None:
    """Have the replay of an ended session made, within the caller's transaction; None: no replay.

    Only what was published here, and is no rehearsal, has recordings. While an earlier revision
    is there it stays what people watch. A day of deletion that is past was the former recording's.
    """
    if session.video_source not in PUBLISHED_SOURCES or session.rehearsal_of_id is not None:
        return None
    with write():
        replay, _is_new = Replay.objects.get_or_create(session=session)
        Replay.objects.filter(pk=replay.pk).update(
            status=ReplayStatus.WAITING, percent=0, trouble=""
        )
        past = Replay.objects.filter(pk=replay.pk, expires_at__lte=timezone.now())
        past.update(expires_at=None)
        replay.refresh_from_db()
        _enqueue(replay, delay_s=SETTLE_S)
    return replay


def make_again(*, actor: Actor, session: Session) -> Replay:
    """Make the replay once more, for the crew: after a failure, or when something was amiss."""
    user = actor.require_user()
    rules.require_console(session, user)
    with write():
        replay = _locked(session)
        if replay.status == ReplayStatus.EXPIRED:
            raise Conflict("replay_deleted", _("The recording has been deleted."))
        if request_replay(session=session) is None:
            raise _no_replay()
        audit.record(actor=user, action="replay.make", obj=session)
    replay.refresh_from_db()
    return replay


def _enqueue(replay: Replay, *, delay_s: float = 0, attempt: int = 1) -> None:
    enqueue(make_replay, delay_s=delay_s, replay=str(replay.public_id), attempt=attempt)


# --- making -------------------------------------------------------------------------------------


@task
def make_replay(replay: str, attempt: int = 1) -> str:
    """Make the replay with that public id; its status afterwards, empty where it is gone."""
    found = Replay.objects.select_related("session").filter(public_id=replay).first()
    return "" if found is None else str(make(found, attempt=attempt))


def make(replay: Replay, *, attempt: int = 1) -> ReplayStatus:
    """Make the replay now, unless another process is at it; what it is afterwards.

    Asked for anew meanwhile (the session went on), it is made again before this returns. A disk
    that is full, or away, is tried again later, with growing pauses.
    """
    with folders.working_on(replay.session.public_id) as ours:
        while ours and _claim(replay):
            try:
                if _finish(replay, _make(replay)):
                    break
            except OSError as error:
                _give_up_for_now(replay, error, attempt)
                break
    replay.refresh_from_db()
    if replay.status == ReplayStatus.EXPIRED:  # while it was made, perhaps
        remove_deleted(replay)
    return ReplayStatus(replay.status)


def _claim(replay: Replay) -> bool:
    """Take the work on: only what waits, or what somebody left in the middle."""
    wanted = Replay.objects.filter(
        pk=replay.pk, status__in=(ReplayStatus.WAITING, ReplayStatus.WORKING)
    )
    with write():
        changed = wanted.update(status=ReplayStatus.WORKING, trouble="")
    replay.refresh_from_db()
    return bool(changed)


def _finish(replay: Replay, changes: dict[str, object]) -> bool:
    """Put the new revision in its place, unless it was asked for anew while it was made."""
    former = replay.revision
    with write():
        working = Replay.objects.filter(pk=replay.pk, status=ReplayStatus.WORKING)
        done = bool(working.update(**changes))
        replay.refresh_from_db()
        if done and replay.status == ReplayStatus.READY:
            _open_or_close(replay)  # staff may have hidden it while it was being made
            audit.record(
                actor=None,
                action="replay.made",
                obj=replay.session,
                diff={"revision": [None, replay.revision]},
            )
    if replay.revision != former:
        for folder in (folders.replay_folder, folders.whole_folder):
            close_revision(folder(replay.session.public_id, former))
    return done


def _give_up_for_now(replay: Replay, error: OSError, attempt: int) -> None:
    log.warning("the replay %s cannot be made: %s", replay.public_id, error)
    full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    again = attempt <= len(RETRY_S)
    with write():
        working = Replay.objects.filter(pk=replay.pk, status=ReplayStatus.WORKING)
        changed = working.update(
            status=ReplayStatus.WAITING if again else ReplayStatus.FAILED,
            trouble="disk_full" if full else "disk_error",
        )
        if changed and again:
            _enqueue(replay, delay_s=RETRY_S[attempt - 1], attempt=attempt + 1)


def _make(replay: Replay) -> dict[str, object]:
    """Make a revision on the disk; the changes to the row that put it in its place."""
    session = replay.session
    _end_live(session)
    revision = replay.revision + 1
    work = _work_folder(session, revision)
    made = []
    progress = _Progress(replay, _sizes(replay))
    for take in _takes(session):
        part = _make_part(replay, take, work, progress)
        if part is not None:
            made.append(part)
    if not made:
        shutil.rmtree(work, ignore_errors=True)
        return {"status": ReplayStatus.FAILED, "trouble": "no_take", "percent": 0}
    remux.write_playlists(work, made)
    whole = work.rename(folders.whole_folder(session.public_id, revision))
    _cut(replay, made, whole, folders.replay_folder(session.public_id, revision))
    now = timezone.now()
    return {
        "status": ReplayStatus.READY,
        "revision": revision,
        "percent": 100,
        "trouble": "",
        "made_at": now,
        "expires_at": replay.expires_at or expiry(now),
    }


def _cut(replay: Replay, made: list[remux.Part], whole: Path, out: Path) -> None:
    """Make what is watched from what was recorded."""
    shutil.rmtree(out, ignore_errors=True)  # nobody was told of it yet
    put_folder(out)
    shown = [
        remux.cut(part, whole / f"p{part.number}", out / f"p{part.number}", *_edges(replay))
        for part in made
    ]
    kept = [part for part in shown if part is not None]
    remux.write_playlists(out, kept)
    if kept:
        put_poster(out / f"p{kept[0].number}" / "v.mp4", out)


def _edges(replay: Replay) -> tuple[datetime | None, datetime | None]:
    return replay.starts_at, replay.ends_at


def _end_live(session: Session) -> None:
    """Tell players that have no page around them that nothing more comes; they would ask on."""
    if Session.objects.filter(pk=session.pk, status=SessionStatus.ENDED).exists():
        with suppress(PackagingError):  # the replay is worth more
            end_live(folders.session_folder(session.public_id))


def expiry(made_at: datetime) -> datetime | None:
    """When a replay made at that moment is deleted; None: never."""
    days = settings.REPLAY_DAYS
    return made_at + timedelta(days=days) if days else None


def _work_folder(session: Session, revision: int) -> Path:
    """The folder to make a revision in, with the parts that were finished before."""
    final = folders.whole_folder(session.public_id, revision)
    work = folders.replay_folder(session.public_id, revision).with_suffix(".work")
    if final.is_dir():  # finished, but whoever made it died before saying so
        shutil.rmtree(work, ignore_errors=True)
        final.rename(work)
    put_folder(work)
    return work


def _takes(session: Session) -> list[Take]:
    """What a replay is made of: the takes that are over and were not deleted."""
    over = session.takes.exclude(ended_at=None).exclude(replay_part__trouble=DELETED)
    return list(over.order_by("number"))


def _sizes(replay: Replay) -> dict[int, int]:
    session = replay.session.public_id
    return {
        take.number: remux.size_of_take(folders.take_folder(session, take.number))
        for take in _takes(replay.session)
    }


def _make_part(replay: Replay, take: Take, work: Path, progress: _Progress) -> remux.Part | None:
    """Make one take's part, or say why there is none."""
    session = replay.session.public_id
    out = work / f"p{take.number}"
    former = folders.whole_folder(session, replay.revision) / out.name
    try:
        source = folders.take_folder(session, take.number)
        if not source.is_dir():
            remux.take_over(former, out)  # the segments are gone already, the recording is not
        part = remux.join_take(source, out, take.number, progress=progress.add)
    except take_lists.BrokenTakeError as broken:
        shutil.rmtree(out.with_name(out.name + ".work"), ignore_errors=True)
        code = "never_up" if take.up_at is None else broken.code
        _store(replay, take, status=PartStatus.BROKEN, trouble=code, duration_ms=0, bytes=0)
        return None
    progress.finished(take.number)
    trouble = f"left_out:{part.left_out}:{part.segments}" if part.left_out else ""
    _store(
        replay,
        take,
        status=PartStatus.READY,
        starts_at=part.starts_at,
        duration_ms=part.duration_ms,
        bytes=part.size,
        trouble=trouble,
    )
    return part


def _store(replay: Replay, take: Take, **values: object) -> None:
    """Write down what became of a take; nothing once it was deleted with its replay."""
    there_still = Replay.objects.filter(pk=replay.pk).exclude(status=ReplayStatus.EXPIRED)
    with write():
        if there_still.update(revision=F("revision")):
            ReplayPart.objects.update_or_create(take=take, defaults={"replay": replay, **values})


class _Progress:
    """Tells staff how far it is: percent of the takes' bytes, written when it changes."""

    def __init__(self, replay: Replay, sizes: dict[int, int]) -> None:
        self._replay = replay
        self._sizes = sizes
        self._all = max(1, sum(sizes.values()))
        self._before = 0
        self._here = 0
        self._told = -1

    def add(self, size: int) -> None:
        """So many bytes of the take at hand are done."""
        self._here += size
        self._tell(self._before + self._here)

    def finished(self, number: int) -> None:
        """The take is done, now or in a run before."""
        self._before += self._sizes.get(number, 0)
        self._here = 0
        self._tell(self._before)

    def _tell(self, done: int) -> None:
        percent = min(99, done * 100 // self._all)
        if percent <= self._told:
            return
        self._told = percent
        Replay.objects.filter(pk=self._replay.pk, status=ReplayStatus.WORKING).update(
            percent=percent
        )


# --- what staff do with it ----------------------------------------------------------------------


def trim(
    *, actor: Actor, session: Session, starts_at: datetime | None, ends_at: datetime | None
) -> Replay:
    """Cut the beginning and the end, in programme time; None: as recorded. For the crew.

    The page begins and ends there from the next request on, to the moment. A job makes a revision
    that has no more than what is between (to the piece, ~6 s); when it is done, addresses of the
    former one and of the live picture stop.
    """
    user = actor.require_user()
    rules.require_console(session, user)
    with write():
        replay = _locked(session)
        _check_edges(_parts(replay, replay_selectors.load_whole), starts_at, ends_at)
        if (starts_at, ends_at) == _edges(replay):
            return replay
        before = [_text(at) for at in _edges(replay)]
        replay.starts_at, replay.ends_at = starts_at, ends_at
        replay.save(update_fields=["starts_at", "ends_at"])
        if request_replay(session=session) is None:
            raise _no_replay()
        after = [_text(starts_at), _text(ends_at)]
        audit.record(actor=user, action="replay.trim", obj=session, diff={"edges": [before, after]})
    return replay


def _check_edges(
    parts: list[remux.Part], starts_at: datetime | None, ends_at: datetime | None
) -> None:
    low = max(starts_at, parts[0].starts_at) if starts_at else parts[0].starts_at
    last = take_lists.moment_of(parts[-1].video.pieces[-1].end_ms)
    high = min(ends_at, last) if ends_at else last
    something = any(remux.kept(part, low, high) for part in parts)
    if high - low < SHORTEST or not something:
        text = _("Nothing would be left. Choose an end that is after the start.")
        raise Invalid("replay_edges", text, fields={"ends_at": text})


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def hide(*, actor: Actor, session: Session) -> Replay:
    """Take the replay from everybody's sight; nothing is deleted.

    Addresses of it, and of the live picture, stop at once.
    """
    return _set_hidden(actor, session, timezone.now())


def show(*, actor: Actor, session: Session) -> Replay:
    """Show a hidden replay again, once it is as its crew wants it."""
    return _set_hidden(actor, session, None)


def _set_hidden(actor: Actor, session: Session, at: datetime | None) -> Replay:
    user = actor.require_user()
    rules.require_console(session, user)
    with write():
        replay = _locked(session)
        if at is None:
            _require_made(replay)
        if (replay.hidden_at is None) != (at is None):
            replay.hidden_at = at
            replay.save(update_fields=["hidden_at"])
            action = "replay.show" if at is None else "replay.hide"
            audit.record(actor=user, action=action, obj=session)
        _open_or_close(replay)
    return replay


def close_revision(folder: Path) -> None:
    """Have addresses of one revision stop for good."""
    (folder / "index.m3u8").unlink(missing_ok=True)


def _open_or_close(replay: Replay) -> None:
    """Have addresses of the replay work or not: nobody is served a folder without its list."""
    folder = folders.replay_folder(replay.session.public_id, replay.revision)
    open_list, away = folder / "index.m3u8", folder / "index.closed"
    was, becomes = (away, open_list) if replay.hidden_at is None else (open_list, away)
    with suppress(FileNotFoundError):
        was.rename(becomes)
    if replay.hidden_at is not None or any(_edges(replay)):
        _close_live(replay.session)


def _close_live(session: Session) -> None:
    """Have addresses of the live picture stop, if it is over; a take that begins opens it again."""
    if Session.objects.filter(pk=session.pk, status__in=OVER_SESSIONS).exists():
        (folders.session_folder(session.public_id) / "live.m3u8").unlink(missing_ok=True)


def delete(*, actor: Actor, session: Session) -> Replay:
    """Delete the recordings of a session for good: replay and takes. For the crew.

    Nobody is sent to them from now on; the files follow by a job.
    """
    user = actor.require_user()
    rules.require_console(session, user)
    with write():
        lock(session)  # nobody begins to publish meanwhile
        replay = _locked(session)
        if session.takes.filter(ended_at=None).exists():
            raise Conflict("session_state", _("The session is being published just now."))
        for take in session.takes.all():
            ReplayPart.objects.get_or_create(take=take, defaults={"replay": replay})
        audit.record(actor=user, action="replay.delete", obj=session)
        mark_deleted(replay, Replay.objects.all())
    return replay


def require_publishable(session: Session) -> None:
    """Refuse to publish the replay of a session of ours that is not there to be watched."""
    if session.video_source in PUBLISHED_SOURCES:
        replay = _replay(session)
        _require_made(replay)
        _parts(replay)


def _replay(session: Session) -> Replay:
    replay = Replay.objects.select_related("session").filter(session=session).first()
    if replay is None:
        raise _no_replay()
    return replay


def _locked(session: Session) -> Replay:
    """The replay as it is now, held to the transaction's end: no revision takes its place."""
    Replay.objects.filter(session=session).update(revision=F("revision"))
    return _replay(session)


def _require_made(replay: Replay) -> None:
    """Refuse what would show a former revision while another one is wanted."""
    if replay.status != ReplayStatus.READY:
        raise _not_made()


def _parts(
    replay: Replay, load: Callable[[Replay], list[remux.Part]] = replay_selectors.load_parts
) -> list[remux.Part]:
    """What is played of it, on the disk; there is something, or :class:`Conflict`."""
    parts = load(replay)
    if not parts:
        raise _not_made()
    return parts


def _not_made() -> Conflict:
    return Conflict("replay_not_made", _("The replay is not ready yet."))


def _no_replay() -> Conflict:
    return Conflict("replay_none", _("This session has no recording."))
