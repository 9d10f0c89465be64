"""Removal, mutes, bans and the room's mode; all with reason and audit."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AuditEvent
from accounts.services import block_account, sign_out_everywhere
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.ids import new_id
from employers.services.members import remove_member
from fairs.enums import StaffRole
from fairs.services import end_staff
from livestream import conduct, rules, selectors, services
from livestream.enums import SanctionKind
from livestream.log import public_events
from livestream.models import Message, RoomRevocation, Sanction, Session
from livestream.services.moderation import sanctions_here
from tests.factories import (
    EmployerMemberFactory,
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
    services.lift_sanction(actor=moderator, sanction=made)
    services.lift_sanction(actor=moderator, sanction=made)
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


def revoked() -> list[tuple[str, object]]:
    """Whose tokens are void, and where (None: everywhere)."""
    return list(RoomRevocation.objects.order_by("pk").values_list("key", "session_public_id"))


def test_a_ban_holds_in_every_room_of_the_fair(session, moderator) -> None:
    person = UserFactory()
    services.sanction(
        actor=moderator,
        session=session,
        person=person,
        kind=SanctionKind.BAN,
        reason="诈骗",
        whole_fair=True,
    )
    assert revoked() == [(person.actor_key, None)]
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
    with pytest.raises(NotAllowed):
        services.lift_sanction(actor=moderator, sanction=theirs)


def test_the_mode_reaches_every_page_once(session, moderator) -> None:
    services.set_mode(actor=moderator, session=session, chat_open=False, hold=True, slow_s=10)
    services.set_mode(actor=moderator, session=session, chat_open=False)
    events = public_events(session.public_id)
    assert len(events) == 1
    told = {"chat_open": False, "hold": True, "slow_s": 10, "account_minutes": 0}
    assert events[0]["data"] == told
    assert AuditEvent.objects.get(action="session.mode").diff["chat_open"] == [True, False]
    with pytest.raises(Invalid):
        services.set_mode(actor=moderator, session=session, slow_s=301)


def test_of_two_moderators_each_changes_what_they_say_and_nothing_else(session, moderator) -> None:
    """Both have the room as it was; who comes second neither tells the old mode nor skips it."""
    one, other = Session.objects.get(pk=session.pk), Session.objects.get(pk=session.pk)
    services.set_mode(actor=moderator, session=one, slow_s=10, account_minutes=30)
    services.set_mode(actor=moderator, session=other, chat_open=False)
    told = {"chat_open": False, "hold": False, "slow_s": 10, "account_minutes": 30}
    assert public_events(session.public_id)[-1]["data"] == told
    third = Session.objects.get(pk=session.pk)
    services.set_mode(actor=moderator, session=one, slow_s=60)
    services.set_mode(actor=moderator, session=third, slow_s=10)  # as on their page
    session.refresh_from_db()
    assert session.slow_mode_s == 10


def test_only_the_fairs_own_staff_ban_from_the_fair(session, moderator) -> None:
    operator = actor(SessionCrewFactory(session=session, role="operator").person)
    terms = {"session": session, "person": UserFactory(), "reason": "诈骗"}
    with pytest.raises(NotAllowed):
        services.sanction(actor=operator, kind=SanctionKind.BAN, whole_fair=True, **terms)
    assert services.sanction(actor=operator, kind=SanctionKind.BAN, **terms)
    wide = services.sanction(actor=moderator, kind=SanctionKind.BAN, whole_fair=True, **terms)
    with pytest.raises(NotAllowed):
        services.lift_sanction(actor=operator, sanction=wide)
    assert services.lift_sanction(actor=moderator, sanction=wide, reason="误判").lifted_at


def test_a_removed_message_is_shown_again_at_a_new_place(session, moderator) -> None:
    message = post(session, UserFactory(), "夜班有补贴")
    services.remove_message(actor=moderator, message=message, reason="手滑")
    services.restore_message(actor=moderator, message=message, reason="误删")
    first, removed, again = public_events(session.public_id)
    assert first["data"] == {"hidden": "moved"}
    assert removed["data"] == {"ref": 1}
    assert again["data"]["text"] == "夜班有补贴"
    assert AuditEvent.objects.get(action="message.restore").reason == "误删"
    assert message.removed_by is None
    with pytest.raises(Conflict):
        services.restore_message(actor=moderator, message=message)


def test_many_are_decided_at_once_and_none_twice(session, moderator) -> None:
    services.set_mode(actor=moderator, session=session, hold=True)
    held = [post(session, UserFactory(), text) for text in ("一", "二", "三")]
    services.release_message(actor=moderator, message=held[0])
    rows = Message.objects.filter(session=session).select_related("session", "author")
    assert services.decide_messages(actor=moderator, messages=rows, release=True) == 2
    with pytest.raises(Invalid):
        services.decide_messages(actor=moderator, messages=rows, release=False)
    assert services.decide_messages(actor=moderator, messages=rows, release=False, reason="x") == 3
    assert not Message.objects.exclude(status="removed").exists()


def test_new_accounts_wait_and_are_told_until_when(session, moderator) -> None:
    services.set_mode(actor=moderator, session=session, account_minutes=30)
    new = UserFactory(phone_verified_at=timezone.now() - timedelta(minutes=10))
    with pytest.raises(NotAllowed) as refusal:
        rules.require_account_age(session, new, rules.standing(session, new))
    assert refusal.value.code == "account_too_new"
    at = timezone.localtime(new.phone_verified_at + timedelta(minutes=30))
    assert f"{at:%H:%M}" in str(refusal.value.message)
    old = UserFactory(phone_verified_at=timezone.now() - timedelta(minutes=31))
    rules.require_account_age(session, old, rules.standing(session, old))
    crew = moderator.require_user()
    rules.require_account_age(session, crew, rules.standing(session, crew))
    with pytest.raises(Invalid):
        services.set_mode(actor=moderator, session=session, account_minutes=7 * 24 * 60 + 1)


def test_only_the_author_is_told_what_became_of_a_message(session, moderator) -> None:
    author, other = UserFactory(), UserFactory()
    services.remove_message(actor=moderator, message=post(session, author), reason="广告")
    told = selectors.chat_lines(session, [], author)
    assert [(line.state, "广告" in line.note) for line in told] == [("removed", True)]
    assert selectors.chat_lines(session, [], other) == []


def test_conduct_is_that_of_the_moderators_own_rooms(session, moderator) -> None:
    person = UserFactory()
    services.remove_message(actor=moderator, message=post(session, person), reason="广告")
    post(SessionFactory(fair=session.fair), person)
    post(SessionFactory(), person)
    services.sanction(
        actor=moderator, session=session, person=person, kind=SanctionKind.MUTE, reason="刷屏"
    )
    seen = conduct.conduct_of(moderator.require_user(), person.public_id)
    assert (seen.written, seen.removed, len(seen.sanctions)) == (2, 1, 1)
    operator = SessionCrewFactory(session=session, role="operator").person
    assert conduct.conduct_of(operator, person.public_id).written == 1
    with pytest.raises(NotFound):
        conduct.conduct_of(operator, UserFactory().public_id)


@pytest.mark.parametrize("change", ["staff", "member", "block", "sign_out", "ban", "lift"])
def test_what_changes_a_persons_standing_closes_their_sockets(session, moderator, change) -> None:
    """Sign-outs in a browser go through the same signal; crew roles are tested with the crew."""
    person, manager = UserFactory(), actor(FairStaffFactory(fair=session.fair).person)
    terms = {"session": session, "person": person, "kind": SanctionKind.BAN, "reason": "诈骗"}
    FairStaffFactory(fair=session.fair, person=person, role=StaffRole.REVIEWER)
    employer = EmployerMemberFactory(person=person).employer
    EmployerMemberFactory(employer=employer, role="owner")
    made = services.sanction(actor=moderator, **terms)
    before = len(revoked())
    if change == "staff":
        end_staff(actor=manager, fair=session.fair, person=person, role=StaffRole.REVIEWER)
    elif change == "member":
        remove_member(actor=actor(person), employer=employer, person=person)
    elif change == "block":
        block_account(actor=manager, user=person, reason="诈骗")
    elif change == "sign_out":
        sign_out_everywhere(actor=actor(person))
    elif change == "ban":
        services.sanction(actor=moderator, **terms)
    else:
        services.lift_sanction(actor=moderator, sanction=made)
    here = session.public_id if change in {"ban", "lift"} else None
    assert revoked()[before:] == [(person.actor_key, here)]
