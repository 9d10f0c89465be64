"""The hub: everything once, in order, to everybody, and nobody waits for anybody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from hypothesis import given, settings
from hypothesis import strategies as st

from core.ids import new_id
from livestream.realtime import groups, hub, layer, presence, publish, room, store, viewers
from livestream.realtime.room import Room
from livestream.realtime.viewers import FanOut, Viewer
from tests.livestream.rooms import close_hub, joined, make_session_async, say_async

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
async def _close_hub() -> AsyncIterator[None]:
    yield
    await close_hub()


def event(seq: int, kind: str = "notice", **data: Any) -> dict[str, Any]:
    return {"seq": seq, "kind": kind, "at": "2026-01-01T00:00:00Z", "data": data}


# --- with the real log and layer -----------------------------------------------------------------


@pytest.mark.both_databases
async def test_what_a_service_commits_reaches_every_viewer_in_a_tick() -> None:
    session = await make_session_async()
    async with (
        joined(session.public_id) as (one, welcome),
        joined(session.public_id, key="k2") as (two, _),
    ):
        assert welcome["seq"] == 0
        await asyncio.sleep(0.2)
        await say_async(session, 3)
        for socket in (one, two):
            frame = await socket.hear_type(None)
            assert (frame["from"], frame["to"]) == (1, 3)
            assert [e["data"]["text"] for e in frame["events"]] == ["你好 0", "你好 1", "你好 2"]
            assert frame["now"]["at"].endswith("Z")


@pytest.mark.both_databases
async def test_a_lost_layer_message_is_healed_from_the_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room, "POLL_S", 0.3)
    session = await make_session_async()
    async with joined(session.public_id) as (socket, _):
        monkeypatch.setattr(publish, "_send", lambda group, message: None)
        await say_async(session, 2)
        assert await socket.log_until(2) == [1, 2]


async def test_a_gap_between_messages_is_read_from_the_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room, "POLL_S", 60)
    session = await make_session_async()
    async with joined(session.public_id) as (socket, _):
        real = publish._send
        monkeypatch.setattr(publish, "_send", lambda group, message: None)
        await say_async(session, 2)
        monkeypatch.setattr(publish, "_send", real)
        await say_async(session)
        assert await socket.log_until(3) == [1, 2, 3]


async def test_welcome_carries_the_tail_after_what_the_page_has_seen() -> None:
    session = await make_session_async()
    async with joined(session.public_id) as (socket, _):
        await say_async(session, 5)
        assert await socket.log_until(5) == [1, 2, 3, 4, 5]
        async with joined(session.public_id, after=2, key="k2") as (_, welcome):
            assert [e["seq"] for e in welcome["events"]] == [3, 4, 5]
            assert (welcome["from"], welcome["to"], welcome["seq"]) == (3, 5, 5)


async def test_a_tail_longer_than_memory_is_left_to_the_page() -> None:
    session = await make_session_async()
    await say_async(session, 4)
    async with joined(session.public_id) as (_, welcome):
        assert welcome["events"] == []
        assert (welcome["from"], welcome["to"]) == (5, 4)


async def test_present_counts_persons_not_sockets() -> None:
    session = await make_session_async()
    async with (
        joined(session.public_id, key="a") as (socket, _),
        joined(session.public_id, key="a"),
        joined(session.public_id, key="b"),
    ):
        async with asyncio.timeout(4):
            while (await socket.hear())["now"]["present"] != 2:
                pass
            while await sync_to_async(presence.present)(session.public_id) != 2:  # noqa: ASYNC110
                await asyncio.sleep(0.1)


async def test_an_empty_room_is_closed_and_opens_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "IDLE_S", 0.3)
    session = await make_session_async()
    async with joined(session.public_id):
        first = await hub.get_hub().room(session.public_id)
    async with asyncio.timeout(4):
        while hub.get_hub()._open_rooms():  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    async with joined(session.public_id):
        assert await hub.get_hub().room(session.public_id) is not first


async def test_closing_a_key_closes_its_sockets_and_old_tokens_only() -> None:
    session = await make_session_async()
    async with (
        joined(session.public_id, key="gone") as (gone, _),
        joined(session.public_id, key="stays") as (stays, _),
    ):
        await asyncio.sleep(0.1)
        await sync_to_async(publish.close_key)("gone")
        assert await gone.close_code() == 4403
        await stays.say({"type": "ping"})
        await stays.hear_type("pong")
    async with joined(session.public_id, key="gone") as (_, welcome):
        assert welcome["type"] == "welcome"  # a token issued after the revocation is good


async def test_publishing_never_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ConnectionError

    monkeypatch.setattr(layer, "current", broken)
    await sync_to_async(publish.publish_events)(new_id(), [event(1)])


async def test_listening_survives_a_layer_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer, "_RETRY_S", 0.05)
    real, failures, seen = layer.current, [1, 2], asyncio.Event()

    def flaky() -> Any:
        if failures:
            failures.pop()
            raise ConnectionError
        return real()

    monkeypatch.setattr(layer, "current", flaky)
    subscribed = asyncio.Event()
    task = asyncio.create_task(layer.listen("g", lambda _: seen.set(), subscribed.set))
    await asyncio.wait_for(subscribed.wait(), 3)
    await real().group_send("g", {"type": "x"})
    await asyncio.wait_for(seen.wait(), 3)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


# --- one room, without a database ------------------------------------------------------------------


class FakeViewer(Viewer):
    """Keeps what was offered."""

    def __init__(self) -> None:
        super().__init__("k", 0, lambda message: asyncio.sleep(0))
        self.ticks: list[dict[str, Any]] = []

    def offer(self, message: dict[str, Any], fan_out: FanOut) -> None:
        self.ticks.append(message)
        fan_out.written()


DELIVERIES = st.lists(
    st.lists(st.integers(min_value=1, max_value=12), min_size=1, max_size=4), max_size=20
)


@settings(deadline=None, max_examples=60)
@given(batches=DELIVERIES, removed=st.integers(min_value=1, max_value=12))
def test_any_order_loss_or_repetition_gives_each_entry_once(
    batches: list[list[int]], removed: int
) -> None:
    log = [event(n) for n in range(1, 13)]

    async def read(session: object, after: int, limit: int) -> list[dict[str, Any]]:
        return log[after : after + min(limit, 5)]

    async def play() -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(store, "read_events", read)
            place = Room(new_id())
            got: list[int] = []
            for batch in batches:
                place._on_message({"type": groups.EVENTS, "events": [log[n - 1] for n in batch]})
                got += [e["seq"] for e in await place._advance()]
            for _ in range(4):
                place.read_soon()
                got += [e["seq"] for e in await place._advance()]
            assert got == list(range(1, 13))
            assert [e["seq"] for e in place._ring] == got

    asyncio.run(play())


async def test_a_removed_text_leaves_the_memory_too() -> None:
    place = Room(new_id())
    place._take([event(1, "message", text="secret"), event(2, "removed", ref=1)])
    await place._advance()
    viewer = FakeViewer()
    tail = place.join(viewer, 0)["events"]
    assert tail[0] == {**event(1, "message"), "data": {"hidden": "removed"}}


async def test_a_tick_is_encoded_once_and_its_length_follows_the_fan_out() -> None:
    place = Room(new_id())
    crowd = [FakeViewer() for _ in range(5)]
    for viewer in crowd:
        place.join(viewer, 0)
    place._take([event(1)])
    place._send_tick(await place._advance())
    assert len({id(viewer.ticks[0]) for viewer in crowd}) == 1
    assert place._tick_length() == room.TICK_SHORTEST_S
    assert place._fan_out is not None
    for seconds, length in ((0.01, 0.25), (0.2, 0.4), (3.0, 1.0), (None, 1.0)):
        place._fan_out.seconds = seconds
        assert place._tick_length() == length


async def test_a_viewer_who_does_not_read_holds_one_tick_and_is_sent_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(viewers, "SKIPS_ALLOWED", 3)
    stuck = asyncio.Event()
    viewer = Viewer("k", 0, lambda message: stuck.wait())  # type: ignore[arg-type,return-value]
    writer = asyncio.create_task(viewer.write())
    for number in range(4):
        viewer.offer({"n": number}, FanOut(1, lambda: 0.0))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert viewer._tick is not None
    assert viewer._tick[0] == {"n": 3}
    assert not viewer.closed.done()
    for number in range(3):
        viewer.offer({"n": number}, FanOut(1, lambda: 0.0))
    assert viewer.closed.result() == viewers.CLOSE_SLOW
    writer.cancel()
    await asyncio.gather(writer, return_exceptions=True)


async def test_unread_answers_end_the_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    viewer = Viewer("k", 0, lambda message: asyncio.sleep(0))
    for _ in range(viewers.ANSWERS_ALLOWED + 1):
        viewer.answer("{}")
    assert viewer.closed.result() == viewers.CLOSE_SLOW


async def test_a_full_server_buffer_skips_ticks_until_it_drains() -> None:
    class Transport:
        waiting = 10**6

        def get_write_buffer_size(self) -> int:
            return self.waiting

    class Protocol:
        transport = Transport()
        sent: list[object] = []

        async def send(self, message: object) -> None:
            self.sent.append(message)

    protocol = Protocol()
    viewer = Viewer("k", 0, protocol.send)
    writer = asyncio.create_task(viewer.write())
    viewer.offer({"n": 1}, FanOut(1, lambda: 0.0))
    await asyncio.sleep(0.01)
    assert protocol.sent == []
    protocol.transport.waiting = 0
    viewer.offer({"n": 2}, FanOut(1, lambda: 0.0))
    await asyncio.sleep(0.01)
    assert protocol.sent == [{"n": 2}]
    writer.cancel()
    await asyncio.gather(writer, return_exceptions=True)


def test_a_process_keeps_its_place_and_a_dead_one_is_forgotten() -> None:
    session = new_id()
    one, two = presence.Reporter(), presence.Reporter()
    assert one.report({session: 3}) == {session: 3}
    assert two.report({session: 4}) == {session: 7}
    assert one.report({session: 1}) == {session: 5}
    assert presence.present(session) == 5


def test_without_a_free_place_a_process_counts_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "SLOTS", 0)
    session = new_id()
    assert presence.Reporter().report({session: 2}) == {session: 2}
