"""The lists one take keeps on disk: its own, and its part of the session's live window."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from livestream.media.packaging.files import read_playlist, write_file
from livestream.media.packaging.playlists import ENDLIST, MediaPlaylist, Segment, body, head

#: A live window: enough for a phone that slept a moment to find its place again.
WINDOW_SEGMENTS, WINDOW_SECONDS = 6, 24.0
#: What another take left in the window is taken out when it is older than this.
STALE_SECONDS = 30.0

_TAKE = re.compile(r"^t(\d+)/")


class TakeList:
    """``t<n>/v.m3u8`` or ``a.m3u8``: every segment of the take, ``EVENT`` until it is ended."""

    def __init__(self, path: Path, target: int) -> None:
        self._path = path
        self._head = MediaPlaylist(target=target, kind="EVENT", sequence=1)
        self._settled: list[str] = []
        self._last: Segment | None = None
        self._init = ""

    def append(self, segment: Segment) -> None:
        """List a segment and write the list. Raises PackagingError."""
        self._settle()
        self._last = segment
        self._head.append(segment)
        self._head.segments.clear()  # kept as text: a take of hours has thousands
        self._write()

    def correct_last(self, duration: float) -> None:
        """What the last segment's duration turned out to be; written with the next one."""
        if self._last is not None:
            self._last = replace(self._last, duration=duration)
            self._head.append(self._last)
            self._head.segments.clear()

    def end(self) -> None:
        """Nothing comes any more. Raises PackagingError."""
        self._settle()
        if self._settled:
            self._write(ENDLIST + "\n")

    def _settle(self) -> None:
        if self._last is not None:
            self._settled += body([self._last], self._init)
            self._init = self._last.init
            self._last = None

    def _write(self, end: str = "") -> None:
        last = body([self._last], self._init) if self._last is not None else []
        write_file(self._path, "".join([head(self._head), *self._settled, *last, end]))


class LiveList:
    """``video.m3u8`` or ``audio.m3u8`` of a session: a window over all takes.

    What is on disk is the truth: it is read before it is written, so a take goes on where the
    one before stopped, however that ended, and leaves a list alone that a later take has begun.
    """

    def __init__(self, path: Path, take: int, target: int) -> None:
        self._path = path
        self._take = take
        self._target = target

    def append(self, segment: Segment) -> None:
        """List a segment of this take (names relative to the take). Raises PackagingError."""
        playlist = read_playlist(self._path) or MediaPlaylist(target=self._target)
        newest = max((_take_of(old) for old in playlist.segments), default=0)
        if newest > self._take:
            return
        playlist.ended = False
        if newest < self._take:
            self._leave_behind(playlist, segment)
        playlist.append(
            replace(
                segment,
                uri=f"t{self._take}/{segment.uri}",
                init=f"t{self._take}/{segment.init}",
                discontinuity=segment.discontinuity
                or (newest < self._take and playlist.sequence + len(playlist.segments) > 0),
            )
        )
        playlist.slide(count=WINDOW_SEGMENTS, seconds=WINDOW_SECONDS)
        write_file(self._path, playlist.text())

    @staticmethod
    def _leave_behind(playlist: MediaPlaylist, segment: Segment) -> None:
        """Take out what nobody should begin with: a take that ended a while ago."""
        if playlist.segments and playlist.segments[-1].ends < (
            segment.at.timestamp() - STALE_SECONDS
        ):
            while playlist.segments:
                playlist.drop_first()


def _take_of(segment: Segment) -> int:
    found = _TAKE.match(segment.uri)
    return int(found.group(1)) if found else 0
