"""What a track holds, as RFC 6381 writes it: ``avc1.64001f``, ``mp4a.40.2``."""

from __future__ import annotations

from collections.abc import Iterator

from livestream.media.packaging.boxes import Box, child, children, need, unpack
from livestream.media.packaging.errors import NotMediaError

#: Bytes between the start of a sample entry's body and its first inner box.
VISUAL_FIELDS, SOUND_FIELDS = 78, 28

_ES, _DECODER_CONFIG, _DECODER_SPECIFIC = 3, 4, 5
_MPEG4_AUDIO = 0x40


def sample_entry(data: bytes, stsd: Box) -> Box:
    """The one sample entry of a track."""
    first = next(children(data, stsd.body + 8, stsd.end), None)
    if first is None:
        raise NotMediaError("a track without a description")
    return first


def _readable(kind: bytes) -> str:
    """Four letters that are shown to staff, whatever bytes they are."""
    return "".join(char if char.isprintable() else "?" for char in kind.decode("latin-1"))


def picture_codec(data: bytes, entry: Box) -> str:
    """The codec of an H.264 sample entry. Raises NotMediaError for any other picture."""
    if entry.kind not in {b"avc1", b"avc3"}:
        raise NotMediaError(f"the picture is {_readable(entry.kind)}, not H.264")
    record = _picture_record(data, entry)
    _version, profile, limits, level = unpack(">4B", data, record.body, record.end)
    return f"{entry.kind.decode()}.{profile:02x}{limits:02x}{level:02x}"


def _picture_record(data: bytes, entry: Box) -> Box:
    record = child(data, entry, b"avcC", skip=VISUAL_FIELDS)
    if record is None:
        raise NotMediaError("an H.264 track without its configuration")
    return record


def encodings(header: bytes) -> Iterator[tuple[str, bytes]]:
    """Of each track of a header the codec, and of a picture what its decoder is told.

    Raises NotMediaError unless they are H.264 and AAC.
    """
    for moov in children(header, 0, len(header)):
        for trak in children(header, moov.body, moov.end) if moov.kind == b"moov" else ():
            if trak.kind == b"trak":
                stsd = need(header, trak, b"mdia", b"minf", b"stbl", b"stsd")
                yield _encoding(header, sample_entry(header, stsd))


def _encoding(data: bytes, entry: Box) -> tuple[str, bytes]:
    if entry.kind == b"mp4a":
        return sound_codec(data, entry), b""
    codec, record = picture_codec(data, entry), _picture_record(data, entry)
    return codec, data[record.body : record.end]


def picture_size(data: bytes, entry: Box) -> tuple[int, int]:
    """Width and height of a visual sample entry."""
    width, height = unpack(">2H", data, entry.body + 24, entry.end)
    return width, height


def sound_codec(data: bytes, entry: Box) -> str:
    """The codec of an AAC sample entry. Raises NotMediaError for any other sound."""
    if entry.kind != b"mp4a":
        raise NotMediaError(f"the sound is {_readable(entry.kind)}, not AAC")
    version, *_ = unpack(">H", data, entry.body + 8, entry.end)
    # QuickTime's second and third kind of sound description have more fields.
    skip = SOUND_FIELDS + {1: 16, 2: 36}.get(version, 0)
    record = child(data, entry, b"esds", skip=skip)
    if record is None:
        raise NotMediaError("an AAC track without its configuration")
    return _elementary_stream(data, record.body + 4, record.end)


def _elementary_stream(data: bytes, at: int, end: int) -> str:
    """Walk down the nested descriptors of ISO/IEC 14496-1, section 7.2.6."""
    at, end = _descriptor(data, at, end, _ES)
    _number, flags = unpack(">HB", data, at, end)
    at += 3
    if flags & 0x80:
        at += 2
    if flags & 0x40:
        (length,) = unpack(">B", data, at, end)
        at += 1 + length
    if flags & 0x20:
        at += 2
    at, end = _descriptor(data, at, end, _DECODER_CONFIG)
    (kind,) = unpack(">B", data, at, end)
    if kind != _MPEG4_AUDIO:
        raise NotMediaError(f"the sound is of MPEG-4 kind {kind:#x}, not AAC")
    at, end = _descriptor(data, at + 13, end, _DECODER_SPECIFIC)
    first, second = unpack(">2B", data, at, end)
    object_type = first >> 3
    if object_type == 31:  # the escape value: six more bits
        object_type = 32 + ((first & 7) << 3 | second >> 5)
    return f"mp4a.40.{object_type}"


def _descriptor(data: bytes, at: int, end: int, wanted: int) -> tuple[int, int]:
    """Start and end of the body of the descriptor at this place, which has to be of a kind."""
    (tag,) = unpack(">B", data, at, end)
    at += 1
    length = 0
    for _ in range(4):
        (byte,) = unpack(">B", data, at, end)
        at += 1
        length = length << 7 | byte & 0x7F
        if not byte & 0x80:
            break
    if tag != wanted or at + length > end:
        raise NotMediaError("the sound's configuration is broken")
    return at, at + length
