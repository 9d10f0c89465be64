"""The figures of watching by SQL. Defined in :mod:`insights.watch_fold`.

One statement per kind and view of the reports: they are the largest table of a fair, so they are
read and sorted once, by windows, and only the figures leave the database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.core.cache import cache
from django.db import connection

from accounts.models import Device, DeviceMerge, User
from fairs.models import EntryChannel, Fair
from insights.records import Views, Watched, WatchFigures
from insights.watch_fold import EFFECTIVE_MS, GAP_MS, MINUTE_MS, VIEW_MS
from livestream.enums import WatchKind
from livestream.models import Session, WatchSpan
from livestream.services.watching import LONGEST

_REMEMBERED_S: Final = 3600
#: A span touches at most so many minutes of the clock.
_MINUTES: Final = LONGEST // timedelta(minutes=1) + 1

_EPOCH_MS: Final = {
    "postgresql": "(EXTRACT(EPOCH FROM w.ends_at) * 1000)::bigint",
    "sqlite": "CAST(ROUND((julianday(w.ends_at) - 2440587.5) * 86400000.0) AS INTEGER)",
}

_TABLES: Final = {
    "device": Device._meta.db_table,
    "merge": DeviceMerge._meta.db_table,
    "user": User._meta.db_table,
    "session": Session._meta.db_table,
    "span": WatchSpan._meta.db_table,
}

#: Reports as they count: the last ``played_ms`` before the end of each, by the person behind it.
_SPANS: Final = """
WITH minutes(n) AS (VALUES {minutes}),
accounts AS (
  SELECT d.actor_key AS device_key, u.actor_key AS account_key,
    ROW_NUMBER() OVER (PARTITION BY m.device_id ORDER BY m.at, m.id) AS place
  FROM {merge} m JOIN {device} d ON d.id = m.device_id JOIN {user} u ON u.id = m.user_id
  WHERE m.at <= %s),
spans AS (
  SELECT w.id, w.session_id, COALESCE(a.account_key, w.key) AS person, w.channel,
    {end} - w.played_ms AS s, {end} AS e
  FROM {span} w JOIN {session} x ON x.id = w.session_id
  LEFT JOIN accounts a ON a.device_key = w.key AND a.place = 1
  WHERE x.fair_id = %s AND w.kind = %s AND w.ends_at <= %s {only}),
"""

#: ``before``: until when the same person had been seen in the room, or in any.
_WINDOW: Final = "ORDER BY s, e, id ROWS BETWEEN UNBOUNDED PRECEDING AND"
_LENGTHS: Final = {
    "window": _WINDOW,
    "gap": GAP_MS,
    "minute": MINUTE_MS,
    "view": VIEW_MS,
    "effective": EFFECTIVE_MS,
}
_FIGURES: Final = """
seen AS (
  SELECT spans.*,
    MAX(e) OVER (PARTITION BY person, session_id {window} 1 PRECEDING) AS before,
    MAX(e) OVER (PARTITION BY person {window} 1 PRECEDING) AS before_anywhere
  FROM spans),
marked AS (
  SELECT seen.*,
    CASE WHEN before IS NULL OR s > before + {gap} THEN 1 ELSE 0 END AS fresh,
    CASE WHEN before IS NULL OR s >= before THEN e - s WHEN e > before THEN e - before
      ELSE 0 END AS here,
    CASE WHEN before_anywhere IS NULL OR s >= before_anywhere THEN e - s
      WHEN e > before_anywhere THEN e - before_anywhere ELSE 0 END AS anywhere
  FROM seen),
numbered AS (
  SELECT marked.*,
    SUM(fresh) OVER (PARTITION BY person, session_id {window} CURRENT ROW) AS visit
  FROM marked),
visits AS (
  SELECT session_id, person, SUM(here) AS ms, SUM(anywhere) AS ms_anywhere,
    MAX(CASE WHEN fresh = 1 THEN channel END) AS channel
  FROM numbered GROUP BY session_id, person, visit),
attended AS (
  SELECT DISTINCT session_id, s / {minute} + n AS minute, person
  FROM spans JOIN minutes ON s / {minute} + n <= (e - 1) / {minute}),
crowds AS (
  SELECT session_id, minute, COUNT(*) AS people FROM attended GROUP BY session_id, minute),
crowds_anywhere AS (
  SELECT minute, COUNT(*) AS people
  FROM (SELECT DISTINCT minute, person FROM attended) AS everywhere GROUP BY minute),
peaks AS (
  SELECT session_id, minute, people,
    ROW_NUMBER() OVER (PARTITION BY session_id ORDER BY people DESC, minute) AS place
  FROM crowds),
peaks_anywhere AS (
  SELECT minute, people, ROW_NUMBER() OVER (ORDER BY people DESC, minute) AS place
  FROM crowds_anywhere)
"""

_COUNTS: Final = """
  COUNT(CASE WHEN ms >= {view} THEN 1 END),
  COUNT(DISTINCT CASE WHEN ms >= {view} THEN person END),
  COUNT(CASE WHEN ms >= {effective} THEN 1 END),
  COUNT(DISTINCT CASE WHEN ms >= {effective} THEN person END)"""
_TOTAL: Final = """
SELECT 'fair', NULL, NULL, {counts}, COALESCE(SUM(ms_anywhere), 0),
  COALESCE((SELECT people FROM peaks_anywhere WHERE place = 1), 0),
  COALESCE((SELECT minute FROM peaks_anywhere WHERE place = 1), 0)
FROM visits"""
_LINES: Final = """
UNION ALL
SELECT 'session', v.session_id, NULL, {counts}, SUM(ms),
  COALESCE(MAX(p.people), 0), COALESCE(MAX(p.minute), 0)
FROM visits v LEFT JOIN peaks p ON p.session_id = v.session_id AND p.place = 1
GROUP BY v.session_id
UNION ALL
SELECT 'channel', NULL, channel, {counts}, 0, 0, 0
FROM visits GROUP BY channel"""


def watch_figures(fair: Fair, as_of: datetime, out: Any) -> dict[str, WatchFigures]:
    """观看 and 在房 of ``fair`` by the cutoff; ``out`` are the accounts that net leaves out.

    Remembered for an hour by everything they are made of. The logs only grow, so their lengths
    at the cutoff say which rows those are.
    """
    sessions = Session.objects.filter(fair=fair).values_list("pk", "public_id", "rehearsal_of")
    channels = dict(EntryChannel.objects.filter(fair=fair).values_list("code", "public_id"))
    rooms = {pk: public_id for pk, public_id, _rehearsed in sessions}
    made_of = (
        WatchSpan.objects.filter(session__in=list(rooms), ends_at__lte=as_of).count(),
        DeviceMerge.objects.filter(at__lte=as_of).count(),
        sorted(out.values_list("actor_key", flat=True)),
        sorted(sessions, key=str),
        sorted(channels.items()),
    )
    name = f"watching:{fair.public_id}:{hashlib.sha256(repr(made_of).encode()).hexdigest()}"
    known: dict[str, WatchFigures] | None = cache.get(name)
    if known is None:
        known = {str(kind): _kind(fair, as_of, kind, out, rooms, channels) for kind in WatchKind}
        cache.set(name, known, _REMEMBERED_S)
    return known


def _kind(
    fair: Fair,
    as_of: datetime,
    kind: str,
    out: Any,
    sessions: Mapping[int, Any],
    channels: Mapping[str, Any],
) -> WatchFigures:
    out_sql, out_params = out.values("actor_key").query.sql_with_params()
    only = f"AND x.rehearsal_of_id IS NULL AND COALESCE(a.account_key, w.key) NOT IN ({out_sql})"
    gross = _rows(fair, as_of, kind, "", (), _TOTAL)
    net, by_session, by_channel = Watched(), {}, {}
    for level, session, channel, *numbers in _rows(
        fair, as_of, kind, only, out_params, _TOTAL + _LINES
    ):
        if level == "fair":
            net = _watched(numbers)
        elif level == "session":
            by_session[str(sessions[session])] = _watched(numbers)
        elif channel in channels:
            by_channel[str(channels[channel])] = Views(*numbers[:4])
    return WatchFigures(
        net=net,
        gross=_watched(gross[0][3:]),
        by_session=dict(sorted(by_session.items())),
        by_channel=dict(sorted(by_channel.items())),
    )


def _watched(numbers: Any) -> Watched:
    views, length, most, minute = numbers[:4], numbers[4], numbers[5], numbers[6]
    return Watched(Views(*views), int(length), most, minute)


def _rows(
    fair: Fair, as_of: datetime, kind: str, only: str, params: tuple[Any, ...], select: str
) -> list[Any]:
    statement = (_SPANS + _FIGURES + select).format(
        minutes=", ".join(f"({n})" for n in range(_MINUTES)),
        end=_EPOCH_MS[connection.vendor],
        only=only,
        counts=_COUNTS.format(**_LENGTHS),
        **_TABLES,
        **_LENGTHS,
    )
    moment = connection.ops.adapt_datetimefield_value(as_of)
    with connection.cursor() as cursor:
        cursor.execute(statement, [moment, fair.pk, kind, moment, *params])
        return list(cursor.fetchall())
