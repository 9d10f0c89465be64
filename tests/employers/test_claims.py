"""Claims on imported employers, and what a merge moves."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import Conflict, Invalid
from employers import merging, rules, selectors, services
from employers.enums import ClaimStatus, EmployerStatus
from employers.models import Employer, EmployerClaim, Vacancy
from employers.search import containing
from fairs.enums import BoothStatus
from fairs.models import Booth, BoothVacancy
from livestream.enums import ItemKind
from livestream.models import RunSheetItem
from tests.factories import (
    BoothFactory,
    EmployerFactory,
    SessionFactory,
    UserFactory,
    VacancyFactory,
    actor,
    bring,
    express,
)

pytestmark = pytest.mark.django_db

CODE = "91440101MA5D9XYW6"
CODE += rules.check_character(CODE)


def imported(**fields: Any) -> Employer:
    return EmployerFactory(status=EmployerStatus.UNCLAIMED, verified_at=None, **fields)


def claimed(claimant: Employer, unclaimed: Employer) -> EmployerClaim:
    return services.claim_unclaimed(actor=actor(), claimant=claimant, unclaimed=unclaimed)


def test_every_relation_to_an_employer_has_its_rule() -> None:
    assert merging.relations() == merging.MOVED | merging.BY_SIGNAL | merging.KEPT


def test_imported_employers_are_found_by_code_and_name() -> None:
    by_name = imported(name="示例机械制造（广州）有限公司")
    by_code = imported(name="另一个名字", credit_code=CODE)
    EmployerFactory(name="示例机械制造(广州)有限公司")  # not imported
    assert selectors.unclaimed_like(name="示例机械制造(广州)") == [by_name]
    assert selectors.unclaimed_like(code=CODE.lower()) == [by_code]
    assert selectors.unclaimed_like(name="示例", code=CODE) == [by_code, by_name]
    assert selectors.unclaimed_like() == []


def test_registering_the_code_of_an_imported_employer_is_a_claim() -> None:
    source = imported(credit_code=CODE)
    claimant = services.register_employer(actor=actor(), name="示例机械", credit_code=CODE)
    assert claimant.credit_code is None
    assert selectors.code_on_file(claimant) == CODE
    claim = EmployerClaim.objects.get()
    assert (claim.unclaimed, claim.status) == (source, ClaimStatus.PENDING)
    source.refresh_from_db()
    assert source.credit_code == CODE  # nothing is taken before staff say so


def test_a_claim_shows_and_moves_nothing_before_it_is_granted() -> None:
    source = imported()
    vacancy = VacancyFactory(employer=source)
    claim = claimed(EmployerFactory(), source)
    assert claimed(claim.claimant, source) == claim  # the same claim again
    vacancy.refresh_from_db()
    assert vacancy.employer == source
    with pytest.raises(Invalid):
        services.decide_claim(actor=actor(), claim=claim, approved=False)
    services.decide_claim(actor=actor(), claim=claim, approved=False, reason="不是同一家")
    assert claim.status == ClaimStatus.REJECTED
    source.refresh_from_db()
    assert source.status == EmployerStatus.UNCLAIMED


def test_only_imported_employers_can_be_claimed_and_only_by_active_ones() -> None:
    with pytest.raises(Conflict):
        claimed(EmployerFactory(), EmployerFactory())
    with pytest.raises(Conflict):
        claimed(EmployerFactory(status=EmployerStatus.SUSPENDED), imported())


def test_a_claim_is_granted_to_a_verified_employer_only() -> None:
    claim = claimed(EmployerFactory(status=EmployerStatus.SUBMITTED), imported())
    with pytest.raises(Conflict, match="claimant_not_verified"):
        services.decide_claim(actor=actor(), claim=claim, approved=True)
    claim.refresh_from_db()
    assert claim.status == ClaimStatus.PENDING


def test_a_merge_moves_vacancies_booths_run_sheets_and_with_them_the_intents() -> None:
    source, claimant = imported(credit_code=CODE), EmployerFactory(name="示例机械制造厂")
    session = SessionFactory()
    vacancy = VacancyFactory(employer=source, import_key="k1")
    bring(vacancy, session.fair)
    item = RunSheetItem.objects.create(
        session=session, position=1, kind=ItemKind.EMPLOYER, title="讲解", employer=source
    )
    intent = express(UserFactory(), vacancy)
    own = VacancyFactory(employer=claimant, import_key="k1")
    rival = claimed(EmployerFactory(), source)
    claim = claimed(claimant, source)
    services.decide_claim(actor=actor(), claim=claim, approved=True)
    for row in (vacancy, source, item, intent, rival, claimant, own):
        row.refresh_from_db()
    assert (source.status, source.merged_into) == (EmployerStatus.MERGED, claimant)
    assert (source.credit_code, claimant.credit_code) == (None, CODE)
    assert vacancy.employer == vacancy.publisher == item.employer == claimant
    assert (vacancy.import_key, own.import_key) == ("", "k1")
    assert Booth.objects.get().employer == claimant
    assert intent.vacancy.employer == claimant
    assert rival.status == ClaimStatus.REJECTED
    assert vacancy in containing(Vacancy.objects.all(), "示例机械制造厂")
    assert selectors.public_employer(source.public_id, None) == claimant


def test_two_booths_at_one_fair_become_one() -> None:
    source, claimant = imported(), EmployerFactory()
    vacancy = VacancyFactory(employer=source)
    row = bring(vacancy, BoothFactory(employer=source).fair)
    mine = BoothFactory(employer=claimant, fair=row.fair, status=BoothStatus.APPLIED)
    services.decide_claim(actor=actor(), claim=claimed(claimant, source), approved=True)
    mine.refresh_from_db()
    assert mine.status == BoothStatus.APPROVED
    assert BoothVacancy.objects.get().booth == mine
    assert Booth.objects.get(employer=source).status == BoothStatus.DECLINED


def test_a_claim_is_decided_once() -> None:
    source = imported()
    first, second = claimed(EmployerFactory(), source), claimed(EmployerFactory(), source)
    services.decide_claim(actor=actor(), claim=first, approved=True)
    with pytest.raises(Conflict, match="claim_decided"):
        services.decide_claim(actor=actor(), claim=first, approved=False, reason="晚了")
    with pytest.raises(Conflict, match="claim_decided"):
        services.decide_claim(actor=actor(), claim=second, approved=True)
