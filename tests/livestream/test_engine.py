"""Batches: messages on their way in, played time on its way into the database."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence

import pytest
from asgiref.sync import sync_to_async
from hypothesis import given
from hypothesis import strategies as st

from core.errors import DomainError
from core.ids import new_id
from livestream import services
from livestream.enums import EventKind, SessionStatus, WatchKind
from livestream.models import Message, RoomEvent, RoomRevocation, WatchSpan
from livestream.realtime import frames, hub, publish, store, tokens, watches
from livestream.realtime.inbox import Inbox, NotStoredError
from livestream.realtime.watches import span_of
from livestream.services import Post
from tests.factories import FairStaffFactory, SessionFactory, UserFactory
from tests.livestream.rooms import close_hub, joined, make_session_async

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
async def _close_hub() -> AsyncIterator[None]:
    yield
    await close_hub()


# --- messages ----------------------------------------------------------------------------------------


def codes(outcomes: Sequence[services.Outcome]) -> list[str]:
    return [
        outcome.code if isinstance(outcome, DomainError) else outcome[0].status
        for outcome in outcomes
    ]


@pytest.mark.both_databases
def test_one_persons_trouble_is_no_others() -> None:
    session, user, other = SessionFactory(), UserFactory(), UserFactory()
    known, twice = new_id(), new_id()
    services.post_messages(session=session, posts=[Post(user.actor_key, known, "早")])
    posts = [
        Post(user.actor_key, known, "早"),
        Post(user.actor_key, known, "晚"),
        Post("nobody", new_id(), "x"),
        Post(other.actor_key, new_id(), "   "),
        Post(other.actor_key, new_id(), "我的电话13812345678"),
        Post(other.actor_key, twice, "两次"),
        Post(other.actor_key, twice, "两次"),
        Post(other.actor_key, new_id(), "好"),
    ]
    outcomes = services.post_messages(session=session, posts=posts)
    assert codes(outcomes) == [
        "shown",
        "client_id_used",
        "not_signed_in",
        "text_empty",
        "text_has_phone",
        "shown",
        "shown",
        "shown",
    ]
    assert [outcome[1] for outcome in outcomes if isinstance(outcome, tuple)] == [
        False,
        True,
        False,
        True,
    ]
    assert list(Message.objects.order_by("seq").values_list("text", flat=True)) == [
        "早",
        "两次",
        "好",
    ]
    assert RoomEvent.objects.count() == 3


def test_each_of_a_batch_has_a_limit_of_its_own_and_slow_mode_counts_within_it() -> None:
    session = SessionFactory()
    user, other = UserFactory(), UserFactory()
    posts = [Post(user.actor_key, new_id(), f"{n}") for n in range(8)]
    posts.append(Post(other.actor_key, new_id(), "x"))
    assert codes(services.post_messages(session=session, posts=posts)) == (
        ["shown"] * 6 + ["rate_limited"] * 2 + ["shown"]
    )
    session.slow_mode_s = 30
    session.save()
    newcomer, staff = UserFactory(), FairStaffFactory(fair=session.fair).person
    people = [newcomer, newcomer, other, staff, staff]
    posts = [Post(person.actor_key, new_id(), "y") for person in people]
    assert codes(services.post_messages(session=session, posts=posts)) == [
        "shown",
        "rate_limited",
        "rate_limited",
        "shown",
        "shown",
    ]


def test_queries_do_not_grow_with_the_batch(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    session = SessionFactory()
    session.fair  # noqa: B018 - as the engine fetches it
    services.post_messages(session=session, posts=[Post(UserFactory().actor_key, new_id(), "x")])
    people = [UserFactory() for _ in range(20)]
    for count in (1, 19):
        posts = [Post(person.actor_key, new_id(), "x") for person in people[:count]]
        del people[:count]
        with django_assert_num_queries(8):
            services.post_messages(session=session, posts=posts)


@pytest.mark.both_databases
async def test_what_waits_is_stored_together(monkeypatch: pytest.MonkeyPatch) -> None:
    session = await make_session_async()
    people = [await sync_to_async(UserFactory)() for _ in range(5)]
    batches: list[int] = []
    real = services.post_messages

    def slowly(*, session, posts):  # type: ignore[no-untyped-def]
        batches.append(len(posts))
        time.sleep(0.05)
        return real(session=session, posts=posts)

    monkeypatch.setattr(services, "post_messages", slowly)
    inbox = Inbox()

    def wanted(key: str) -> store.Wanted:
        claims = tokens.read(tokens.issue(session.public_id, key, "seeker"))
        return store.Wanted(claims, frames.Post(new_id(), "你好"), "en")

    first = asyncio.create_task(inbox.post(wanted(people[0].actor_key)))
    await asyncio.sleep(0.02)
    posted = await asyncio.gather(*(inbox.post(wanted(p.actor_key)) for p in people[1:]))
    assert [(await first).seq, *(one.seq for one in posted)] == [1, 2, 3, 4, 5]
    assert batches == [1, 4]
    await inbox.drain()


async def test_a_batch_that_fails_says_so_to_each_and_the_next_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = await make_session_async()
    user = await sync_to_async(UserFactory)()
    claims = tokens.read(tokens.issue(session.public_id, user.actor_key, "seeker"))
    wanted = store.Wanted(claims, frames.Post(new_id(), "你好"), "en")
    inbox = Inbox()
    with monkeypatch.context() as patch:
        patch.setattr(services, "post_messages", lambda **_: 1 / 0)
        with pytest.raises(NotStoredError):
            await inbox.post(wanted)
    assert (await inbox.post(wanted)).seq == 1


# --- revocations ----------------------------------------------------------------------------------------


async def test_a_revocation_the_layer_lost_is_read_from_the_database(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hub, "REVOCATIONS_S", 0.2)
    session = await make_session_async()
    async with joined(session.public_id, key="gone") as (socket, _):
        monkeypatch.setattr(publish, "_send", lambda group, message: None)
        await sync_to_async(publish.close_key)("gone", session.public_id)
        assert await socket.close_code(timeout_s=3) == 4403
    assert await RoomRevocation.objects.acount() == 1


# --- played time -----------------------------------------------------------------------------------------

NOW = 1_800_000_000.0


def claims_of(age_s: float = 3600, key: str = "k") -> tokens.Claims:
    return tokens.Claims(new_id(), key, "seeker", int((NOW - age_s) * 1000), 0, channel="c1")


@given(
    played=st.floats(min_value=0, max_value=900),
    since=st.none() | st.floats(min_value=0, max_value=2000),
    age=st.floats(min_value=0, max_value=40_000).map(lambda s: round(s, 3)),
)
def test_nobody_plays_longer_than_time_passes(
    played: float, since: float | None, age: float
) -> None:
    report = frames.Watch(WatchKind.MEDIA, played, on=True)
    last = 0.0 if since is None else NOW - since
    claims = claims_of(age)
    span = span_of(claims, report, last_s=last, now_s=NOW)
    if span is None:
        assert played < 0.001 or age < 0.002 or (since is not None and since < 0.001)
        return
    start, end = span.starts_at.timestamp(), span.ends_at.timestamp()
    assert abs(end - NOW) < 0.001
    assert start >= NOW - watches.SPAN_MOST_S - 0.001
    assert start >= claims.issued_ms / 1000 - 0.001
    assert span.played_ms / 1000 <= end - start + 0.001
    assert span.played_ms / 1000 <= played + 0.001
    assert last == 0 or start >= last - 0.001


def test_who_has_no_key_is_nobody() -> None:
    report = frames.Watch(WatchKind.MEDIA, 10, on=True)
    assert span_of(claims_of(key=""), report, last_s=0, now_s=NOW) is None


@pytest.mark.both_databases
async def test_reports_are_counted_at_once_and_stored_in_batches() -> None:
    session = await make_session_async()
    async with (
        joined(session.public_id, key="one") as (one, _),
        joined(session.public_id, key="two") as (two, _),
    ):
        for socket in (one, two):
            await socket.say({"type": "watch", "kind": "media", "played": 0, "on": True})
        async with asyncio.timeout(4):
            while (await one.hear())["now"]["playing"] != 2:
                pass
        await asyncio.sleep(0.3)
        for _ in range(30):
            await one.say({"type": "watch", "kind": "media", "played": 0.2, "on": False})
        await one.say({"type": "react", "n": 5})
        await two.say({"type": "react", "n": 2})
        async with asyncio.timeout(4):
            while (await two.hear())["now"]["playing"] != 1:
                pass
    await hub.get_hub().watches.store()
    rows = [row async for row in WatchSpan.objects.filter(session=session)]
    assert 1 <= len(rows) <= 7  # the rest came too fast to be true
    assert sum(row.played_ms for row in rows) <= 1000
    assert {row.key for row in rows} == {"one"}


async def test_spans_the_database_did_not_take_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    session = await make_session_async()
    book = watches.Watches()
    viewer = type("V", (), {"claims": tokens.Claims(session.public_id, "k", "s", 0, 0)})()
    viewer.heard_at = time.time() - 20
    book.take(viewer, frames.Watch(WatchKind.MEDIA, 10, on=True))
    with monkeypatch.context() as patch:
        patch.setattr(services, "store_spans", lambda spans: 1 / 0)
        await book.store()
    await book.store()
    assert await WatchSpan.objects.acount() == 1


@pytest.mark.both_databases
def test_a_minute_is_logged_once_whoever_comes_first() -> None:
    session = SessionFactory(status=SessionStatus.LIVE)
    for present in (3, 4):
        store._note_minute(session.public_id, 7, frames.Now(present, 2, 1))
    store._note_minute(session.public_id, 8, frames.Now(5))
    ended = SessionFactory(status=SessionStatus.ENDED)
    store._note_minute(ended.public_id, 7, frames.Now(1))
    rows = RoomEvent.objects.filter(kind=EventKind.MINUTE).order_by("seq")
    assert [row.refs["present"] for row in rows] == [3, 5]
