"""Packaging: what a camera sends becomes HLS on disk.

``Packager`` is synchronous and pure Python; ``Pump`` is what a socket or a relay uses: it has a
bounded queue, a worker thread, and ffmpeg in between where the publisher's format asks for it.
"""

from livestream.media.packaging.errors import (
    FfmpegDied,
    NotMediaError,
    Overflow,
    PackagingError,
)
from livestream.media.packaging.ffmpeg import Ffmpeg, reap_orphans
from livestream.media.packaging.files import end_live, mark_cut, read_playlist, write_file
from livestream.media.packaging.packager import Packager
from livestream.media.packaging.playlists import MediaPlaylist, Segment, Variant, multivariant
from livestream.media.packaging.pump import Pump

__all__ = [
    "Ffmpeg",
    "FfmpegDied",
    "MediaPlaylist",
    "NotMediaError",
    "Overflow",
    "Packager",
    "PackagingError",
    "Pump",
    "Segment",
    "Variant",
    "end_live",
    "mark_cut",
    "multivariant",
    "read_playlist",
    "reap_orphans",
    "write_file",
]
