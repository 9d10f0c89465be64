"""Taking turns: two who decide at once wait for each other, never both."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from queue import Queue

import pytest
from django.db import connection

from accounts.actor import Actor
from core.ids import new_id
from core.transactions import write
from fairs.enums import StaffRole
from livestream import services
from livestream.models import Message, Session
from tests.factories import FairFactory, FairStaffFactory, SessionFactory, UserFactory, actor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def moderator_of(session: Session) -> Actor:
    return actor(FairStaffFactory(fair=session.fair, role=StaffRole.MODERATOR).person)


def held_message(session: Session) -> Message:
    return services.post_message(
        actor=actor(UserFactory()), session=session, client_id=new_id(), text="招几个人？"
    )[0]


def decide(who: Actor, messages: list[Message], *, release: bool, pids: Queue[int]) -> int:
    """Decide in a connection of its own, and say which one it is."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            pids.put(cursor.fetchone()[0])
        return services.decide_messages(
            actor=who, messages=messages, release=release, reason="广告"
        )
    finally:
        connection.close()


def wait_until_blocked(pid: int) -> None:
    """Until that connection waits for a lock of somebody's."""
    deadline = time.monotonic() + 30
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT cardinality(pg_blocking_pids(%s))", [pid])
            if cursor.fetchone()[0]:
                return
            assert time.monotonic() < deadline, "nobody waited"


@pytest.mark.parametrize("rooms", [1, 2])
@pytest.mark.parametrize("release", [True, False])
def test_two_moderators_decide_the_same_messages_in_another_order(rooms, release) -> None:
    """Neither fails: the second waits, and then finds that all has been decided."""
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer; nobody holds half of what another wants")
    fair = FairFactory()
    sessions = [SessionFactory(fair=fair, hold_messages=True) for _ in range(rooms)]
    first, second = held_message(sessions[0]), held_message(sessions[-1])
    one, other = moderator_of(sessions[0]), moderator_of(sessions[0])
    stale = [Message.objects.get(pk=message.pk) for message in (second, first)]
    pids: Queue[int] = Queue()
    with ThreadPoolExecutor(1) as pool:
        with write():
            mine = {"actor": one, "release": release, "reason": "广告"}
            services.decide_messages(messages=[first], **mine)
            waiting = pool.submit(decide, other, stale, release=release, pids=pids)
            wait_until_blocked(pids.get(timeout=30))
            services.decide_messages(messages=[second], **mine)
        assert waiting.result(timeout=30) == 0
    shown = {message.status for message in Message.objects.all()}
    assert shown == {"shown" if release else "removed"}


def test_what_is_removed_already_is_not_counted() -> None:
    session = SessionFactory()
    moderator = moderator_of(session)
    gone, here = held_message(session), held_message(session)
    services.remove_message(actor=moderator, message=gone, reason="广告")
    decided = services.decide_messages(
        actor=moderator, messages=[gone, here], release=False, reason="广告"
    )
    assert decided == 1
    assert Message.objects.filter(status="removed").count() == 2
