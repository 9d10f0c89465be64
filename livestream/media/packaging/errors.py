"""What can go wrong with a picture on its way to disk."""

from __future__ import annotations


class PackagingError(RuntimeError):
    """The picture cannot be written any more (disk full, no permission).

    Everything listed before stays playable. The message is for staff and names no path.
    """


class NotMediaError(PackagingError):
    """What arrives is not a picture this server can send on; the publisher has to change it."""


class Overflow(PackagingError):
    """More arrives than can be handled; nothing of the refused piece was kept."""


class FfmpegDied(PackagingError):
    """The converting process ended by itself; the message ends with its last lines."""
