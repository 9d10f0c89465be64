from __future__ import annotations

import errno
import os
import shutil
import stat
import struct
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livestream.media.packaging import (
    NotMediaError,
    Packager,
    PackagingError,
    end_live,
    read_playlist,
)
from livestream.media.packaging.boxes import children
from livestream.media.packaging.playlists import MediaPlaylist
from tests.livestream.media.recordings import FPS, SECONDS, check, frames

T0 = 1_800_000_000.0


def pieces(path: Path) -> list[bytes]:
    """The header, then one piece per fragment."""
    data = path.read_bytes()
    found, held = [], b""
    for box in children(data, 0, len(data)):
        if box.kind in {b"ftyp", b"moov", b"moof", b"mdat"}:
            held += data[box.start : box.end]
        if box.kind in {b"moov", b"mdat"}:
            found.append(held)
            held = b""
    return found


def moved(piece: bytes, seconds: float) -> bytes:
    """The same fragment elsewhere on the timeline (ffmpeg's scales: picture 15360, sound 48000)."""
    data, at = bytearray(piece), -1
    for scale in (15360, 48000):
        at = piece.find(b"tfdt", at + 1)
        if at < 0:
            break
        (start,) = struct.unpack_from(">Q", data, at + 8)
        struct.pack_into(">Q", data, at + 8, start + round(seconds * scale))
    return bytes(data)


def publish(folder: Path, path: Path, take: int = 1, *, segment_s: float = 2, start: float = T0):
    """As a browser does: every fragment a second after the one before."""
    packager = Packager(folder, take, segment_s=segment_s)
    header, *rest = pieces(path)
    packager.feed(header, start)
    for n, piece in enumerate(rest, start=1):
        packager.feed(piece, start + n + 0.05)
    packager.finish()
    return packager


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def test_a_take(recording, tmp_path):
    folder = tmp_path / "hls" / "session"
    done = publish(folder, recording("aac.mp4"))
    assert done.up
    assert done.segments == SECONDS / 2
    for name in ("t1/v.m3u8", "t1/a.m3u8"):
        listed = check(folder / name)
        assert (listed.kind, listed.ended, listed.target) == ("EVENT", True, 2)
        assert abs(sum(s.duration for s in listed.segments) - SECONDS) < 0.1
        pictures, seconds, complaints = frames(folder / name)
        assert pictures == (SECONDS * FPS if "v." in name else 0)
        assert abs(seconds - SECONDS) < 0.1
        assert complaints == ""
    for name in ("video.m3u8", "audio.m3u8"):
        listed = check(folder / name)
        assert (listed.kind, listed.ended, listed.sequence) == ("", False, 0)
        assert len(listed.segments) == SECONDS / 2
    assert contents(folder / "t1").keys() == {
        *("v-init.mp4", "a-init.mp4", "v.m3u8", "a.m3u8"),
        *(f"{kind}{n:05d}.m4s" for kind in "va" for n in range(1, 5)),
    }
    assert (folder / "t1/v00002.m4s").read_bytes() == b"".join(pieces(recording("aac.mp4"))[3:5])


def test_programme_time(recording, tmp_path):
    done = publish(tmp_path, recording("aac.mp4"))
    for name in ("t1/v.m3u8", "t1/a.m3u8", "video.m3u8"):
        for n, segment in enumerate(check(tmp_path / name).segments):
            assert abs(segment.at.timestamp() - T0 - 2 * n - 0.05) < 0.06, name
    assert abs(done.first_at.timestamp() - T0 - 0.05) < 0.03
    assert abs(done.last_at.timestamp() - T0 - SECONDS - 0.05) < 0.06


def test_variants(recording, tmp_path):
    publish(tmp_path, recording("aac.mp4"))
    lines = (tmp_path / "live.m3u8").read_text(encoding="utf-8").splitlines()
    assert lines[:3] == ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    assert [lines[4], lines[6]] == ["video.m3u8", "audio.m3u8"]
    assert 'CODECS="avc1.42c0' in lines[3]
    assert ',mp4a.40.2",RESOLUTION=160x90,NAME="video"' in lines[3]
    assert lines[5].endswith('CODECS="mp4a.40.2",NAME="audio"')
    peak = max(
        8 * (tmp_path / f"t1/{s.uri}").stat().st_size / s.duration
        for s in check(tmp_path / "t1/v.m3u8").segments
    )
    announced = int(lines[3].partition("BANDWIDTH=")[2].partition(",")[0])
    assert peak <= announced <= 1.2 * peak


def test_it_plays_from_the_list_of_variants(recording, tmp_path):
    publish(tmp_path, recording("aac.mp4"))
    end_live(tmp_path)
    pictures, _seconds, complaints = frames(tmp_path / "live.m3u8")
    assert (pictures, complaints) == (SECONDS * FPS, "")


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cuts=st.lists(st.integers(1, 20_000), min_size=1, max_size=12))
def test_any_pieces_give_the_same_files(recording, tmp_path, cuts):
    data = recording("aac.mp4").read_bytes()
    results = []
    for lengths in (cuts, [len(data)]):
        folder = tmp_path / "x"
        shutil.rmtree(folder, ignore_errors=True)
        packager = Packager(folder, 1, segment_s=2)
        at = n = 0
        while at < len(data):
            packager.feed(data[at : at + lengths[n % len(lengths)]], T0)
            at, n = at + lengths[n % len(lengths)], n + 1
        packager.finish()
        results.append(contents(folder))
    assert results[0] == results[1]


def test_readable_for_the_web_server(recording, tmp_path):
    before = os.umask(0o077)
    try:
        publish(tmp_path / "hls" / "s", recording("aac.mp4"))
    finally:
        os.umask(before)
    for path in (tmp_path / "hls").rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o755 if path.is_dir() else 0o644), path
    assert stat.S_IMODE((tmp_path / "hls").stat().st_mode) == 0o755


@pytest.mark.parametrize("kind", ["short.mp4", "apart.mp4", "b.mp4"])
def test_other_ways_to_cut_fragments(recording, tmp_path, kind):
    packager = Packager(tmp_path, 1, segment_s=2)
    packager.feed(recording(kind).read_bytes(), T0)
    packager.finish()
    listed = check(tmp_path / "t1/v.m3u8")
    assert packager.segments >= SECONDS / 2 - 1
    assert max(s.duration for s in listed.segments) < 3.2
    pictures, _seconds, complaints = frames(tmp_path / "t1/v.m3u8")
    # What is not cut at key frames loses what came before the second, once.
    assert SECONDS * FPS - (FPS if kind == "short.mp4" else 0) <= pictures <= SECONDS * FPS
    assert complaints == ""
    for segment in listed.segments:
        assert b"tfdt" in (tmp_path / "t1" / segment.uri).read_bytes()[:400]
    _pictures, seconds, complaints = frames(tmp_path / "t1/a.m3u8")
    assert complaints == ""
    assert seconds > SECONDS - (1.1 if kind == "short.mp4" else 0.1)
    sounds = check(tmp_path / "t1/a.m3u8").segments
    assert sum(s.duration for s in sounds) > seconds - 0.1


def test_key_frames_further_apart_than_segments(recording, tmp_path):
    packager = publish(tmp_path, recording("slow.mp4"), segment_s=1)
    listed = check(tmp_path / "video.m3u8")
    assert packager.segments == 2
    assert listed.target == 4


def test_no_key_frame_at_all(recording, tmp_path):
    header, first, *_ = pieces(recording("aac.mp4"))
    packager = Packager(tmp_path, 1, segment_s=2)
    packager.feed(header + first, T0)
    unkeyed = first.replace(struct.pack(">I", 0x02000000), struct.pack(">I", 0x01010000))
    with pytest.raises(NotMediaError):
        for n in range(1, 60):
            packager.feed(moved(unkeyed, n), T0 + n)
    packager.finish()


def test_no_sound(recording, tmp_path):
    done = publish(tmp_path, recording("silent.mp4"))
    assert done.segments == SECONDS / 2
    assert not list(tmp_path.glob("t1/a*"))
    assert not (tmp_path / "audio.m3u8").exists()
    text = (tmp_path / "live.m3u8").read_text(encoding="utf-8")
    assert "audio" not in text
    assert "mp4a" not in text
    assert frames(tmp_path / "t1/v.m3u8")[0] == SECONDS * FPS


def test_takes_follow_one_another(recording, tmp_path):
    for take in (1, 2, 3):
        kind = "silent.mp4" if take == 2 else "aac.mp4"
        publish(tmp_path, recording(kind), take, start=T0 + 12 * take)
    listed = check(tmp_path / "video.m3u8")
    assert sum(s.duration for s in listed.segments) >= 23.9
    assert [s.uri[:2] for s in listed.segments] == ["t1"] * 4 + ["t2"] * 4 + ["t3"] * 4
    assert [s.discontinuity for s in listed.segments] == [n in {4, 8} for n in range(12)]
    assert {s.init for s in listed.segments} == {f"t{n}/v-init.mp4" for n in (1, 2, 3)}
    publish(tmp_path, recording("aac.mp4"), 4, start=T0 + 48)
    listed = check(tmp_path / "video.m3u8")
    assert (listed.sequence, listed.discontinuity_sequence) == (4, 0)
    assert listed.segments[0].uri == "t2/v00001.m4s"
    assert listed.segments[0].discontinuity, "the tag stays as long as its segment"
    publish(tmp_path, recording("aac.mp4"), 5, start=T0 + 60)
    assert check(tmp_path / "video.m3u8").discontinuity_sequence == 1
    sound = check(tmp_path / "audio.m3u8")
    assert {s.uri[:2] for s in sound.segments} == {"t3", "t4", "t5"}
    end_live(tmp_path)
    assert check(tmp_path / "video.m3u8").ended
    # ffmpeg does not start its reader anew at a discontinuity and drops what is "out of order".
    assert frames(tmp_path / "video.m3u8", "-fps_mode", "passthrough")[0] >= 10 * 2 * FPS


def test_a_take_long_after_the_last_does_not_begin_with_it(recording, tmp_path):
    publish(tmp_path, recording("slow.mp4"))
    end_live(tmp_path)
    assert check(tmp_path / "video.m3u8").target == 4
    publish(tmp_path, recording("aac.mp4"), 2, start=T0 + 3600)
    assert check(tmp_path / "video.m3u8").target == 2
    listed = check(tmp_path / "video.m3u8")
    assert {s.uri[:2] for s in listed.segments} == {"t2"}
    assert (listed.sequence, listed.ended) == (2, False)
    assert listed.segments[0].discontinuity


def test_after_a_killed_process(recording, tmp_path):
    first = Packager(tmp_path, 1, segment_s=2)
    for n, piece in enumerate(pieces(recording("aac.mp4"))[:6]):
        first.feed(piece, T0 + n)
    (tmp_path / "t1/.part-v00003.m4s").write_bytes(b"half")
    del first  # kill -9: no finish()
    assert not check(tmp_path / "t1/v.m3u8").ended
    publish(tmp_path, recording("aac.mp4"), 2, start=T0 + 10)
    for name in ("t1/v.m3u8", "t1/a.m3u8"):
        assert check(tmp_path / name).ended
    assert frames(tmp_path / "t1/v.m3u8")[0] == 4 * FPS
    assert not list(tmp_path.rglob(".part-*"))
    assert [s.uri[:2] for s in check(tmp_path / "video.m3u8").segments] == ["t1"] * 2 + ["t2"] * 4


def test_a_late_take_leaves_the_next_ones_window_alone(recording, tmp_path):
    header, *rest = pieces(recording("aac.mp4"))
    late = Packager(tmp_path, 1, segment_s=2)
    late.feed(header + rest[0] + rest[1], T0)
    publish(tmp_path, recording("aac.mp4"), 2, start=T0 + 3)
    before = (tmp_path / "video.m3u8").read_bytes()
    late.feed(rest[2], T0 + 3)
    late.finish()
    assert (tmp_path / "video.m3u8").read_bytes() == before
    assert len(check(tmp_path / "t1/v.m3u8").segments) == 2


def test_the_same_take_twice(recording, tmp_path):
    publish(tmp_path, recording("aac.mp4"))
    with pytest.raises(PackagingError):
        publish(tmp_path, recording("aac.mp4"))


@pytest.mark.parametrize("jump", [-3.0, 40.0, -1000.0])
def test_a_timeline_that_jumps(recording, tmp_path, jump):
    header, *rest = pieces(recording("aac.mp4"))
    packager = Packager(tmp_path, 1, segment_s=2)
    packager.feed(header, T0)
    for n, piece in enumerate(rest, start=1):
        shifted = moved(piece, 2000 + (jump if n > 4 else 0))
        packager.feed(shifted, T0 + n)
    packager.finish()
    listed = check(tmp_path / "t1/v.m3u8")
    assert [s.discontinuity for s in listed.segments] == [False, False, True, False]
    for n, segment in enumerate(listed.segments):
        assert abs(segment.at.timestamp() - T0 - 2 * n) < 0.1
        assert abs(segment.duration - 2) < 0.1


def test_durations_are_corrected_when_the_next_begins(recording, tmp_path):
    """A browser's last frame of a fragment has a nominal duration; here half a second is missing."""
    header, *rest = pieces(recording("aac.mp4"))
    packager = Packager(tmp_path, 1, segment_s=1)
    packager.feed(header, T0)
    for n, piece in enumerate(rest):
        packager.feed(moved(piece, n * 0.4), T0 + n * 1.4)
    packager.finish()
    listed = check(tmp_path / "t1/v.m3u8")
    assert all(abs(s.duration - 1.4) < 0.03 for s in listed.segments[:-1])
    for before, after in pairwise(listed.segments):
        gap = after.at - before.at - timedelta(seconds=before.duration)
        assert abs(gap.total_seconds()) < 0.05


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES])
def test_a_full_disk_leaves_what_was_written(recording, tmp_path, monkeypatch, code):
    header, *rest = pieces(recording("aac.mp4"))
    packager = Packager(tmp_path, 1, segment_s=2)
    for n, piece in enumerate([header, *rest[:5]]):
        packager.feed(piece, T0 + n)
    real = Path.write_bytes

    def full(self, data):
        real(self, data[: len(data) // 2])
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(PackagingError) as raised:
        packager.feed(rest[5], T0 + 6)
    assert not isinstance(raised.value, NotMediaError)
    assert ("full" in str(raised.value)) is (code == errno.ENOSPC)
    with pytest.raises(PackagingError):
        packager.finish()
    monkeypatch.undo()
    assert not list(tmp_path.rglob(".part-*"))
    assert len(check(tmp_path / "t1/v.m3u8").segments) == 2
    assert len(check(tmp_path / "video.m3u8").segments) == 2
    packager.finish()
    assert check(tmp_path / "t1/v.m3u8").ended
    assert frames(tmp_path / "t1/v.m3u8")[0] == 4 * FPS


def test_garbage_in_the_middle_keeps_what_came_before(recording, tmp_path):
    header, *rest = pieces(recording("aac.mp4"))
    packager = Packager(tmp_path, 1, segment_s=2)
    packager.feed(header + rest[0] + rest[1] + rest[2], T0 + 3)
    with pytest.raises(NotMediaError):
        packager.feed(b"\0" * 100, T0 + 4)
    packager.finish()
    assert check(tmp_path / "t1/v.m3u8").ended
    assert frames(tmp_path / "t1/v.m3u8")[0] == 3 * FPS


def test_nothing_sent_leaves_nothing(recording, tmp_path):
    for data in (b"", pieces(recording("aac.mp4"))[0]):
        packager = Packager(tmp_path, 1, segment_s=2)
        packager.feed(data, T0)
        packager.finish()
        packager.finish()
        assert contents(tmp_path) == {}
        assert not (tmp_path / "t1").exists()
        assert not packager.up


def test_a_second_header(recording, tmp_path):
    packager = Packager(tmp_path, 1, segment_s=2)
    packager.feed(recording("aac.mp4").read_bytes(), T0)
    with pytest.raises(NotMediaError):
        packager.feed(recording("aac.mp4").read_bytes(), T0)
    packager.finish()


def test_our_own_reader_reads_what_is_written(recording, tmp_path):
    publish(tmp_path, recording("aac.mp4"))
    for name in ("t1/v.m3u8", "video.m3u8"):
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert MediaPlaylist.parse(text).text() == text
    for text in ("", "#EXTM3U\nx.m4s\n", "<html>", "#EXTM3U\n#EXTINF:x,\nx.m4s\n"):
        (tmp_path / "x.m3u8").write_text(text, encoding="utf-8")
        assert read_playlist(tmp_path / "x.m3u8") is None
    assert read_playlist(tmp_path / "none.m3u8") is None


def test_a_take_that_begins_late_is_dated_by_what_follows(recording, tmp_path):
    header, *rest = pieces(recording("aac.mp4"))
    packager = Packager(tmp_path, 1, segment_s=1)
    packager.feed(header, T0)
    for n, piece in enumerate(rest, start=1):
        packager.feed(piece, T0 + n + (0.8 if n < 3 else 0.02))
    packager.finish()
    for name in ("t1/v.m3u8", "t1/a.m3u8"):
        for before, after in pairwise(check(tmp_path / name).segments):
            gap = after.at - before.at - timedelta(seconds=before.duration)
            assert abs(gap.total_seconds()) < 0.01
    assert abs(packager.first_at.timestamp() - T0) < 0.05
    shown = check(tmp_path / "video.m3u8").segments
    assert shown[0].at.timestamp() - T0 > 0.7, "what viewers were told does not change"
    assert abs(shown[-1].at.timestamp() - T0 - SECONDS + 1) < 0.06


def test_a_long_take_keeps_every_segment(recording, tmp_path):
    header, *rest = pieces(recording("aac.mp4"))
    packager = Packager(tmp_path, 1, segment_s=1)
    packager.feed(header, T0)
    for n in range(40):
        packager.feed(moved(rest[n % 8], n - n % 8), T0 + n + 1)
    packager.finish()
    listed = check(tmp_path / "t1/v.m3u8")
    assert [s.uri for s in listed.segments] == [f"v{n:05d}.m4s" for n in range(1, 41)]
    assert len(check(tmp_path / "video.m3u8").segments) in {24, 25}
    text = (tmp_path / "t1/v.m3u8").read_text(encoding="utf-8")
    assert text.count("#EXT-X-MAP") == 1
    assert read_playlist(tmp_path / "t1/v.m3u8").text() == text
