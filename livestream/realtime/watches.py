"""Played-time reports of a process's viewers, gathered and stored in batches."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import UTC, datetime

from livestream.realtime import frames, metrics, store
from livestream.realtime.delays import Delays
from livestream.realtime.tokens import Claims
from livestream.realtime.viewers import Viewer
from livestream.services.watching import Span

logger = logging.getLogger(__name__)

#: Seconds between two batches, and the most that is kept while the database does not answer.
STORE_S = 5.0
KEPT_MOST = 500_000
#: A page reports once a minute, jittered: nobody claims more than this at once.
SPAN_MOST_S = 90.0
#: Who has not been heard of for this long is not counted as playing.
SILENT_S = 100.0


def span_of(claims: Claims, report: frames.Watch, *, last_s: float, now_s: float) -> Span | None:
    """The time that a report stands for, or None where nothing was played.

    ``last_s`` is when this page was last heard of, 0 for never: then the time before is taken on
    trust, a minute and a half of it and not from before its token. Moments are Unix seconds.
    """
    earliest = max(last_s, claims.issued_ms / 1000, now_s - SPAN_MOST_S)
    played = min(report.played_s, now_s - earliest)
    if played <= 0 or not claims.key:
        return None
    start = earliest if last_s else now_s - played
    return Span(
        session=claims.session,
        key=claims.key,
        channel=claims.channel,
        starts_at=datetime.fromtimestamp(start, UTC),
        ends_at=datetime.fromtimestamp(now_s, UTC),
        played_ms=int(played * 1000),
        kind=report.kind,
    )


class Watches:
    """What this process's viewers reported and the database has not got yet."""

    def __init__(self) -> None:
        self._spans: list[Span] = []
        self.delays = Delays()

    def take(self, viewer: Viewer, report: frames.Watch) -> None:
        """Note a report. No I/O."""
        now = time.time()
        span = span_of(viewer.claims, report, last_s=viewer.heard_at, now_s=now)
        if span is not None and len(self._spans) < KEPT_MOST:
            self._spans.append(span)
        viewer.heard_at = now
        viewer.playing = report.on
        if report.delay_s is not None:
            self.delays.note(viewer.claims.session, report.delay_s)
        metrics.WATCH_REPORTS.inc()

    async def store_for_ever(self) -> None:
        """Store what has gathered every few seconds; at the end (cancelled) nothing is lost."""
        while True:
            await asyncio.sleep(STORE_S)
            await self.store()

    async def store(self) -> None:
        """Store what has gathered; what the database does not take is kept for the next time."""
        batch, self._spans = self._spans, []
        if not batch:
            return
        try:
            await store.store_spans(batch)
        except Exception:
            logger.exception("Storing %d watch spans failed; trying again", len(batch))
            self._spans = batch + self._spans
