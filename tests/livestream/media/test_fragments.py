from __future__ import annotations

import struct
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from livestream.media.packaging.boxes import children, make, make_full
from livestream.media.packaging.codecs import sound_codec
from livestream.media.packaging.errors import NotMediaError
from livestream.media.packaging.fragments import (
    Defaults,
    Fragment,
    FragmentReader,
    Init,
    Run,
    Track,
    read_fragment,
)
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
    track = Track(7, b"soun", 48000, "mp4a.40.2")
    init = Init(b"", b"", Track(1, b"vide", 15000, "avc1.42c01e"), track)
    part = read_fragment(
        init, make(b"moof", make_full(b"mfhd", 0, 0, bytes(4)), traf), make(b"mdat")
    )
    assert part.sound is None
    assert part.picture is None


def test_a_table_that_claims_billions_of_samples():
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


def test_what_a_player_needs_is_checked_in_the_header(recording):
    """Every word of the header changed in turn: refused, or read, and nothing else."""
    data = recording("aac.mp4").read_bytes()
    header = bytes(data[: data.index(b"moof") - 4])
    refused = set()
    for kind in (
        b"mvex",
        b"trak",
        b"tkhd",
        b"mdhd",
        b"hdlr",
        b"stsd",
        b"avc1",
        b"avcC",
        b"mp4a",
        b"esds",
    ):
        at = header.index(kind)
        with pytest.raises(NotMediaError) as raised:
            for part in FragmentReader().feed(header[:at] + b"xxxx" + header[at + 4 :]):
                assert not isinstance(part, Init) or kind == b"trak"
            if kind == b"trak":
                raise NotMediaError("the sound alone, or the picture alone, may be left")
        refused.add(str(raised.value))
    assert len(refused) >= 7


@pytest.mark.parametrize(
    ("place", "value"), [(b"mdhd", 12), (b"esds", 0)], ids=["timescale", "descriptor"]
)
def test_a_header_with_zeros(recording, place, value):
    data = bytearray(recording("aac.mp4").read_bytes()[:4000])
    at = data.index(place) + 4 + value
    data[at : at + 12] = bytes(12)
    with pytest.raises(NotMediaError):
        list(FragmentReader().feed(bytes(data)))


def fragment_of(*parts: bytes, track_flags: int = 0x020000, base: bytes = b"") -> Fragment:
    track = Track(1, b"vide", 1000, "avc1.42c01e", defaults=Defaults(40, 10, 0x01010000))
    traf = make(
        b"traf",
        make_full(b"tfhd", 0, track_flags, struct.pack(">I", 1), base),
        *parts,
    )
    return read_fragment(
        Init(b"", b"", track, None), make(b"moof", traf), make(b"mdat", bytes(1000))
    )


TFDT = make_full(b"tfdt", 0, 0, struct.pack(">I", 5000))


def test_defaults_of_the_header_and_of_the_fragment():
    plain = make_full(b"trun", 0, 0, struct.pack(">I", 3))
    run = fragment_of(TFDT, plain).picture
    assert (run.key, run.sizes, run.begins, run.ends) == (False, [10] * 3, 5.0, 5.12)
    run = fragment_of(
        TFDT, plain, track_flags=0x02003A, base=struct.pack(">4I", 1, 20, 30, 0x02000000)
    ).picture
    assert (run.key, run.sizes, run.ends) == (True, [30] * 3, 5.06)
    first = make_full(b"trun", 0, 4, struct.pack(">2I", 2, 0x02000000))
    assert fragment_of(TFDT, first).picture.key
    each = make_full(b"trun", 0, 0x400, struct.pack(">3I", 2, 0x02000000, 0x01010000))
    assert fragment_of(TFDT, each).picture.key


def test_pictures_shown_later_or_earlier_than_decoded():
    for shift in (80, -80):
        run = make_full(b"trun", 1, 0x800, struct.pack(">Iii", 2, shift, 0))
        assert fragment_of(TFDT, run).picture.begins == 5 + shift / 1000


def test_runs_follow_one_another():
    one = make_full(b"trun", 0, 0, struct.pack(">I", 3))
    run = fragment_of(TFDT, one, one).picture
    (first, second) = run.extents
    assert second == (first[0] + 30, 30)
    assert len(run.sizes) == 6


@pytest.mark.parametrize(
    ("parts", "flags"),
    [
        ((make_full(b"trun", 0, 0, struct.pack(">I", 3)),), 0x020000),  # no decode time
        ((TFDT, make_full(b"trun", 0, 0, struct.pack(">I", 200))), 0x020000),  # too much data
        ((TFDT, make_full(b"trun", 0, 1, struct.pack(">Ii", 1, -4))), 0x020000),  # before it
        ((TFDT, make_full(b"trun", 0, 0x300, struct.pack(">3I", 2, 1, 1))), 0x020000),  # cut short
        ((TFDT, make_full(b"trun", 0, 0x100, struct.pack(">2I", 1, 1 << 31))), 0x020000),  # years
        ((TFDT, make_full(b"trun", 0, 0, struct.pack(">I", 3))), 0x000001),  # place in the file
        ((TFDT, b"\0\0\0\x04trun"), 0x020000),
    ],
)
def test_fragments_that_cannot_be(parts, flags):
    with pytest.raises(NotMediaError):
        fragment_of(*parts, track_flags=flags, base=bytes(8) if flags & 1 else b"")


def test_a_track_twice_in_a_fragment(recording):
    data = recording("silent.mp4").read_bytes()
    init, parts = read(data)
    moof = parts[0].data[: parts[0].data.index(b"mdat") - 4]
    body = moof[8:]
    twice = make(b"moof", body, body[body.index(b"traf") - 4 :])
    with pytest.raises(NotMediaError):
        read_fragment(init, twice, bytes(2 << 20))


@pytest.mark.parametrize(
    ("head", "codec"),
    [(b"\x12\x10", "mp4a.40.2"), (b"\x2b\x92", "mp4a.40.5"), (b"\xf9\x40", "mp4a.40.42")],
)
def test_kinds_of_aac(head, codec):
    def descriptor(tag: int, *inner: bytes) -> bytes:
        body = b"".join(inner)
        return bytes([tag, 0x80, 0x80, len(body)]) + body

    config = descriptor(4, b"\x40" + bytes(12), descriptor(5, head))
    for flags, fields in ((0, b""), (0x80, b"ab"), (0x40, b"\x02ab"), (0x20, b"ab")):
        stream = descriptor(3, b"\0\1", bytes([flags]), fields, config)
        esds = make_full(b"esds", 0, 0, stream)
        for version, more in ((0, 0), (1, 16), (2, 36)):
            fixed = bytes(8) + struct.pack(">H", version) + bytes(18 + more)
            entry = make(b"mp4a", fixed, esds)
            assert sound_codec(entry, next(children(entry, 0, len(entry)))) == codec
    mp3 = make(b"mp4a", bytes(28), make_full(b"esds", 0, 0, stream.replace(b"\x40", b"\x6b")))
    with pytest.raises(NotMediaError):
        sound_codec(mp3, next(children(mp3, 0, len(mp3))))


def test_a_nominal_last_duration_does_not_count():
    track = Track(1, b"vide", 1000, "avc1.42c01e")
    assert Run(track, 0, durations=[66, 67, 66, 33]).ends == 0.265
    assert Run(track, 0, durations=[66, 67, 66, 200]).ends == 0.399
    assert Run(track, 0, durations=[33]).ends == 0.033
