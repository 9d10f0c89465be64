"""Takes as the packager leaves them on the disk, made with ffmpeg in a second."""

from __future__ import annotations

import atexit
import shutil
import subprocess
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import imageio_ffmpeg

from livestream.media.take_lists import read_playlist


@cache
def _encoded(seconds: int, segment_s: int) -> Path:
    """A take of so many seconds, encoded once per run; its clock begins at no time in particular."""
    folder = Path(mkdtemp(prefix="take-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    source = [
        "-f", "lavfi", "-i", f"testsrc=size=320x180:rate=15:duration={seconds}",
        "-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}",
    ]  # fmt: skip
    video = ["-c:v", "libx264", "-preset", "ultrafast", "-g", str(15 * segment_s), "-pix_fmt",
             "yuv420p", "-c:a", "aac", "-b:a", "32k"]  # fmt: skip
    for name, maps in (("v", ["-map", "0:v", "-map", "1:a"]), ("a", ["-map", "1:a"])):
        hls = ["-f", "hls", "-hls_time", str(segment_s), "-hls_segment_type", "fmp4",
               "-hls_playlist_type", "event", "-hls_fmp4_init_filename", f"{name}-init.mp4",
               "-hls_segment_filename", str(folder / f"{name}%05d.m4s"),
               "-start_number", "1"]  # fmt: skip
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *source, *maps, *video]
        subprocess.run([*command, *hls, str(folder / f"{name}.m3u8")], check=True)
    return folder


def put_take(
    folder: Path, *, starts_at: datetime, seconds: int = 8, segment_s: int = 2, drift_ms: float = 0
) -> Path:
    """Put a take into ``folder`` whose first picture is of ``starts_at``.

    ``drift_ms``: by so much each segment's programme time moves beside the one before it.
    """
    shutil.copytree(_encoded(seconds, segment_s), folder)
    for name in ("v", "a"):
        path = folder / f"{name}.m3u8"
        _dated(path, starts_at, drift_ms)
        assert read_playlist(path)
    return folder


def _dated(path: Path, starts_at: datetime, drift_ms: float) -> None:
    lines, at = [], starts_at
    for line in path.read_text().splitlines():
        if line.startswith("#EXTINF:"):
            lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{at.isoformat(timespec='milliseconds')}")
            seconds = float(line.partition(":")[2].split(",")[0])
            at += timedelta(seconds=seconds, milliseconds=drift_ms)
        lines.append(line)
    path.write_text("\n".join(lines) + "\n")
