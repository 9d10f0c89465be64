"""Removal, mutes, bans and the room's mode; all with reason and audit."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AuditEvent
from core.errors import Conflict, Invalid, NotAllowed
from core.ids import new_id
from fairs.enums import StaffRole
from livestream import services
from livestream.enums import SanctionKind
from livestream.log import public_events
from livestream.models import Sanction, Session
from livestream.services.moderation import sanctions_here
from tests.factories import (
    FairStaffFactory,
    SessionCrewFactory,
    SessionFactory,
    UserFactory,
    actor,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def session() -> Session:
    return SessionFactory()


@pytest.fixture
def moderator(session):
    return actor(FairStaffFactory(fair=session.fair, role=StaffRole.MODERATOR).person)


def post(session, user, text="你好"):
    return services.post_message(actor=actor(user), session=session, client_id=new_id(), text=text)[
        0
    ]


def test_removal_is_logged_redacted_and_audited(session, moderator) -> None:
    message = post(session, UserFactory())
    services.remove_message(actor=moderator, message=message, reason="骂人")
    services.remove_message(actor=moderator, message=message, reason="骂人")
    assert [event["kind"] for event in public_events(session.public_id)] == ["message", "removed"]
    session.refresh_from_db()
    assert session.redaction_revision == 1
    record = AuditEvent.objects.get(action="message.remove")
    assert record.reason == "骂人"
    assert record.object_id == message.public_id
    assert message.removed_by == moderator.user
    with pytest.raises(Invalid):
        services.remove_message(actor=moderator, message=message, reason="")


@pytest.mark.parametrize("role", ["reviewer", "statistician", "guest", "stranger"])
def test_others_may_not_moderate(session, role) -> None:
    if role in {"reviewer", "statistician"}:
        person = FairStaffFactory(fair=session.fair, role=StaffRole(role)).person
    elif role == "guest":
        person = SessionCrewFactory(session=session, role="guest").person
    else:
        person = UserFactory()
    message = post(session, UserFactory())
    for refused in (
        lambda: services.remove_message(actor=actor(person), message=message, reason="x"),
        lambda: services.set_mode(actor=actor(person), session=session, chat_open=False),
        lambda: services.sanction(
            actor=actor(person),
            session=session,
            person=message.author,
            kind=SanctionKind.MUTE,
            reason="x",
        ),
    ):
        with pytest.raises(NotAllowed):
            refused()


def test_a_muted_person_is_told_why_and_until_when(session, moderator) -> None:
    person = UserFactory()
    made = services.sanction(
        actor=moderator,
        session=session,
        person=person,
        kind=SanctionKind.MUTE,
        minutes=10,
        reason="刷屏",
    )
    with pytest.raises(NotAllowed) as refusal:
        post(session, person)
    assert "刷屏" in str(refusal.value.message)
    assert f"{timezone.localtime(made.until):%H:%M}" in str(refusal.value.message)
    assert sanctions_here(session) == [made]
    other_room = SessionFactory(fair=session.fair)
    assert post(other_room, person)
    services.lift_sanction(actor=moderator, sanction=made, session=session)
    services.lift_sanction(actor=moderator, sanction=made, session=session)
    assert post(session, person)
    assert AuditEvent.objects.filter(action="person.lift_sanction").count() == 1


def test_a_mute_ends_by_itself(session, moderator) -> None:
    person = UserFactory()
    made = services.sanction(
        actor=moderator,
        session=session,
        person=person,
        kind=SanctionKind.MUTE,
        minutes=10,
        reason="刷屏",
    )
    Sanction.objects.filter(pk=made.pk).update(until=timezone.now() - timedelta(seconds=1))
    assert post(session, person)


def test_a_ban_holds_in_every_room_of_the_fair(session, moderator, monkeypatch) -> None:
    closed = []
    monkeypatch.setattr(
        "livestream.services.moderation.close_key", lambda key, room: closed.append((key, room))
    )
    person = UserFactory()
    services.sanction(
        actor=moderator,
        session=session,
        person=person,
        kind=SanctionKind.BAN,
        reason="诈骗",
        whole_fair=True,
    )
    with pytest.raises(NotAllowed):
        post(SessionFactory(fair=session.fair), person)
    assert post(SessionFactory(), person)


def test_the_log_never_says_who_was_sanctioned(session, moderator) -> None:
    person = UserFactory()
    services.sanction(
        actor=moderator, session=session, person=person, kind=SanctionKind.MUTE, reason="刷屏"
    )
    event = public_events(session.public_id)[0]
    assert event["kind"] == "sanction"
    assert event["data"] == {}
    assert "by" not in event


def test_people_who_work_the_room_cannot_be_muted(session, moderator) -> None:
    for person in (moderator.user, SessionCrewFactory(session=session).person):
        with pytest.raises(NotAllowed):
            services.sanction(
                actor=moderator, session=session, person=person, kind=SanctionKind.MUTE, reason="x"
            )


def test_another_fairs_sanction_cannot_be_lifted_here(session, moderator) -> None:
    elsewhere = SessionFactory()
    theirs = services.sanction(
        actor=actor(FairStaffFactory(fair=elsewhere.fair).person),
        session=elsewhere,
        person=UserFactory(),
        kind=SanctionKind.MUTE,
        reason="x",
    )
    with pytest.raises(Conflict):
        services.lift_sanction(actor=moderator, sanction=theirs, session=session)


def test_the_mode_reaches_every_page_once(session, moderator) -> None:
    services.set_mode(actor=moderator, session=session, chat_open=False, hold=True, slow_s=10)
    services.set_mode(actor=moderator, session=session, chat_open=False)
    events = public_events(session.public_id)
    assert len(events) == 1
    assert events[0]["data"] == {"chat_open": False, "hold": True, "slow_s": 10}
    assert AuditEvent.objects.get(action="session.mode").diff["chat_open"] == [True, False]
    with pytest.raises(Invalid):
        services.set_mode(actor=moderator, session=session, slow_s=301)
