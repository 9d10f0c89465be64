"""The sound of a broadcast alone: the same samples, in headers that name no picture."""

from __future__ import annotations

import struct

from livestream.media.packaging.boxes import children, make, make_full
from livestream.media.packaging.fragments import Fragment, Init, Run, track_number

_BASE_IS_MOOF, _DEFAULT_FLAGS = 0x020000, 0x20
_EVERY_SAMPLE_STANDS_ALONE = 0x02000000
_OFFSET, _DURATION, _SIZE = 0x1, 0x100, 0x200


def sound_init(init: Init) -> bytes:
    """The header with the sound track only. There has to be one."""
    assert init.sound is not None  # noqa: S101 - the caller asked
    top = next(children(init.moov, 0, len(init.moov)))
    kept: list[bytes] = []
    for box in children(init.moov, top.body, top.end):
        if box.kind == b"trak" and track_number(init.moov, box) != init.sound.number:
            continue
        if box.kind == b"mvex":
            kept.append(_only_trex(init.moov, box.body, box.end, init.sound.number))
        else:
            kept.append(init.moov[box.start : box.end])
    return init.ftyp + make(b"moov", *kept)


def _only_trex(moov: bytes, start: int, end: int, number: int) -> bytes:
    wanted = struct.pack(">I", number)
    return make(
        b"mvex",
        *(
            moov[box.start : box.end]
            for box in children(moov, start, end)
            if box.kind == b"trex" and moov[box.body + 4 : box.body + 8] == wanted
        ),
    )


def sound_size(fragment: Fragment) -> int:
    """About the bytes that :func:`sound_fragment` makes: samples, and what is said of each."""
    run = fragment.sound
    return 0 if run is None else run.size + 8 * len(run.sizes)


def sound_fragment(fragment: Fragment, sequence: int) -> bytes:
    """The sound of a fragment as a fragment of its own, numbered; empty if it has none."""
    run = fragment.sound
    if run is None:
        return b""
    samples = b"".join(fragment.data[at : at + length] for at, length in run.extents)
    # The offset counts from the first byte of this moof, whose length does not depend on it.
    offset = len(_moof(run, sequence, 0)) + 8
    return _moof(run, sequence, offset) + make(b"mdat", samples)


def _moof(run: Run, sequence: int, offset: int) -> bytes:
    table = [value for pair in zip(run.durations, run.sizes, strict=True) for value in pair]
    return make(
        b"moof",
        make_full(b"mfhd", 0, 0, struct.pack(">I", sequence)),
        make(
            b"traf",
            make_full(
                b"tfhd",
                0,
                _BASE_IS_MOOF | _DEFAULT_FLAGS,
                struct.pack(">2I", run.track.number, _EVERY_SAMPLE_STANDS_ALONE),
            ),
            make_full(b"tfdt", 1, 0, struct.pack(">Q", run.start)),
            make_full(
                b"trun",
                0,
                _OFFSET | _DURATION | _SIZE,
                struct.pack(f">Ii{len(table)}I", len(run.sizes), offset, *table),
            ),
        ),
    )
