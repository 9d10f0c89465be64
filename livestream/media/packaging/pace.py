"""How much media a publisher may send: as much as time passes, and some of it at once."""

from __future__ import annotations

from livestream.media.packaging.errors import NotMediaError

#: Media seconds that may be ahead of the clock: what waited in a stalled line, several times over.
AHEAD = 60.0
#: Media seconds a second, sustained: clocks differ, fragments overlap.
FASTEST = 1.5
#: What a fragment counts at least, however short: handling it costs as much as media does. An
#: encoder that sends every picture and every sound alone stays below.
LEAST = 0.005
#: What a jump of the timeline counts: it ends a segment, so many cannot follow on each other.
JUMP = 1.0


class Pace:
    """Bounds the work of one publisher by time, whatever few bytes claim to be.

    A live picture cannot be ahead of the clock. A line that stood still delivers late, and so is
    not; a publisher that saved up nothing for hours may still be ``AHEAD`` and no more.
    """

    def __init__(self) -> None:
        self._left = AHEAD
        self._at: float | None = None

    def spend(self, seconds: float, arrived: float) -> None:
        """Count so much media, which had arrived then (Unix time). Raises NotMediaError."""
        if self._at is not None:
            self._left = min(AHEAD, self._left + max(0.0, arrived - self._at) * FASTEST)
        self._at = arrived
        self._left -= max(seconds, LEAST)
        if self._left < 0:
            raise NotMediaError("more picture arrives than time passes")
