"""Fragmented MP4 as it is broadcast: a header once, then fragments of samples.

What browsers send (Chromium's ``media/muxers``, 126 and later): ``ftyp`` with the first frame,
``moov`` with the first key frame after the timeslice, then one ``moof`` and ``mdat`` per group of
pictures, several at once when the timeslice is longer. A track that had nothing to say has a run
of no samples and decode time zero. The last duration of a fragment is nominal, so the next
fragment's decode time and not the sum of durations says where it begins. Neither edit lists nor
``mfra`` come in a live recording; from other writers they are left alone and skipped.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from livestream.media.packaging import codecs
from livestream.media.packaging.boxes import Box, BoxReader, child, children, need, unpack
from livestream.media.packaging.errors import NotMediaError

#: More samples or seconds in one fragment are a fault, or an attack.
MOST_SAMPLES = 50_000
MOST_SECONDS = 60
#: Samples a second of media that no encoder exceeds (Opus: 400), and samples of no length or no
#: size that may be among them: the last of a fragment, whose duration was not known.
DENSEST, SPARE = 1000, 16
#: Seconds of media time after which a float is no longer exact to the millisecond.
LATEST = 1 << 40

_NON_SYNC, _DEPENDS_ON, _DEPENDS = 0x00010000, 0x03000000, 0x01000000
_TFHD_BASE, _TFHD_DESCRIPTION, _TFHD_DURATION, _TFHD_SIZE, _TFHD_FLAGS = 1, 2, 8, 0x10, 0x20
_TFHD_BASE_IS_MOOF = 0x020000
_TRUN_OFFSET, _TRUN_FIRST_FLAGS = 1, 4
_TRUN_DURATION, _TRUN_SIZE, _TRUN_FLAGS, _TRUN_COMPOSITION = 0x100, 0x200, 0x400, 0x800


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds for a sample that does not say otherwise."""

    duration: int = 0
    size: int = 0
    flags: int = 0


@dataclass(frozen=True, slots=True)
class Track:
    """One track of the header; ``kind`` is ``vide`` or ``soun``, times are in ``timescale``."""

    number: int
    kind: bytes
    timescale: int
    codec: str
    width: int = 0
    height: int = 0
    defaults: Defaults = Defaults()


@dataclass(frozen=True, slots=True)
class Init:
    """The header: its bytes (``ftyp`` and ``moov``) and the tracks it names."""

    ftyp: bytes
    moov: bytes
    picture: Track
    sound: Track | None

    @property
    def data(self) -> bytes:
        """The initialization segment as it came."""
        return self.ftyp + self.moov


@dataclass(slots=True)
class Run:
    """The samples of one track in one fragment.

    ``start`` is the decode time of the first, ``shift`` how much later it is shown; both in the
    track's timescale. ``extents`` are (offset, length) in the fragment's bytes.
    """

    track: Track
    start: int
    shift: int = 0
    key: bool = False
    durations: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    extents: list[tuple[int, int]] = field(default_factory=list)

    @property
    def begins(self) -> float:
        """Seconds of media time at which the first sample is shown."""
        return (self.start + self.shift) / self.track.timescale

    @property
    def size(self) -> int:
        """Bytes of its samples."""
        return sum(self.sizes)

    @property
    def ends(self) -> float:
        """Seconds of media time at which the last sample ends.

        The last duration is taken to be a usual one where it is shorter: a browser writes that of
        its nominal frame rate, and a camera in a dim room has half of it.
        """
        short = max(0, sorted(self.durations)[len(self.durations) // 2] - self.durations[-1])
        total = sum(self.durations) + short
        return (self.start + self.shift + total) / self.track.timescale


@dataclass(frozen=True, slots=True)
class Fragment:
    """One ``moof`` and its ``mdat``: the original bytes, and what they hold of either track."""

    data: bytes
    picture: Run | None
    sound: Run | None


def read_init(ftyp: bytes, moov: bytes, *, any_sound: bool = False) -> Init:
    """Understand a header. Raises NotMediaError unless it has H.264 and, if any sound, AAC.

    With ``any_sound`` the sound may be anything, and its codec is not named.
    """
    top = next(children(moov, 0, len(moov)))
    extends = child(moov, top, b"mvex")
    if extends is None:
        raise NotMediaError("this MP4 is not fragmented")
    defaults = dict(_trex(moov, box) for box in children(moov, extends.body, extends.end))
    picture: Track | None = None
    sound: Track | None = None
    for trak in children(moov, top.body, top.end):
        if trak.kind != b"trak":
            continue
        track = _track(moov, trak, defaults, any_sound=any_sound)
        if track is not None and track.kind == b"vide":
            picture = picture or track
        elif track is not None:
            sound = sound or track
    if picture is None:
        raise NotMediaError("there is no picture in it")
    return Init(ftyp, moov, picture, sound)


def _trex(moov: bytes, box: Box) -> tuple[int, Defaults]:
    if box.kind != b"trex":
        return 0, Defaults()
    number, _description, *rest = unpack(">5I", moov, box.body + 4, box.end)
    return number, Defaults(*rest)


def track_number(moov: bytes, trak: Box) -> int:
    """The number of a track, from its header."""
    tkhd = need(moov, trak, b"tkhd")
    (version,) = unpack(">B", moov, tkhd.body, tkhd.end)
    (number,) = unpack(">I", moov, tkhd.body + (20 if version == 1 else 12), tkhd.end)
    return number


def _track(
    moov: bytes, trak: Box, defaults: dict[int, Defaults], *, any_sound: bool
) -> Track | None:
    """One track, or None when it is neither picture nor sound."""
    handler = need(moov, trak, b"mdia", b"hdlr")
    kind = moov[handler.body + 8 : handler.body + 12]
    if kind not in {b"vide", b"soun"}:
        return None
    header = need(moov, trak, b"mdia", b"mdhd")
    (version,) = unpack(">B", moov, header.body, header.end)
    (timescale,) = unpack(">I", moov, header.body + (20 if version == 1 else 12), header.end)
    if timescale == 0:
        raise NotMediaError("a track without a timescale")
    entry = codecs.sample_entry(moov, need(moov, trak, b"mdia", b"minf", b"stbl", b"stsd"))
    number = track_number(moov, trak)
    own = defaults.get(number, Defaults())
    if kind == b"soun":
        codec = "" if any_sound else codecs.sound_codec(moov, entry)
        return Track(number, kind, timescale, codec, defaults=own)
    width, height = codecs.picture_size(moov, entry)
    codec = codecs.picture_codec(moov, entry)
    return Track(number, kind, timescale, codec, width, height, own)


def read_fragment(init: Init, moof: bytes, mdat: bytes) -> Fragment:
    """Understand a fragment.

    Raises NotMediaError if its samples are not all in its ``mdat``, each in a place of its own, or
    are more than its bytes and its time can hold: what is made of a fragment stays in proportion to
    what was sent.
    """
    top = next(children(moof, 0, len(moof)))
    tracks = {track.number: track for track in (init.picture, init.sound) if track is not None}
    runs: dict[bytes, Run] = {}
    follows = len(moof) + 8
    for traf in children(moof, top.body, top.end):
        if traf.kind != b"traf":
            continue
        run, follows = _run(moof, traf, tracks, follows)
        if run is None or not run.sizes:
            continue
        if run.track.kind in runs:
            raise NotMediaError("a fragment holds a track twice")
        _require_possible(run)
        runs[run.track.kind] = run
    extents = [extent for run in runs.values() for extent in run.extents]
    _require_apart(extents, len(moof), len(moof) + len(mdat))
    return Fragment(moof + mdat, runs.get(b"vide"), runs.get(b"soun"))


def _require_possible(run: Run) -> None:
    """Refuse times and numbers that no encoder writes."""
    if run.start > LATEST * run.track.timescale:
        raise NotMediaError("a fragment begins in another age")
    if run.ends - run.begins > MOST_SECONDS:
        raise NotMediaError("a fragment lasts too long")
    seconds = sum(run.durations) / run.track.timescale
    if len(run.sizes) > SPARE + min(run.size, DENSEST * seconds):
        raise NotMediaError("too many samples in a fragment")


def _require_apart(extents: list[tuple[int, int]], free: int, end: int) -> None:
    """Refuse samples outside the data, or whose bytes are others' too."""
    for at, length in sorted(extents):
        if length:
            if at < free:
                raise NotMediaError("a fragment names bytes twice, or outside its data")
            free = at + length
    if free > end:
        raise NotMediaError("a fragment names samples outside its data")


def _run(moof: bytes, traf: Box, tracks: dict[int, Track], follows: int) -> tuple[Run | None, int]:
    """The samples of one track, and where data without an offset of its own would go on."""
    header = need(moof, traf, b"tfhd")
    version_flags, number = unpack(">2I", moof, header.body, header.end)
    flags = version_flags & 0xFFFFFF
    track = tracks.get(number)
    if track is None:
        return None, follows
    if flags & _TFHD_BASE:
        raise NotMediaError("a fragment gives its data's place in the whole file")
    defaults = _fragment_defaults(moof, header, flags, track.defaults)
    run = Run(track, _decode_time(moof, traf))
    if flags & _TFHD_BASE_IS_MOOF:
        follows = len(moof) + 8
    for box in children(moof, traf.body, traf.end):
        if box.kind == b"trun":
            follows = _add_samples(run, moof, box, defaults, follows)
    return run, follows


def _fragment_defaults(moof: bytes, header: Box, flags: int, base: Defaults) -> Defaults:
    """The defaults of ``tfhd`` over those of ``trex``."""
    at = header.body + 8 + (4 if flags & _TFHD_DESCRIPTION else 0)
    values = [base.duration, base.size, base.flags]
    for place, flag in enumerate((_TFHD_DURATION, _TFHD_SIZE, _TFHD_FLAGS)):
        if flags & flag:
            (values[place],) = unpack(">I", moof, at, header.end)
            at += 4
    return Defaults(*values)


def _decode_time(moof: bytes, traf: Box) -> int:
    box = need(moof, traf, b"tfdt")
    (version,) = unpack(">B", moof, box.body, box.end)
    (start,) = unpack(">Q" if version == 1 else ">I", moof, box.body + 4, box.end)
    return start


def _add_samples(run: Run, moof: bytes, box: Box, defaults: Defaults, follows: int) -> int:
    """Add one ``trun`` to a run; return where the next would begin without an offset."""
    version_flags, count = unpack(">2I", moof, box.body, box.end)
    flags = version_flags & 0xFFFFFF
    at = box.body + 8
    if count + len(run.sizes) > MOST_SAMPLES:
        raise NotMediaError("too many samples in a fragment")
    if flags & _TRUN_OFFSET:
        (follows,) = unpack(">i", moof, at, box.end)
        at += 4
    first_flags = defaults.flags
    if flags & _TRUN_FIRST_FLAGS:
        (first_flags,) = unpack(">I", moof, at, box.end)
        at += 4
    present = [
        flag
        for flag in (_TRUN_DURATION, _TRUN_SIZE, _TRUN_FLAGS, _TRUN_COMPOSITION)
        if flags & flag
    ]
    columns = _columns(moof, at, box.end, count, present)
    if count == 0:
        return follows
    if _TRUN_FLAGS in columns and not flags & _TRUN_FIRST_FLAGS:
        first_flags = columns[_TRUN_FLAGS][0]
    if not run.sizes:
        run.key = not first_flags & _NON_SYNC and first_flags & _DEPENDS_ON != _DEPENDS
        run.shift = _signed(columns[_TRUN_COMPOSITION][0]) if _TRUN_COMPOSITION in columns else 0
    sizes = columns.get(_TRUN_SIZE) or (defaults.size,) * count
    run.durations += columns.get(_TRUN_DURATION) or (defaults.duration,) * count
    run.sizes += sizes
    run.extents.append((follows, sum(sizes)))
    return follows + sum(sizes)


def _columns(
    moof: bytes, at: int, end: int, count: int, present: list[int]
) -> dict[int, tuple[int, ...]]:
    """The table of a ``trun`` by field."""
    width = len(present)
    if at + 4 * width * count > end:
        raise NotMediaError("a table of samples is cut short")
    table = struct.unpack_from(f">{width * count}I", moof, at)
    return {flag: table[place::width] for place, flag in enumerate(present)}


def _signed(value: int) -> int:
    """Composition offsets are signed in version 1, and too small to matter otherwise."""
    return value - (1 << 32) if value & 0x80000000 else value


class FragmentReader:
    """Reads a broadcast in any pieces: its header once, then its fragments."""

    def __init__(self, *, any_sound: bool = False) -> None:
        self._any_sound = any_sound
        self._boxes = BoxReader()
        self._ftyp = b""
        self._moof: bytes | None = None
        self.init: Init | None = None

    def feed(self, piece: bytes) -> Iterator[Init | Fragment]:
        """What became complete with this piece. Raises NotMediaError; unusable afterwards."""
        for kind, data in self._boxes.feed(piece):
            if kind == b"ftyp":
                self._ftyp = data
            elif kind == b"moov":
                if self.init is not None:
                    raise NotMediaError("a second header in one broadcast")
                self.init = read_init(self._ftyp, data, any_sound=self._any_sound)
                yield self.init
            elif kind == b"moof":
                self._moof = data
            else:
                yield self._fragment(data)

    def _fragment(self, mdat: bytes) -> Fragment:
        if self.init is None or self._moof is None:
            raise NotMediaError("this MP4 is not fragmented")
        moof, self._moof = self._moof, None
        return read_fragment(self.init, moof, mdat)
