"""Which way a publisher's format takes: as it is, with new sound, or encoded anew."""

from __future__ import annotations

import re
from enum import Enum

from livestream.media.packaging.errors import NotMediaError


class Route(Enum):
    """What has to be done to a format before it can be cut."""

    AS_IS = "as it is"
    COPY = "picture copied, sound to AAC"
    ENCODE = "picture and sound encoded"


_CODECS = re.compile(r"codecs\s*=\s*\"?([^\";]*)", re.IGNORECASE)
_H264 = ("avc1", "avc3", "h264")
_OTHER_PICTURES = ("vp8", "vp9", "vp09", "vp08", "av1", "av01", "hvc1", "hev1")
_CONTAINERS = {"video/mp4": "mov", "video/webm": "matroska", "video/x-matroska": "matroska"}


def route_of(mime: str) -> tuple[Route, str]:
    """The way, and ffmpeg's name of the container, of a MediaRecorder type.

    Raises NotMediaError for a type no camera page asks for.
    """
    container = mime.partition(";")[0].strip().lower()
    if container not in _CONTAINERS:
        raise NotMediaError("this format cannot be broadcast")
    found = _CODECS.search(mime)
    names = [name.strip().lower() for name in found.group(1).split(",")] if found else []
    demuxer = _CONTAINERS[container]
    if any(name.startswith(_OTHER_PICTURES) for name in names):
        return Route.ENCODE, demuxer
    if not any(name.startswith(_H264) for name in names):
        # WebM without a word about its codecs is VP8; MP4 is H.264.
        return (Route.COPY if demuxer == "mov" else Route.ENCODE), demuxer
    sounds = [name for name in names if not name.startswith(_H264)]
    as_it_is = demuxer == "mov" and all(name.startswith("mp4a") for name in sounds)
    return (Route.AS_IS if as_it_is else Route.COPY), demuxer
