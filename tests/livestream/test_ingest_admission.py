"""Who may knock at the ingest socket, and who takes a place there: nobody keeps a host out."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.urls import reverse
from websockets.exceptions import ConnectionClosed, InvalidStatus

from core.ids import new_id
from livestream.media.ingest import limits, socket, tickets
from livestream.models import Session
from livestream.services import stream_keys
from tests.livestream.test_ingest import Crew, Publisher, crew_async, eventually, publishers
from tests.support.accounts import signed_in

pytestmark = pytest.mark.django_db(transaction=True)

WRONG = "w" * 32


# --- tickets --------------------------------------------------------------------------------------


def test_a_ticket_is_for_one_session_and_for_some_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    session, other = new_id(), new_id()
    ticket = tickets.issue(session)
    assert tickets.admits(session, f"ticket={ticket}".encode())
    assert tickets.admits(session, f"a=1&ticket={ticket}&ticket=x".encode())
    assert not tickets.admits(other, f"ticket={ticket}".encode())
    for query in ("", "ticket=", f"ticket={ticket}x", f"ticket=x{ticket}", "ticket=a.b.c", "%ff"):
        assert not tickets.admits(session, query.encode()), query
    monkeypatch.setattr(tickets, "LIFETIME_S", -1)
    assert not tickets.admits(session, f"ticket={tickets.issue(session)}".encode())


async def test_nobody_knocks_without_one(settings: Any, tmp_path: Path) -> None:
    crew, other = await crew_async(), await crew_async()
    tickets_of_others = [f"?ticket={tickets.issue(other.session.public_id)}", "?ticket=guess", ""]
    async with publishers(settings, tmp_path) as to:
        for query in tickets_of_others:
            with pytest.raises(InvalidStatus) as refused:
                await to(crew.session, query=query)
            assert refused.value.response.status_code == 403
        assert socket.WAITING.taken == 0
        await (await to(crew.session)).hello(crew.key)


def test_the_studio_gives_tickets_and_new_ones(client: Any) -> None:
    crew = Crew()
    session: Session = crew.session
    signed_in(client, crew.actor.user)
    boot = client.get(reverse("studio-live", args=[session.public_id])).context["boot"]
    state = client.get(reverse("studio-live-state", args=[session.public_id])).json()
    for address in (boot["socket"], state["socket"]):
        parts = urlsplit(address)
        assert parts.path == f"/ws/ingest/{session.public_id}/"
        assert tickets.admits(session.public_id, parts.query.encode())


# --- places ---------------------------------------------------------------------------------------


async def test_silent_ones_make_way(settings: Any, tmp_path: Path) -> None:
    crew = await crew_async()
    async with publishers(settings, tmp_path) as to:
        silent = [await to(crew.session) for _ in range(limits.MAX_WAITING)]
        host = await to(crew.session)
        assert (await host.hello(crew.key))["type"] == "welcome"
        assert await silent[0].code() == 4408  # who waited longest
        assert socket.WAITING.taken == limits.MAX_WAITING - 1


async def test_a_wrong_key_takes_no_place(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.INGEST_MAX = 1
    crew, looked_up, real = await crew_async(), threading.Event(), stream_keys.key_for

    def slow(session: Session, secret: str) -> Any:
        assert secret != WRONG or looked_up.wait(10)
        return real(session, secret)

    monkeypatch.setattr(stream_keys, "key_for", slow)
    async with publishers(settings, tmp_path) as to:
        guess, host = await to(crew.session), await to(crew.session)
        await guess.knock(WRONG)
        await host.knock(crew.key)
        await eventually(lambda: socket.WAITING.taken == 2, "both wait for the look-up of one")
        assert socket.PLACES.taken == 0
        looked_up.set()
        assert '"welcome"' in str(await host.line.recv())
        assert await guess.code() == 4401


async def test_before_its_key_is_known_a_publisher_says_hello_only(
    settings: Any, tmp_path: Path
) -> None:
    crew = await crew_async()
    async with publishers(settings, tmp_path) as to:
        stranger = await to(crew.session)
        # No more than the head of a frame of 2 KB: it is not waited for.
        stranger.line.transport.write(b"\x82\xfe" + (2000).to_bytes(2) + b"\x00" * 4)
        assert await stranger.code(5) == 1009
        host = await to(crew.session)
        await host.hello(crew.key)
        await host.line.send(b"\x13\x37" * 50_000)
        assert await host.code() == 4415  # taken, and no picture


# --- places are for pictures ----------------------------------------------------------------------


async def holding(host: Publisher, frame: str | bytes) -> int:
    """Say the same again and again until the server has enough of it; its code."""
    async with asyncio.timeout(10):
        try:
            while True:
                await host.line.send(frame)
                await asyncio.sleep(0.05)
        except ConnectionClosed as closed:
            assert closed.rcvd is not None
            return closed.rcvd.code


async def test_a_recording_begins_once(settings: Any, tmp_path: Path) -> None:
    crew = await crew_async()
    async with publishers(settings, tmp_path) as to:
        host = await to(crew.session)
        await host.hello(crew.key)
        assert await holding(host, '{"type":"began"}') == 4400


async def test_nothing_but_a_picture_puts_off_the_end_of_a_silence(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "SILENCE_S", 0.5)
    crew = await crew_async()
    async with publishers(settings, tmp_path) as to:
        host = await to(crew.session)
        await host.hello(crew.key)
        await host.line.send('{"type":"began"}')
        assert await holding(host, b"") == 4408
    assert socket.PLACES.taken == 0
