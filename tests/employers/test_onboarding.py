"""Employers: registered, submitted, verified, rechecked; their people."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts import invitations
from accounts.enums import InvitationScope
from accounts.models import AuditEvent, Invitation
from core.errors import Conflict, Invalid, NotAllowed, NotFound, RateLimited
from employers import rules, selectors, services
from employers.enums import DocumentKind, EmployerKind, EmployerRole, EmployerStatus
from employers.models import Employer, EmployerDocument, EmployerMember, Vacancy
from employers.search import containing
from employers.services.onboarding import unmet_of
from tests.factories import EmployerFactory, EmployerMemberFactory, UserFactory, actor

pytestmark = pytest.mark.django_db

CODE = "91440101MA5D9XYW6"
CODE += rules.check_character(CODE)


def registered(**fields: Any) -> Employer:
    values = {"name": "示例机械", "credit_code": CODE, **fields}
    return services.register_employer(actor=actor(), **values)


def licensed(employer: Employer, kind: str = DocumentKind.BUSINESS_LICENCE) -> Employer:
    EmployerDocument.objects.create(employer=employer, kind=kind, media_type="image/png")
    return employer


def submitted() -> Employer:
    return services.submit_employer(actor=actor(), employer=licensed(registered()))


# --- the credit code ----------------------------------------------------------------------------
@pytest.mark.parametrize("code", ["91350100M000100Y43", "92371000MA3MXH0E3W"])
def test_real_codes_fit_their_check_character(code: str) -> None:
    assert rules.code_fits(code)
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    assert rules.has_code_shape(wrong)
    assert not rules.code_fits(wrong)


def test_codes_are_read_as_people_type_them() -> None:
    assert rules.credit_code(" ９１３５0100-m000100y43 ") == "91350100M000100Y43"
    assert not rules.has_code_shape("91350100M000100YI3")  # no I
    assert not rules.code_fits("short")


def test_a_wrong_shape_is_refused_a_wrong_check_character_is_not() -> None:
    with pytest.raises(Invalid) as refused:
        registered(credit_code="123")
    assert "credit_code" in refused.value.fields
    assert registered(credit_code=CODE[:-1] + ("0" if CODE[-1] != "0" else "1")).credit_code


# --- registering --------------------------------------------------------------------------------
def test_who_registers_owns() -> None:
    who = actor()
    employer = services.register_employer(actor=who, name=" 示例 ", credit_code=CODE.lower())
    assert (employer.status, employer.credit_code, employer.name) == ("draft", CODE, "示例")
    assert selectors.employer_of(who.require_user(), employer.public_id)[1] == EmployerRole.OWNER
    with pytest.raises(NotFound):
        selectors.employer_of(UserFactory(), employer.public_id)


def test_a_registered_code_is_not_registered_again() -> None:
    registered()
    with pytest.raises(Conflict, match="credit_code_taken"):
        registered(name="另一家")


def test_registering_is_bounded() -> None:
    who = actor()
    for _number in range(5):
        services.register_employer(actor=who, name="示例")
    with pytest.raises(RateLimited):
        services.register_employer(actor=who, name="示例")


def test_the_profile_is_open_the_identity_only_until_submission() -> None:
    employer = registered()
    row = services.create_vacancy(actor=actor(), employer=employer, content={"title": "普工"})
    services.update_profile(
        actor=actor(), employer=employer, values={"name": "新名字厂", "intro": "做机床"}
    )
    assert list(containing(Vacancy.objects.all(), "新名字")) == [row]
    services.submit_employer(actor=actor(), employer=licensed(employer))
    services.update_profile(actor=actor(), employer=employer, values={"intro": "做好机床"})
    with pytest.raises(Conflict, match="identity_fixed"):
        services.update_profile(actor=actor(), employer=employer, values={"name": "别的"})
    services.update_profile(actor=actor(), employer=employer, values={"name": "新名字厂"})
    with pytest.raises(Invalid):
        services.update_profile(actor=actor(), employer=employer, values={"status": "verified"})


# --- verification -------------------------------------------------------------------------------
def test_what_is_owed_before_submission() -> None:
    employer = registered(credit_code="", kind=EmployerKind.AGENCY)
    assert unmet_of(employer) == ["credit_code", "business_licence", "hr_licence"]
    with pytest.raises(Invalid) as refused:
        services.submit_employer(actor=actor(), employer=employer)
    assert set(refused.value.fields) == {"credit_code", "business_licence", "hr_licence"}
    later = timezone.localdate() + timedelta(days=1)
    services.update_profile(
        actor=actor(),
        employer=employer,
        values={"credit_code": CODE, "hr_licence_no": "粤1", "hr_licence_expires": later},
    )
    licensed(licensed(employer), DocumentKind.HR_LICENCE)
    employer.refresh_from_db()
    assert unmet_of(employer) == []


def test_verified_until_the_next_check_in_six_months() -> None:
    employer = services.review_employer(actor=actor(), employer=submitted(), verified=True)
    assert employer.is_verified
    assert employer.verified_at is not None
    assert employer.recheck_due == rules.months_later(timezone.localdate(), 6)
    Employer.objects.update(recheck_due=timezone.localdate())
    assert services.confirm_recheck(actor=actor(), employer=employer).recheck_due == (
        rules.months_later(timezone.localdate(), 6)
    )
    assert employer.reviews.count() == 2


def test_months_end_where_the_month_ends() -> None:
    assert rules.months_later(date(2026, 8, 31), 6) == date(2027, 2, 28)
    assert rules.months_later(date(2027, 8, 31), 6) == date(2028, 2, 29)
    assert rules.months_later(date(2026, 3, 31), 6) == date(2026, 9, 30)


def test_sent_back_with_a_reason_then_again() -> None:
    employer = submitted()
    with pytest.raises(Invalid):
        services.review_employer(actor=actor(), employer=employer, verified=False)
    services.review_employer(actor=actor(), employer=employer, verified=False, reason="执照模糊")
    assert (employer.status, employer.status_reason) == (EmployerStatus.REJECTED, "执照模糊")
    services.submit_employer(actor=actor(), employer=employer)
    services.review_employer(actor=actor(), employer=employer, verified=True)
    assert employer.is_verified


def test_two_persons_have_to_agree() -> None:
    employer, first = submitted(), actor()
    review = services.review_employer
    review(actor=first, employer=employer, verified=True, two_person=True)
    assert employer.status == EmployerStatus.SUBMITTED
    with pytest.raises(Conflict, match="second_person_needed"):
        review(actor=first, employer=employer, verified=True, two_person=True)
    review(actor=actor(), employer=employer, verified=True, two_person=True)
    assert employer.is_verified


def test_an_earlier_yes_does_not_outlive_a_no() -> None:
    employer = submitted()
    review = services.review_employer
    review(actor=actor(), employer=employer, verified=True, two_person=True)
    review(actor=actor(), employer=employer, verified=False, reason="不符", two_person=True)
    services.submit_employer(actor=actor(), employer=employer)
    review(actor=actor(), employer=employer, verified=True, two_person=True)
    assert employer.status == EmployerStatus.SUBMITTED


def test_an_exception_from_the_rule_is_recorded() -> None:
    employer = services.review_employer(
        actor=actor(),
        employer=submitted(),
        verified=True,
        two_person=True,
        exception_reason="总工会推荐,仅一人值班",
    )
    assert employer.is_verified
    assert employer.reviews.get().exception_reason == "总工会推荐,仅一人值班"
    assert AuditEvent.objects.filter(action="employer.verified", reason__contains="值班").exists()


def test_suspension_ends() -> None:
    employer = EmployerFactory()
    with pytest.raises(Invalid):
        services.suspend_employer(actor=actor(), employer=employer, reason=" ")
    services.suspend_employer(actor=actor(), employer=employer, reason="举报")
    assert not employer.is_verified
    services.reinstate_employer(actor=actor(), employer=employer)
    assert employer.is_verified
    with pytest.raises(Conflict):
        services.reinstate_employer(actor=actor(), employer=employer)


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_two_decisions_at_once_one_counts() -> None:
    employer = submitted()
    people = [actor(), actor()]
    barrier = threading.Barrier(2)
    outcomes: list[str] = []

    def decide(who: Any, verified: bool) -> None:
        mine = Employer.objects.get(pk=employer.pk)
        barrier.wait()
        try:
            services.review_employer(actor=who, employer=mine, verified=verified, reason="因为")
            outcomes.append("done")
        except Conflict as told:
            outcomes.append(told.code)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=decide, args=(who, number == 0))
        for number, who in enumerate(people)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "employer_state_changed"]
    assert employer.reviews.count() == 1


# --- people -------------------------------------------------------------------------------------
def test_owners_invite_and_the_invited_join_at_sign_in(sms: Any) -> None:
    owner = EmployerMemberFactory(role=EmployerRole.OWNER)
    employer = owner.employer
    invitation = services.invite_member(
        actor=actor(owner.person), employer=employer, phone="138 0000 7777", role="recruiter"
    )
    assert (invitation.phone, invitation.scope) == ("+8613800007777", InvitationScope.EMPLOYER)
    newcomer = UserFactory(phone="+8613800007777")
    invitations.claim_all(user=newcomer)
    assert employer.members.get(person=newcomer).role == EmployerRole.RECRUITER
    with pytest.raises(Conflict, match="member_already"):
        services.invite_member(
            actor=actor(owner.person), employer=employer, phone="13800007777", role="owner"
        )


def test_recruiters_and_strangers_do_not_invite() -> None:
    colleague = EmployerMemberFactory(role=EmployerRole.RECRUITER)
    for person in (colleague.person, UserFactory()):
        with pytest.raises(NotAllowed):
            services.invite_member(
                actor=actor(person), employer=colleague.employer, phone="13800007778", role="owner"
            )
    assert not Invitation.objects.exists()


def test_nobody_texts_the_whole_town(sms: Any) -> None:
    owner = EmployerMemberFactory(role=EmployerRole.OWNER)

    def invite(number: int, **options: Any) -> None:
        services.invite_member(
            actor=actor(owner.person),
            employer=owner.employer,
            phone=f"138000088{number:02d}",
            role="recruiter",
            **options,
        )

    for number in range(20):
        invite(number)
    with pytest.raises(RateLimited):
        invite(20)
    invite(21, on_behalf_of=owner.employer.public_id)


def test_staff_invite_on_behalf_of_the_employer(sms: Any) -> None:
    employer = EmployerFactory()
    invitation = services.invite_member(
        actor=actor(),
        employer=employer,
        phone="13800007779",
        role="owner",
        on_behalf_of=employer.public_id,
    )
    services.revoke_invitation(
        actor=actor(),
        employer=employer,
        invitation=invitation,
        on_behalf_of=employer.public_id,
    )
    invitation.refresh_from_db()
    assert invitation.revoked_at is not None


def test_the_last_owner_stays_and_a_recruiter_may_leave() -> None:
    owner = EmployerMemberFactory(role=EmployerRole.OWNER)
    colleague = EmployerMemberFactory(employer=owner.employer)
    employer = owner.employer
    with pytest.raises(NotAllowed):
        services.remove_member(
            actor=actor(colleague.person), employer=employer, person=owner.person
        )
    with pytest.raises(Conflict, match="last_owner"):
        services.remove_member(actor=actor(owner.person), employer=employer, person=owner.person)
    services.remove_member(
        actor=actor(colleague.person), employer=employer, person=colleague.person
    )
    with pytest.raises(Conflict, match="member_gone"):
        services.remove_member(
            actor=actor(owner.person), employer=employer, person=colleague.person
        )
    assert EmployerMember.objects.get().person == owner.person
