"""The definitions of watching in docs/statistics.md, one by one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from insights.fold import Logs, fold
from insights.records import Views, WatchFigures
from insights.watch_fold import Seen

T0 = datetime(2026, 3, 1, tzinfo=UTC)
T0_MS = int(T0.timestamp() * 1000)
END = T0 + timedelta(days=1)


def at(second: float) -> datetime:
    return T0 + timedelta(seconds=second)


def seen(
    start: float,
    end: float,
    key: str = "a",
    session: str = "s",
    *,
    kind: str = "media",
    way: str = "",
) -> tuple[datetime, Seen]:
    first, last = T0_MS + round(start * 1000), T0_MS + round(end * 1000)
    order = first * 1_000_000 + last
    return at(end), Seen(order, session, key, way, first, last, kind)


def figures(*spans: tuple[datetime, Seen], as_of: datetime = END, **more) -> WatchFigures:
    return fold(Logs(seen=list(spans), **more), as_of).watched["media"]


def views(*spans: tuple[datetime, Seen], **more) -> Views:
    return figures(*spans, **more).net.views


def test_a_pause_of_two_minutes_is_the_same_watch_session_and_a_longer_one_is_not():
    assert views(seen(0, 60), seen(180, 240)) == Views(1, 1, 1, 1)
    assert views(seen(0, 60), seen(180.001, 240.001)) == Views(2, 1, 2, 1)
    # …measured from the latest end so far, not from the last report's.
    assert views(seen(0, 300), seen(10, 20), seen(419, 430)) == Views(1, 1, 1, 1)


def test_ten_seconds_make_a_view_and_sixty_an_effective_one():
    assert views(seen(0, 9.999)) == Views()
    assert views(seen(0, 5), seen(100, 105)) == Views(1, 1, 0, 0)
    assert views(seen(0, 59.999), seen(0, 30, "b")) == Views(2, 2, 0, 0)
    assert views(seen(0, 60)) == Views(1, 1, 1, 1)


def test_each_room_has_its_own_watch_sessions_and_a_person_counts_once():
    spans = [seen(0, 60), seen(0, 30, session="t"), seen(0, 60, "b", "t")]
    assert views(*spans) == Views(3, 2, 2, 2)
    by_session = figures(*spans).by_session
    assert by_session["s"].views == Views(1, 1, 1, 1)
    assert by_session["t"].views == Views(2, 2, 1, 1)


def test_watch_time_counts_every_second_of_a_person_once():
    spans = [seen(0, 60), seen(30, 90), seen(40, 50), seen(60, 100, session="t"), seen(0, 10, "b")]
    found = figures(*spans)
    assert found.net.watched_ms == 110_000  # a: 0…100, also where two rooms ran at once
    assert found.by_session["s"].watched_ms == 100_000
    assert found.by_session["t"].watched_ms == 40_000


def test_peak_is_the_fullest_minute_in_distinct_persons():
    spans = [seen(0, 60), seen(0, 5), seen(119.9, 120, "b"), seen(60, 61), seen(60, 61, "c", "t")]
    found = figures(*spans)
    assert (found.net.peak, found.net.peak_minute) == (3, T0_MS // 60_000 + 1)
    assert (found.by_session["s"].peak, found.by_session["t"].peak) == (2, 1)
    assert figures().net.peak == 0


def test_a_merge_moves_the_past_of_a_device_from_its_date_on():
    spans = [seen(0, 60, "device"), seen(100, 160, "account")]
    merges = [("device", "account", at(200)), ("device", "other", at(300))]
    assert views(*spans, merges=merges, as_of=at(199)) == Views(2, 2, 2, 2)
    assert views(*spans, merges=merges) == Views(1, 1, 1, 1)  # the first account keeps it


def test_what_had_not_ended_at_the_cutoff_is_not_known_yet():
    assert views(seen(0, 60), as_of=at(59.999)) == Views()
    assert views(seen(0, 60), as_of=at(60)) == Views(1, 1, 1, 1)


def test_watching_and_being_in_the_room_are_apart():
    found = fold(Logs(seen=[seen(0, 60), seen(0, 30, kind="room")]), END).watched
    assert found["media"].net.views == Views(1, 1, 1, 1)
    assert found["room"].net.views == Views(1, 1, 0, 0)


def test_who_works_there_and_rehearsals_are_gross_only():
    spans = [seen(0, 60, "crew"), seen(0, 60, "device"), seen(0, 60, "b"), seen(0, 60, "c", "test")]
    found = figures(
        *spans,
        keys={"crew": 7},
        works=[(7, at(0))],
        merges=[("device", "crew", at(90))],
        rehearsals=frozenset({"test"}),
    )
    assert found.net.views == Views(1, 1, 1, 1)
    assert found.gross.views == Views(3, 3, 3, 3)
    assert list(found.by_session) == ["s"]


def test_a_view_belongs_to_the_channel_it_began_with():
    spans = [
        seen(0, 30, way="qr"),
        seen(30, 60, way="wx"),
        seen(500, 530, way="wx"),
        seen(0, 20, "b"),
    ]
    by_channel = figures(*spans, channels={"qr": "id-qr", "wx": "id-wx"}).by_channel
    assert by_channel == {"id-qr": Views(1, 1, 1, 1), "id-wx": Views(1, 1, 0, 0)}
