"""How often a room ticks, and how much chat a tick may carry. Pure; seconds and bytes.

Three things set the pace: how long the last tick took to write (a processor that is busy), the
bytes that the line to the outside carries (``UPLINK_MBIT``), and what people can read.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from livestream.realtime.tail import Entry

SHORTEST_S = 0.25
LONGEST_S = 1.0
#: Beyond this many people one second is not enough for everybody's frame on a small machine.
CROWD = 50_000
LONGEST_CROWDED_S = 1.5
#: A full line slows the chat down to this before it leaves lines out.
LONGEST_ON_LINE_S = 3.0
#: More viewers skipped than this part: the next tick waits twice as long.
SKIPPED_PART = 0.05
#: Processors that the processes share.
CORES = os.cpu_count() or 1
#: Processes that take turns tick every so many of these.
STEP_S = 0.25
#: The least part of a period between two ticks, where the first of them began late.
LEAST_PART = 0.75

#: Seconds of a readable chat that a quiet room saves up for a burst.
SAVED_S = 10.0

#: TCP, IP and Ethernet around a small frame and its acknowledgement.
OVERHEAD_BYTES = 120
#: Pages, static files and answers share the line with the rooms.
ROOMS_PART = 0.8
#: What the least tick costs on the line: no chat, once in LONGEST_ON_LINE_S.
LEAST_BYTES_PER_S = (OVERHEAD_BYTES + 180) / LONGEST_ON_LINE_S


@dataclass(slots=True)
class Sent:
    """What a tick is: seconds to write one, over the last few; of the last one its viewers, those
    skipped, and the bytes of each.
    """

    seconds: float = 0.0
    viewers: int = 0
    skipped: int = 0
    bytes_each: float = 0.0


def smoothed(seconds: float, latest: float) -> float:
    """What a tick takes, where it took ``seconds`` until now: one slow tick changes no rhythm."""
    return seconds + (latest - seconds) / 4 if seconds else latest


class Turn(NamedTuple):
    """The place of a process among all that have viewers in a room: the ``number``-th, from 0.

    ``tick_s``: the longest time from tick to tick that one of them wants, in seconds.
    """

    number: int = 0
    of: int = 1
    tick_s: float = SHORTEST_S


@dataclass(slots=True)
class Written:
    """What a room has written since ``since`` (monotonic seconds)."""

    since: float = field(default_factory=time.monotonic)
    bytes: int = 0
    ticks: int = 0
    chat: int = 0
    left_out: int = 0

    def line(self, now: float) -> tuple[float, float, float]:
        """Bytes a second, seconds from tick to tick, part of the chat lines left out."""
        seconds = max(0.001, now - self.since)
        return (
            self.bytes / seconds,
            seconds / self.ticks if self.ticks else 0.0,
            self.left_out / self.chat if self.chat else 0.0,
        )


def bytes_per_viewer_s(uplink_mbit: float, viewers: int) -> float | None:
    """What the line has for each viewer of the site, or None where it is not limited."""
    if not uplink_mbit or not viewers:
        return None
    return uplink_mbit * 1e6 / 8 * ROOMS_PART / viewers


def tick_length(
    sent: Sent, present: int, allowance: float | None = None, processes: int = 1
) -> float:
    """Seconds from one tick to the next.

    Three times what one takes to be written, between 0.25 s and 1 s (1.5 s in a crowd), so that a
    third of a process's time goes into ticks at most, and half of the machine's where many
    ``processes`` write to the room; longer, to 3 s, where ``allowance`` (bytes per viewer and
    second) asks for it.
    """
    longest = LONGEST_S if present <= CROWD else LONGEST_CROWDED_S
    wanted = sent.seconds * max(3, 2 * processes / CORES)
    if sent.viewers and sent.skipped > SKIPPED_PART * sent.viewers:
        wanted *= 2
    length = min(longest, max(SHORTEST_S, wanted))
    if allowance is not None and sent.bytes_each:
        on_line = (sent.bytes_each + OVERHEAD_BYTES) / allowance
        length = max(length, min(LONGEST_ON_LINE_S, on_line))
    return length


def next_tick(last: float, length: float, turn: Turn) -> float:
    """When the tick after the one at ``last`` is due, in seconds of the machine's monotonic clock.

    An event reaches all processes of a machine at once. If all of them wrote at once, each would
    need as long as all together; so they keep one rhythm, each at its own part of it. A tick that
    began a little late does not move those after it.
    """
    if turn.of < 2:
        return last + length
    period = math.ceil(turn.tick_s / STEP_S - 0.01) * STEP_S
    own = period * turn.number / turn.of
    return own + period * math.ceil((last + LEAST_PART * period - own) / period)


class Readable:
    """How many chat lines people can still take in: so many a second, some seconds saved up.

    A burst after a quiet while is shown whole; a chat that stays too fast is not.
    """

    def __init__(self, per_s: float) -> None:
        self._per_s = per_s
        self._lines = per_s * SAVED_S

    def after(self, seconds: float) -> int:
        """The lines there are ``seconds`` after the last tick."""
        self._lines = min(self._per_s * SAVED_S, self._lines + self._per_s * seconds)
        return int(self._lines)

    def show(self, lines: int) -> None:
        """Note that so many were shown."""
        self._lines -= lines


def chat_lines(readable: int, *, allowance: float | None, bytes_per_line: float) -> int:
    """How many chat lines a tick may carry: what people can read, and what the line holds."""
    lines = float(readable)
    if allowance is not None and bytes_per_line > 0:
        room = allowance * LONGEST_ON_LINE_S - OVERHEAD_BYTES
        lines = min(lines, room / bytes_per_line)
    return max(1, int(lines))


def select(entries: Sequence[Entry], lines: int) -> Sequence[Entry]:
    """``entries`` with at most ``lines`` chat lines, evenly taken; everything else stays."""
    chat = [entry.seq for entry in entries if entry.chat]
    if len(chat) <= lines:
        return entries
    step = len(chat) / lines
    kept = {chat[int(number * step)] for number in range(lines)}
    return [entry for entry in entries if not entry.chat or entry.seq in kept]


def surplus(allowance: float | None) -> float:
    """The part of the viewers for whom the line has no room even without chat: 0 to 1."""
    if allowance is None or allowance >= LEAST_BYTES_PER_S:
        return 0.0
    return 1 - allowance / LEAST_BYTES_PER_S
