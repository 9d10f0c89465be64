"""Storing played-time reports."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from core.ids import new_id
from livestream.enums import WatchKind
from livestream.models import Session, WatchSpan
from livestream.services.watching import LONGEST, Span, store_spans
from tests.factories import SessionFactory

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

NOON = datetime(2026, 12, 3, 4, 0, 0, 123456, tzinfo=UTC)


def span(room: Session, **also: object) -> Span:
    facts: dict[str, object] = {
        "session": room.public_id,
        "key": "k1",
        "channel": "qr-1",
        "starts_at": NOON - timedelta(seconds=60),
        "ends_at": NOON,
        "played_ms": 57_200,
        "kind": WatchKind.MEDIA,
    }
    return Span(**{**facts, **also})  # type: ignore[arg-type]


def test_what_was_reported_is_stored_in_one_write() -> None:
    session, other = SessionFactory(), SessionFactory()
    spans = [span(session), span(other, key="k2", kind=WatchKind.ROOM, channel="")]
    assert store_spans(spans) == 2
    first, second = WatchSpan.objects.order_by("pk")
    assert (first.session, first.key, first.channel) == (session, "k1", "qr-1")
    assert (first.played_ms, first.kind) == (57_200, WatchKind.MEDIA)
    assert first.ends_at == NOON.replace(microsecond=123_000)
    assert first.ends_at - first.starts_at == timedelta(seconds=60)
    assert (second.session, second.kind, second.channel) == (other, WatchKind.ROOM, "")


def test_nobody_nothing_and_nowhere_are_left_out() -> None:
    session = SessionFactory()
    unknown = [span(session, session=new_id()), span(session, key=""), span(session, key="k" * 25)]
    nothing = [span(session, played_ms=0), span(session, starts_at=NOON + timedelta(seconds=1))]
    assert store_spans([*unknown, *nothing]) == 0
    assert store_spans([]) == 0
    assert not WatchSpan.objects.exists()


def test_played_time_is_cut_to_the_time_that_passed() -> None:
    session = SessionFactory()
    long = span(session, starts_at=NOON - timedelta(hours=3), played_ms=3 * 3_600_000)
    assert store_spans([span(session, played_ms=99_000), long]) == 2
    boast, longest = WatchSpan.objects.order_by("pk")
    assert boast.played_ms == 60_000
    assert longest.ends_at - longest.starts_at == LONGEST
    assert timedelta(milliseconds=longest.played_ms) == LONGEST


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("watch_span_kind_known", {"kind": "radio"}),
        ("watch_span_ends_after_start", {"starts_at": NOON + timedelta(seconds=1)}),
        ("watch_span_played_within", {"played_ms": 62_001}),
        ("watch_span_has_person", {"key": ""}),
    ],
)
def test_the_database_refuses_what_cannot_be(name: str, wrong: dict[str, object]) -> None:
    facts: dict[str, object] = {
        "session": SessionFactory(),
        "key": "k1",
        "starts_at": NOON - timedelta(seconds=60),
        "ends_at": NOON,
        "played_ms": 62_000,
        "kind": WatchKind.MEDIA,
    }
    WatchSpan.objects.create(**facts)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        WatchSpan.objects.create(**{**facts, **wrong})
