"""The room socket: who may open it, what it answers, when it closes."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import Client
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from core.ids import new_id
from livestream import services
from livestream.models import Message, RoomEvent, Session
from livestream.realtime import consumer, publish, store, tokens
from livestream.realtime.hub import get_hub
from tests.factories import FairStaffFactory, SessionFactory, UserFactory, actor
from tests.livestream.rooms import Socket, close_hub, joined, make_session_async
from tests.support.live import ROOT, environment_of, manage
from tests.support.services import die_with_parent, free_port

pytestmark = pytest.mark.django_db(transaction=True)

make_user = sync_to_async(UserFactory)


@pytest.fixture(autouse=True)
async def _close_hub() -> AsyncIterator[None]:
    yield
    await close_hub()


def post(text: str, client_id: object = None) -> dict[str, Any]:
    return {"type": "message", "client_id": str(client_id or new_id()), "text": text}


# --- who may open it --------------------------------------------------------------------------------

HOST = (b"host", b"testserver")


@pytest.mark.parametrize(
    "headers",
    [
        [HOST],
        [HOST, (b"origin", b"null")],
        [HOST, (b"origin", b"")],
        [HOST, (b"origin", b"https://evil.example")],
        [HOST, (b"origin", b"http://testserver.evil.example")],
        [HOST, (b"origin", b"http://testserver:8000")],
        [HOST, (b"origin", b"ftp://testserver")],
        [HOST, (b"origin", b"testserver")],
        [HOST, (b"origin", b"http://testserver"), (b"origin", b"http://testserver")],
        [(b"origin", b"http://testserver")],
        [(b"host", b"evil.example"), (b"origin", b"http://evil.example")],
    ],
)
async def test_a_foreign_null_or_missing_origin_is_refused(
    headers: list[tuple[bytes, bytes]], settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    socket = Socket(new_id(), headers=headers)
    connected, _ = await socket.connect()
    assert not connected


async def test_another_host_of_ours_is_let_in_where_it_is_listed(settings: Any) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://fair.example"]
    socket = Socket(new_id(), headers=[HOST, (b"origin", b"https://fair.example")])
    connected, _ = await socket.connect()
    assert connected
    await socket.disconnect()


async def test_an_unknown_address_is_refused_without_a_traceback() -> None:
    socket = Socket(new_id())
    socket.scope["path"] = "/ws/elsewhere/"
    connected, _ = await socket.connect()
    assert not connected


async def opened(session: Session) -> Socket:
    socket = Socket(session.public_id)
    connected, _ = await socket.connect()
    assert connected
    return socket


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"type": "ping"}, 4400),
        ("garbage", 4400),
        ({"type": "hello", "token": "forged", "after": 0}, 4401),
    ],
)
async def test_only_a_good_hello_opens_the_room(frame: Any, code: int) -> None:
    socket = await opened(await make_session_async())
    await socket.say(frame)
    assert await socket.close_code() == code


async def test_a_token_opens_its_own_room_only() -> None:
    session = await make_session_async()
    socket = await opened(session)
    await socket.say({"type": "hello", "token": tokens.issue(new_id(), "k", "x"), "after": 0})
    assert await socket.close_code() == 4401


async def test_a_room_that_is_no_more_says_so() -> None:
    session = SessionFactory.build()
    socket = await opened(session)
    token = tokens.issue(session.public_id, "k", "seeker")
    await socket.say({"type": "hello", "token": token, "after": 0})
    assert await socket.close_code() == 4404


async def test_silence_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer, "HELLO_TIMEOUT_S", 0.05)
    socket = await opened(await make_session_async())
    assert await socket.close_code() == 4408


async def test_the_second_handshake_of_a_room_asks_no_database(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = await make_session_async()
    async with joined(session.public_id):

        async def forbidden(*args: object) -> None:
            raise AssertionError("a query in the handshake")

        monkeypatch.setattr(store, "read_head", forbidden)
        async with joined(session.public_id, key="k2") as (_, welcome):
            assert welcome["role"] == "seeker"


# --- what it answers ----------------------------------------------------------------------------------


@pytest.mark.both_databases
async def test_a_message_is_stored_acknowledged_and_shown_to_both() -> None:
    session = await make_session_async()
    user = await make_user(display_name="王师傅")
    client_id = new_id()
    async with (
        joined(session.public_id, key=user.actor_key) as (mine, _),
        joined(session.public_id, key="other") as (theirs, _),
    ):
        await asyncio.sleep(0.1)
        await mine.say(post("你好", client_id))
        ack = await mine.hear_type("ack")
        assert ack == {"type": "ack", "client_id": str(client_id), "seq": 1, "held": False}
        assert await Message.objects.aget(session=session, seq=1)
        for socket in (mine, theirs):
            event = (await socket.hear_type(None))["events"][0]
            assert event["data"]["text"] == "你好"
            assert event["by"]["name"] == "王师傅"
        await mine.say(post("你好", client_id))
        assert (await mine.hear_type("ack"))["seq"] == 1
        await mine.say(post("别的", client_id))
        error = await mine.hear_type("error")
        assert (error["code"], error["client_id"]) == ("client_id_used", str(client_id))
    assert await RoomEvent.objects.filter(session=session).acount() == 1


async def test_a_visitor_without_account_is_told_to_sign_in() -> None:
    session = await make_session_async()
    async with joined(session.public_id, key="device") as (socket, _):
        await socket.say(post("你好"))
        assert (await socket.hear_type("error"))["code"] == "not_signed_in"


async def test_errors_speak_the_language_of_the_page() -> None:
    session = await make_session_async()
    messages = []
    for lang in ("en", "xx"):
        socket = await opened(session)
        token = tokens.issue(session.public_id, "device", "seeker")
        await socket.say({"type": "hello", "token": token, "after": 0, "lang": lang})
        await socket.say(post("x"))
        messages.append((await socket.hear_type("error"))["message"])
        await socket.disconnect()
    assert messages[0] == "Sign in with your phone number first."
    assert messages[1] != ""


async def test_a_fault_of_ours_is_an_answer_not_a_dropped_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(**kwargs: object) -> None:
        raise ZeroDivisionError

    session = await make_session_async()
    user = await make_user()
    monkeypatch.setattr(services, "post_messages", broken)
    async with joined(session.public_id, key=user.actor_key) as (socket, _):
        await socket.say(post("你好"))
        assert (await socket.hear_type("error"))["code"] == "server_error"
        await socket.say({"type": "ping"})
        assert "at" in await socket.hear_type("pong")


async def test_too_many_messages_are_told_so_with_a_time() -> None:
    session = await make_session_async()
    user = await make_user()
    async with joined(session.public_id, key=user.actor_key) as (socket, _):
        for number in range(7):
            await socket.say(post(f"{number}"))
        error = await socket.hear_type("error")
        assert error["code"] == "rate_limited"
        assert error["retry_after"] >= 1


async def test_a_flood_is_limited_before_the_database_then_closed() -> None:
    session = await make_session_async()
    async with joined(session.public_id) as (socket, _):
        for _ in range(260):
            await socket.say({"type": "ping"})
        assert (await socket.hear_type("error"))["code"] == "rate_limited"
        assert await socket.close_code() == 4429


async def test_an_unknown_frame_is_answered_and_repeated_garbage_closes() -> None:
    session = await make_session_async()
    async with joined(session.public_id) as (socket, _):
        for frame in ("x", {"type": "no"}, {"type": "hello", "token": "t", "after": 0}):
            await socket.say(frame)
            assert (await socket.hear_type("error"))["code"].startswith("frame_")
        for _ in range(4):
            await socket.send_to(bytes_data=b"\x00")
        assert await socket.close_code() == 4400


async def test_random_frames_never_break_the_socket(caplog: pytest.LogCaptureFixture) -> None:
    session = await make_session_async()
    chance = random.Random(7)
    for _ in range(25):
        async with joined(session.public_id) as (socket, _):
            for _ in range(5):
                noise = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 60)))
                await socket.send_to(text_data=noise.decode("latin-1"))
                assert (await socket.hear_type("error"))["code"].startswith("frame_")
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


# --- when it closes -------------------------------------------------------------------------------------


async def test_a_banned_person_is_out_within_a_second_and_stays_out() -> None:
    session = await make_session_async()
    user = await make_user()
    token = tokens.issue(session.public_id, user.actor_key, "seeker")
    async with joined(session.public_id, key=user.actor_key) as (socket, _):
        await asyncio.sleep(0.1)
        staff = await sync_to_async(FairStaffFactory)(fair_id=session.fair_id, role="moderator")
        moderator = await sync_to_async(actor)(staff.person)
        await sync_to_async(services.sanction)(
            actor=moderator, session=session, person=user, kind="ban", reason="广告"
        )
        assert await socket.close_code(timeout_s=2) == 4403
    again = await opened(session)
    await again.say({"type": "hello", "token": token, "after": 0})
    assert await again.close_code() == 4403


async def test_signing_out_closes_the_sockets_of_the_account(client: Client) -> None:
    session = await make_session_async()
    user = await make_user()
    async with joined(session.public_id, key=user.actor_key) as (socket, _):
        await asyncio.sleep(0.1)
        await sync_to_async(client.force_login)(user)
        await sync_to_async(client.logout)()
        assert await socket.close_code(timeout_s=2) == 4403


async def test_a_revoked_token_opens_nothing_even_after_a_restart() -> None:
    session = await make_session_async()
    user = await make_user()
    before = tokens.issue(session.public_id, user.actor_key, "seeker")
    elsewhere = tokens.issue((await make_session_async()).public_id, user.actor_key, "seeker")
    await sync_to_async(publish.close_key)(user.actor_key, session.public_id)
    await close_hub()  # whoever opens the room now knows it from the database
    await asyncio.sleep(0.002)
    after = tokens.issue(session.public_id, user.actor_key, "seeker")
    assert get_hub().is_revoked(tokens.read(before)) is False  # nothing is read yet
    await get_hub().room(session.public_id)
    voids = [get_hub().is_revoked(tokens.read(token)) for token in (before, elsewhere, after)]
    assert voids == [True, False, False]
    socket = await opened(session)
    await socket.say({"type": "hello", "token": before, "after": 0})
    assert await socket.close_code() == 4403


# --- through a real server ------------------------------------------------------------------------------


@pytest.fixture
def daphne(tmp_path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """A daphne of this test alone, over a database of its own with one live session."""
    environment = environment_of(tmp_path, f"sqlite:///{tmp_path}/room.sqlite3")
    (tmp_path / "static").mkdir()
    manage(environment, "migrate", "--verbosity", "0")
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "daphne", "-p", str(port), "-b", "127.0.0.1"]
        + ["jobfair.asgi:application"],
        cwd=ROOT,
        env=environment,
        preexec_fn=die_with_parent,
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/nothing-here/", timeout=2)
        except urllib.error.HTTPError:
            break
        except OSError:
            time.sleep(0.2)
    yield port, environment
    process.terminate()
    _, errors = process.communicate(timeout=10)
    assert b"Traceback" not in errors, errors.decode()


SEED = """
from tests.factories import SessionFactory, UserFactory
from livestream.realtime import tokens
session, user = SessionFactory(), UserFactory()
print(session.public_id, tokens.issue(session.public_id, user.actor_key, "seeker"))
"""


async def heard(socket: ClientConnection, what: str) -> dict[str, Any]:
    """The next frame of a type, or with something in ``what``; others are passed over."""
    async with asyncio.timeout(5):
        while True:
            frame = json.loads(await socket.recv())
            if frame.get("type") == what or ("type" not in frame and frame.get(what)):
                return frame


async def test_a_message_goes_through_a_real_daphne(daphne: tuple[int, dict[str, str]]) -> None:
    port, environment = daphne
    session, token = manage(environment, "shell", "--no-imports", "-c", SEED).split()[-2:]
    address, origin = f"ws://127.0.0.1:{port}/ws/rooms/{session}/", f"http://127.0.0.1:{port}"
    with pytest.raises(InvalidStatus):
        await connect(address, origin="http://evil.example")  # type: ignore[arg-type]
    async with connect(address, origin=origin) as socket:  # type: ignore[arg-type]
        await socket.send(json.dumps({"type": "hello", "token": token, "after": 0}))
        welcome = json.loads(await socket.recv())
        assert (welcome["type"], welcome["seq"]) == ("welcome", 0)
        await socket.send(json.dumps(post("焊工一天多少钱？")))
        assert (await heard(socket, "ack"))["seq"] == 1
        tick = await heard(socket, "events")
        assert tick["events"][0]["data"]["text"] == "焊工一天多少钱？"
    async with connect(address, origin=origin) as socket:  # type: ignore[arg-type]
        await socket.send(json.dumps({"type": "hello", "token": token, "after": 0}))
        welcome = json.loads(await socket.recv())
        assert [event["seq"] for event in welcome["events"]] == [1]
        await socket.send(b"\x00" * 100)
        assert (await heard(socket, "error"))["code"] == "frame_binary"
    async with connect(address, origin=origin) as socket:  # type: ignore[arg-type]
        await socket.send("{}")
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4400
