"""What few bytes may cost: memory, time and files stay in proportion to what was sent."""

from __future__ import annotations

import asyncio
import struct
import threading
from datetime import UTC, datetime

import pytest

from livestream.media.packaging import NotMediaError, Packager, Pump, lists, packager
from livestream.media.packaging import arrivals as arrivals_module
from livestream.media.packaging.arrivals import Arrivals
from livestream.media.packaging.boxes import make, make_full
from livestream.media.packaging.fragments import LATEST, SPARE, Fragment, FragmentReader
from livestream.media.packaging.lists import LiveList, TakeList
from livestream.media.packaging.pace import AHEAD, FASTEST, LEAST, Pace
from livestream.media.packaging.playlists import Segment, moment
from tests.livestream.media.crafted import (
    AVC,
    KEY,
    NOT_KEY,
    PICTURE,
    SCALE,
    SOUND,
    entry,
    fragment,
    header,
    picture,
    run,
)
from tests.livestream.media.recordings import LIVE, OPUS, check, ffmpeg

T0 = 1_800_000_000.0


def read(*parts: bytes, scale: int = SCALE) -> list[Fragment]:
    found = list(FragmentReader().feed(header(scale) + b"".join(parts)))
    return [part for part in found if isinstance(part, Fragment)]


def refused(*parts: bytes, scale: int = SCALE) -> str:
    with pytest.raises(NotMediaError) as raised:
        read(*parts, scale=scale)
    return str(raised.value)


# --- one fragment --------------------------------------------------------------------------------


def test_what_is_made_by_hand_is_read():
    both = fragment(
        run(PICTURE, 0, (2, 0), duration=40, size=10),
        run(SOUND, 0, (1, 20), (3, 25), duration=20, size=5),
        data=bytes(40),
    )
    (part,) = read(both)
    assert (part.picture.size, part.sound.size, len(part.sound.sizes)) == (20, 20, 4)


@pytest.mark.parametrize(
    "tracks",
    [
        [run(SOUND, 0, (1, 0), (1, 0), (1, 0), duration=20, size=100)],
        [run(SOUND, 0, (2, 0), (2, 150), duration=20, size=100)],
        [run(PICTURE, 0, (2, 0), duration=20, size=100), run(SOUND, 0, (1, 199), size=1)],
        [run(SOUND, 0, (1, 250), (1, 0), (1, 200), duration=20, size=100)],
    ],
    ids=["thrice", "in part", "of another track", "out of order"],
)
def test_no_bytes_are_samples_twice(tracks):
    assert "twice" in refused(fragment(*tracks, data=bytes(400)))


def test_samples_lie_in_any_order():
    tracks = run(SOUND, 0, (1, 200), (1, 0), (1, 100), duration=20, size=100)
    (part,) = read(fragment(tracks, data=bytes(300)))
    assert part.sound.size == 300


@pytest.mark.parametrize("track", [PICTURE, SOUND])
def test_samples_without_bytes_or_time(track):
    """Each would become eight bytes in the header of the sound alone."""
    few = fragment(run(track, 0, (SPARE, 0)))
    read(few)
    assert "samples" in refused(fragment(run(track, 0, (SPARE + 1, 0), duration=1000)))
    assert "samples" in refused(fragment(run(track, 0, (50_000, 0), duration=1)))
    no_time = run(track, 0, (SPARE + 1, 0), size=1)
    assert "samples" in refused(fragment(no_time, data=bytes(SPARE + 1)))
    dense = run(track, 0, (3000, 0), size=1, duration=1)
    assert "samples" in refused(fragment(dense, data=bytes(3000)), scale=48_000)
    read(fragment(dense, data=bytes(3000)))


def test_times_of_another_age():
    """A float would not tell them apart: a second is none, or eight minutes."""
    read(picture(LATEST * SCALE, 40))
    assert "age" in refused(picture(LATEST * SCALE + 1, 40))
    assert "age" in refused(picture(1 << 60, 1), scale=1)


def test_a_header_that_ends_with_an_empty_box():
    kind = make_full(b"hdlr", 0, 0, bytes(4), b"vide", bytes(13))
    times = make_full(b"mdhd", 0, 0, struct.pack(">4I", 0, 0, SCALE, 0))
    described = make(b"mdia", kind, times, make(b"minf", make(b"stbl", AVC)))
    for track in ([make(b"mdia", kind, make(b"mdhd"))], [described, make(b"tkhd")]):
        moov = make(b"moov", make(b"mvex"), make(b"trak", *track))
        with pytest.raises(NotMediaError, match="too short"):
            list(FragmentReader().feed(make(b"ftyp") + moov))


@pytest.mark.parametrize("track", ["picture", "sound"])
def test_what_staff_read_can_be_printed(track):
    with pytest.raises(NotMediaError) as raised:
        list(FragmentReader().feed(header(**{track: entry(b"\0\x1b\0\n", bytes(100))})))
    assert "????" in str(raised.value)
    assert str(raised.value).isprintable()


# --- a segment being collected -------------------------------------------------------------------


def test_sound_counts_before_it_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(packager, "LARGEST", 10_000)
    taking = Packager(tmp_path, 1, segment_s=2)
    taking.feed(header() + picture(0, 40), T0)
    sound = fragment(run(SOUND, 0, (100, 0), duration=10, size=10), data=bytes(1000))
    with pytest.raises(NotMediaError):
        for _ in range(20):
            taking.feed(sound, T0)
    kept = taking._open
    assert sum(map(len, kept.picture)) + sum(map(len, kept.sound)) <= 10_000
    assert len(kept.sound) >= 3
    taking.finish()


@pytest.mark.parametrize("segment_s", [1, 2])
def test_sound_of_another_time_is_refused(tmp_path, segment_s):
    taking = Packager(tmp_path, 1, segment_s=segment_s)
    taking.feed(header() + picture(0, 1000), T0)
    sound = run(SOUND, LATEST * SCALE, (1, 10), duration=20, size=10)
    also = run(PICTURE, 1000, (1, 0), duration=1000, size=10)
    for tracks in ([also, sound], [sound]):
        with pytest.raises(NotMediaError, match="different times"):
            taking.feed(fragment(*tracks, data=bytes(20)), T0)
    taking.finish()
    assert check(tmp_path / "t1/v.m3u8").target <= 2


# --- media and the clock -------------------------------------------------------------------------


def far_apart(n: int) -> bytes:
    return picture(n * 3000, 3000)


def jumping(n: int) -> bytes:
    return picture((n % 2) * 100_000, 1)


def with_gaps(n: int) -> bytes:
    return picture(n * 1000, 1)


def of_no_time(n: int) -> bytes:
    return picture(0, 0, NOT_KEY if n else KEY)


def nothing(_n: int) -> bytes:
    return fragment()


@pytest.mark.parametrize(
    ("sent", "most"),
    [
        (far_apart, AHEAD / 3),
        (jumping, AHEAD),
        (with_gaps, AHEAD),
        (of_no_time, AHEAD / LEAST),
        (nothing, AHEAD / LEAST),
    ],
)
def test_media_does_not_run_ahead_of_the_clock(tmp_path, monkeypatch, sent, most):
    monkeypatch.setattr(packager, "write_file", lambda *_: None)
    monkeypatch.setattr(lists, "write_file", lambda *_: None)
    taking = Packager(tmp_path, 1, segment_s=1)
    taking.feed(header(), T0)
    taken = 0
    with pytest.raises(NotMediaError, match="time passes"):
        for n in range(round(2 * most) + 10):
            taking.feed(sent(n), T0)
            taken = n
    assert taken <= most * 1.2 + 1
    assert taking.segments <= AHEAD * 1.2 + 1


def test_a_live_picture_is_never_ahead(tmp_path):
    """Steadily, or late and then all at once, or with every picture and sound alone."""
    pace = Pace()
    for n in range(3600):
        pace.spend(1, T0 + n)
    for _ in range(30):
        pace.spend(1, T0 + 3630)
    for n in range(60 * 600):
        pace.spend(1 / 60, T0 + 3630 + n / 60)
        for _ in range(1 + n % 2):
            pace.spend(0, T0 + 3630 + n / 60)


def test_a_clock_that_is_set_back_takes_nothing_away():
    pace = Pace()
    pace.spend(AHEAD / 2, T0)
    pace.spend(AHEAD / 2, T0 - 3600)
    pace.spend(FASTEST * 10, T0 - 3600 + 10)
    with pytest.raises(NotMediaError):
        pace.spend(1, T0 - 3600 + 10)


def test_what_was_saved_up_is_no_more_than_a_burst():
    pace = Pace()
    pace.spend(1, T0)
    pace.spend(AHEAD, T0 + 3600)
    with pytest.raises(NotMediaError):
        pace.spend(1, T0 + 3600)


# --- lists ---------------------------------------------------------------------------------------


def segment(n: int, duration: float = 2.0) -> Segment:
    return Segment(f"v{n:05d}.m4s", duration, moment(T0 + n * duration), "v-init.mp4")


def test_a_long_list_is_not_written_whole_for_every_segment(tmp_path, monkeypatch):
    written = []

    def note(path, text):
        written.append(len(text))
        path.write_text(text)

    monkeypatch.setattr(lists, "write_file", note)
    monkeypatch.setattr(lists, "PER_SEGMENT", 2000)
    path, many = tmp_path / "v.m3u8", 300
    (tmp_path / "v-init.mp4").touch()
    taking = TakeList(path, 2)
    for n in range(1, many + 1):
        (tmp_path / f"v{n:05d}.m4s").touch()
        taking.append(segment(n), 2.0 * n)
        listed = len(check(path).segments)
        assert (n - listed) * 2000 <= path.stat().st_size
        assert n > 15 or listed == n
    assert sum(written) <= many * 2000 + max(written)
    taking.end()
    done = check(path)
    assert (len(done.segments), done.ended) == (many, True)


def test_a_window_is_short_however_short_its_segments_are(tmp_path):
    window = LiveList(tmp_path / "video.m3u8", 1, 2)
    for n in range(100):
        window.append(segment(n, 0.001))
    text = (tmp_path / "video.m3u8").read_text()
    assert text.count("#EXTINF") == lists.MOST_SEGMENTS
    assert "MEDIA-SEQUENCE:60" in text


# --- the input of ffmpeg -------------------------------------------------------------------------


def test_elements_with_nothing_in_them_are_not_counted_for_ever(monkeypatch):
    monkeypatch.setattr(arrivals_module, "FIRST_ELEMENTS", 100)
    arrivals = Arrivals("matroska")
    arrivals.feed(b"\xec\x80" * 100, T0)
    assert not arrivals._lost
    arrivals.feed(b"\xec\x80" * 10_000, T0)
    assert arrivals._lost
    assert len(arrivals._webm._held) > 9000, "the rest is not read"


def test_fragments_with_nothing_in_them_are_not_read_for_ever():
    arrivals = Arrivals("mov")
    arrivals.feed(header() + fragment() * (round(AHEAD / LEAST) - 5), T0)
    assert not arrivals._lost
    arrivals.feed(fragment() * 10, T0)
    assert arrivals._lost


@pytest.mark.parametrize("cluster", [1 << 60, (1 << 64) - 1])
def test_webm_of_another_age(cluster):
    track = b"\xae\x86\xd7\x81\x01\x83\x81\x01"
    block = b"\xa3\x84\x81\0\0\x80"
    arrivals = Arrivals("matroska")
    arrivals.feed(track + b"\xe7\x88" + struct.pack(">Q", cluster) + block, T0)
    assert arrivals._lost
    assert arrivals.first is None
    fine = Arrivals("matroska")
    fine.feed(track + b"\xe7\x88" + struct.pack(">Q", 1000) + block, T0)
    assert (fine.first, fine._lost) == (1.0, False)


async def test_reading_times_does_not_hold_up_the_event_loop(
    recording, tmp_path, settings, monkeypatch
):
    settings.MEDIA_DIR = tmp_path / "media"
    seen = set()
    real = Arrivals.feed

    def feed(self, chunk, arrived):
        seen.add(threading.current_thread().name.partition("_")[0])
        real(self, chunk, arrived)

    monkeypatch.setattr(Arrivals, "feed", feed)
    pump = Pump(tmp_path, 1, mime="video/webm;codecs=h264,opus", segment_s=2)
    await pump.put(recording("h264.mkv").read_bytes())
    await pump.close()
    assert seen == {"packaging"}


LIBVPX = ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-g", "15", *OPUS, *LIVE)
A_JUMP_OF_HOURS = ("-af", "asetpts=PTS+gte(T\\,1)*36000/TB")


@pytest.mark.parametrize(
    ("size", "sound"), [("160x90", A_JUMP_OF_HOURS), ("4100x2400", ())], ids=["silence", "pixels"]
)
async def test_ffmpeg_makes_no_hours_and_no_gigabytes(tmp_path, settings, size, sound):
    settings.MEDIA_DIR = tmp_path / "media"
    path = tmp_path / "in.webm"
    pictures = ("-f", "lavfi", "-t", "3", "-i", f"testsrc2=s={size}:r=2")
    sounds = ("-f", "lavfi", "-t", "3", "-i", "sine=440:r=48000")
    made = ffmpeg("-v", "error", *pictures, *sounds, *sound, *LIBVPX, str(path))
    assert made.returncode == 0, made.stderr
    pump = Pump(tmp_path / "out", 1, mime="video/webm;codecs=vp8,opus", segment_s=1)
    await pump.put(path.read_bytes())
    async with asyncio.timeout(60):
        assert isinstance(await pump.broken(), NotMediaError)
    await pump.close()


def test_moments_are_not_before_what_arrived(tmp_path):
    """At most so long as media may be ahead."""
    taking = Packager(tmp_path, 1, segment_s=2)
    taking.feed(header(), T0)
    with pytest.raises(NotMediaError):
        for n in range(100):
            taking.feed(far_apart(n), T0)
    assert taking.first_at >= datetime.fromtimestamp(T0 - AHEAD, UTC)
    taking.finish()
