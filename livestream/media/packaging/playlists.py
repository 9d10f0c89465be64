"""HLS playlists as text (RFC 8216), version 7: fragmented MP4, programme time on every segment."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

VERSION = 7
ENDLIST = "#EXT-X-ENDLIST"

_NUMBERS = {
    "#EXT-X-TARGETDURATION": "target",
    "#EXT-X-MEDIA-SEQUENCE": "sequence",
    "#EXT-X-DISCONTINUITY-SEQUENCE": "discontinuity_sequence",
}
_TYPE = re.compile(r"^#EXT-X-PLAYLIST-TYPE:(\w+)$", re.MULTILINE)
_QUOTED = re.compile(r'URI="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment as a playlist lists it: seconds, programme time, and where its header is."""

    uri: str
    duration: float
    at: datetime
    init: str
    discontinuity: bool = False

    @property
    def ends(self) -> float:
        """Programme time of its end, Unix seconds."""
        return self.at.timestamp() + self.duration

    def lines(self) -> str:
        """Its own lines, without its header's."""
        return (
            f"#EXT-X-PROGRAM-DATE-TIME:{stamp(self.at)}\n#EXTINF:{self.duration:.5f},\n{self.uri}\n"
        )


def stamp(moment: datetime) -> str:
    """A programme time to the millisecond, in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def moment(seconds: float) -> datetime:
    """Unix seconds as a time of whole milliseconds, as playlists say it."""
    return datetime.fromtimestamp(round(seconds * 1000) / 1000, UTC)


def rounded(duration: float) -> int:
    """Rounded as RFC 8216, section 4.3.3.1, compares a segment with the target duration."""
    return math.floor(duration + 0.5)


@dataclass(slots=True)
class MediaPlaylist:
    """A media playlist. ``kind`` is ``EVENT``, ``VOD`` or empty for a live window.

    ``target`` only grows: a listed segment's rounded duration is never above it.
    """

    target: int = 1
    sequence: int = 0
    discontinuity_sequence: int = 0
    kind: str = ""
    ended: bool = False
    segments: list[Segment] = field(default_factory=list)

    def append(self, segment: Segment) -> None:
        """List one more segment."""
        self.target = max(self.target, rounded(segment.duration))
        self.segments.append(segment)

    def drop_first(self) -> None:
        """Take the oldest segment out of a live window, and its discontinuity with it."""
        first = self.segments.pop(0)
        self.sequence += 1
        self.discontinuity_sequence += first.discontinuity

    def slide(self, *, count: int, seconds: float) -> None:
        """Keep the newest ``count`` segments, or more while they are not ``seconds`` long."""
        total = sum(segment.duration for segment in self.segments)
        while len(self.segments) > count and total - self.segments[0].duration >= seconds:
            total -= self.segments[0].duration
            self.drop_first()

    def text(self) -> str:
        """The whole playlist."""
        return head(self) + "".join(body(self.segments)) + (f"{ENDLIST}\n" if self.ended else "")

    @classmethod
    def parse(cls, text: str, *, damaged: bool = False) -> MediaPlaylist:
        """Read a playlist this module wrote. Raises ValueError on anything else.

        Of a ``damaged`` one the segments are read that can be, a discontinuity after what cannot.
        """
        if not text.startswith("#EXTM3U"):
            raise ValueError("not a playlist")
        found = cls()
        tags: dict[str, str] = {}
        for line in text.splitlines():
            name, _, value = line.partition(":")
            try:
                if line and not line.startswith("#"):
                    said, tags = tags, {"#EXT-X-MAP": tags.get("#EXT-X-MAP", "")}
                    found.segments.append(_segment(line, said))
                elif name in _NUMBERS:
                    setattr(found, _NUMBERS[name], int(value))
                else:
                    tags[name] = value
            except ValueError:
                if not damaged:
                    raise
                tags["#EXT-X-DISCONTINUITY"] = ""
        found.kind = _TYPE.findall(text)[0] if _TYPE.search(text) else ""
        found.ended = ENDLIST in tags
        return found


def _segment(uri: str, tags: dict[str, str]) -> Segment:
    """A segment of what was said since the one before. Raises ValueError."""
    init = _QUOTED.search(tags.get("#EXT-X-MAP", ""))
    if init is None or not {"#EXTINF", "#EXT-X-PROGRAM-DATE-TIME"} <= tags.keys():
        raise ValueError("a segment without header, duration or time")
    at = datetime.fromisoformat(tags["#EXT-X-PROGRAM-DATE-TIME"])
    if at.tzinfo is None:
        raise ValueError("a time of no time zone")
    return Segment(
        uri=uri,
        duration=float(tags["#EXTINF"].split(",")[0]),
        at=at,
        init=init.group(1),
        discontinuity="#EXT-X-DISCONTINUITY" in tags,
    )


def head(playlist: MediaPlaylist) -> str:
    """The lines above the segments."""
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{VERSION}", f"#EXT-X-TARGETDURATION:{playlist.target}"]
    if playlist.kind:
        lines.append(f"#EXT-X-PLAYLIST-TYPE:{playlist.kind}")
    lines.append(f"#EXT-X-MEDIA-SEQUENCE:{playlist.sequence}")
    if not playlist.kind:
        lines.append(f"#EXT-X-DISCONTINUITY-SEQUENCE:{playlist.discontinuity_sequence}")
    lines.append("#EXT-X-INDEPENDENT-SEGMENTS")
    return "\n".join(lines) + "\n"


def body(segments: list[Segment], init: str = "") -> Iterator[str]:
    """The lines of segments; the header of the first is named unless it is ``init``."""
    for segment in segments:
        if segment.discontinuity:
            yield "#EXT-X-DISCONTINUITY\n"
        if segment.init != init or segment.discontinuity:
            yield f'#EXT-X-MAP:URI="{segment.init}"\n'
            init = segment.init
        yield segment.lines()


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to play a broadcast; bandwidths in bits per second, measured."""

    name: str
    uri: str
    codecs: str
    peak: int
    average: int
    resolution: tuple[int, int] | None = None


def multivariant(variants: list[Variant]) -> str:
    """The playlist of playlists, the best variant first.

    ``NAME`` is not in the RFC (players ignore what they do not know); hls.js shows it.
    """
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{VERSION}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for variant in variants:
        attributes = [
            f"BANDWIDTH={variant.peak}",
            f"AVERAGE-BANDWIDTH={variant.average}",
            f'CODECS="{variant.codecs}"',
        ]
        if variant.resolution:
            attributes.append("RESOLUTION={}x{}".format(*variant.resolution))
        attributes.append(f'NAME="{variant.name}"')
        lines += [f"#EXT-X-STREAM-INF:{','.join(attributes)}", variant.uri]
    return "\n".join(lines) + "\n"
