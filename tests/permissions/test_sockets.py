"""The room's socket: every frame of it × every role × a room one sees, one that is hidden, none.

A page gets its ticket from the same door as here (``/live/<id>/token/``), so whoever may not know
of a room gets none; a ticket to one room opens no other, and one kept from before opens nothing
that its owner may no longer see.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async

from accounts.services import block_account, sign_out_everywhere
from core.ids import new_id
from employers.models import EmployerMember
from employers.services.members import remove_member
from fairs.enums import StaffRole
from fairs.services import add_staff, end_staff
from livestream import services
from livestream.enums import CrewRole, SanctionKind
from livestream.models import Message
from livestream.realtime import tokens
from livestream.realtime.frames import _PARSERS
from tests.factories import actor
from tests.livestream.rooms import Socket, close_hub
from tests.permissions.table import OTHERS_SESSION
from tests.permissions.world import Role, World, build

pytestmark = pytest.mark.django_db(transaction=True)

#: Badges in the own room; everybody else is a viewer.
BADGES = {
    Role.OPERATOR: "staff",
    Role.MANAGER: "staff",
    Role.REVIEWER: "staff",
    Role.MODERATOR: "staff",
    Role.STATISTICIAN: "staff",
    Role.SUPERUSER: "staff",
    Role.RECRUITER: "employer",
}
SEES_OTHER = OTHERS_SESSION | {Role.SUPERUSER}


@pytest.fixture(autouse=True)
async def _close_hub() -> AsyncIterator[None]:
    yield
    await close_hub()


@pytest.fixture
def world() -> World:
    return build()


def ticket(world: World, role: Role, session: UUID) -> str | None:
    """What the page's door gives, or None where it says that there is no such room."""
    response = world.client(role).get(f"/live/{session}/token/")
    assert response.status_code in {200, 404}
    return response.json()["token"] if response.status_code == 200 else None


async def opened(session: UUID, token: str) -> tuple[Socket, dict[str, object]]:
    socket = Socket(session)
    await socket.connect()
    await socket.say({"type": "hello", "token": token, "after": 0})
    return socket, await socket.hear_type("welcome")


def message() -> dict[str, str]:
    return {"type": "message", "client_id": str(new_id()), "text": "大家好"}


def said(session: UUID) -> int:
    return Message.objects.filter(session__public_id=session).count()


def test_the_frames_are_those_tested_here() -> None:
    """A new frame needs its own test of who may send it."""
    assert set(_PARSERS) == {"hello", "message", "ping", "watch", "react"}


async def test_a_room_that_all_may_see(world: World) -> None:
    session = world.own.session.public_id
    for role in Role:
        token = await sync_to_async(ticket)(world, role, session)
        socket, welcome = await opened(session, str(token))
        assert welcome["role"] == BADGES.get(role, "seeker"), role
        # Counted for whoever is there, and never answered.
        await socket.say({"type": "watch", "kind": "room", "played": 1, "on": True})
        await socket.say({"type": "react", "n": 1})
        await socket.say({"type": "ping"})
        assert await socket.hear_type("pong"), role
        before = await sync_to_async(said)(session)
        await socket.say(message())
        if role == Role.ANONYMOUS:
            assert (await socket.hear_type("error"))["code"] == "not_signed_in"
        else:
            assert await socket.hear_type("ack"), role
        after = await sync_to_async(said)(session)
        assert after == before + (role != Role.ANONYMOUS), role
        await socket.disconnect()


async def test_a_room_of_another_fair(world: World) -> None:
    session = world.other.session.public_id
    for role in Role:
        token = await sync_to_async(ticket)(world, role, session)
        assert (token is not None) == (role in SEES_OTHER), role
        # A ticket from the days when the room was public takes no message into a hidden one.
        key = world.people[role].actor_key if role in world.people else "a-device"
        socket, welcome = await opened(session, token or tokens.issue(session, key, "seeker"))
        assert welcome["session"] == str(session)
        before = await sync_to_async(said)(session)
        await socket.say(message())
        if role in SEES_OTHER:
            assert await socket.hear_type("ack"), role
        else:
            assert (await socket.hear_type("error"))["code"] == "not_found", role
        assert await sync_to_async(said)(session) == before + (role in SEES_OTHER), role
        await socket.disconnect()


async def test_a_room_that_does_not_exist(world: World) -> None:
    session = world.absent.session.public_id
    for role in Role:
        assert await sync_to_async(ticket)(world, role, session) is None, role
    socket = Socket(session)
    await socket.connect()
    await socket.say({"type": "hello", "token": tokens.issue(session, "k", "seeker"), "after": 0})
    assert await socket.close_code() == 4404


async def test_a_ticket_opens_its_own_room_only(world: World) -> None:
    for role in Role:
        token = await sync_to_async(ticket)(world, role, world.own.session.public_id)
        socket = Socket(world.other.session.public_id)
        await socket.connect()
        await socket.say({"type": "hello", "token": token, "after": 0})
        assert await socket.close_code() == 4401, role


async def test_what_a_room_says_names_nobody(world: World) -> None:
    """No phone number leaves with the log, and a person's key only as the pseudonym it is."""
    session = world.own.session.public_id
    token = await sync_to_async(ticket)(world, Role.ANONYMOUS, session)
    socket, welcome = await opened(session, str(token))
    assert isinstance(welcome["events"], list)
    for event in welcome["events"]:
        event.get("by", {}).pop("key", None)
    text = json.dumps(welcome, ensure_ascii=False)
    for person in world.people.values():
        assert person.phone not in text
        assert person.phone.removeprefix("+86") not in text
        assert person.actor_key not in text
    await socket.disconnect()


async def test_whoever_is_not_what_they_were_is_out(world: World) -> None:
    """Ban, block, sign-out and the end of every kind of role close that person's open sockets."""
    t = world.own
    manager, people = actor(world.people[Role.MANAGER]), world.people
    of_fair = {"actor": manager, "fair": t.fair}
    changes: dict[Role, Callable[[], object]] = {
        Role.OPERATOR: lambda: services.end_crew(
            actor=manager, session=t.session, person=people[Role.OPERATOR], role=CrewRole.OPERATOR
        ),
        Role.MODERATOR: lambda: end_staff(
            **of_fair, person=people[Role.MODERATOR], role=StaffRole.MODERATOR
        ),
        Role.REVIEWER: lambda: add_staff(
            **of_fair, person=people[Role.REVIEWER], role=StaffRole.MODERATOR
        ),
        Role.RECRUITER: lambda: remove_member(
            actor=actor(people[Role.RECRUITER]), employer=t.employer, person=people[Role.RECRUITER]
        ),
        Role.SEEKER: lambda: services.sanction(
            actor=manager,
            session=t.session,
            person=people[Role.SEEKER],
            kind=SanctionKind.BAN,
            reason="诈骗",
        ),
        Role.STATISTICIAN: lambda: sign_out_everywhere(actor=actor(people[Role.STATISTICIAN])),
        Role.OTHER_SEEKER: lambda: block_account(
            actor=manager, user=people[Role.OTHER_SEEKER], reason="诈骗"
        ),
    }
    await sync_to_async(EmployerMember.objects.create)(
        employer=t.employer, person=t.operator, role="owner"
    )
    session = t.session.public_id
    sockets = {}
    for role in changes:
        token = await sync_to_async(ticket)(world, role, session)
        sockets[role], _welcome = await opened(session, str(token))
    for role, change in changes.items():
        await sync_to_async(change)()
        assert await sockets[role].close_code(timeout_s=5) == 4403, role
