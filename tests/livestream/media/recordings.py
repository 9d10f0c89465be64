"""Small recordings made with ffmpeg, and what RFC 8216 demands of a playlist."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path

import imageio_ffmpeg

SECONDS = 8
FPS = 15
FRAGMENTED = ("-movflags", "+frag_keyframe+empty_moov+default_base_moof")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "15", "-keyint_min", "15", "-bf", "0")
AAC = ("-c:a", "aac", "-b:a", "32k")
OPUS = ("-c:a", "libopus", "-b:a", "32k")
LIVE = ("-live", "1", "-cluster_time_limit", "100")
KINDS: dict[str, tuple[str, ...]] = {
    "aac.mp4": (*H264, *AAC, *FRAGMENTED),
    "slow.mp4": (*H264, "-g", "60", *AAC, *FRAGMENTED),
    "b.mp4": (*H264, "-bf", "2", *AAC, *FRAGMENTED),
    "short.mp4": (*H264, *AAC, *FRAGMENTED, "-frag_duration", "250000"),
    "apart.mp4": (*H264, *AAC, "-movflags", FRAGMENTED[1] + "+separate_moof"),
    "silent.mp4": ("-an", *H264, *FRAGMENTED),
    "sound.mp4": ("-vn", *AAC, *FRAGMENTED),
    "opus.mp4": (*H264, *OPUS, *FRAGMENTED),
    "whole.mp4": (*H264, *AAC),
    "h264.mkv": (*H264, *OPUS, *LIVE),
    "muted.mkv": (*H264, *OPUS, "-af", "atrim=end=2", *LIVE),
    "vp8.webm": (
        "-c:v",
        "libvpx",
        "-deadline",
        "realtime",
        "-cpu-used",
        "8",
        "-g",
        "15",
        *OPUS,
        *LIVE,
    ),
}


def ffmpeg(*words: str, timeout: float = 30) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin", "-y", *words],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@cache
def make(folder: Path, kind: str) -> Path:
    path = folder / kind
    picture = f"testsrc2=s=160x90:r={FPS}"
    done = ffmpeg(
        *("-v", "error", "-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", "sine=440:r=48000"),
        *("-t", str(SECONDS), "-pix_fmt", "yuv420p", *KINDS[kind], str(path)),
    )
    assert done.returncode == 0, done.stderr
    return path


def frames(path: Path, *words: str) -> tuple[int, float, str]:
    """Decode everything: pictures, seconds, and what ffmpeg complained about."""
    done = ffmpeg("-v", "warning", "-stats", "-i", str(path), *words, "-f", "null", "-")
    assert done.returncode == 0, done.stderr
    last = done.stderr.strip().splitlines()[-1]
    pictures = re.search(r"frame=\s*(\d+)", last)
    h, m, s = re.findall(r"time=(\d+):(\d+):([\d.]+)", last)[-1]
    complaints = "\n".join(line for line in done.stderr.splitlines() if "time=" not in line)
    return int(pictures[1]) if pictures else 0, int(h) * 3600 + int(m) * 60 + float(s), complaints


@dataclass
class Listed:
    uri: str
    duration: float
    at: datetime
    init: str
    discontinuity: bool


@dataclass
class Checked:
    target: int
    sequence: int
    discontinuity_sequence: int
    kind: str
    ended: bool
    segments: list[Listed] = field(default_factory=list)


def check(path: Path) -> Checked:
    """Read a media playlist as a strict player would, independently of our own reader."""
    text = path.read_text(encoding="utf-8")
    lines = text.split("\n")
    assert lines[0] == "#EXTM3U"
    assert lines[-1] == ""
    assert "\r" not in text
    assert lines.count("#EXT-X-INDEPENDENT-SEGMENTS") == 1

    def once(tag: str, default: str | None = None) -> str:
        found = [line.partition(":")[2] for line in lines if line.startswith(f"{tag}:")]
        assert len(found) == 1 or (not found and default is not None), (tag, found)
        return found[0] if found else str(default)

    assert once("#EXT-X-VERSION") == "7"
    checked = Checked(
        target=int(once("#EXT-X-TARGETDURATION")),
        sequence=int(once("#EXT-X-MEDIA-SEQUENCE", "0")),
        discontinuity_sequence=int(once("#EXT-X-DISCONTINUITY-SEQUENCE", "0")),
        kind=once("#EXT-X-PLAYLIST-TYPE", ""),
        ended=lines[-2] == "#EXT-X-ENDLIST",
    )
    init, at, duration, broken = "", None, None, False
    for line in lines:
        if line.startswith("#EXT-X-MAP:"):
            init = re.search(r'URI="([^"]+)"', line)[1]
        elif line == "#EXT-X-DISCONTINUITY":
            broken = True
            init = ""  # another take has another header: it has to be named again
        elif line.startswith("#EXT-X-PROGRAM-DATE-TIME:"):
            value = line.partition(":")[2]
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", value)
            at = datetime.fromisoformat(value)
        elif line.startswith("#EXTINF:"):
            duration = float(re.fullmatch(r"#EXTINF:(\d+\.\d+),", line)[1])
        elif line and not line.startswith("#"):
            assert init, "a segment without a header"
            assert at is not None, "a segment without programme time"
            assert duration is not None
            assert int(duration + 0.5) <= checked.target
            assert (path.parent / line).is_file()
            assert (path.parent / init).is_file()
            checked.segments.append(Listed(line, duration, at, init, broken))
            at, duration, broken = None, None, False
    return checked


@cache
def recording(sound: str = "aac") -> list[bytes]:
    """Four seconds, cut where MediaRecorder cuts: the head, then a fragment a second."""
    made = subprocess.run(
        [
            imageio_ffmpeg.get_ffmpeg_exe(),
            "-loglevel",
            "error",
            "-f",
            "lavfi",
            "-i",
            "testsrc=s=320x180:r=15",
        ]
        + ["-f", "lavfi", "-i", "sine", "-t", "4", "-c:v", "libx264", "-preset", "ultrafast"]
        + ["-pix_fmt", "yuv420p", "-g", "15", "-c:a", sound, "-ar", "48000", "-f", "mp4"]
        + ["-movflags", "frag_keyframe+empty_moov+default_base_moof", "pipe:1"],
        check=True,
        capture_output=True,
    ).stdout
    starts = [0]
    at = 0
    while at < len(made):
        if made[at + 4 : at + 8] == b"moof":
            starts.append(at)
        at += int.from_bytes(made[at : at + 4])
    return [made[a:b] for a, b in zip(starts, [*starts[1:], at], strict=True)]
