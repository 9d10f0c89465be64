"""The test channel: one minute of video made once, broadcast for ever by arithmetic.

The files are the thirty 2-second segments of one minute. A live playlist is computed from the
wall clock: segment *n* of the epoch (``unix time / 2``) is file ``n % 30``. No process runs and
nothing is written while it plays.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import imageio_ffmpeg
from django.conf import settings
from django.urls import reverse

from livestream.media import testcard

SEGMENT_SECONDS = 2
SEGMENTS = testcard.LOOP_SECONDS // SEGMENT_SECONDS
#: Segments listed at once: 24 s, so that a phone that slept a moment still finds its place.
WINDOW = 12
#: A broadcast pretends to have begun this many segments before it did: it plays at once.
LEAD_IN = 6

_META = "channel.json"
_CHIME = "0.05*exp(-5*mod(t\\,5))*(sin(2*PI*523.25*t)+0.5*sin(2*PI*784*t))"


class ChannelError(RuntimeError):
    """ffmpeg could not make the test channel; the message holds its last lines."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A generated channel on disk. ``version`` changes whenever the bytes do."""

    folder: Path
    version: str


def folder() -> Path:
    """Where the channel's files live."""
    return Path(settings.VAR_DIR) / "media" / "testchannel"


def load() -> Channel | None:
    """The channel on disk, or None while it has not been made."""
    try:
        meta = json.loads((folder() / _META).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return Channel(folder=folder(), version=str(meta["version"]))


@lru_cache(maxsize=SEGMENTS)
def _segment_bytes(path: Path, version: str) -> bytes:
    del version  # part of the key: a new channel is never answered from an old cache
    return path.read_bytes()


def segment(channel: Channel, number: int) -> bytes | None:
    """The bytes of one segment (``0 <= number < SEGMENTS``) or None."""
    if not 0 <= number < SEGMENTS:
        return None
    return _segment_bytes(channel.folder / f"{number:02d}.ts", channel.version)


def playlist_url(*, since: datetime) -> str:
    """Where a broadcast that went on air at ``since`` (aware) plays.

    The start belongs into the address: sequence numbers count from it. Players walk through every
    discontinuity number, and one counted from 1970 keeps a processor busy for minutes.
    """
    return f"{reverse('media:testchannel')}?since={int(since.timestamp())}"


def live_playlist(channel: Channel, *, now: datetime, since: datetime) -> str:
    """The sliding HLS playlist at ``now`` of a broadcast begun at ``since`` (both aware).

    Lists whole past segments only, each with its programme time, so a player's clock is right to
    a frame. Repeated calls with a later ``now`` and the same ``since`` never renumber a segment.
    """
    first = int(since.timestamp()) // SEGMENT_SECONDS - LEAD_IN
    end = max(int(now.timestamp()) // SEGMENT_SECONDS, first + LEAD_IN)
    start = max(first, end - WINDOW)
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:3",
        f"#EXT-X-TARGETDURATION:{SEGMENT_SECONDS}",
        f"#EXT-X-MEDIA-SEQUENCE:{start - first}",
        f"#EXT-X-DISCONTINUITY-SEQUENCE:{start // SEGMENTS - first // SEGMENTS}",
        "#EXT-X-INDEPENDENT-SEGMENTS",
    ]
    for index in range(start, end):
        lines += _segment_lines(channel, index, wrapped=index > start and index % SEGMENTS == 0)
    return "\n".join(lines) + "\n"


def _segment_lines(channel: Channel, index: int, *, wrapped: bool) -> list[str]:
    at = datetime.fromtimestamp(index * SEGMENT_SECONDS, UTC)
    name = reverse(
        "media:testchannel-segment",
        kwargs={"version": channel.version, "number": index % SEGMENTS},
    )
    return [
        *(["#EXT-X-DISCONTINUITY"] if wrapped else []),
        f"#EXT-X-PROGRAM-DATE-TIME:{at:%Y-%m-%dT%H:%M:%S}.000Z",
        f"#EXTINF:{SEGMENT_SECONDS:.3f},",
        name,
    ]


def make(*, force: bool = False, progress: Callable[[int, int], None] | None = None) -> Channel:
    """Make the channel if it is missing (or ``force``) and return it.

    Everything is written to a folder beside the final one, which is then renamed: a broken run
    leaves nothing half-made. ``progress(done, all)`` is told about every 15th frame.

    Raises :class:`ChannelError` when ffmpeg fails.
    """
    present = load()
    if present is not None and not force:
        return present
    folder().parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="testchannel-", dir=folder().parent))
    try:
        _encode(work, progress)
        version = _write_meta(work)
        _swap(work)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return Channel(folder=folder(), version=version)


def _swap(work: Path) -> None:
    old = Path(tempfile.mkdtemp(prefix="testchannel-old-", dir=folder().parent))
    try:
        if folder().exists():
            folder().rename(old / "channel")
        work.chmod(0o755)
        work.rename(folder())
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _write_meta(work: Path) -> str:
    files = sorted(work.glob("*.ts"))
    if len(files) != SEGMENTS:
        raise ChannelError(f"expected {SEGMENTS} segments, ffmpeg made {len(files)}")
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    version = digest.hexdigest()[:12]
    (work / "index.m3u8").unlink(missing_ok=True)
    (work / _META).write_text(json.dumps({"version": version}), encoding="utf-8")
    return version


def _encode(work: Path, progress: Callable[[int, int], None] | None) -> None:
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(
            _ffmpeg_arguments(work), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=log
        ) as process,
    ):
        assert process.stdin is not None  # noqa: S101 - asked for just above
        try:
            for number, frame in enumerate(testcard.frames(), start=1):
                process.stdin.write(frame)
                if progress and number % testcard.FRAME_RATE == 0:
                    progress(number, testcard.FRAMES)
            process.stdin.close()
        except BrokenPipeError:
            pass  # ffmpeg ended early; its exit status and log say why
        if process.wait() != 0:
            log.seek(0)
            tail = log.read().decode(errors="replace").strip().splitlines()[-3:]
            raise ChannelError(" / ".join(tail))


def _ffmpeg_arguments(work: Path) -> list[str]:
    size, rate = f"{testcard.WIDTH}x{testcard.HEIGHT}", str(testcard.FRAME_RATE)
    group = str(testcard.FRAME_RATE * SEGMENT_SECONDS)
    return [
        *(imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error", "-nostdin", "-y"),
        *("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", rate, "-i", "pipe:0"),
        *("-f", "lavfi", "-i", f"aevalsrc='{_CHIME}':s=48000:d={testcard.LOOP_SECONDS}"),
        *("-map", "0:v", "-map", "1:a", "-t", str(testcard.LOOP_SECONDS)),
        *("-c:v", "libx264", "-preset", "medium", "-crf", "23", "-profile:v", "main"),
        *("-pix_fmt", "yuv420p", "-g", group, "-keyint_min", group, "-sc_threshold", "0"),
        *("-bf", "0", "-c:a", "aac", "-b:a", "48k", "-ac", "1"),
        *("-f", "hls", "-hls_time", str(SEGMENT_SECONDS), "-hls_playlist_type", "vod"),
        *("-hls_segment_filename", str(work / "%02d.ts"), str(work / "index.m3u8")),
    ]
