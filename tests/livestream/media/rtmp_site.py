"""``manage.py media`` as a process of its own, on the database of the test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from imageio_ffmpeg import get_ffmpeg_exe

from livestream.media.rtmp import children
from livestream.models import Session
from tests.support.burnt_clock import Size, decode
from tests.support.live import ROOT, environment_of
from tests.support.publishing import Encoder, until
from tests.support.services import die_with_parent, free_port

SMALL = Size(320, 180, 15)
WITH_SOUND = ("-c:a", "aac", "-f", "flv")


def of_this_test(folder: Path) -> MediaSite:
    """A media server, not started, on the database and the directories of the running test."""
    assert connection.vendor == "sqlite"
    url = f"sqlite:///{connection.settings_dict['NAME']}"
    media_dir = Path(settings.MEDIA_DIR)
    environment = environment_of(Path(settings.VAR_DIR), url)
    return MediaSite(
        folder, environment={**environment, "MEDIA_DIR": str(media_dir)}, media_dir=media_dir
    )


class MediaSite:
    """One media server; its processes are those marked with its directory."""

    def __init__(self, folder: Path, *, environment: dict[str, str], media_dir: Path) -> None:
        self.port = free_port()
        self._environment = {**environment, "MEDIA_SERVER": "nginx-rtmp"}
        self.run = media_dir.absolute() / "run" / "rtmp"
        self.log = folder / "media.log"
        self.publishers: list[Encoder] = []
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it takes publishers. Raises AssertionError."""
        before = self.log.read_text() if self.log.exists() else ""
        with self.log.open("ab") as said:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", "media", "--port", str(self.port)],
                cwd=ROOT, env=self._environment, stdout=said, stderr=said,
                preexec_fn=die_with_parent,
            )  # fmt: skip
        ready = until(lambda: "RTMP: " in self.log.read_text()[len(before) :], 30)
        assert ready, self.log.read_text()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """``kill -9`` of the media process and nothing else."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> int:
        """SIGTERM; its exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(20)

    def end(self) -> None:
        """Whatever still runs of it and of its publishers."""
        for publisher in self.publishers:
            publisher.stop()
        if self._process is not None and self._process.poll() is None:
            self.stop()

    def processes(self) -> list[int]:
        """nginx and ffmpegs of this server, by the process table."""
        return children.marked(self.run)

    def url(self, session: Session, secret: str) -> str:
        return f"rtmp://127.0.0.1:{self.port}/live/{session.public_id.hex}?key={secret}"

    def publish(self, session: Session, secret: str, **options: Any) -> Encoder:
        """Publish as OBS does."""
        return self.publish_to(self.url(session, secret), **options)

    def publish_to(self, url: str, **options: Any) -> Encoder:
        """The same with an address that is known."""
        log = self._folder / f"encoder-{len(self.publishers)}.log"
        options = {"size": SMALL, "key_frame_s": 2, "output": WITH_SOUND, **options}
        publisher = Encoder(url, log, **options)
        self.publishers.append(publisher)
        return publisher


def programme_time_errors_ms(take: Path, size: Size = SMALL) -> list[int]:
    """Programme time of each segment's first picture less the clock burnt into it."""
    lines = (take / "v.m3u8").read_text().splitlines()
    errors = []
    for place, line in enumerate(lines):
        if not line.startswith("#EXT-X-PROGRAM-DATE-TIME:"):
            continue
        said = datetime.fromisoformat(line.partition(":")[2])
        name = next(later for later in lines[place:] if not later.startswith("#"))
        told = round(said.timestamp() * 1000)
        shown = burnt_at(take, name, size, told)
        if shown is not None:
            errors.append(told - shown)
    return errors


def burnt_at(take: Path, segment: str, size: Size, near: int) -> int | None:
    """The clock in the first picture of a segment."""
    data = (take / "v-init.mp4").read_bytes() + (take / segment).read_bytes()
    command = [get_ffmpeg_exe(), "-loglevel", "error", "-i", "pipe:0", "-frames:v", "1"]
    command += ["-f", "rawvideo", "-pix_fmt", "gray", "pipe:1"]
    picture = subprocess.run(command, input=data, capture_output=True, check=True).stdout
    return decode(picture[: size.width * size.height], size.width, size.height, near)


def cpu_s(pid: int) -> float:
    """Processor seconds a process has used, its ended children aside."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def seconds_until(holds: Any, most: float) -> float:
    """How long it took to come true. Raises AssertionError."""
    began = time.monotonic()
    assert until(holds, most), f"not within {most} s"
    return time.monotonic() - began
