"""Programme time: the wall-clock moment a picture was taken, from when its bytes arrived.

A broadcast's own times begin anywhere. What is known is that the bytes of a picture cannot arrive
before it was taken: ``arrival - media end`` is never smaller than the offset between the two
clocks. The smallest value seen is therefore the best, and programme time is

    anchor + media time,    anchor = smallest (arrival - media end)

**Error bound.** Programme time is never early, and late by at most the shortest way from camera to
here seen so far (encoding, network, one hop through ffmpeg if there is one) plus ``DRIFT`` of the
time since: the anchor may rise by 100 ppm, so that a camera whose clock runs slow does not fall
behind for ever, and a network that stays slow for ten minutes moves it by 60 ms only. A clock that
runs fast lowers the anchor by itself.

**A beginning that is told** does away with most of that: a page says when its recording began, and
the first picture was taken then. What the anchor is later than that, in the first ``SETTLE``
seconds, is the shortest way, and is taken off from then on. Up to ``BELIEVED`` seconds only: a
publisher whose first pictures were lost says too early a moment, and is wrong by no more.

**Bursts** (a stalled network delivering late) only bring larger values, which change nothing.
**A pause** stops the media time: from then on every value is larger by the pause, at once and for
good. A rise of more than ``STEP`` that does not come down in ``SETTLE`` seconds is taken for one,
and the anchor moves up; until then programme time is early by the pause. An uplink that has become
too slow rises gradually, or comes down, and moves nothing. **A timeline that jumps** is told by
``restart``: the next value counts unless it agrees with the old ones.
"""

from __future__ import annotations

#: How fast two clocks may run apart: quartz is within 50 ppm, twice.
DRIFT = 100e-6
#: Seconds by which values have to rise at once to be taken for a pause.
STEP = 1.0
#: Seconds of arrivals after which a rise is judged.
SETTLE = 8.0
#: What a pause's values may come down meanwhile: the jitter of a network, not a backlog.
FLAT = 0.3
#: The longest shortest way that follows from a beginning that was told.
BELIEVED = 0.25


class ProgrammeClock:
    """From media time to Unix time; both in seconds."""

    def __init__(self) -> None:
        self._anchor: float | None = None
        self._arrived = 0.0
        self._late = 0.0
        self._restarted = False
        self._rise: tuple[float, float] | None = None  # when, and to how late
        self._least = 0.0
        self._told: float | None = None
        self._told_until = 0.0
        self._way = 0.0

    def begin(self, media: float, began: float) -> None:
        """The publisher says that it took the picture of ``media`` at ``began`` (Unix time)."""
        self._told, self._told_until = began - media, began + SETTLE

    def observe(self, media_end: float, arrived: float) -> None:
        """Bytes up to ``media_end`` have all arrived at ``arrived`` (Unix time)."""
        offset = arrived - media_end
        if self._anchor is None or (self._restarted and offset - self._anchor > STEP):
            self._anchor, self._rise = offset, None
        else:
            passed = max(0.0, arrived - self._arrived)
            self._anchor = min(offset, self._anchor + DRIFT * passed)
            self._judge(offset - self._anchor, arrived)
        if self._told is not None and arrived <= self._told_until:
            way = self._anchor - self._told
            self._way = way if 0 <= way <= BELIEVED else 0.0
        self._late = offset - self._anchor
        self._arrived = arrived
        self._restarted = False

    def _judge(self, late: float, arrived: float) -> None:
        """Find out whether the publisher paused (see the module's text)."""
        if late - self._late > STEP:
            self._rise, self._least = (arrived, late), late
        if self._rise is None:
            return
        since, height = self._rise
        self._least = min(self._least, late)
        if self._least < height - FLAT:
            self._rise = None
        elif arrived - since >= SETTLE and self._anchor is not None:
            self._anchor += self._least
            self._rise = None

    def restart(self) -> None:
        """The media timeline jumped: the next value may stand for a new offset."""
        self._restarted = True
        self._told = None

    def at(self, media: float) -> float:
        """Programme time (Unix seconds) of a media time. Something has to be observed before."""
        if self._anchor is None:
            raise ValueError("nothing has arrived yet")
        return self._anchor - self._way + media
