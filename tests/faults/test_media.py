"""Broadcasts while processes die, the disk fills and the database is gone for a moment.

A site as it is served for real, and publishers who send the burnt clock to its ingest socket. One
site carries all of it; each test has sessions of its own and looks at the process table.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.faults.stack import Stack
from tests.support.burnt_clock import Size
from tests.support.processes import belonging_to, converters
from tests.support.publishing import AAC, OPUS, SocketPublisher, until

SIZE = Size(width=320, height=180, rate=10)
#: Two cores carry the suite, two web processes and the encoders.
PATIENCE_S = 40.0
SESSIONS = 6
#: The socket's code for what is the server's fault: the page comes back by itself.
FAULT = 1011

_PREPARE = """
import json
from django.core.management import call_command
call_command("migrate", verbosity=0)
from livestream.enums import KeyKind, SessionStatus, VideoSource
from livestream.media.ingest import tickets
from livestream.services.stream_keys import issue_key
from tests.factories import SessionCrewFactory, SessionFactory, actor
made = []
for number in range({sessions}):
    session = SessionFactory(video_source=VideoSource.HOSTED, status=SessionStatus.SCHEDULED, segment_s=1)
    crew = SessionCrewFactory(session=session)
    key = issue_key(actor=actor(crew.person), session=session, kind=KeyKind.BROWSER)
    made.append([str(session.public_id), key.secret, tickets.address(session.public_id, "")])
print(json.dumps(made))
"""
_STATE = """
import json
from livestream.models import OnAirInterval, RoomEvent, Session, Take
session = Session.objects.get(public_id="{session}")
takes = Take.objects.filter(session=session).order_by("number")
air = RoomEvent.objects.filter(session=session, kind__in=["on_air", "off_air"]).order_by("seq")
print(json.dumps({{
    "status": session.status,
    "takes": [[take.number, take.end, bool(take.up_at), take.trouble] for take in takes],
    "air": [[entry.kind, entry.refs.get("why", "")] for entry in air],
    "open": OnAirInterval.objects.filter(session=session, ends_at=None).count(),
}}))
"""


@dataclass(frozen=True)
class Room:
    """A session to publish to."""

    id: str
    key: str
    path: str


class Site(Stack):
    """The stack, with rooms for publishers and eyes for what came of them."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.environment |= {"JOBS_IN_WEB_PROCESS": "1", "MEDIA_DIR": str(directory / "media")}
        self.media = directory / "media" / "hls"
        made = json.loads(self._shell(_PREPARE.format(sessions=SESSIONS)))
        self.rooms = iter([Room(*one) for one in made])

    def publish(self, room: Room, *, place: int = 0, mime: str = AAC) -> SocketPublisher:
        """Start publishing through one of the web processes."""
        url = f"ws://127.0.0.1:{self.ports[place]}{room.path}"
        return SocketPublisher(url, room.key, self.directory / "encoder.log", size=SIZE, mime=mime)

    def publish_when_let_in(self, room: Room, **options: Any) -> SocketPublisher:
        """Try again as the page does, until the former take is given up."""
        let_in: list[SocketPublisher] = []

        def tried() -> bool:
            try:
                publisher = self.publish(room, **options)
            except OSError:
                return False
            if publisher.closed is None:
                let_in.append(publisher)
            return bool(let_in)

        self.eventually(tried, "nobody is let in again")
        return let_in[0]

    def state(self, room: Room) -> dict[str, Any]:
        return dict(json.loads(self._shell(_STATE.format(session=room.id))))

    def playlist(self, room: Room) -> str:
        path = self.media / room.id.replace("-", "") / "video.m3u8"
        return path.read_text() if path.exists() else ""

    def newest(self, room: Room) -> str:
        """The segment listed last."""
        names = [line for line in self.playlist(room).splitlines() if line.endswith(".m4s")]
        return names[-1] if names else ""

    def moves_on(self, room: Room, *, take: int) -> None:
        """Wait until the live playlist lists another segment of this take."""
        before = self.newest(room)
        self.eventually(
            lambda: (
                self.newest(room) not in {"", before} and self.newest(room).startswith(f"t{take}/")
            ),
            f"take {take} does not move on",
        )

    def eventually(self, holds: Callable[[], bool], what: str) -> None:
        assert until(holds, PATIENCE_S), f"{what}\n{self.log[-6000:]}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("media"))
    site.start()
    site.wait_until_ready()
    yield site
    assert site.serve is not None
    site.serve.terminate()
    site.serve.wait(30)
    try:
        # What it started is gone with it, whoever it belonged to by then.
        assert until(lambda: not belonging_to(site.directory), 10), belonging_to(site.directory)
    finally:
        site.stop()


@pytest.fixture
def publishers() -> Iterator[list[SocketPublisher]]:
    """Those of a test, stopped at its end."""
    started: list[SocketPublisher] = []
    yield started
    for publisher in started:
        publisher.stop()


def test_a_killed_web_process(site: Site, publishers: list[SocketPublisher]) -> None:
    """Nothing is orphaned, the next take plays, and who is in another process notices nothing."""
    room, beside = next(site.rooms), next(site.rooms)
    first = site.publish(room, place=0, mime=OPUS)
    neighbour = site.publish(beside, place=1, mime=OPUS)
    publishers += [first, neighbour]
    site.moves_on(room, take=1)
    site.moves_on(beside, take=1)
    assert len(converters(site.directory)) == 2

    site.kill_web(0)
    site.eventually(lambda: first.closed is not None, "the publisher was not told")
    site.eventually(lambda: len(converters(site.directory)) == 1, "ffmpeg lives on")
    again = site.publish_when_let_in(room, place=0, mime=OPUS)
    publishers.append(again)
    site.moves_on(room, take=2)
    assert "#EXT-X-DISCONTINUITY\n" in site.playlist(room)
    told = site.state(room)
    assert told["takes"][0][1] in {"dropped", "lost"}
    assert [[take[0], take[2]] for take in told["takes"]] == [[1, True], [2, True]]
    assert told["air"] == [["on_air", ""], ["off_air", "drop"], ["on_air", ""]]
    assert (told["status"], told["open"]) == ("live", 1)

    assert neighbour.closed is None
    site.moves_on(beside, take=1)
    assert [take[:3] for take in site.state(beside)["takes"]] == [[1, "", True]]


def test_a_killed_converter(site: Site, publishers: list[SocketPublisher]) -> None:
    """The publisher is told at once and comes back as a new take."""
    room = next(site.rooms)
    known = set(converters(site.directory))
    first = site.publish(room, mime=OPUS)
    publishers.append(first)
    site.moves_on(room, take=1)
    (converter,) = set(converters(site.directory)) - known
    os.kill(converter, signal.SIGKILL)
    site.eventually(lambda: first.closed is not None, "the publisher was not told")
    again = site.publish_when_let_in(room, mime=OPUS)
    publishers.append(again)
    site.moves_on(room, take=2)
    (one, two) = site.state(room)["takes"]
    assert one[1] == "dropped"
    assert one[3]
    assert first.closed == FAULT
    assert two[:3] == [2, "", True]
    assert set(converters(site.directory)) - known != {converter}


def test_the_database_comes_back(site: Site, publishers: list[SocketPublisher]) -> None:
    """PostgreSQL restarts: the picture goes on, and so does the take."""
    room = next(site.rooms)
    publisher = site.publish(room)
    publishers.append(publisher)
    site.moves_on(room, take=1)
    site.postgres.kill()
    time.sleep(1)
    site.moves_on(room, take=1)  # files need no database
    site.postgres.start_again()
    site.postgres.wait_until(site.postgres.answers)
    time.sleep(10)  # longer than a take may be silent
    site.moves_on(room, take=1)
    told = site.state(room)
    assert [take[:3] for take in told["takes"]] == [[1, "", True]]
    assert (told["status"], told["open"], publisher.closed) == ("live", 1, None)


def test_a_full_disk(site: Site, publishers: list[SocketPublisher]) -> None:
    """The take ends and says why; what was listed stays playable, the room and others live on."""
    room, beside = next(site.rooms), next(site.rooms)
    folder = site.media / room.id.replace("-", "")
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=300k", "jobfair-test", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a small disk")
    try:
        neighbour = site.publish(beside, place=1)
        publisher = site.publish(room, place=0)
        publishers += [neighbour, publisher]
        site.eventually(lambda: publisher.closed is not None, "a full disk is not noticed")
        assert publisher.up
        told = site.state(room)
        ((number, end, up, trouble),) = told["takes"]
        assert (number, end, up, publisher.closed) == (1, "dropped", True, FAULT)
        assert trouble
        assert (told["status"], told["open"]) == ("live", 0)
        assert told["air"][-1] == ["off_air", "drop"]
        listed = [line for line in site.playlist(room).splitlines() if line.endswith(".m4s")]
        assert listed
        assert all((folder / name).stat().st_size for name in listed)
        assert neighbour.closed is None
        site.moves_on(beside, take=1)
        shutil.rmtree(folder / "t1")
        again = site.publish_when_let_in(room, place=0)
        publishers.append(again)
        site.moves_on(room, take=2)
        again.stop()
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)
