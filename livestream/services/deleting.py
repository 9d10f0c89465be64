"""Recordings that go: marked at once, so that nobody is sent to them, and their files by a job.

Gigabytes are not removed inside a transaction: it may fail when they are gone, and on SQLite all
of the process waits for it. What a job could not remove, the clock tries again.
"""

from __future__ import annotations

import shutil
from typing import Final

from django.db.models import QuerySet
from django.utils import timezone

from accounts import audit
from core.transactions import write
from jobs.queue import enqueue, task
from livestream.enums import PartStatus, ReplayStatus
from livestream.media import folders
from livestream.models import Replay

#: Said of the part of a take that was deleted: no later replay is made of it.
DELETED: Final = "deleted"


def expire(*, replay: Replay) -> bool:
    """Delete a replay whose day has come, with the takes that it was made of.

    ``False``: it is being made anew, or somebody was faster. Takes of a session that went on
    since are newer than the replay and stay.
    """
    settled = Replay.objects.filter(status__in=(ReplayStatus.READY, ReplayStatus.FAILED))
    with write():
        if not mark_deleted(replay, settled.filter(expires_at__lte=timezone.now())):
            return False
        audit.record(actor=None, action="replay.expire", obj=replay.session)
    return True


def mark_deleted(replay: Replay, rows: QuerySet[Replay]) -> bool:
    """Mark the replay, if it is among ``rows``, and its parts; within the caller's transaction.

    Their files follow by a job of the same transaction.
    """
    changed = rows.filter(pk=replay.pk).update(
        status=ReplayStatus.EXPIRED, percent=0, trouble="", expires_at=timezone.now()
    )
    if changed:
        replay.parts.update(status=PartStatus.BROKEN, trouble=DELETED, duration_ms=0, bytes=0)
        replay.refresh_from_db()
        enqueue(delete_files, replay=str(replay.public_id))
    return bool(changed)


def is_deleted(replay: Replay) -> bool:
    """Whether it was deleted, or takes before those that it is of."""
    was = replay.status == ReplayStatus.EXPIRED
    return was or replay.parts.filter(trouble=DELETED).exists()


@task
def delete_files(replay: str) -> bool:
    """Remove the files of what was deleted; ``False``: whoever is making the replay will do it."""
    found = Replay.objects.select_related("session").filter(public_id=replay).first()
    return found is not None and remove_deleted(found)


def remove_deleted(replay: Replay) -> bool:
    """Remove from the disk what was deleted and is there still, and nothing that is newer.

    ``False``: another process is at the files; it does this when it is done. Raises OSError.
    """
    folder = folders.session_folder(replay.session.public_id)
    with folders.working_on(replay.session.public_id) as ours:
        if not ours:
            return False
        replay.refresh_from_db()
        takes = replay.parts.filter(trouble=DELETED).values_list("take__number", flat=True)
        doomed = [path for n in takes for path in (folder / f"t{n}", *folder.glob(f"r*/p{n}"))]
        if replay.status == ReplayStatus.EXPIRED:
            newer = replay.session.takes.exclude(replay_part__trouble=DELETED)
            doomed += folder.glob("r[0-9]*") if newer.exists() else [folder]
            doomed.append(folders.download_folder(replay.session.public_id))
        for path in doomed:
            if path.exists():
                shutil.rmtree(path)
    return True
