"""Fragmented MP4 made by hand: what no encoder writes, and somebody may send."""

from __future__ import annotations

import struct

from livestream.media.packaging.boxes import make, make_full

PICTURE, SOUND = 1, 2
#: Ticks a second of both tracks.
SCALE = 1000
KEY, NOT_KEY = 0x02000000, 0x01010000


def _descriptor(tag: int, *inner: bytes) -> bytes:
    body = b"".join(inner)
    return bytes([tag, len(body)]) + body


def entry(kind: bytes, *parts: bytes) -> bytes:
    """The description of a track."""
    return make_full(b"stsd", 0, 0, struct.pack(">I", 1), make(kind, *parts))


AVC = entry(
    b"avc1",
    bytes(24) + struct.pack(">2H", 640, 360) + bytes(50),
    make(b"avcC", bytes([1, 0x42, 0, 0x1E, 0xFF, 0xE0])),
)
_CONFIG = _descriptor(4, b"\x40" + bytes(12), _descriptor(5, b"\x12\x10"))
AAC = entry(b"mp4a", bytes(28), make_full(b"esds", 0, 0, _descriptor(3, b"\0\0\0", _CONFIG)))


def _trak(number: int, kind: bytes, described: bytes, scale: int) -> bytes:
    return make(
        b"trak",
        make_full(b"tkhd", 0, 0, struct.pack(">3I", 0, 0, number), bytes(68)),
        make(
            b"mdia",
            make_full(b"mdhd", 0, 0, struct.pack(">4I", 0, 0, scale, 0), bytes(4)),
            make_full(b"hdlr", 0, 0, bytes(4), kind, bytes(13)),
            make(b"minf", make(b"stbl", described)),
        ),
    )


def header(scale: int = SCALE, *, picture: bytes = AVC, sound: bytes = AAC) -> bytes:
    """``ftyp`` and ``moov`` of a picture and a sound."""
    trex = [
        make_full(b"trex", 0, 0, struct.pack(">5I", number, 1, 0, 0, 0))
        for number in (PICTURE, SOUND)
    ]
    return make(b"ftyp", b"isom\0\0\0\0") + make(
        b"moov",
        _trak(PICTURE, b"vide", picture, scale),
        _trak(SOUND, b"soun", sound, scale),
        make(b"mvex", *trex),
    )


def run(
    track: int,
    start: int,
    *runs: tuple[int, int],
    duration: int = 0,
    size: int = 0,
    flags: int = KEY,
) -> tuple[int, int, tuple[tuple[int, int], ...], int, int, int]:
    """A track of a fragment: ``runs`` are (samples, place in the data)."""
    return track, start, runs, duration, size, flags


def fragment(*tracks: tuple, data: bytes = b"") -> bytes:
    """``moof`` and ``mdat``; every sample of a track has the same duration and size."""

    def moof(body: int) -> bytes:
        return make(
            b"moof",
            make_full(b"mfhd", 0, 0, struct.pack(">I", 1)),
            *(_traf(body, *track) for track in tracks),
        )

    return moof(len(moof(0)) + 8) + make(b"mdat", data)


def _traf(body: int, track: int, start: int, runs: tuple, *defaults: int) -> bytes:
    duration, size, flags = defaults
    return make(
        b"traf",
        make_full(b"tfhd", 0, 0x020038, struct.pack(">4I", track, duration, size, flags)),
        make_full(b"tfdt", 1, 0, struct.pack(">Q", start)),
        *(make_full(b"trun", 0, 1, struct.pack(">Ii", count, body + at)) for count, at in runs),
    )


def picture(start: int, milliseconds: int, flags: int = KEY) -> bytes:
    """One picture of ten bytes."""
    return fragment(
        run(PICTURE, start, (1, 0), duration=milliseconds, size=10, flags=flags), data=bytes(10)
    )
