"""A broadcast on disk as the platform packages it: real segments and playlists of one session."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from imageio_ffmpeg import get_ffmpeg_exe

from livestream.media.packaging import Packager

CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Broadcast:
    """What one viewer of the picture asks for, by names inside the session's folder."""

    folder: Path
    segment_s: float
    playlist: str
    segment: str
    kbit_s: float

    def size(self, name: str) -> int:
        return (self.folder / name).stat().st_size


def film(*, seconds: int, kbit_s: int, key_frame_s: float) -> bytes:
    """A fragmented MP4, H.264 and AAC, of a moving picture that fills its bit rate."""
    rate = 15
    command = [get_ffmpeg_exe(), "-loglevel", "error", "-f", "lavfi"]
    command += ["-i", f"testsrc2=size=640x360:rate={rate},noise=alls=40:allf=t"]
    command += ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100", "-t", str(seconds)]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-bf", "0"]
    command += ["-b:v", f"{kbit_s}k", "-minrate", f"{kbit_s}k", "-maxrate", f"{kbit_s}k"]
    command += ["-bufsize", f"{kbit_s}k", "-g", str(round(rate * key_frame_s))]
    command += ["-sc_threshold", "0", "-c:a", "aac", "-b:a", "64k", "-f", "mp4"]
    command += ["-movflags", "frag_keyframe+empty_moov+default_base_moof", "pipe:1"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def broadcast(folder: Path, *, segment_s: float, kbit_s: int, seconds: int = 40) -> Broadcast:
    """Put a take of so many seconds into a session's folder, as if it had just arrived."""
    content = film(seconds=seconds, kbit_s=kbit_s, key_frame_s=segment_s)
    began = time.time() - seconds
    packager = Packager(folder, 1, segment_s=segment_s)
    for start in range(0, len(content), CHUNK):
        part = content[start : start + CHUNK]
        packager.feed(part, began + seconds * (start + len(part)) / len(content))
    listed = [line for line in _lines(folder / "video.m3u8") if line and not line.startswith("#")]
    segments = sorted(folder.glob("t1/v*.m4s"))
    bits = 8 * sum(path.stat().st_size for path in segments)
    return Broadcast(folder, segment_s, "video.m3u8", listed[-2], bits / seconds / 1000)


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines()
