"""What a room process tells Prometheus. One registry per process; ``/metrics`` shows it.

The engine calls these on its event loop: each is a few additions in memory, no I/O, no lock held
for longer than that. Labels have few values and never name a person or a room.
"""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

#: Seconds; a tick is 0.25 to 1.5 s, a fan-out anything from a millisecond.
_SECONDS: Final = (0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.5, 5.0)

VIEWERS: Final = Gauge("jobfair_room_viewers", "Open room sockets of this process.")
TICKS: Final = Histogram(
    "jobfair_room_tick_seconds", "Time from one tick of a room to the next.", buckets=_SECONDS
)
FAN_OUT: Final = Histogram(
    "jobfair_room_fan_out_seconds",
    "Time to write one tick to the viewers of a room.",
    buckets=_SECONDS,
)
SKIPPED: Final = Counter(
    "jobfair_room_ticks_skipped", "Ticks not written to a viewer who was behind."
)
BYTES: Final = Counter("jobfair_room_bytes", "Bytes of ticks written to viewers.")
LAYER_LAG: Final = Histogram(
    "jobfair_room_layer_lag_seconds",
    "Time from the commit of an entry to its arrival at this process.",
    buckets=_SECONDS,
)
ACCEPTED: Final = Counter("jobfair_room_messages_accepted", "Messages stored and acknowledged.")
REFUSED: Final = Counter(
    "jobfair_room_messages_refused", "Messages refused, by error code.", ["code"]
)
WATCH_REPORTS: Final = Counter("jobfair_room_watch_reports", "Played-time reports taken.")
FEED_REQUESTS: Final = Counter(
    "jobfair_room_feed_requests",
    "Requests to the feed that reached this process, by kind.",
    ["kind"],
)
