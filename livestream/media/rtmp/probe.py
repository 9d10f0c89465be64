"""What comes in: is it a picture that every phone plays, and how far apart are its key frames."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

#: Chroma and depth that browsers decode of H.264.
_PLAYABLE: Final = frozenset({"yuv420p", "yuvj420p"})
#: Farther apart, pictures begin late and switching lines takes long.
LONGEST_GAP_S: Final = 6.5
#: More than phones on mobile lines get.
MOST_KBITS: Final = 6000

_VIDEO = re.compile(r"Stream #\S+: Video: (\w+)(?: \(([^)]*)\))?[^,]*(?:, (\w+))?")
_AUDIO = re.compile(r"Stream #\S+: Audio: (\w+)")
_SIZE = re.compile(r", (\d{2,5})x(\d{2,5})[ ,\n]")
_RATE = re.compile(r", ([\d.]+) fps")
_NAMES: Final = {"hevc": "H.265 / HEVC", "av1": "AV1", "vp9": "VP9", "vp8": "VP8", "h264": "H.264"}


class UnplayableError(Exception):
    """The publisher sends what viewers cannot play; the message is for the crew, translated."""


@dataclass(frozen=True, slots=True)
class Description:
    """The streams as ffmpeg names them; empty where there is none."""

    video: str = ""
    pixels: str = ""
    profile: str = ""
    width: int = 0
    height: int = 0
    frame_rate: float = 0.0
    audio: str = ""


def describe(lines: Iterable[str]) -> Description:
    """Read what ffmpeg says of its input (first stream of each kind)."""
    video = audio = None
    line_of_video = ""
    for line in lines:
        if video is None and (found := _VIDEO.search(line)):
            video, line_of_video = found, line + "\n"
        elif audio is None and (found := _AUDIO.search(line)):
            audio = found
    size, rate = _SIZE.search(line_of_video), _RATE.search(line_of_video)
    return Description(
        video=video[1] if video else "",
        profile=(video[2] or "") if video else "",
        pixels=(video[3] or "") if video else "",
        width=int(size[1]) if size else 0,
        height=int(size[2]) if size else 0,
        frame_rate=float(rate[1]) if rate else 0.0,
        audio=audio[1] if audio else "",
    )


def no_picture() -> str:
    """What the crew is told of a stream without one, or with one that nginx does not know."""
    return _(
        "No picture arrives that phones can play. Check that the encoder sends one and is set to "
        "H.264, not H.265 or AV1."
    )


def require_playable(found: Description) -> None:
    """Raise :class:`UnplayableError` for what no browser or few of them would show."""
    if not found.video:
        raise UnplayableError(no_picture())
    if found.video != "h264":
        name = _NAMES.get(found.video, found.video.upper())
        text = _("The encoder sends {codec}, which many phones cannot play. Set it to H.264.")
        raise UnplayableError(text.format(codec=name))
    if found.pixels and found.pixels not in _PLAYABLE:
        text = _(
            "The encoder sends H.264 in {pixels}, which browsers cannot play. Set the colour "
            "format to NV12 (4:2:0, 8 bit)."
        )
        raise UnplayableError(text.format(pixels=found.pixels))


class KeyFrames:
    """The distance of key frames, from the fragments of an MP4 that begins one at each.

    Feed it the bytes in order; it walks over the boxes and keeps none.
    """

    def __init__(self) -> None:
        self._head = b""
        self._skip = 0
        self._last: float | None = None
        self.gap_s = 0.0
        self.fragments = 0

    def feed(self, chunk: bytes, now: float) -> None:
        """``now``: seconds of a clock that does not jump."""
        at = 0
        while at < len(chunk):
            if self._skip:
                step = min(self._skip, len(chunk) - at)
                self._skip -= step
                at += step
                continue
            need = 8 - len(self._head)
            self._head += chunk[at : at + need]
            at += need
            if len(self._head) < 8:
                return
            size, kind = int.from_bytes(self._head[:4], "big"), self._head[4:]
            self._head = b""
            self._skip = max(size - 8, 0)
            if kind == b"moof":
                self._begin(now)

    def _begin(self, now: float) -> None:
        self.fragments += 1
        if self._last is not None:
            self.gap_s = now - self._last
        self._last = now

    def waiting_s(self, now: float, since: float) -> float:
        """How long the next fragment has been waited for; ``since``: when bytes began to come."""
        return now - (self._last if self._last is not None else since)


def warning(*, gap_s: float, kbits: float) -> str:
    """What the crew should change while all of it plays; empty where all is well."""
    if gap_s > LONGEST_GAP_S:
        text = _(
            "Key frames are {seconds} s apart: viewers start late. Set the key frame interval to "
            "2 s."
        )
        return text.format(seconds=round(gap_s))
    if kbits > MOST_KBITS:
        text = _("{kbits} kbit/s come in; phones on mobile lines stall. 1500 to 2500 are enough.")
        return text.format(kbits=round(kbits))
    return ""
