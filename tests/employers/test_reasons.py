"""What staff write with a decision fits its column: PostgreSQL stores no more than that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.errors import Invalid
from core.texts import MAX_REASON
from employers import services
from employers.enums import EmployerStatus, VacancyStatus
from employers.models import Employer, EmployerClaim, EmployerReview, Vacancy
from tests.factories import EmployerFactory, UserFactory, VacancyFactory, actor

pytestmark = pytest.mark.django_db
LONG = "长" * (MAX_REASON + 1)


def employer(status: EmployerStatus) -> Employer:
    return EmployerFactory(status=status)


def claim() -> EmployerClaim:
    return EmployerClaim.objects.create(
        unclaimed=employer(EmployerStatus.UNCLAIMED),
        claimant=employer(EmployerStatus.VERIFIED),
        claimed_by=UserFactory(),
    )


def vacancy(status: VacancyStatus) -> Vacancy:
    return VacancyFactory(status=status)


DECISIONS: dict[str, Callable[[], Any]] = {
    "send back": lambda: services.review_employer(
        actor=actor(), employer=employer(EmployerStatus.SUBMITTED), verified=False, reason=LONG
    ),
    "verify alone": lambda: services.review_employer(
        actor=actor(),
        employer=employer(EmployerStatus.SUBMITTED),
        verified=True,
        two_person=True,
        exception_reason=LONG,
    ),
    "suspend": lambda: services.suspend_employer(
        actor=actor(), employer=employer(EmployerStatus.VERIFIED), reason=LONG
    ),
    "reinstate": lambda: services.reinstate_employer(
        actor=actor(), employer=employer(EmployerStatus.SUSPENDED), reason=LONG
    ),
    "refuse a claim": lambda: services.decide_claim(
        actor=actor(), claim=claim(), approved=False, reason=LONG
    ),
    "send a vacancy back": lambda: services.review_vacancy(
        actor=actor(), vacancy=vacancy(VacancyStatus.SUBMITTED), opens=False, reason=LONG
    ),
    "close a vacancy": lambda: services.close_vacancy(
        actor=actor(), vacancy=vacancy(VacancyStatus.OPEN), reason=LONG
    ),
}


@pytest.mark.parametrize("decision", DECISIONS)
def test_a_reason_that_does_not_fit_is_refused_and_nothing_is_decided(decision: str) -> None:
    with pytest.raises(Invalid, match="text_too_long"):
        DECISIONS[decision]()
    assert not EmployerReview.objects.exists()
    assert not EmployerClaim.objects.exclude(decided_at=None).exists()
