"""A server's frame as it goes over the line: encoded once, framed once, compressed once.

RFC 6455 for the framing. RFC 7692 without context takeover for the compression: such a frame
stands alone, so one compressed copy serves every viewer who negotiated it.
"""

from __future__ import annotations

import struct
import zlib

_FIN_TEXT = 0x81
_RSV1 = 0x40
#: Shorter frames do not shrink enough to be worth a viewer's inflating them.
_WORTH_DEFLATING = 256
#: What a Z_SYNC_FLUSH ends with; RFC 7692 §7.2.1 has it cut off.
_FLUSH_TAIL = b"\x00\x00\xff\xff"


def framed(payload: bytes, *, deflated: bool = False) -> bytes:
    """``payload`` as one unmasked text frame."""
    first = _FIN_TEXT | (_RSV1 if deflated else 0)
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", first, size) + payload
    if size < 65536:
        return struct.pack("!BBH", first, 126, size) + payload
    return struct.pack("!BBQ", first, 127, size) + payload


def deflate(payload: bytes) -> bytes:
    """``payload`` compressed as a message of its own."""
    squeezer = zlib.compressobj(wbits=-15)
    return (squeezer.compress(payload) + squeezer.flush(zlib.Z_SYNC_FLUSH))[: -len(_FLUSH_TAIL)]


class Frame:
    """A frame for many viewers: ``raw`` as it is, ``deflated`` where that pays."""

    __slots__ = ("deflated", "raw", "text")

    def __init__(self, text: str) -> None:
        payload = text.encode()
        self.text = text
        self.raw = framed(payload)
        short = len(payload) < _WORTH_DEFLATING
        self.deflated = self.raw if short else framed(deflate(payload), deflated=True)
