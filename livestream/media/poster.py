"""The still of a recording that stands in the player before anybody presses play."""

from __future__ import annotations

import logging
import subprocess
from pathlib import Path
from typing import Final

import imageio_ffmpeg

from livestream.media.packaging.ffmpeg import MOST_PIXELS
from livestream.media.packaging.files import put_file

log = logging.getLogger(__name__)

NAME: Final = "poster.jpg"
#: Seconds into the recording; the first picture of a camera is often dark. Else the first one.
_MOMENTS: Final = ("2", "0")
#: One picture is decoded: far more than that takes.
_PATIENCE_S: Final = 30


def put_poster(video: Path, folder: Path) -> bool:
    """Put the still of a ``video`` into a folder; whether there is one. Never a reason to fail."""
    try:
        still = next(filter(None, (_still(video, at) for at in _MOMENTS)), b"")
        if still:
            put_file(folder / NAME, still)
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("%s has no still: %s", video, error)
        return False
    return bool(still)


def _still(video: Path, at: str) -> bytes:
    """A JPEG of the picture so many seconds in; empty where there is none."""
    command = [
        *(imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin"),
        *("-max_pixels", str(MOST_PIXELS), "-ss", at, "-i", str(video), "-frames:v", "1"),
        *("-vf", "scale='min(960,iw)':-2", "-q:v", "5", "-f", "image2pipe", "-c:v", "mjpeg", "-"),
    ]
    done = subprocess.run(command, capture_output=True, timeout=_PATIENCE_S, check=False)
    return done.stdout
