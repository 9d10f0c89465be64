"""``manage.py media`` as a process of its own, on the database of the test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from livestream.media.rtmp import children
from livestream.models import Session
from tests.support.burnt_clock import Size
from tests.support.live import ROOT, environment_of
from tests.support.publishing import Encoder, rtmp_encoder, until
from tests.support.services import die_with_parent, free_port

SMALL = Size(320, 180, 15)


def environment() -> dict[str, str]:
    """The environment of another process of this test: its database, its directories."""
    assert connection.vendor == "sqlite"
    url = f"sqlite:///{connection.settings_dict['NAME']}"
    return {
        **environment_of(Path(settings.VAR_DIR), url),
        "MEDIA_DIR": str(settings.MEDIA_DIR),
        "MEDIA_SERVER": "nginx-rtmp",
    }


class MediaSite:
    """One media server; its processes are those marked with its directory."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.log = folder / "media.log"
        self.publishers: list[Encoder] = []
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def run(self) -> Path:
        return Path(settings.MEDIA_DIR).absolute() / "run" / "rtmp"

    def start(self) -> None:
        """Start it and wait until it takes publishers. Raises AssertionError."""
        before = self.log.read_text() if self.log.exists() else ""
        with self.log.open("ab") as said:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", "media", "--port", str(self.port)],
                cwd=ROOT, env=environment(), stdout=said, stderr=said,
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
        log = self._folder / f"encoder-{len(self.publishers)}.log"
        options.setdefault("size", SMALL)
        publisher = rtmp_encoder(self.url(session, secret), log, **options)
        self.publishers.append(publisher)
        return publisher


def cpu_s(pid: int) -> float:
    """Processor seconds a process has used, its ended children aside."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def seconds_until(holds: Any, most: float) -> float:
    """How long it took to come true. Raises AssertionError."""
    began = time.monotonic()
    assert until(holds, most), f"not within {most} s"
    return time.monotonic() - began
