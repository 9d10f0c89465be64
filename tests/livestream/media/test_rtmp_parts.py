"""The parts of the media server that need no nginx: what it reads, tells and refuses."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import shutil
import subprocess
import sys
import time
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from livestream.enums import PublishPath, TakeEnd
from livestream.media.rtmp import children, probe, server, state, supervisor
from livestream.media.rtmp.hooks import Hooks
from livestream.media.rtmp.relay import SILENT_S, Relay
from livestream.models import Session, Take
from livestream.services import takes

OBS = """
Input #0, flv, from 'rtmp://127.0.0.1:1935/live/0':
  Duration: N/A, start: 0.023000, bitrate: N/A
  Stream #0:0: Audio: aac (LC), 48000 Hz, stereo, fltp, 128 kb/s
  Stream #0:1: Video: h264 (High), yuv420p(tv, bt709, progressive), 1280x720 [SAR 1:1 DAR 16:9], 2500 kb/s, 29.97 fps, 30 tbr
""".splitlines()


def test_reads_what_ffmpeg_says_of_obs():
    found = probe.describe(OBS)
    assert (found.video, found.profile, found.pixels) == ("h264", "High", "yuv420p")
    assert (found.width, found.height, found.frame_rate) == (1280, 720, 29.97)
    assert found.audio == "aac"
    probe.require_playable(found)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Stream #0:0: Video: hevc (Main), yuv420p(tv), 1920x1080, 30 fps", "H.265"),
        ("Stream #0:0: Video: av1 (libdav1d) (Main), yuv420p(tv), 1280x720, 30 fps", "AV1"),
        ("Stream #0:0: Video: flv1, yuv420p, 320x240, 30 fps", "FLV1"),
        ("Stream #0:0: Video: h264 (High 10), yuv420p10le, 1280x720, 25 fps", "yuv420p10le"),
        ("Stream #0:0: Video: h264 (High 4:2:2), yuv422p(tv), 1280x720, 25 fps", "yuv422p"),
        ("Stream #0:0: Audio: aac (LC), 48000 Hz, stereo", "画面"),
    ],
)
def test_refuses_what_phones_cannot_play(line, words):
    with pytest.raises(probe.UnplayableError, match=words):
        probe.require_playable(probe.describe([line]))


def _box(kind: bytes, size: int) -> bytes:
    return (size + 8).to_bytes(4, "big") + kind + bytes(size)


@given(st.lists(st.integers(0, 70), min_size=1, max_size=12), st.integers(1, 40))
def test_counts_fragments_however_the_bytes_arrive(sizes, step):
    keys = probe.KeyFrames()
    data = _box(b"ftyp", 16) + _box(b"moov", 300)
    for size in sizes:
        data += _box(b"moof", size) + _box(b"mdat", size * 3)
    for at in range(0, len(data), step):
        keys.feed(data[at : at + step], float(at))
    assert keys.fragments == len(sizes)


def test_warns_of_rare_key_frames_and_of_too_much():
    assert probe.warning(gap_s=2.1, kbits=2500) == ""
    assert "关键帧" in probe.warning(gap_s=8.2, kbits=2500)
    assert "8000" in probe.warning(gap_s=2.1, kbits=8000)


def test_reads_nginx_statistics_and_only_publishers():
    stream = (
        "<stream>\n<name>{name}</name>\n<bytes_in>{bytes}</bytes_in><client><id>3</id>"
        "<flashver>&lt;name&gt;</flashver>{publishing}</client><meta><video><width>1280</width>"
        "<height>720</height><frame_rate>30</frame_rate></video></meta></stream>"
    )
    text = "<rtmp>" + "".join(
        stream.format(name=name * 32, bytes=size, publishing=publishing)
        for name, size, publishing in [("a", 5, "<publishing/>"), ("b", 6, ""), ("Z", 7, "")]
    )
    found = server.parse_stat(text.encode())
    assert found == {"a" * 32: server.Incoming(5, 1280, 720, 30.0)}
    assert server.parse_stat(b"") == {}


def test_a_path_that_would_change_the_configuration_is_refused(tmp_path):
    with pytest.raises(server.ServerError):
        server.render(
            module=tmp_path / "m.so", run=tmp_path / 'x";\nload_module y', port=1, hooks="http://x"
        )


def test_what_is_told_is_read_until_it_is_old(settings, tmp_path, monkeypatch):
    settings.MEDIA_DIR = tmp_path
    session = uuid4()
    assert not state.is_running()
    with state.lock():
        assert state.is_running()
        with pytest.raises(state.AlreadyRunningError), state.lock():
            pass
        state.tell(session, state.Now(take=2, kbits=1800))
        state.tell_refused(session, "stream_taken")
        assert state.now(session, 2).kbits == 1800
        assert state.now(session, 1) is None  # that of another take
        assert state.refused(session) == "stream_taken"
        later = time.time() + 3600
        monkeypatch.setattr(time, "time", lambda: later)
        assert state.now(session, 2) is None
        assert state.refused(session) == ""
    assert not state.is_running()


def test_a_child_that_was_left_is_found_by_its_mark_and_no_other(tmp_path):
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    ours = subprocess.Popen(sleep, env=children.environment(tmp_path / "a"))
    others = subprocess.Popen(sleep, env=children.environment(tmp_path / "ab"))
    try:
        assert children.marked(tmp_path / "a") == [ours.pid]
        assert children.reap(tmp_path / "a") == 1
        assert ours.wait(5) == -9
        assert others.poll() is None
        assert os.getpid() not in children.marked(tmp_path / "ab")
    finally:
        for process in (ours, others):
            process.kill()
            process.wait()


# --- the callbacks ----------------------------------------------------------------------------------


class Door:
    """Notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, object]] = []

    async def publish(self, form):
        self.asked.append(("publish", form))
        return form.get("key") == "right"

    async def play(self, form):
        return False

    async def update(self, form):
        raise RuntimeError("broken")

    async def done(self, client_id, *, said_goodbye):
        self.asked.append(("done", client_id, said_goodbye))


@contextlib.asynccontextmanager
async def listening():
    door = Door()
    hooks = Hooks(door)
    address = await hooks.start()
    try:
        yield door, address
    finally:
        await hooks.stop()


async def _post(address: str, call: str, body: str, method: str = "POST") -> int:
    host, port = address.split("/")[2].split(":")
    path = "/" + address.split("/", 3)[3]
    reader, writer = await asyncio.open_connection(host, int(port))
    head = f"{method} {path}/{call} HTTP/1.0\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write((head + body).encode())
    answer = await reader.read(-1)
    writer.close()
    return int(answer.split()[1])


async def test_only_who_knows_the_secret_path_is_heard(caplog):
    async with listening() as (door, address):
        assert await _post(address, "publish", "name=a&clientid=1&key=right") == 200
        assert await _post(address, "publish", "name=a&clientid=1&key=wrong") == 403
        asked = len(door.asked)
        guessed = address.rsplit("/", 1)[0] + "/guess"
        assert await _post(guessed, "publish", "key=right") == 400
        assert await _post(address, "publish", "key=right", method="GET") == 400
        assert await _post(address, "publish", "a" * 20000) == 400
        assert len(door.asked) == asked
        assert await _post(address, "update", "clientid=1") == 500
        assert "RTMP callback" in caplog.text


async def test_what_a_publisher_adds_does_not_replace_what_nginx_says():
    async with listening() as (door, address):
        body = "addr=1.2.3.4&clientid=7&call=publish&name=a&type=live&key=right&clientid=1&name=b"
        assert await _post(address, "publish", body) == 200
        form = door.asked[0][1]
        assert (form["clientid"], form["name"]) == ("7", "a")


async def test_a_broken_line_is_told_from_a_goodbye():
    async with listening() as (door, address):
        # As nginx does: the connection's end first where the line broke, else the stream's.
        await asyncio.gather(
            _post(address, "disconnect", "clientid=1"), _post(address, "done", "clientid=1")
        )
        await asyncio.gather(
            _post(address, "done", "clientid=2"), _post(address, "disconnect", "clientid=2")
        )
        assert ("done", "1", False) in door.asked
        assert ("done", "2", True) in door.asked


# --- a full disk ------------------------------------------------------------------------------------


def disk_full(*_words, **_options):
    raise OSError(errno.ENOSPC, "No space left on device")


def relay_in(tmp_path) -> Relay:
    async def drop() -> None:
        pass

    take = Take(session=Session(), number=1, path=PublishPath.RTMP)
    return Relay(take=take, name="a" * 32, client_id="7", port=1, run=tmp_path, drop=drop)


async def test_a_full_disk_leaves_nobody_unwatched(tmp_path, monkeypatch, caplog):
    async def nobody_publishes():
        return {}

    monkeypatch.setattr(state, "tell", disk_full)
    monkeypatch.setattr(supervisor, "_LOOK_EVERY_S", 0)
    media = supervisor.MediaServer(
        installed=server.Installed("nginx", tmp_path), run=tmp_path, port=1, ready=lambda: None
    )
    lively, silent = relay_in(tmp_path), relay_in(tmp_path)
    silent.received_at -= SILENT_S + 1
    nginx = SimpleNamespace(incoming=nobody_publishes)
    monkeypatch.setattr(media, "_server", nginx)
    media._relays = {"1": lively, "2": silent}
    looking = asyncio.create_task(media._look())
    try:
        await asyncio.wait_for(silent._over.wait(), 5)
        assert not looking.done()
    finally:
        looking.cancel()
    assert not lively.is_over
    assert "could not be looked after" in caplog.text


@pytest.mark.django_db(transaction=True)
async def test_a_take_ends_on_a_full_disk_too(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(state, "forget", disk_full)
    ended = []
    monkeypatch.setattr(takes, "end_take", lambda **words: ended.append(words["reason"]))
    relay = relay_in(tmp_path)
    monkeypatch.setattr(relay, "_receive", relay._over.wait)
    relay.publisher_gone(said_goodbye=True)
    await asyncio.wait_for(relay.run(), 5)
    assert relay.ended.is_set()
    assert ended == [TakeEnd.STOPPED]
    assert "a step of ending" in caplog.text


# --- the command ------------------------------------------------------------------------------------


def test_the_command_says_what_is_missing(settings, monkeypatch):
    settings.MEDIA_SERVER = "nginx-rtmp"
    monkeypatch.setattr(server, "_FOLDERS", ())
    monkeypatch.setattr(shutil, "which", lambda *_args, **_options: None)
    with pytest.raises(CommandError, match="apt-get install nginx libnginx-mod-rtmp"):
        call_command("media")


def test_the_command_wants_the_site_to_know_of_it(settings):
    settings.MEDIA_SERVER = "embedded"
    with pytest.raises(CommandError, match="MEDIA_SERVER=nginx-rtmp"):
        call_command("media")
