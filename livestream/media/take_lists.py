"""Reading a take's own playlist, as the packager left it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from livestream.media.packaging import MediaPlaylist, Segment


class BrokenTakeError(Exception):
    """There is nothing to show of a take; ``code`` says why, for staff."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def moment_of(at_ms: float) -> datetime:
    """The moment of Unix milliseconds, to the microsecond."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)


def unix_ms(at: datetime) -> float:
    """Unix milliseconds of an aware moment."""
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1)


def read_playlist(path: Path) -> list[Segment]:
    """The segments that a take's list names, as far as it can be read.

    Raises :class:`BrokenTakeError` where there are none.
    """
    try:
        text = path.read_text(encoding="utf-8")
        found = MediaPlaylist.parse(text, damaged=True).segments
    except (FileNotFoundError, ValueError):
        found = []
    segments = [segment for segment in found if segment.duration > 0]
    if not segments:
        raise BrokenTakeError("no_files")
    return segments
