from __future__ import annotations

import struct
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from livestream.media.packaging.boxes import children, make, make_full
from livestream.media.packaging.errors import NotMediaError
from livestream.media.packaging.fragments import Fragment, FragmentReader, Init
from livestream.media.packaging.sound import sound_fragment, sound_init
from tests.livestream.media.recordings import FPS, SECONDS, frames


def read(data: bytes, step: int = 1 << 20):
    reader = FragmentReader()
    found = [part for at in range(0, len(data), step) for part in reader.feed(data[at : at + step])]
    return found[0], found[1:]


def test_header(recording):
    init, parts = read(recording("aac.mp4").read_bytes())
    assert init.picture.codec.startswith("avc1.42c0")
    assert (init.picture.width, init.picture.height) == (160, 90)
    assert init.sound.codec == "mp4a.40.2"
    assert len(parts) == SECONDS
    assert all(part.picture.key and len(part.picture.sizes) == FPS for part in parts)
    assert init.data + b"".join(p.data for p in parts) in recording("aac.mp4").read_bytes()
    for before, after in pairwise(parts):
        assert abs(before.picture.ends - after.picture.begins) < 0.03
        assert abs(before.sound.ends - after.sound.begins) < 0.001


def test_only_the_first_fragment_of_a_group_is_keyed(recording):
    _init, parts = read(recording("short.mp4").read_bytes())
    keyed = [part.picture.begins for part in parts if part.picture and part.picture.key]
    assert [round(begins) for begins in keyed] == list(range(SECONDS))
    assert len(parts) > 2 * SECONDS


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(step=st.integers(1, 60_000))
@example(step=1)
def test_any_pieces_give_the_same(recording, step):
    data = recording("aac.mp4").read_bytes()[:60_000]
    assert read(data, step) == read(data)


@pytest.mark.parametrize("kind", ["whole.mp4", "sound.mp4", "opus.mp4", "h264.mkv"])
def test_what_is_not_for_us_is_refused(recording, kind):
    with pytest.raises(NotMediaError):
        read(recording(kind).read_bytes())


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400), st.integers(1, 50))
def test_garbage_is_refused_and_nothing_else_is_raised(data, step):
    reader = FragmentReader()
    try:
        for at in range(0, len(data), step):
            list(reader.feed(data[at : at + step]))
    except NotMediaError:
        return
    assert reader.init is None


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=st.integers(0, 6_000), value=st.binary(min_size=1, max_size=8))
def test_a_damaged_recording_raises_nothing_else(recording, place, value):
    data = bytearray(recording("aac.mp4").read_bytes()[:30_000])
    data[place : place + len(value)] = value
    reader = FragmentReader()
    try:
        for part in reader.feed(bytes(data)):
            if isinstance(part, Init) and part.sound:
                sound_init(part)
            elif isinstance(part, Fragment):
                sound_fragment(part, 1)
    except NotMediaError:
        pass


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n",
        b"\x1a\x45\xdf\xa3\x01\x00\x00\x00",
        struct.pack(">I4s", 0, b"ftyp"),
        struct.pack(">I4s", 7, b"ftyp"),
        struct.pack(">I4s", 1 << 30, b"moov"),
        struct.pack(">I4sQ", 1, b"ftyp", 1 << 40),
        make(b"ftyp", b"isom") + struct.pack(">I4s", 1 << 31, b"mdat"),
        make(b"ftyp", b"isom") + make(b"mdat", b"x"),
    ],
)
def test_refused_with_its_first_bytes(data):
    with pytest.raises(NotMediaError):
        list(FragmentReader().feed(data))


def test_boxes_with_long_sizes_and_indexes_between(recording):
    data = recording("aac.mp4").read_bytes()
    out = []
    for box in children(data, 0, len(data)):
        whole = data[box.start : box.end]
        if box.kind == b"moof":
            out += [make(b"styp", b"msdh"), make_full(b"sidx", 0, 0, bytes(40))]
        if box.kind == b"mdat":
            continue_at = data[box.body : box.end]
            whole = struct.pack(">I4sQ", 1, b"mdat", len(continue_at) + 16) + continue_at
        out.append(whole)
    # Eight more bytes before the samples: their offsets are wrong now, and within the data.
    _init, parts = read(b"".join(out[:-1]), 777)
    assert len(parts) == SECONDS


def test_a_run_of_no_samples_says_nothing():
    """Chromium writes one, with decode time zero, for a track that is silent."""
    traf = make(
        b"traf",
        make_full(b"tfhd", 0, 0x020020, struct.pack(">2I", 7, 0)),
        make_full(b"tfdt", 1, 0, bytes(8)),
        make_full(b"trun", 1, 0x301, struct.pack(">Ii", 0, 0)),
    )
    from livestream.media.packaging.fragments import Track, read_fragment

    track = Track(7, b"soun", 48000, "mp4a.40.2")
    init = Init(b"", b"", Track(1, b"vide", 15000, "avc1.42c01e"), track)
    part = read_fragment(
        init, make(b"moof", make_full(b"mfhd", 0, 0, bytes(4)), traf), make(b"mdat")
    )
    assert part.sound is None
    assert part.picture is None


def test_a_table_that_claims_billions_of_samples():
    from livestream.media.packaging.fragments import Track, read_fragment

    init = Init(b"", b"", Track(1, b"vide", 15000, "avc1.42c01e"), None)
    traf = make(
        b"traf",
        make_full(b"tfhd", 0, 0x020000, struct.pack(">I", 1)),
        make_full(b"tfdt", 1, 0, bytes(8)),
        make_full(b"trun", 1, 0x1, struct.pack(">Ii", 0xFFFFFFFF, 0)),
    )
    with pytest.raises(NotMediaError):
        read_fragment(init, make(b"moof", traf), make(b"mdat"))


@pytest.mark.parametrize("kind", ["aac.mp4", "apart.mp4"])
def test_sound_alone_is_the_same_sound(recording, tmp_path, kind):
    init, parts = read(recording(kind).read_bytes())
    alone = tmp_path / "sound.mp4"
    alone.write_bytes(
        sound_init(init) + b"".join(sound_fragment(p, n) for n, p in enumerate(parts, start=1))
    )
    pictures, seconds, complaints = frames(alone)
    assert pictures == 0
    assert abs(seconds - SECONDS) < 0.1
    assert complaints == ""
    assert b"vide" not in alone.read_bytes()[:2000]
    assert alone.stat().st_size < recording(kind).stat().st_size / 2
