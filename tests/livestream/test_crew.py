"""An employer's voice: invited, given and heard for one employer of the fair."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts import invitations
from accounts.models import AuditEvent, Invitation
from core.errors import Conflict, Invalid, NotAllowed
from core.ids import new_id
from fairs.enums import BoothStatus, StaffRole
from livestream import services
from livestream.enums import CrewRole
from livestream.models import SessionCrew
from livestream.services import people
from tests.factories import (
    BoothFactory,
    EmployerFactory,
    FairStaffFactory,
    SessionFactory,
    UserFactory,
    actor,
)

pytestmark = pytest.mark.django_db
VOICE = CrewRole.EMPLOYER_VOICE


@pytest.fixture
def session():
    return SessionFactory()


@pytest.fixture
def manager(session):
    return actor(FairStaffFactory(fair=session.fair, role=StaffRole.MANAGER).person)


@pytest.fixture
def booth(session):
    return BoothFactory(fair=session.fair)


@pytest.fixture
def invite(session, manager, booth):
    """Invite the holder of a number, as a manager does at the desk."""

    def now(person, role=VOICE, employer=booth.employer) -> Invitation:
        return people.invite_crew(
            actor=manager, session=session, phone=person.phone, role=role, employer=employer
        )

    return now


def test_who_is_invited_as_a_voice_answers_for_that_employer(session, booth, invite) -> None:
    rehearsal = SessionFactory(fair=session.fair, rehearsal_of=session)
    person = UserFactory()
    invited = invite(person)
    assert invited.on_behalf_of == booth.employer.public_id
    invitations.claim_all(user=person)
    for room in (session, rehearsal):
        assert room.crew.get(ended_at=None).employer == booth.employer
    asked, _new = services.ask_question(
        actor=actor(), session=session, client_id=new_id(), text="包住吗？"
    )
    answered = services.answer_question(actor=actor(person), question=asked, text="包住")
    assert answered.answer_employer == booth.employer
    assert answered.answer_name == booth.employer.name
    assert not answered.on_behalf


def test_a_voice_is_that_of_an_employer_with_an_approved_booth(session, invite) -> None:
    applied = BoothFactory(fair=session.fair, status=BoothStatus.APPLIED).employer
    for role, employer in (
        (VOICE, None),
        (VOICE, EmployerFactory()),
        (VOICE, applied),
        (CrewRole.HOST, applied),
    ):
        with pytest.raises(Invalid) as refused:
            invite(UserFactory(), role, employer)
        assert "employer" in refused.value.fields
    assert not Invitation.objects.exists()


def test_for_the_fairs_managers_and_not_for_a_rehearsal(session, manager, booth) -> None:
    terms = {"phone": "13812345678", "role": VOICE, "employer": booth.employer}
    with pytest.raises(NotAllowed):
        people.invite_crew(actor=actor(), session=session, **terms)
    rehearsal = SessionFactory(fair=session.fair, rehearsal_of=session)
    with pytest.raises(Conflict):
        people.invite_crew(actor=manager, session=rehearsal, **terms)
    assert not Invitation.objects.exists()


def test_one_number_is_invited_for_one_employer_at_a_time(session, booth, invite) -> None:
    person, other = UserFactory(), BoothFactory(fair=session.fair).employer
    assert invite(person) == invite(person)
    with pytest.raises(Conflict, match="invitation_differs"):
        invite(person, employer=other)
    assert Invitation.objects.get().on_behalf_of == booth.employer.public_id


def test_a_booth_given_back_meanwhile_gives_no_voice(booth, invite) -> None:
    person = UserFactory()
    invited = invite(person)
    booth.status = BoothStatus.DECLINED
    booth.save()
    assert invitations.claim_all(user=person) == []
    invited.refresh_from_db()
    assert invited.claimed_at is None
    assert not SessionCrew.objects.filter(person=person).exists()


def test_the_voice_of_another_employer_takes_the_place_of_the_first(
    session, manager, booth, invite
) -> None:
    person = UserFactory(last_login=timezone.now())
    assert invite(person).claimed_at is not None
    first = SessionCrew.objects.get(person=person)
    other = BoothFactory(fair=session.fair).employer
    role = {"session": session, "person": person, "role": VOICE, "employer": other}
    second = services.add_crew(actor=manager, **role)
    assert services.add_crew(actor=manager, **role) == second
    first.refresh_from_db()
    assert (first.employer, first.ended_at is None) == (booth.employer, False)
    assert (second.employer, second.ended_at) == (other, None)
    given = AuditEvent.objects.filter(action="session.add_crew").order_by("id")
    assert [event.reason for event in given] == ["invitation claimed", ""]
