"""The lists one take keeps on disk: its own, and its part of the session's live window."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from livestream.media.packaging.files import read_playlist, write_file
from livestream.media.packaging.playlists import (
    ENDLIST,
    MediaPlaylist,
    Segment,
    body,
    head,
    rounded,
)

#: A live window: enough for a phone that slept a moment to find its place again.
WINDOW_SEGMENTS, WINDOW_SECONDS = 6, 24.0
#: More are in no window, however short: each is read and written again with every new one.
MOST_SEGMENTS = 40
#: Segments of a take whose times are still made more exact.
RECENT = 10
#: Bytes of a take's list that may be written for a segment. One that has grown longer (after three
#: hours, with segments of two seconds) waits for so many more: that is what a kill can cost it.
PER_SEGMENT = 512 << 10
#: What another take left in the window is taken out when it is older than this.
STALE_SECONDS = 30.0

_TAKE = re.compile(r"^t(\d+)/")


class TakeList:
    """``t<n>/v.m3u8`` or ``a.m3u8``: every segment of the take, ``EVENT`` until it is ended.

    Nobody plays it while it grows: the newest entries are made more exact when more is known (the
    live window, which is played, never changes what it said).
    """

    def __init__(self, path: Path, target: int) -> None:
        self.first_at: datetime | None = None
        self._path = path
        self._head = MediaPlaylist(target=target, kind="EVENT", sequence=1)
        self._settled: list[str] = []  # as text: a take of hours has thousands
        self._recent: list[tuple[Segment, float]] = []
        self._init = ""
        self._size = 0  # as it is on disk
        self._unwritten = 0

    def append(self, segment: Segment, begins: float) -> None:
        """List a segment that begins at a media time, and write. Raises PackagingError."""
        self._recent.append((segment, begins))
        self._note(segment)
        if len(self._recent) > RECENT:
            self._settle_first()
        self._unwritten += 1
        if self._size <= self._unwritten * PER_SEGMENT:
            self._write()

    def date(self, time_of: Callable[[float], datetime]) -> None:
        """Move recent segments to what their media times mean now, if that is earlier.

        The first pictures of a take come late (a browser's encoder warms up), and every later one
        tells better when they were taken.
        """
        self._recent = [
            (replace(segment, at=min(segment.at, time_of(begins))), begins)
            for segment, begins in self._recent
        ]
        if self._recent and not self._settled:
            self.first_at = self._recent[0][0].at

    def correct_last(self, duration: float) -> None:
        """What the last segment's duration turned out to be; written with the next one."""
        if self._recent:
            segment, begins = self._recent[-1]
            self._recent[-1] = (replace(segment, duration=duration), begins)
            self._note(self._recent[-1][0])

    def settle(self) -> None:
        """Leave everything as it is: what comes now is on another timeline."""
        while self._recent:
            self._settle_first()

    def end(self) -> None:
        """Nothing comes any more. Raises PackagingError."""
        self.settle()
        if self._settled:
            self._write(ENDLIST + "\n")

    def _note(self, segment: Segment) -> None:
        self.first_at = self.first_at or segment.at
        self._head.target = max(self._head.target, rounded(segment.duration))

    def _settle_first(self) -> None:
        segment, _begins = self._recent.pop(0)
        self._settled += body([segment], self._init)
        self._init = segment.init

    def _write(self, end: str = "") -> None:
        recent = body([segment for segment, _begins in self._recent], self._init)
        text = "".join([head(self._head), *self._settled, *recent, end])
        write_file(self._path, text)
        self._size, self._unwritten = len(text), 0


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
        while len(playlist.segments) > MOST_SEGMENTS:
            playlist.drop_first()
        write_file(self._path, playlist.text())

    def _leave_behind(self, playlist: MediaPlaylist, segment: Segment) -> None:
        """Take out what nobody should begin with: a take that ended a while ago."""
        if playlist.segments and playlist.segments[-1].ends < (
            segment.at.timestamp() - STALE_SECONDS
        ):
            while playlist.segments:
                playlist.drop_first()
            playlist.target = self._target


def _take_of(segment: Segment) -> int:
    found = _TAKE.match(segment.uri)
    return int(found.group(1)) if found else 0
