from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import suppress
from pathlib import Path

import pytest

from livestream.media.packaging import (
    FfmpegDied,
    NotMediaError,
    Overflow,
    Packager,
    PackagingError,
    Pump,
    reap_orphans,
)
from livestream.media.packaging import ffmpeg as ffmpeg_module
from livestream.media.packaging import pump as pump_module
from livestream.media.packaging.arrivals import Arrivals
from livestream.media.packaging.routes import Route, route_of
from tests.livestream.media.recordings import FPS, SECONDS, check, frames
from tests.livestream.media.test_packager import contents, pieces

AAC = 'video/mp4;codecs="avc1.64001f,mp4a.40.2"'
OPUS = "video/mp4;codecs=avc1,opus"
MKV = "video/webm;codecs=h264,opus"
VP8 = "video/webm;codecs=vp8,opus"
CONVERTED = [("opus.mp4", OPUS), ("h264.mkv", MKV), ("vp8.webm", VP8)]


@pytest.fixture(autouse=True)
def media_dir(settings, tmp_path):
    settings.MEDIA_DIR = tmp_path / "media"
    return settings.MEDIA_DIR


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def until(condition, seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("mime", "route", "demuxer"),
    [
        (AAC, Route.AS_IS, "mov"),
        ("video/mp4; codecs=avc1.42E01E,mp4a.40.2", Route.AS_IS, "mov"),
        ("VIDEO/MP4;codecs=avc3.42E01E", Route.AS_IS, "mov"),
        (OPUS, Route.COPY, "mov"),
        ("video/mp4", Route.COPY, "mov"),
        (MKV, Route.COPY, "matroska"),
        ("video/x-matroska;codecs=avc1,opus", Route.COPY, "matroska"),
        (VP8, Route.ENCODE, "matroska"),
        ("video/webm", Route.ENCODE, "matroska"),
        ("video/webm;codecs=vp9", Route.ENCODE, "matroska"),
        ("video/mp4;codecs=vp09.00.10.08,opus", Route.ENCODE, "mov"),
        ("video/mp4;codecs=hvc1.1.6.L93.B0,mp4a.40.2", Route.ENCODE, "mov"),
    ],
)
def test_routes(mime, route, demuxer):
    assert route_of(mime) == (route, demuxer)


@pytest.mark.parametrize("mime", ["", "audio/webm", "text/html", "video/quicktime", "; rm -rf /"])
async def test_no_route(mime, tmp_path):
    with pytest.raises(NotMediaError):
        Pump(tmp_path, 1, mime=mime, segment_s=2)


async def test_as_it_is(recording, tmp_path):
    data = recording("aac.mp4").read_bytes()
    pump = Pump(tmp_path / "a", 1, mime=AAC, segment_s=2)
    for at in range(0, len(data), 5000):
        await pump.put(data[at : at + 5000])
    await pump.close()
    await pump.close()
    assert (pump.up, pump.segments, pump.trouble, pump.process) == (True, 4, None, None)
    assert (pump.first_at, pump.last_lines) == (check(tmp_path / "a/t1/v.m3u8").segments[0].at, "")
    with pytest.raises(PackagingError):
        await pump.put(b"late")
    plain = Packager(tmp_path / "b", 1, segment_s=2)
    plain.feed(data, time.time())
    plain.finish()
    mine, other = contents(tmp_path / "a"), contents(tmp_path / "b")
    assert {n: d for n, d in mine.items() if "m3u8" not in n} == {
        n: d for n, d in other.items() if "m3u8" not in n
    }


@pytest.mark.parametrize(("kind", "mime"), CONVERTED)
async def test_converted(recording, tmp_path, media_dir, kind, mime):
    data = recording(kind).read_bytes()
    pump = Pump(tmp_path, 1, mime=mime, segment_s=2)
    for at in range(0, len(data), 5000):
        await pump.put(data[at : at + 5000])
    await until(lambda: pump.process)
    pid = pump.process
    await pump.close()
    assert pump.trouble is None, pump.last_lines
    assert pump.segments == 4
    assert not alive(pid)
    assert not list((media_dir / "run").glob("*"))
    for name in ("t1/v.m3u8", "t1/a.m3u8"):
        assert check(tmp_path / name).ended
        pictures, seconds, complaints = frames(tmp_path / name)
        assert complaints == ""
        assert abs(seconds - SECONDS) < 0.2
        if "v." in name:
            assert SECONDS * FPS - 1 <= pictures <= SECONDS * FPS
    text = (tmp_path / "live.m3u8").read_text(encoding="utf-8")
    assert "avc1." in text
    assert "mp4a.40.2" in text


def timed(path: Path) -> list[tuple[float, bytes]]:
    """A recording in pieces, each with the media time it is complete at."""
    if path.suffix == ".mp4":
        return [(float(n), piece) for n, piece in enumerate(pieces(path))]
    data = path.read_bytes()
    reader, found, held, at = Arrivals("matroska"), [], b"", 0.0
    cluster = b"\x1f\x43\xb6\x75"
    for n, piece in enumerate(data.split(cluster)):
        whole = piece if n == 0 else cluster + piece
        before = reader._end
        reader.feed(whole, 0)
        held += whole
        if reader._end is not None and reader._end != before:
            at = reader._end + 1 / FPS
            found.append((at, held))
            held = b""
    return found


async def test_programme_time_in_real_time(recording, tmp_path):
    """A picture is taken at its media time; its piece is sent 20 ms after its last one."""
    ways = [("aac.mp4", AAC), *CONVERTED]
    sent = [timed(recording(kind)) for kind, _mime in ways]  # made before the time counts
    await asyncio.gather(
        *(
            in_real_time(tmp_path / kind, pieces_of, mime)
            for (kind, mime), pieces_of in zip(ways, sent, strict=True)
        )
    )


async def in_real_time(folder: Path, sent: list[tuple[float, bytes]], mime: str) -> None:
    pump = Pump(folder, 1, mime=mime, segment_s=1)
    began = time.time()
    for at, piece in sent:
        if at > 5:
            break
        await asyncio.sleep(max(0, began + at + 0.02 - time.time()))
        await pump.put(piece)
    await pump.close()
    assert pump.trouble is None, pump.last_lines
    listed = check(folder / "t1/v.m3u8").segments
    assert len(listed) >= 4
    media = 0.0
    for segment in listed:
        error = segment.at.timestamp() - began - media
        assert -0.02 <= error <= 0.15, (mime, error)
        media += segment.duration


async def test_a_microphone_that_is_pulled_out_does_not_hold_the_picture_up(recording, tmp_path):
    pump = Pump(tmp_path, 1, mime=MKV, segment_s=1)
    await pump.put(recording("muted.mkv").read_bytes())
    await until(lambda: pump.segments >= SECONDS - 3)
    await pump.close()
    assert frames(tmp_path / "t1/v.m3u8")[0] == SECONDS * FPS
    assert 1.5 < frames(tmp_path / "t1/a.m3u8")[1] < 2.5


async def test_garbage_into_ffmpeg(tmp_path):
    pump = Pump(tmp_path, 1, mime=MKV, segment_s=2)
    await pump.put(os.urandom(200_000))
    error = await asyncio.wait_for(pump.broken(), 30)
    assert isinstance(error, NotMediaError)
    with pytest.raises(NotMediaError):
        await pump.put(b"more")
    pid = pump.process
    await pump.close()
    assert not alive(pid)
    assert contents(tmp_path) == {} or not list(tmp_path.glob("t1/*"))


async def test_garbage_as_it_is(tmp_path):
    pump = Pump(tmp_path, 1, mime=AAC, segment_s=2)
    await pump.put(b"\0" * 100)
    assert isinstance(await asyncio.wait_for(pump.broken(), 30), NotMediaError)
    await pump.close()


async def test_sound_without_a_picture(recording, tmp_path):
    pump = Pump(tmp_path, 1, mime=OPUS, segment_s=2)
    await pump.put(recording("sound.mp4").read_bytes())
    assert isinstance(await asyncio.wait_for(pump.broken(), 30), NotMediaError)
    await pump.close()
    assert not pump.up


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_ffmpeg_is_ended_by_somebody(recording, tmp_path, media_dir, number):
    pump = Pump(tmp_path, 1, mime=MKV, segment_s=2)
    sent = timed(recording("h264.mkv"))
    for piece in sent[: len(sent) * 3 // 4]:
        await pump.put(piece[1])
    await until(lambda: pump.up)
    os.kill(pump.process, number)
    with suppress(FfmpegDied):
        while True:  # asked to end, it looks up at its next input
            await pump.put(sent[-1][1])
            await asyncio.sleep(0.02)
    error = await asyncio.wait_for(pump.broken(), 30)
    assert isinstance(error, FfmpegDied)
    with pytest.raises(FfmpegDied):
        await pump.put(b"more")
    await pump.close()
    assert check(tmp_path / "t1/v.m3u8").ended
    assert frames(tmp_path / "t1/v.m3u8")[0] >= 2 * FPS
    assert not list((media_dir / "run").glob("*"))


async def test_ffmpeg_that_hangs_is_gone_within_three_seconds(recording, tmp_path):
    pump = Pump(tmp_path, 1, mime=MKV, segment_s=2)
    for piece in timed(recording("h264.mkv"))[:60]:
        await pump.put(piece[1])
    await until(lambda: pump.up)
    pid = pump.process
    os.kill(pid, signal.SIGSTOP)
    began = time.monotonic()
    await pump.close()
    assert time.monotonic() - began < 5  # three, on a machine that has time
    assert not alive(pid)
    assert pump.trouble is None, "it was we who ended it"
    assert check(tmp_path / "t1/v.m3u8").ended


async def test_too_much_at_once(tmp_path):
    pump = Pump(tmp_path, 1, mime=AAC, segment_s=2)
    with pytest.raises(Overflow):
        await pump.put(bytes(50 << 20))
    await pump.close()
    assert contents(tmp_path) == {}


async def test_a_full_queue_waits_and_then_refuses(tmp_path, monkeypatch):
    monkeypatch.setattr(pump_module, "PATIENCE", 0.3)
    monkeypatch.setattr(pump_module, "MOST_PIECES", 4)
    monkeypatch.setattr(Packager, "feed", lambda *_: time.sleep(0.5))
    pump = Pump(tmp_path, 1, mime=AAC, segment_s=2)
    with pytest.raises(Overflow):
        for _ in range(20):
            await pump.put(b"x")
    monkeypatch.setattr(Packager, "feed", lambda *_: None)
    await until(lambda: not pump._waiting)
    await pump.put(b"x")
    await pump.close()
    assert pump.trouble is None


async def test_a_fault_of_ours_is_told_too(recording, tmp_path, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(Packager, "feed", broken)
    pump = Pump(tmp_path, 1, mime=AAC, segment_s=2)
    await pump.put(b"x")
    assert isinstance(await asyncio.wait_for(pump.broken(), 30), PackagingError)
    await pump.close()


async def test_twenty_publishers_at_once(recording, tmp_path):
    data = recording("aac.mp4").read_bytes()

    async def publish(n: int) -> Pump:
        pump = Pump(tmp_path / str(n), 1, mime=AAC, segment_s=2)
        for at in range(0, len(data), 9000):
            await pump.put(data[at : at + 9000])
        await pump.close()
        return pump

    done = await asyncio.gather(*(publish(n) for n in range(20)))
    assert {(pump.segments, pump.trouble) for pump in done} == {(4, None)}
    files = [contents(tmp_path / str(n)).keys() for n in range(20)]
    assert all(names == files[0] for names in files)


# --- processes left behind ----------------------------------------------------------------------
SERVER = """
    import asyncio, os, sys
    os.environ["DJANGO_SETTINGS_MODULE"] = "jobfair.settings"
    import django
    django.setup()
    from pathlib import Path
    from livestream.media.packaging import Pump
    async def main():
        pump = Pump(Path(sys.argv[1]), 1, mime=sys.argv[3], segment_s=2)
        await pump.put(Path(sys.argv[2]).read_bytes())
        while not pump.up:
            await asyncio.sleep(0.02)
        print(pump.process, flush=True)
        await asyncio.sleep(60)
    asyncio.run(main())
"""


def start_server(recording, tmp_path, media_dir) -> tuple[subprocess.Popen[str], int]:
    server = subprocess.Popen(
        [
            *(sys.executable, "-c", textwrap.dedent(SERVER)),
            *(str(tmp_path / "s"), str(recording("h264.mkv")), MKV),
        ],
        env={**os.environ, "MEDIA_DIR": str(media_dir)},
        stdout=subprocess.PIPE,
        text=True,
    )
    return server, int(server.stdout.readline())


async def test_a_killed_server_leaves_no_process(recording, tmp_path, media_dir):
    server, pid = start_server(recording, tmp_path, media_dir)
    assert alive(pid)
    server.kill()
    server.wait()
    server.stdout.close()
    await until(lambda: not alive(pid))
    assert reap_orphans() == []
    assert not list((media_dir / "run").glob("*"))


async def test_what_hangs_after_a_killed_server_is_reaped(recording, tmp_path, media_dir):
    server, pid = start_server(recording, tmp_path, media_dir)
    try:
        os.kill(pid, signal.SIGSTOP)
        assert reap_orphans() == [], "its server still runs"
        assert alive(pid)
        server.kill()
        server.wait()
        assert alive(pid)
        assert reap_orphans() == [pid]
        await until(lambda: not alive(pid))
    finally:
        server.kill()
        server.wait()
        server.stdout.close()
    assert not list((media_dir / "run").glob("*"))


def test_only_the_very_process_is_reaped(media_dir):
    (media_dir / "run").mkdir(parents=True)
    other = subprocess.Popen(["sleep", "30"], start_new_session=True)
    try:
        started = ffmpeg_module._started(other.pid)
        for name, note in (
            ("not-ffmpeg", {"pid": other.pid, "started": started}),
            ("another-start", {"pid": os.getpid(), "started": 1}),
            ("gone", {"pid": 2**22 - 1, "started": 5}),
        ):
            note |= {"owner": 2**22 - 2, "owner_started": 7}
            (media_dir / "run" / f"{name}.json").write_text(json.dumps(note))
        (media_dir / "run" / "broken.json").write_text("{")
        assert reap_orphans() == []
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()
    assert not list((media_dir / "run").glob("*"))


# --- what the input says about its times -----------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "demuxer"), [("opus.mp4", "mov"), ("h264.mkv", "matroska"), ("vp8.webm", "matroska")]
)
@pytest.mark.parametrize("step", [1, 977, 1 << 20])
def test_arrivals(recording, kind, demuxer, step):
    data = recording(kind).read_bytes()
    arrivals = Arrivals(demuxer)
    for at in range(0, len(data), step):
        arrivals.feed(data[at : at + step], 1000.0)
    assert not arrivals._lost
    assert arrivals.first == pytest.approx(0, abs=0.03)
    assert arrivals._end == pytest.approx(SECONDS, abs=0.1)
    assert arrivals.clock.at(0) == pytest.approx(1000 - SECONDS, abs=0.1)


@pytest.mark.parametrize("demuxer", ["mov", "matroska"])
def test_arrivals_of_garbage(demuxer):
    arrivals = Arrivals(demuxer)
    for n in range(200):
        arrivals.feed(os.urandom(1 + n * 7), 1000.0 + n)
    arrivals.feed(b"\0" * 10, 2000)
