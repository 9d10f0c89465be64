"""From the segments of a take to one file of its replay, and the playlists over all of them.

What was packaged for the live picture is fragmented MP4 already. A part of a replay is therefore
the beginning of the take and its segments in one file, byte for byte: nothing is decoded, no time
stamp changes, and the programme time of every stretch stays what the live playlist said.

No database here, and no clock but the files'.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

from livestream.media.packaging import NotMediaError, Segment
from livestream.media.packaging.boxes import KEPT, SKIPPED, children
from livestream.media.packaging.codecs import encodings
from livestream.media.packaging.files import FILE_MODE, put_file, put_folder
from livestream.media.take_lists import BrokenTakeError, moment_of, read_playlist, unix_ms

#: A segment of a replay lasts about this long.
PIECE_S: Final = 6.0
#: Where the take's own clock and the sum of its durations part by more, a new piece begins.
DRIFT_MS: Final = 15
#: Picture and sound of a piece that begin farther apart are not two variants of one thing.
_APART_MS: Final = 500
_SHEET: Final = "part.json"
_BANDWIDTH_LEAST: Final = 32_000


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a part's file: programme time, length, and where its bytes are.

    ``jump``: what came before it in the take is missing.
    """

    at_ms: float
    duration_s: float
    offset: int
    length: int
    jump: bool = False

    @property
    def end_ms(self) -> float:
        return self.at_ms + self.duration_s * 1000


@dataclass(frozen=True, slots=True)
class Track:
    """One file of a part: ``init`` bytes of beginning, then the pieces. ``codecs``: RFC 6381."""

    file: str
    init: int
    codecs: str
    pieces: list[Piece]


@dataclass(frozen=True, slots=True)
class Part:
    """The recording of one take. ``left_out`` of its ``segments`` could not be used."""

    number: int
    video: Track
    audio: Track | None
    segments: int
    left_out: int = 0
    size: int = 0

    @property
    def starts_at(self) -> datetime:
        return moment_of(self.video.pieces[0].at_ms)

    @property
    def duration_ms(self) -> int:
        return round(sum(piece.duration_s for piece in self.video.pieces) * 1000)


@dataclass(slots=True)
class _Joined:
    pieces: list[Piece] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    left_out: int = 0


# --- fragmented MP4 -----------------------------------------------------------------------------


def _is_whole(data: bytes, *wanted: bytes) -> bool:
    """Whether there are those boxes, all of each, and nothing that a packager does not write."""
    try:
        kinds = {box.kind for box in children(data, 0, len(data))}
    except NotMediaError:
        return False
    return kinds.issuperset(wanted) and kinds <= KEPT.keys() | SKIPPED.keys()


def encoding_of(begin: bytes) -> tuple[tuple[str, bytes], ...]:
    """Codec and decoder's record of each track; nothing where the beginning says something else."""
    try:
        return tuple(encodings(begin))
    except NotMediaError:
        return ()


# --- joining ------------------------------------------------------------------------------------


def join_take(
    take: Path, out: Path, number: int, *, progress: Callable[[int], None] = lambda size: None
) -> Part:
    """Make the part ``number`` in the folder ``out`` from the files in the folder ``take``.

    ``progress`` is told the bytes of each segment as it is done. ``out`` appears only when it is
    complete; one that is there is returned as it is. What is damaged is left out; nothing usable:
    :class:`BrokenTakeError`. Raises OSError, with the disk full for instance.
    """
    if (known := load_part(out)) is not None:
        return known
    work = out.with_name(out.name + ".work")
    shutil.rmtree(work, ignore_errors=True)
    put_folder(work)
    video, joined = _join(take, "v", work, progress)
    audio = _join_sound(take, work, joined, progress)
    part = Part(
        number=number,
        video=video,
        audio=audio,
        segments=len(joined.segments) + joined.left_out,
        left_out=joined.left_out,
        size=sum(file.stat().st_size for file in work.iterdir()),
    )
    put_file(work / "v.m3u8", _media_playlist([part], at=""), durable=True)
    put_file(work / _SHEET, json.dumps(asdict(part)), durable=True)
    work.rename(out)
    return part


def load_part(folder: Path) -> Part | None:
    """The part that was made in ``folder`` before, or None."""
    try:
        told = json.loads((folder / _SHEET).read_text(encoding="utf-8"))
        video, audio = told.pop("video"), told.pop("audio")
        return Part(video=_track(video), audio=_track(audio) if audio else None, **told)
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return None


def _track(told: dict[str, Any]) -> Track:
    pieces = [Piece(**piece) for piece in told.pop("pieces")]
    return Track(pieces=pieces, **told)


def take_over(former: Path, out: Path) -> Part | None:
    """Use a part of a former revision again: the same files under a second name."""
    if load_part(out) is None and load_part(former) is not None:
        work = out.with_name(out.name + ".work")
        shutil.rmtree(work, ignore_errors=True)
        put_folder(work)
        for file in former.iterdir():
            _link(file, work / file.name)
        work.rename(out)
    return load_part(out)


def _link(file: Path, to: Path) -> None:
    try:
        os.link(file, to)
    except OSError:
        shutil.copy(file, to)  # a disk without links


def _join(
    take: Path, name: str, work: Path, progress: Callable[[int], None], like: _Joined | None = None
) -> tuple[Track, _Joined]:
    segments = read_playlist(take / f"{name}.m3u8")
    begin = _read(take / segments[0].init)
    if begin is None or not _is_whole(begin, b"moov"):
        raise BrokenTakeError("no_beginning")
    target = work / f"{name}.mp4"
    with target.open("wb") as file:
        file.write(begin)
        joined = _append(take, segments, file, progress, like)
        file.flush()
        os.fsync(file.fileno())
    target.chmod(FILE_MODE)
    if not joined.pieces:
        raise BrokenTakeError("all_damaged")
    codecs = ",".join(codec for codec, _record in encoding_of(begin))
    return Track(target.name, len(begin), codecs, joined.pieces), joined


def _append(
    take: Path,
    segments: Sequence[Segment],
    file: BinaryIO,
    progress: Callable[[int], None],
    like: _Joined | None,
) -> _Joined:
    """Write the segments and gather them into pieces; with ``like`` cut where that one is cut."""
    joined, jump = _Joined(), False
    cuts = None if like is None else {_number(one.uri) for one in _firsts(like)}
    for segment in segments:
        data = _read(take / segment.uri)
        progress(len(data or b""))
        if data is None or not _is_whole(data, b"moof", b"mdat"):
            joined.left_out += 1
            jump = True
            continue
        jump = bool(joined.pieces) and (jump or segment.discontinuity)
        starts = None if cuts is None else _number(segment.uri) in cuts
        _gather(joined, segment, len(data), file.tell(), jump=jump, starts=starts)
        file.write(data)
        jump = False
    return joined


def _gather(
    joined: _Joined,
    segment: Segment,
    length: int,
    offset: int,
    *,
    jump: bool,
    starts: bool | None,
) -> None:
    last, at_ms = joined.pieces[-1] if joined.pieces else None, unix_ms(segment.at)
    apart = last is not None and abs(at_ms - last.end_ms) > DRIFT_MS
    if starts is None:
        starts = apart or (last is not None and last.duration_s + segment.duration > PIECE_S)
    joined.segments.append(segment)
    if last is None or starts or jump:
        joined.pieces.append(Piece(at_ms, segment.duration, offset, length, jump))
        return
    whole = last.duration_s + segment.duration
    joined.pieces[-1] = Piece(last.at_ms, whole, last.offset, last.length + length, last.jump)


def _firsts(joined: _Joined) -> Iterator[Segment]:
    """The segments that pieces begin with."""
    starts = {piece.at_ms for piece in joined.pieces}
    return (segment for segment in joined.segments if unix_ms(segment.at) in starts)


def _number(name: str) -> str:
    return re.sub(r"\D", "", name)


def _join_sound(
    take: Path, work: Path, video: _Joined, progress: Callable[[int], None]
) -> Track | None:
    """The sound alone, cut where the picture is cut; None where there is none that fits."""
    try:
        track, _joined = _join(take, "a", work, progress, like=video)
    except BrokenTakeError:
        track = None
    if track is not None and len(track.pieces) == len(video.pieces):
        pairs = zip(track.pieces, video.pieces, strict=True)
        if all(abs(sound.at_ms - picture.at_ms) <= _APART_MS for sound, picture in pairs):
            return track
    (work / "a.mp4").unlink(missing_ok=True)
    return None


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def size_of_take(folder: Path) -> int:
    """Bytes of a take's files, for progress; 0 where there are none."""
    try:
        return sum(entry.stat().st_size for entry in os.scandir(folder) if entry.is_file())
    except FileNotFoundError:
        return 0


# --- cutting ------------------------------------------------------------------------------------


def cut(
    part: Part, folder: Path, out: Path, starts_at: datetime | None, ends_at: datetime | None
) -> Part | None:
    """Make in ``out`` what a window of programme time leaves of a part in ``folder``, by pieces.

    All of it: the same files under a second name. Less: files that have nothing of the rest.
    None: nothing is left. Raises OSError, with the disk full for instance.
    """
    pairs = kept(part, starts_at, ends_at)
    if not pairs:
        return None
    put_folder(out)
    if len(pairs) == len(part.video.pieces):
        for track in (part.video, part.audio):
            if track is not None:
                _link(folder / track.file, out / track.file)
    else:
        sounds = [sound for _picture, sound in pairs if sound is not None]
        video = _cut_track(part.video, [picture for picture, _sound in pairs], folder, out)
        audio = _cut_track(part.audio, sounds, folder, out) if part.audio else None
        part = replace(part, video=video, audio=audio)
    put_file(out / _SHEET, json.dumps(asdict(part)), durable=True)
    return part


def _cut_track(track: Track, pieces: Sequence[Piece], folder: Path, out: Path) -> Track:
    copied, target = list[Piece](), out / track.file
    with (folder / track.file).open("rb") as whole, target.open("wb") as file:
        file.write(whole.read(track.init))
        for piece in pieces:
            whole.seek(piece.offset)
            copied.append(replace(piece, offset=file.tell()))
            file.write(whole.read(piece.length))
        file.flush()
        os.fsync(file.fileno())
    target.chmod(FILE_MODE)
    return replace(track, pieces=copied)


# --- playlists over all parts -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stretch:
    """Programme time that plays without a break: from ``at_ms``, for ``duration_ms``."""

    at_ms: float
    duration_ms: float


def kept(
    part: Part, starts_at: datetime | None, ends_at: datetime | None
) -> list[tuple[Piece, Piece | None]]:
    """The pieces of a part that lie in a window of programme time, picture beside sound."""
    sounds: Sequence[Piece | None] = part.audio.pieces if part.audio else []
    sounds = sounds or [None] * len(part.video.pieces)
    low = unix_ms(starts_at) if starts_at else float("-inf")
    high = unix_ms(ends_at) if ends_at else float("inf")
    pairs = zip(part.video.pieces, sounds, strict=True)
    return [(picture, sound) for picture, sound in pairs if _overlaps(picture, low, high)]


def _overlaps(piece: Piece, low: float, high: float) -> bool:
    return piece.end_ms > low and piece.at_ms < high


def stretches(parts: Sequence[Part]) -> list[Stretch]:
    """What the picture's playlist plays, in its order: position is the sum of what is before.

    Pieces that follow on each other within :data:`DRIFT_MS` are one stretch.
    """
    found: list[Stretch] = []
    for part in parts:
        for picture in part.video.pieces:
            last = found[-1] if found else None
            end = last.at_ms + last.duration_ms if last else float("nan")
            if last is not None and abs(picture.at_ms - end) <= DRIFT_MS and not picture.jump:
                longer = last.duration_ms + picture.duration_s * 1000
                found[-1] = Stretch(last.at_ms, longer)
            else:
                found.append(Stretch(picture.at_ms, picture.duration_s * 1000))
    return found


def write_playlists(folder: Path, parts: Sequence[Part]) -> None:
    """Write index.m3u8, video.m3u8 and audio.m3u8 over ``parts`` into their common ``folder``.

    There is a sound-only variant where all parts have one: variants of one replay last equally
    long.
    """
    with_sound = bool(parts) and all(part.audio is not None for part in parts)
    variants = ["video", *(["audio"] if with_sound else [])]
    for name in variants:
        text = _media_playlist(parts, sound=name == "audio")
        put_file(folder / f"{name}.m3u8", text, durable=True)
    if not with_sound:
        (folder / "audio.m3u8").unlink(missing_ok=True)
    put_file(folder / "index.m3u8", _index(parts, variants), durable=True)


def _media_playlist(parts: Sequence[Part], *, sound: bool = False, at: str = "p{number}/") -> str:
    lines: list[str] = []
    longest = 1.0
    for number, part in enumerate(parts):
        track = part.audio if sound and part.audio else part.video
        file = at.format(number=part.number) + track.file
        if number:
            lines.append("#EXT-X-DISCONTINUITY")
        lines.append(f'#EXT-X-MAP:URI="{file}",BYTERANGE="{track.init}@0"')
        for place, piece in enumerate(track.pieces):
            longest = max(longest, piece.duration_s)
            if place and piece.jump:
                lines.append("#EXT-X-DISCONTINUITY")
            moment = moment_of(piece.at_ms).isoformat(timespec="milliseconds")
            lines += [
                f"#EXT-X-PROGRAM-DATE-TIME:{moment}",
                f"#EXTINF:{piece.duration_s:.6f},",
                f"#EXT-X-BYTERANGE:{piece.length}@{piece.offset}",
                file,
            ]
    head = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{round(longest)}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
    ]
    return "\n".join([*head, *lines, "#EXT-X-ENDLIST", ""])


def _index(parts: Sequence[Part], variants: Sequence[str]) -> str:
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for name in variants:
        tracks = [part.video if name == "video" else part.audio for part in parts]
        known = [track for track in tracks if track is not None]
        rates = [
            piece.length * 8 / piece.duration_s
            for track in known
            for piece in track.pieces
            if piece.duration_s > 0
        ]
        bandwidth = max(_BANDWIDTH_LEAST, round(max(rates, default=0)))
        codecs = next((track.codecs for track in known if track.codecs), "")
        named = f',CODECS="{codecs}"' if codecs else ""
        lines += [f"#EXT-X-STREAM-INF:BANDWIDTH={bandwidth}{named}", f"{name}.m3u8"]
    return "\n".join([*lines, ""])
