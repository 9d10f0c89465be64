"""Booths: applied or invited, then admitted; the vacancies they bring."""

from __future__ import annotations

import pytest

from core.errors import Conflict, NotAllowed, NotFound
from employers.enums import EmployerStatus
from fairs import services
from fairs.enums import BoothStatus, FairStatus, StaffRole
from fairs.models import Booth, BoothVacancy, Fair
from fairs.selectors import booths_of
from tests.factories import (
    BoothFactory,
    EmployerFactory,
    EmployerMemberFactory,
    FairFactory,
    FairStaffFactory,
    VacancyFactory,
    actor,
    open_vacancy,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def fair() -> Fair:
    return FairFactory()


@pytest.fixture
def reviewer(fair):
    return actor(FairStaffFactory(fair=fair, role=StaffRole.REVIEWER).person)


@pytest.fixture
def member():
    return EmployerMemberFactory()


def test_an_employer_applies_and_is_admitted(fair, reviewer, member) -> None:
    ask = {"actor": actor(member.person), "fair": fair, "employer": member.employer}
    booth = services.apply_for_booth(**ask)
    assert services.apply_for_booth(**ask) == booth
    assert booth.status == BoothStatus.APPLIED
    with pytest.raises(NotAllowed):
        services.approve_booth(actor=actor(member.person), booth=booth)
    services.approve_booth(actor=reviewer, booth=booth)
    with pytest.raises(Conflict):
        services.approve_booth(actor=reviewer, booth=booth)
    services.decline_booth(actor=actor(member.person), booth=booth, reason="没有岗位了")
    assert booth.status == BoothStatus.DECLINED


def test_an_invited_employer_accepts(fair, reviewer, member) -> None:
    booth = services.invite_employer(actor=reviewer, fair=fair, employer=member.employer)
    with pytest.raises(NotAllowed):
        services.approve_booth(actor=actor(), booth=booth)
    services.approve_booth(actor=actor(member.person), booth=booth)
    assert booth.status == BoothStatus.APPROVED


def test_who_may_not(fair, reviewer, member) -> None:
    with pytest.raises(NotFound):
        services.apply_for_booth(actor=actor(), fair=fair, employer=member.employer)
    with pytest.raises(NotAllowed):
        services.invite_employer(actor=actor(), fair=fair, employer=member.employer)
    closed = FairFactory(status=FairStatus.CLOSED)
    with pytest.raises(Conflict):
        services.apply_for_booth(actor=actor(member.person), fair=closed, employer=member.employer)
    suspended = EmployerFactory(status=EmployerStatus.SUSPENDED)
    with pytest.raises(Conflict):
        services.invite_employer(actor=reviewer, fair=fair, employer=suspended)


def test_vacancies_are_brought_and_taken_back(fair, member) -> None:
    booth = BoothFactory(fair=fair, employer=member.employer)
    vacancy = VacancyFactory(employer=member.employer)
    bring = {"actor": actor(member.person), "booth": booth, "vacancy": vacancy}
    row = services.bring_vacancy(**bring)
    assert services.bring_vacancy(**bring) == row
    with pytest.raises(NotAllowed):
        services.bring_vacancy(**{**bring, "vacancy": VacancyFactory()})
    with pytest.raises(NotAllowed):
        services.bring_vacancy(**{**bring, "actor": actor()})
    services.take_back_vacancy(**bring)
    services.take_back_vacancy(**bring)
    assert not BoothVacancy.objects.filter(fair=fair).exists()


def test_a_new_vacancy_is_brought_to_the_fairs_on_now(fair, reviewer, member) -> None:
    for other in (fair, FairFactory(status=FairStatus.CLOSED)):
        Booth.objects.create(fair=other, employer=member.employer, status=BoothStatus.APPROVED)
    declined = FairFactory()
    Booth.objects.create(fair=declined, employer=member.employer, status=BoothStatus.DECLINED)
    vacancy = VacancyFactory(employer=member.employer)
    for _again in range(2):
        services.bring_to_fairs_on(actor=actor(member.person), vacancy=vacancy)
    assert [row.fair for row in BoothVacancy.objects.filter(vacancy=vacancy)] == [fair]


def test_booths_with_their_open_vacancies_in_one_query(fair, django_assert_num_queries) -> None:
    vacancy = open_vacancy(fair)
    open_vacancy(fair, employer=vacancy.employer)
    open_vacancy(fair, employer=vacancy.employer, status="closed")
    for _ in range(2):
        open_vacancy(fair)
    open_vacancy(fair, employer__status=EmployerStatus.SUSPENDED)
    Booth.objects.create(fair=fair, employer=EmployerFactory(), status=BoothStatus.APPLIED)
    with django_assert_num_queries(1):
        booths = list(booths_of(fair).values_list("employer__name", "open_vacancies"))
    assert [count for _name, count in booths] == [2, 1, 1]
