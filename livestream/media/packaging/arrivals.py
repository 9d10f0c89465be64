"""What a publisher's bytes say about their own times, before ffmpeg holds them back.

ffmpeg passes on a group of pictures when the next one begins: seconds late where a browser sends
whole groups. Its output is therefore no measure of when something was taken; its input is.
Nothing is refused here (ffmpeg does that): from the first thing not understood there are no more
observations, and what was observed stays valid.
"""

from __future__ import annotations

from livestream.media.packaging.clock import ProgrammeClock
from livestream.media.packaging.errors import NotMediaError
from livestream.media.packaging.fragments import LATEST, Fragment, FragmentReader
from livestream.media.packaging.pace import Pace

#: Media seconds from one observation to the next that are a jump of the timeline.
JUMP = 5.0
#: Elements of a WebM that are read: so many at first, then one for so many bytes. Real ones hold
#: three times as much; who sends less in each costs more time than a picture is worth.
FIRST_ELEMENTS, BYTES_EACH = 10_000, 16

_SEGMENT, _CLUSTER, _TRACKS, _ENTRY, _GROUP = 0x18538067, 0x1F43B675, 0x1654AE6B, 0xAE, 0xA0
_INFO, _SCALE = 0x1549A966, 0x2AD7B1
_NUMBER, _TYPE, _TIMECODE, _SIMPLE, _BLOCK = 0xD7, 0x83, 0xE7, 0xA3, 0xA1
_DESCENDED = {_SEGMENT, _CLUSTER, _TRACKS, _ENTRY, _GROUP, _INFO}
_READ = {_NUMBER: 8, _TYPE: 8, _TIMECODE: 8, _SCALE: 8, _SIMPLE: 12, _BLOCK: 12}
_PICTURE = 1


class Arrivals:
    """A clock in the publisher's own timeline, and when its first picture begins there."""

    def __init__(self, demuxer: str) -> None:
        self.clock = ProgrammeClock()
        self.first: float | None = None
        #: When the publisher says that its recording began (Unix seconds).
        self.began: float | None = None
        self._mp4 = FragmentReader(any_sound=True) if demuxer == "mov" else None
        self._webm = _Webm()
        self._pace = Pace()
        self._end: float | None = None
        self._lost = False

    def feed(self, chunk: bytes, arrived: float) -> None:
        """Bytes that had all arrived at ``arrived`` (Unix seconds). Raises nothing."""
        if self._lost:
            return
        try:
            if self._mp4 is not None:
                self._feed_mp4(self._mp4, chunk, arrived)
            else:
                self._feed_webm(chunk, arrived)
        except (NotMediaError, ValueError):
            self._lost = True

    def _feed_mp4(self, reader: FragmentReader, chunk: bytes, arrived: float) -> None:
        for found in reader.feed(chunk):
            self._pace.spend(0.0, arrived)
            if isinstance(found, Fragment) and found.picture is not None:
                self._saw(found.picture.begins, found.picture.ends, arrived)

    def _feed_webm(self, chunk: bytes, arrived: float) -> None:
        times = self._webm.feed(chunk)
        if times:
            self._saw(times[0], max(times), arrived)

    def _saw(self, begins: float, ends: float, arrived: float) -> None:
        if not -LATEST < begins <= ends < LATEST:
            raise ValueError("times of another age")
        if self.first is None:
            self.first = begins
            if self.began is not None:
                self.clock.begin(begins, self.began)
        if self._end is not None and abs(ends - self._end) > JUMP:
            self.clock.restart()
        self._end = ends
        self.clock.observe(ends, arrived)


class _Webm:
    """The times of the pictures in a live WebM or Matroska stream (RFC 8794, RFC 9559)."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._skip = 0
        self._budget = FIRST_ELEMENTS * BYTES_EACH
        self._cluster = 0
        self._scale = 1_000_000
        self._entry = 0
        self._picture: int | None = None

    def feed(self, chunk: bytes) -> list[float]:
        """Seconds at which the pictures in these bytes begin. Raises ValueError."""
        self._held += chunk
        self._budget += len(chunk)
        times: list[float] = []
        while True:
            gone = min(self._skip, len(self._held))
            del self._held[:gone]
            self._skip -= gone
            if self._skip or len(self._held) < 2:
                return times
            head = self._header()
            if head is None:
                return times
            kind, size, length = head
            wanted = min(size, _READ.get(kind, 0))
            if len(self._held) < length + wanted:
                return times
            self._budget -= BYTES_EACH
            if self._budget < 0:
                raise ValueError("hardly anything in its elements")
            if kind in _DESCENDED:
                del self._held[:length]
                continue
            if size < 0:
                raise ValueError("an element without an end")
            if kind in _READ:
                times += self._value(kind, bytes(self._held[length : length + wanted]))
            self._skip = length + size

    def _header(self) -> tuple[int, int, int] | None:
        """Kind, size (-1: unknown) and header length of the element at the front, if complete."""
        kind = self._number(0, keep_marker=True)
        if kind is None:
            return None
        size = self._number(kind[1], keep_marker=False)
        if size is None:
            return None
        value, width = size
        unknown = value == (1 << 7 * width) - 1
        return kind[0], -1 if unknown else value, kind[1] + width

    def _number(self, at: int, *, keep_marker: bool) -> tuple[int, int] | None:
        """A variable-length number and its width; None while it is incomplete."""
        if at >= len(self._held):
            return None
        first = self._held[at]
        width = 9 - first.bit_length()
        if width > 8:
            raise ValueError("not a number")
        if at + width > len(self._held):
            return None
        value = int.from_bytes(self._held[at : at + width])
        return (value if keep_marker else value & (1 << 7 * width) - 1), width

    def _value(self, kind: int, data: bytes) -> list[float]:
        """Take note of an element; the time of a picture, if it is one."""
        if kind == _TIMECODE:
            self._cluster = int.from_bytes(data)
        elif kind == _SCALE:
            self._scale = int.from_bytes(data)
        elif kind == _NUMBER:
            self._entry = int.from_bytes(data)
        elif kind == _TYPE and data and data[-1] == _PICTURE:
            self._picture = self._entry
        elif kind in {_SIMPLE, _BLOCK} and len(data) >= 3 and data[0] & 0x7F == self._picture:
            after = int.from_bytes(data[1:3], signed=True)
            return [(self._cluster + after) * self._scale / 1e9]
        return []
