"""Storing played-time reports. The room engine hands over a batch every second or so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connection

from core.transactions import write
from livestream.enums import WatchKind
from livestream.models import Session, WatchSpan

#: Longer reports are no reports: the rest of one is not counted.
LONGEST: Final = timedelta(minutes=15)

_KEY_LENGTH: Final = 24
_CHANNEL_LENGTH: Final = 32
_COLUMNS: Final = "session_id, starts_at, ends_at, played_ms, kind, key, channel"
_TYPES: Final = ("int8", "timestamptz", "timestamptz", "int4", "varchar", "varchar", "varchar")
_COPY: Final = f"COPY livestream_watchspan ({_COLUMNS}) FROM STDIN (FORMAT BINARY)"

Row = tuple[int, datetime, datetime, int, str, str, str]


@dataclass(frozen=True, slots=True)
class Span:
    """Between two moments a person (``key``) played ``played_ms`` milliseconds in a session."""

    session: UUID
    key: str
    channel: str
    starts_at: datetime
    ends_at: datetime
    played_ms: int
    kind: WatchKind


def store_spans(spans: Sequence[Span]) -> int:
    """Append ``spans`` in one write; return how many were stored.

    Left out are spans of rehearsals, of unknown sessions or nobody, and those in which nothing was
    played.
    Played time is cut to the time that passed, a span to its last :data:`LONGEST`; moments are
    stored in whole milliseconds. Not idempotent: whoever calls it again counts again.
    """
    ids = _session_ids({span.session for span in spans})
    rows = [
        _row(ids[span.session], span)
        for span in spans
        if span.session in ids and 0 < len(span.key) <= _KEY_LENGTH
    ]
    rows = [row for row in rows if row[3] > 0]
    if rows:
        with write():
            _insert(rows)
    return len(rows)


def _session_ids(public_ids: Iterable[UUID]) -> dict[UUID, int]:
    known = Session.objects.filter(public_id__in=public_ids, rehearsal_of=None)
    return dict(known.values_list("public_id", "pk"))


def _row(session: int, span: Span) -> Row:
    end = _whole_ms(span.ends_at)
    start = max(_whole_ms(span.starts_at), end - LONGEST)
    played = min(span.played_ms, (end - start) // timedelta(milliseconds=1))
    return session, start, end, played, span.kind.value, span.key, span.channel[:_CHANNEL_LENGTH]


def _whole_ms(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _insert(rows: Sequence[Row]) -> None:
    """Append the rows; by COPY where there is one (of 1,000 rows: 1 ms of ours instead of 45)."""
    if connection.vendor != "postgresql":
        names = _COLUMNS.split(", ")
        WatchSpan.objects.bulk_create(
            WatchSpan(**dict(zip(names, row, strict=True))) for row in rows
        )
        return
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.set_types(_TYPES)
        for row in rows:
            copy.write_row(row)
