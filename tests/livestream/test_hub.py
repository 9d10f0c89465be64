"""The hub: everything once, in order, to everybody, and nobody waits for anybody."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import AsyncIterator, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.extensions.permessage_deflate import PerMessageDeflate

from core.ids import new_id
from livestream.realtime import (
    groups,
    hub,
    layer,
    presence,
    publish,
    room,
    store,
    tokens,
    transport,
    viewers,
)
from livestream.realtime.room import Room
from livestream.realtime.tail import Entry, Tail
from livestream.realtime.transport import pipe_for
from livestream.realtime.viewers import Viewer
from livestream.realtime.wire import Frame
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


async def test_a_new_process_knows_the_newest_of_the_log() -> None:
    session = await make_session_async()
    await say_async(session, 4)
    async with joined(session.public_id, after=1) as (_, welcome):
        assert [e["seq"] for e in welcome["events"]] == [2, 3, 4]


async def test_a_tail_longer_than_memory_is_left_to_the_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room, "TAIL", 3)
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

DELIVERIES = st.lists(
    st.lists(st.integers(min_value=1, max_value=12), min_size=1, max_size=4), max_size=20
)


def texts(entries: Sequence[Entry] | None) -> list[dict[str, Any]]:
    assert entries is not None
    return [json.loads(entry.text) for entry in entries]


@settings(deadline=None, max_examples=60)
@given(batches=DELIVERIES)
def test_any_order_loss_or_repetition_gives_each_entry_once(batches: list[list[int]]) -> None:
    log = [event(n) for n in range(1, 13)]

    async def read(session: object, after: int, limit: int) -> list[dict[str, Any]]:
        return log[after : after + limit]

    async def play() -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(store, "read_events", read)
            patch.setattr(store, "PAGE", 5)
            place = Room(new_id())
            got: list[int] = []
            for batch in batches:
                place.on_message({"type": groups.EVENTS, "events": [log[n - 1] for n in batch]})
                got += [entry.seq for entry in await place.advance()]
            for _ in range(4):
                place.read_soon()
                got += [entry.seq for entry in await place.advance()]
            assert got == list(range(1, 13))
            assert [e["seq"] for e in texts(place.tail.after(0))] == got
            assert texts(place.tail.after(12)) == []

    asyncio.run(play())


async def test_a_removed_text_leaves_the_memory_too() -> None:
    place = Room(new_id())
    place.tail.take([event(1, "message", text="secret"), event(2, "removed", ref=1)])
    await place.advance()
    assert texts(place.tail.after(0))[0] == {
        **event(1, "message"),
        "data": {"hidden": "removed"},
    }


def test_memory_that_does_not_reach_back_says_so() -> None:
    tail = Tail(100)
    tail.take([event(101)])
    assert [entry.seq for entry in tail.advance()] == [101]
    assert tail.after(50) is None


class Line:
    """A server's transport that keeps what is written."""

    def __init__(self) -> None:
        self.waiting = 0
        self.written: list[bytes] = []

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def write(self, data: bytes) -> None:
        self.written.append(data)


class Server:
    """As much of uvicorn's protocol as a pipe looks at."""

    def __init__(self, *, deflates: bool = False) -> None:
        self.transport = Line()
        self.conn = SimpleNamespace(extensions=[])
        if deflates:
            self.conn.extensions.append(PerMessageDeflate(True, True, 15, 15))

    async def send(self, message: object) -> None:
        raise AssertionError("written around the transport")


def viewer_of(server: Any) -> Viewer:
    return Viewer(CLAIMS, pipe_for(server.send))


CLAIMS = tokens.Claims(new_id(), "k", "seeker", 0, 0)


def unframed(data: bytes) -> str:
    """The text of one frame as a client reads it (RFC 6455, RFC 7692)."""
    size, start = data[1], 2
    if size == 126:
        size, start = int.from_bytes(data[2:4]), 4
    payload = data[start:]
    assert len(payload) == size
    if data[0] & 0x40:
        payload = zlib.decompressobj(wbits=-15).decompress(payload + b"\x00\x00\xff\xff")
    return payload.decode()


async def test_a_tick_is_framed_and_compressed_once_for_everybody() -> None:
    place = Room(new_id())
    servers = [Server(deflates=number % 2 == 0) for number in range(6)]
    for server in servers:
        place.join(viewer_of(server), 0)
    place.tail.take([event(n, text="同样的话" * 20) for n in range(1, 4)])
    await place.tick()
    ticks = [server.transport.written[-1] for server in servers]
    assert len({id(data) for data in ticks}) == 2
    assert len(ticks[0]) < len(ticks[1]) / 2
    for data in ticks:
        frame = json.loads(unframed(data))
        assert (frame["from"], frame["to"]) == (1, 3)


async def test_one_welcome_serves_all_who_come_back_with_the_same_number() -> None:
    place = Room(new_id())
    place.tail.take([event(n) for n in range(1, 4)])
    await place.tick()
    servers = [Server() for _ in range(3)]
    for server, after in zip(servers, (1, 1, 2), strict=True):
        place.join(viewer_of(server), after)
    first, second, third = (server.transport.written[0] for server in servers)
    assert first is second
    assert [e["seq"] for e in json.loads(unframed(third))["events"]] == [3]


async def test_a_full_line_skips_ticks_until_it_drains() -> None:
    server = Server()
    viewer = viewer_of(server)
    server.transport.waiting = transport.BACKLOG_LIMIT + 1
    assert viewer.offer(Frame("1")) == 0
    server.transport.waiting = 0
    assert viewer.offer(Frame("2")) > 0
    assert [unframed(data) for data in server.transport.written] == ["2"]


async def test_who_never_reads_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewers, "SKIPS_ALLOWED", 3)
    server = Server()
    viewer = viewer_of(server)
    server.transport.waiting = transport.BACKLOG_LIMIT + 1
    for _ in range(3):
        assert viewer.offer(Frame("x")) == 0
        viewer.missed()
    assert viewer.closing is None
    viewer.missed()
    assert viewer.closing == viewers.CLOSE_SLOW


async def test_an_unknown_server_gets_a_queue_of_one_tick(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stuck, said = asyncio.Event(), []

    async def send(message: dict[str, Any]) -> None:
        await stuck.wait()
        said.append(message["text"])

    viewer = Viewer(CLAIMS, pipe_for(send))
    writer = asyncio.create_task(viewer.pipe.run())
    for number in range(5):
        viewer.offer(Frame(f"{number}"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    stuck.set()
    await asyncio.sleep(0.01)
    assert said == ["0", "4"]
    for _ in range(transport.ANSWERS_ALLOWED + 1):
        viewer.answer({})
    assert viewer.closing == viewers.CLOSE_SLOW
    writer.cancel()
    await asyncio.gather(writer, return_exceptions=True)


def test_a_chat_too_fast_to_read_is_sampled_and_says_so(settings: Any) -> None:
    settings.CHAT_LINES_PER_S = 1

    async def play() -> None:
        place, server = Room(new_id()), Server()
        place.join(viewer_of(server), 0)
        lines = [event(n, "message", text=f"{n}") for n in range(1, 101)]
        lines[50]["by"] = {"role": "host"}
        place.tail.take(lines)
        await place.tick()
        frame = json.loads(unframed(server.transport.written[-1]))
        assert (frame["from"], frame["to"]) == (1, 100)
        assert frame["left_out"] == 100 - len(frame["events"]) > 80
        assert 51 in [e["seq"] for e in frame["events"]]
        report = place.collect()
        assert report.line[0] > 0
        assert report.line[2] > 0.8
        assert place.collect().line[0] == 0

    asyncio.run(play())
