"""Vacancies: what is missing, the way to open, revisions, many at once, two reviewers at once."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import AuditEvent
from core.errors import Conflict, DomainError, Invalid, NotFound
from employers import rules, selectors, services
from employers.enums import (
    REQUIRED_TO_OPEN,
    VACANCY_TRANSITIONS,
    EmployerStatus,
    PayUnit,
    VacancyStatus,
)
from employers.models import Employer, Vacancy
from employers.search import containing
from tests.factories import (
    EmployerFactory,
    EmployerMemberFactory,
    UserFactory,
    VacancyFactory,
    actor,
)

pytestmark = pytest.mark.django_db

COMPLETE = {
    "title": "电焊工",
    "trade": "焊工",
    "headcount": 5,
    "duties": "焊接钢结构件",
    "requirements": "持焊工证",
    "place_text": "广州-黄埔区",
    "pay_text": "6-8千/月",
    "valid_until": date.today() + timedelta(days=30),  # noqa: DTZ011
}


def draft(**content: Any) -> Vacancy:
    employer = content.pop("employer", None) or EmployerFactory()
    return services.create_vacancy(
        actor=actor(), employer=employer, content={**COMPLETE, **content}
    )


def opened(**content: Any) -> Vacancy:
    row = services.submit_vacancy(actor=actor(), vacancy=draft(**content))
    return services.review_vacancy(actor=actor(), vacancy=row, opens=True)


# --- content ------------------------------------------------------------------------------------
def test_a_draft_reads_pay_and_place_from_their_text() -> None:
    row = draft()
    assert (row.pay_min_fen, row.pay_max_fen, row.pay_unit) == (600_000, 800_000, PayUnit.MONTH)
    assert row.place_code == "440112"
    assert row.missing == []
    assert row.status == VacancyStatus.DRAFT
    assert list(containing(Vacancy.objects.all(), "焊接")) == [row]
    assert list(containing(Vacancy.objects.all(), row.employer.name)) == [row]


def test_missing_lists_what_still_has_to_be_stated() -> None:
    empty = services.create_vacancy(
        actor=actor(), employer=EmployerFactory(), content={"title": "普工"}
    )
    assert empty.missing == list(REQUIRED_TO_OPEN)
    several = services.update_vacancy(
        actor=actor(),
        vacancy=empty,
        content={"headcount_stated": True, "pay_text": "面议", "place_text": "异地招聘"},
    )
    assert several.missing == ["duties", "requirements", "place", "validity"]
    yesterday = timezone.localdate() - timedelta(days=1)
    late = services.update_vacancy(
        actor=actor(), vacancy=draft(), content={"valid_until": yesterday}
    )
    assert late.missing == ["validity"]


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 101}, "title"),
        ({"pay_text": "很多"}, "pay_text"),
        ({"headcount": 0}, "headcount"),
        ({"shift": "sometimes"}, "shift"),
    ],
)
def test_input_that_cannot_be_read_names_its_field(content: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        draft(**content)
    assert field in refused.value.fields


def test_fields_that_are_not_content_are_refused() -> None:
    with pytest.raises(Invalid):
        draft(status="open")


def test_wording_is_warned_about_never_refused() -> None:
    row = draft(requirements="限男性,18-35周岁,本地户口优先", deposit_text="押金200元")
    assert {warning.code for warning in rules.wording_of(row)} == {
        "sex", "age", "region", "deposit",
    }  # fmt: skip


# --- review -------------------------------------------------------------------------------------
def test_opening_makes_the_first_revision() -> None:
    row = opened()
    assert row.status == VacancyStatus.OPEN
    assert row.opened_at is not None
    revision = row.revisions.get()
    assert (revision.number, revision.snapshot["title"]) == (1, "电焊工")
    assert selectors.approved_revision(row) == revision
    assert list(Vacancy.objects.public()) == [row]
    assert AuditEvent.objects.filter(action="vacancy.opened", object_id=row.public_id).exists()


def test_an_incomplete_vacancy_can_be_neither_submitted_nor_opened() -> None:
    row = draft(duties="")
    with pytest.raises(Invalid) as refused:
        services.submit_vacancy(actor=actor(), vacancy=row)
    assert set(refused.value.fields) == {"duties"}


def test_only_employers_in_good_standing_open_vacancies() -> None:
    for status in EmployerStatus.values:
        if status in {EmployerStatus.MERGED, EmployerStatus.VERIFIED}:
            continue
        employer = EmployerFactory(status=status)
        row = services.submit_vacancy(actor=actor(), vacancy=draft(employer=employer))
        if status == EmployerStatus.UNCLAIMED:
            services.review_vacancy(actor=actor(), vacancy=row, opens=True)
            continue
        with pytest.raises(Conflict, match="employer_not_verified"):
            services.review_vacancy(actor=actor(), vacancy=row, opens=True)


def test_sending_back_needs_a_reason_that_the_employer_reads() -> None:
    row = services.submit_vacancy(actor=actor(), vacancy=draft())
    with pytest.raises(Invalid):
        services.review_vacancy(actor=actor(), vacancy=row, opens=False)
    row = services.review_vacancy(actor=actor(), vacancy=row, opens=False, reason="写明班次")
    assert (row.status, row.status_reason) == (VacancyStatus.REJECTED, "写明班次")
    again = services.submit_vacancy(actor=actor(), vacancy=row)
    assert (again.status, again.status_reason) == (VacancyStatus.SUBMITTED, "")


def test_a_reviewer_decides_on_what_they_saw() -> None:
    row = services.submit_vacancy(actor=actor(), vacancy=draft())
    seen = row.updated_at
    services.update_vacancy(actor=actor(), vacancy=row, content={"duties": "别的"})
    with pytest.raises(Conflict, match="vacancy_changed"):
        services.review_vacancy(actor=actor(), vacancy=row, opens=True, seen=seen)


def test_a_material_change_makes_a_revision_and_a_review() -> None:
    row = opened()
    changed = services.update_vacancy(actor=actor(), vacancy=row, content={"pay_text": "7-9千/月"})
    assert changed.status == VacancyStatus.SUBMITTED
    assert list(changed.revisions.values_list("number", flat=True)) == [1, 2]
    assert list(Vacancy.objects.public()) == []
    page = selectors.vacancy_page(changed.public_id, None)
    assert not page.is_open
    assert page.content.pay_text == "6-8千/月"  # what staff approved, not what waits
    services.update_vacancy(actor=actor(), vacancy=changed, content={"pay_text": "7-10千/月"})
    again = services.review_vacancy(actor=actor(), vacancy=changed, opens=True)
    assert again.revision_number == 3  # the content that was opened, not the one in between
    assert selectors.vacancy_page(again.public_id, None).content.pay_text == "7-10千/月"


def test_reopening_the_reviewed_change_makes_no_second_revision() -> None:
    row = services.update_vacancy(actor=actor(), vacancy=opened(), content={"headcount": 9})
    row = services.review_vacancy(actor=actor(), vacancy=row, opens=True)
    assert row.revision_number == row.revisions.count() == 2


def test_any_other_change_shows_at_once() -> None:
    later = timezone.localdate() + timedelta(days=60)
    row = services.update_vacancy(
        actor=actor(), vacancy=opened(), content={"valid_until": later, "trade": "电焊"}
    )
    assert (row.status, row.revision_number) == (VacancyStatus.OPEN, 1)
    assert row.valid_until == later


def test_an_open_vacancy_stays_complete() -> None:
    row = opened()
    for content in ({"duties": ""}, {"valid_until": None}, {"pay_text": ""}):
        with pytest.raises(Invalid):
            services.update_vacancy(actor=actor(), vacancy=row, content=content)
    row.refresh_from_db()
    assert row.status == VacancyStatus.OPEN


def test_closed_is_closed_until_reopened() -> None:
    row = services.close_vacancy(actor=actor(), vacancy=opened(), reason="招满")
    with pytest.raises(Conflict):
        services.update_vacancy(actor=actor(), vacancy=row, content={"headcount": 1})
    page = selectors.vacancy_page(row.public_id, None)
    assert (page.is_open, page.content.title) == (False, "电焊工")
    row = services.reopen_vacancy(actor=actor(), vacancy=row)
    assert row.status == VacancyStatus.DRAFT


def test_a_vacancy_past_its_date_is_not_public() -> None:
    row = opened()
    Vacancy.objects.update(valid_until=timezone.localdate() - timedelta(days=1))
    assert list(Vacancy.objects.public()) == []
    assert not selectors.vacancy_page(row.public_id, None).is_open


# --- who sees what ------------------------------------------------------------------------------
def test_pages_of_vacancies_for_member_and_stranger() -> None:
    row = draft()
    member = EmployerMemberFactory(employer=row.employer).person
    assert selectors.vacancy_page(row.public_id, member).content == row
    for stranger in (None, UserFactory(), EmployerMemberFactory().person):
        with pytest.raises(NotFound):
            selectors.vacancy_page(row.public_id, stranger)


def test_a_suspended_employer_has_no_pages() -> None:
    row = opened()
    services.suspend_employer(actor=actor(), employer=row.employer, reason="虚假招聘")
    with pytest.raises(NotFound):
        selectors.vacancy_page(row.public_id, None)
    with pytest.raises(NotFound):
        selectors.public_employer(row.employer.public_id, None)
    assert list(Vacancy.objects.public()) == []


# --- many at once -------------------------------------------------------------------------------
def test_many_at_once_tell_of_each_why_not() -> None:
    employer = EmployerFactory(status=EmployerStatus.UNCLAIMED)
    whole, part = draft(employer=employer), draft(employer=employer, duties="")
    batch = services.open_many(actor=actor(), vacancies=[whole, part])
    assert [row.pk for row in batch.done] == [whole.pk]
    assert [(row.pk, error.code) for row, error in batch.skipped] == [
        (part.pk, "vacancy_incomplete")
    ]
    assert list(Vacancy.objects.public()) == [whole]
    closed = services.close_many(actor=actor(), vacancies=[whole, part])
    assert len(closed.done) == 2
    assert services.submit_many(actor=actor(), vacancies=[whole]).done == []


def test_the_console_table_costs_the_same_for_one_and_for_three(query_count: Any) -> None:
    employer = EmployerFactory()
    VacancyFactory(employer=employer)

    def queries() -> int:
        with query_count() as counted:
            [str(row.employer) for row in selectors.vacancies_of(employer)]
            [str(row.employer) for row in selectors.open_vacancies(employer)]
        return len(counted)

    one = queries()
    VacancyFactory.create_batch(2, employer=employer)
    assert queries() == one == 2


# --- the state machine --------------------------------------------------------------------------
STEPS = {
    "submit": (VacancyStatus.SUBMITTED, {VacancyStatus.DRAFT, VacancyStatus.REJECTED}),
    "open": (VacancyStatus.OPEN, {VacancyStatus.SUBMITTED}),
    "reject": (VacancyStatus.REJECTED, {VacancyStatus.SUBMITTED}),
    "edit": (VacancyStatus.SUBMITTED, {VacancyStatus.OPEN}),
    "close": (
        VacancyStatus.CLOSED,
        {
            VacancyStatus.DRAFT,
            VacancyStatus.SUBMITTED,
            VacancyStatus.OPEN,
            VacancyStatus.REJECTED,
        },
    ),
    "reopen": (VacancyStatus.DRAFT, {VacancyStatus.CLOSED, VacancyStatus.REJECTED}),
}


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(st.sampled_from(sorted(STEPS)), max_size=9))
def test_state_machine(steps: list[str]) -> None:
    """Only the steps of the table are taken; every opening leaves a revision of what was shown."""
    who = actor()
    row = draft()
    for number, step in enumerate(steps):
        before = Vacancy.objects.get(pk=row.pk)
        target, allowed = STEPS[step]
        assert {str(s) for s in allowed} <= {str(s) for s in VACANCY_TRANSITIONS[target]}
        try:
            _take(step, row, who, number)
        except DomainError:
            row.refresh_from_db()
            assert row.status == before.status
            assert before.status not in allowed
        else:
            row.refresh_from_db()
            if step != "edit" or before.status == VacancyStatus.OPEN:
                assert before.status in allowed
                assert row.status == target
            else:
                assert row.status == before.status
        assert row.revisions.count() == row.revision_number
        if row.status == VacancyStatus.OPEN:
            shown = selectors.approved_revision(row)
            assert shown is not None
            assert shown.snapshot["duties"] == row.duties


def _take(step: str, row: Vacancy, who: Any, number: int) -> None:
    if step == "submit":
        services.submit_vacancy(actor=who, vacancy=row)
    elif step in {"open", "reject"}:
        services.review_vacancy(actor=who, vacancy=row, opens=step == "open", reason="因为")
    elif step == "edit":
        services.update_vacancy(actor=who, vacancy=row, content={"duties": f"第{number}版"})
    elif step == "close":
        services.close_vacancy(actor=who, vacancy=row)
    else:
        services.reopen_vacancy(actor=who, vacancy=row)


# --- two at once --------------------------------------------------------------------------------
@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_two_reviewers_one_wins_and_the_other_is_told() -> None:
    row = services.submit_vacancy(actor=actor(), vacancy=draft())
    reviewers = [actor(), actor()]
    barrier = threading.Barrier(len(reviewers))
    outcomes: list[str] = []

    def review(opens: bool, who: Any) -> None:
        mine = Vacancy.objects.get(pk=row.pk)
        barrier.wait()
        try:
            services.review_vacancy(actor=who, vacancy=mine, opens=opens, reason="写明班次")
            outcomes.append("done")
        except Conflict as told:
            outcomes.append(told.code)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=review, args=(number == 0, who))
        for number, who in enumerate(reviewers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "vacancy_state_changed"]
    row.refresh_from_db()
    assert row.revisions.count() == (1 if row.status == VacancyStatus.OPEN else 0)
    assert Employer.objects.get(pk=row.employer_id).is_verified
