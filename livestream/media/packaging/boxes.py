"""ISO base media files, box by box (ISO/IEC 14496-12, section 4.2).

A box is a 32-bit size, four letters and a body; size 1 says that 64 bits with the size follow,
size 0 that the box lasts to the end of the file, which a stream has not.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from livestream.media.packaging.errors import NotMediaError

#: Bytes of the largest box of each kind; what is not listed is not expected in a broadcast.
KEPT = {b"ftyp": 4096, b"moov": 1 << 20, b"moof": 4 << 20, b"mdat": 48 << 20}
#: Read and thrown away: indexes, padding, events, producer clocks.
SKIPPED = dict.fromkeys(
    (
        *(b"styp", b"sidx", b"ssix", b"mfra", b"free", b"skip", b"wide"),
        *(b"emsg", b"prft", b"uuid", b"meta", b"pdin"),
    ),
    16 << 20,
)
OPENING = frozenset({b"ftyp", b"styp", b"moov", b"free", b"skip", b"wide"})

_HEADER, _LONG_HEADER = 8, 16


@dataclass(frozen=True, slots=True)
class Box:
    """Where a box lies in the bytes it was found in."""

    kind: bytes
    start: int
    body: int
    end: int


def children(data: bytes, start: int, end: int) -> Iterator[Box]:
    """The boxes of ``data[start:end]`` in order. Raises NotMediaError if they do not fit it."""
    at = start
    while at < end:
        if end - at < _HEADER:
            raise NotMediaError("a box is cut short")
        size, kind = struct.unpack_from(">I4s", data, at)
        body = at + _HEADER
        if size == 1:
            if end - at < _LONG_HEADER:
                raise NotMediaError("a box is cut short")
            (size,) = struct.unpack_from(">Q", data, body)
            body = at + _LONG_HEADER
        elif size == 0:
            size = end - at
        if size < body - at or at + size > end:
            raise NotMediaError("a box does not fit into the one around it")
        yield Box(kind, at, body, at + size)
        at += size


def child(data: bytes, parent: Box, kind: bytes, *, skip: int = 0) -> Box | None:
    """The first box of a kind inside a parent, after ``skip`` bytes of the parent's own fields."""
    inside = children(data, parent.body + skip, parent.end)
    return next((box for box in inside if box.kind == kind), None)


def need(data: bytes, parent: Box, *path: bytes) -> Box:
    """The box at the end of a path of kinds; NotMediaError if one is missing."""
    for kind in path:
        found = child(data, parent, kind)
        if found is None:
            raise NotMediaError(f"there is no {kind.decode('latin-1')} box")
        parent = found
    return parent


def unpack(form: str, data: bytes, at: int, end: int) -> tuple[int, ...]:
    """``struct.unpack_from`` that stays inside a box and speaks of media."""
    if at + struct.calcsize(form) > end:
        raise NotMediaError("a box is too short for its fields")
    return struct.unpack_from(form, data, at)


def make(kind: bytes, *parts: bytes) -> bytes:
    """A box of these parts."""
    body = b"".join(parts)
    if len(body) + _HEADER < 1 << 32:
        return struct.pack(">I4s", len(body) + _HEADER, kind) + body
    return struct.pack(">I4sQ", 1, kind, len(body) + _LONG_HEADER) + body


def make_full(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    """A box that begins with a version and flags."""
    return make(kind, struct.pack(">I", version << 24 | flags), *parts)


class BoxReader:
    """Takes a stream apart into its outermost boxes, whatever the pieces it arrives in.

    Holds at most one box of the sizes in ``KEPT``, and refuses what cannot be a broadcast with
    the first eight bytes that show it.
    """

    def __init__(self) -> None:
        self._held = bytearray()
        self._skip = 0
        self._opened = False

    def feed(self, piece: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Kind and all bytes of every kept box that is complete now. Raises NotMediaError."""
        self._held += piece
        while True:
            if self._skip:
                gone = min(self._skip, len(self._held))
                del self._held[:gone]
                self._skip -= gone
            if len(self._held) < _HEADER:
                return
            kind, size = self._header()
            if size is None:
                return
            if kind in SKIPPED:
                self._skip = size
                continue
            if len(self._held) < size:
                return
            whole = bytes(self._held[:size])
            del self._held[:size]
            yield kind, whole

    def _header(self) -> tuple[bytes, int | None]:
        """Kind and size of the box at the front; no size while its header is incomplete."""
        size, kind = struct.unpack_from(">I4s", self._held)
        limit = KEPT.get(kind) or SKIPPED.get(kind)
        if limit is None or not (self._opened or kind in OPENING):
            raise NotMediaError("this is not a fragmented MP4 stream")
        least = _HEADER
        if size == 1:
            if len(self._held) < _LONG_HEADER:
                return kind, None
            (size,) = struct.unpack_from(">Q", self._held, _HEADER)
            least = _LONG_HEADER
        if not least <= size <= limit:
            raise NotMediaError(f"a {kind.decode('latin-1')} box of {size} bytes")
        self._opened = True
        return kind, size
