"""Storing played-time reports."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Device
from accounts.services import merge_device
from core.ids import new_id
from fairs.enums import FairStatus
from livestream.enums import WatchKind
from livestream.models import Session, WatchSpan
from livestream.realtime import tokens
from livestream.realtime.watched import LIMIT
from livestream.services.watching import LONGEST, Span, store_spans
from tests.factories import SessionFactory, UserFactory

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


# --- reports without a socket -----------------------------------------------------------------------

URL = "/live/{}/watched/"


def send(client: Client, room: Session, token: str, **report: object) -> int:
    body = {"token": token, "kind": "media", "played": 20, "on": False, **report}
    address = URL.format(room.public_id)
    return client.post(address, json.dumps(body), content_type="text/plain").status_code


def aged(room: Session, key: str = "k1", seconds: int = 300) -> str:
    """The token of a page that was opened some time ago."""
    with time_machine.travel(timezone.now() - timedelta(seconds=seconds), tick=True):
        return tokens.issue(room.public_id, key, "seeker", channel="qr-1")


def test_a_report_without_a_socket_is_stored_and_never_counts_twice(client: Client) -> None:
    session = SessionFactory()
    token = aged(session)
    assert send(client, session, token) == 204
    assert send(client, session, token) == 204
    first, second = WatchSpan.objects.order_by("pk")
    assert (first.key, first.channel, first.kind) == ("k1", "qr-1", WatchKind.MEDIA)
    assert first.played_ms == 20_000
    assert second.played_ms < 5_000  # no more than has passed since the first
    assert send(client, session, aged(session, "k2", seconds=10), played=600, kind="room") == 204
    assert WatchSpan.objects.get(key="k2").played_ms <= 12_000


def test_only_the_ticket_of_this_room_lets_a_report_in(client: Client) -> None:
    session, other = SessionFactory(), SessionFactory()
    token = aged(session)
    assert send(client, other, token) == 404
    assert send(client, session, token + "x") == 404
    assert client.post(URL.format(session.public_id), "[1]", "text/plain").status_code == 404
    for wrong in ({"kind": "radio"}, {"played": -1}, {"played": "20"}, {"on": 1}, {"more": 1}):
        assert send(client, session, token, **wrong) == 400
    assert send(client, session, aged(session, key="")) == 204
    assert not WatchSpan.objects.exists()


def test_too_many_reports_are_refused(client: Client) -> None:
    session = SessionFactory()
    token = aged(session)
    answers = [send(client, session, token) for _ in range(LIMIT + 1)]
    assert answers == [204] * LIMIT + [429]


def test_a_visitor_is_one_person_from_the_first_page_on(client: Client) -> None:
    session = SessionFactory(fair__status=FairStatus.PUBLISHED)
    keys = {client.get(session.get_absolute_url()).context["boot"]["key"] for _visit in range(2)}
    (key,) = keys
    assert len(key) == 24
    assert not Device.objects.exists()  # no row for those who only look
    merge = merge_device(user=UserFactory(), device_key=key, channel_code="qr-1")
    assert merge is not None
    assert (merge.device.actor_key, merge.device.channel_code) == (key, "qr-1")
