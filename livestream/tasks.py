"""Work on recordings that happens after the act that asked for it. Each bears being run again."""

from __future__ import annotations

from jobs.queue import task
from livestream.models import Replay
from livestream.services import recordings, replays


@task
def make_replay(replay: str, attempt: int = 1) -> str:
    """Make the replay with that public id; its status afterwards, empty where it is gone."""
    found = Replay.objects.select_related("session").filter(public_id=replay).first()
    return "" if found is None else str(replays.make(found, attempt=attempt))


@task
def make_download(replay: str, number: int) -> bool:
    """Make the MP4 of a take, or of all (0), for staff to download."""
    found = Replay.objects.select_related("session").filter(public_id=replay).first()
    return found is not None and recordings.make_download(found, number)


@task
def tidy_recordings() -> None:
    """Delete recordings that have had their time."""
    recordings.tidy()
