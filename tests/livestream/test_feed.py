"""The room as files for a proxy, and waiting for it without a socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async
from django.core.cache import cache
from django.db import OperationalError
from django.db.models import F
from django.test import Client

from core.ids import new_id
from fairs.enums import FairStatus
from livestream.models import Session
from livestream.realtime import store
from livestream.realtime.longpoll import LongPoll
from tests.factories import FairFactory, SessionFactory, UserFactory
from tests.livestream.rooms import close_hub, make_session_async, say, say_async

pytestmark = pytest.mark.django_db


def feed(client: Client, session: Session, name: str) -> Any:
    return client.get(f"/live/{session.public_id}/feed/{name}")


def test_tail_and_segments_are_the_whole_log(client: Client) -> None:
    session = SessionFactory()
    say(session, 120)
    tail = feed(client, session, "tail.json").json()
    assert (tail["seq"], tail["segment"], tail["revision"]) == (120, 50, 0)
    assert [e["seq"] for e in tail["events"]] == list(range(101, 121))
    assert {"present", "playing", "hearts", "at"} == set(tail["now"])
    whole = [feed(client, session, f"0/{number}.json").json()["events"] for number in (0, 1)]
    assert [e["seq"] for part in whole for e in part] == list(range(1, 101))
    assert feed(client, session, "0/2.json").status_code == 404


def test_a_proxy_may_keep_it_for_everybody(client: Client) -> None:
    session = SessionFactory()
    say(session, 50)
    client.force_login(UserFactory())
    client.get("/")
    for name, kept in (("tail.json", "max-age=2"), ("0/0.json", "immutable")):
        answer = feed(client, session, name)
        assert kept in answer["Cache-Control"]
        assert "public" in answer["Cache-Control"]
        assert "Cookie" not in answer.get("Vary", "")
        assert not answer.cookies
        assert answer["Access-Control-Allow-Origin"] == "*"


def test_a_removal_changes_the_address(client: Client) -> None:
    session = SessionFactory()
    say(session, 50)
    assert feed(client, session, "0/0.json").status_code == 200
    Session.objects.filter(pk=session.pk).update(redaction_revision=F("redaction_revision") + 1)
    assert feed(client, session, "0/0.json").status_code == 404
    assert feed(client, session, "1/0.json").status_code == 200
    cache.clear()
    assert feed(client, session, "tail.json").json()["revision"] == 1


def test_a_room_that_is_not_public_has_no_feed(client: Client) -> None:
    session = SessionFactory(fair=FairFactory(status=FairStatus.DRAFT))
    say(session, 50)
    client.force_login(UserFactory(admin=True))
    for name in ("tail.json", "0/0.json"):
        assert feed(client, session, name).status_code == 404


# --- waiting ---------------------------------------------------------------------------------------


@pytest.fixture
async def _hub() -> AsyncIterator[None]:
    yield
    await close_hub()


async def asked(path: str, query: str) -> asyncio.Task[None]:
    """A request on its way through the long poll; done when it reaches the application."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        assert scope["path"] == path

    scope = {"path": path, "query_string": query.encode()}
    task = asyncio.create_task(LongPoll(application)(scope, None, None))
    await asyncio.sleep(0.3)
    return task


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_hub")
async def test_a_poll_waits_for_the_next_entry() -> None:
    session = await make_session_async()
    await say_async(session, 2)
    path = f"/api/v1/sessions/{session.public_id}/events/"
    waits = await asked(path, "after=2&wait=9")
    assert not waits.done()
    for query in (
        "after=1&wait=9",
        "after=2",
        "after=2&wait=x",
        "after=x&wait=9",
        "wait=0&after=2",
    ):
        assert (await asked(path, query)).done(), query
    await say_async(session)
    await asyncio.wait_for(waits, 3)
    unknown = f"/api/v1/sessions/{new_id()}/events/"
    assert (await asked(unknown, "after=0&wait=9")).done()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_hub")
async def test_a_room_that_cannot_be_opened_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def away(_session: UUID) -> int:
        raise OperationalError

    monkeypatch.setattr(store, "read_head", away)
    poll = await asked(f"/api/v1/sessions/{new_id()}/events/", "after=0&wait=9")
    await asyncio.wait_for(poll, 3)  # the application was reached, and nothing raised


@pytest.mark.django_db(transaction=True)
async def test_the_address_itself_answers_at_once() -> None:
    session = await make_session_async()
    client = Client()
    answer = await sync_to_async(client.get)(
        f"/api/v1/sessions/{session.public_id}/events/", {"after": 0, "wait": 5}
    )
    assert json.loads(answer.content)["events"] == []
