from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.actor import ANONYMOUS
from accounts.models import AuditEvent
from core.errors import Conflict, DomainError, NotAllowed, NotFound, NotSignedIn
from employers.enums import EmployerStatus, VacancyStatus
from employers.models import Employer, Vacancy
from employers.spreadsheet.errors import SpreadsheetError
from fairs.enums import BoothStatus, FairStatus, ImportStatus, StaffRole
from fairs.import_report import ImportReport, Outcome, RowResult
from fairs.importing import confirm_import, discard_import, import_vacancies, preview_import
from fairs.models import Booth, BoothVacancy, ImportBatch
from tests.factories import (
    EmployerFactory,
    EmployerMemberFactory,
    FairFactory,
    FairStaffFactory,
    UserFactory,
    VacancyFactory,
)
from tests.factories import actor as actor_of

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

HEAD = ["职位名称", "公司名称", "工作地点", "薪资", "任职要求", "职位描述", "来源链接"]
WELDER = [
    "焊工",
    "永兴厂",
    "广州-天河区",
    "6-8千/月",
    "2年经验 | 大专 | 招2人 |",
    "焊接",
    "https://a.example/1",
]
TURNER = ["车工", "兴发厂", "异地招聘", "", "无工作经验 | 招若干人", "车削", "https://a.example/2"]
PACKER = ["普工", "兴发厂", "广州", "面议", "", "包装", ""]
CODE = "91440101MA59K2Q78L"


def table(*rows, head=HEAD) -> io.BytesIO:
    lines = [head, *rows]
    text = "\n".join(",".join(f'"{cell}"' for cell in row) for row in lines)
    return io.BytesIO(text.encode())


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.created, report.updated, report.unchanged, report.rejected


def rejections(report: ImportReport) -> list[RowResult]:
    return [result for result in report.rows if result.outcome == Outcome.REJECTED]


@pytest.fixture
def fair():
    return FairFactory()


def test_every_row_is_accounted_for_and_comes_in_as_a_draft(fair):
    bad = ["钳工", "兴发厂", "广州", "很高", "", "", ""]
    report = import_vacancies(fair=fair, file=table(WELDER, TURNER, bad, PACKER))
    assert counts(report) == (3, 0, 0, 1)
    assert report.total == 4
    assert (report.employers_created, report.booths_created, report.brought) == (2, 2, 3)
    (rejected,) = rejections(report)
    assert (rejected.row, rejected.title, rejected.problems[0].column) == (4, "钳工", "薪资")
    welder = Vacancy.objects.get(title="焊工")
    assert (welder.status, welder.missing) == (VacancyStatus.DRAFT, [])
    assert (welder.headcount, welder.place_code, welder.pay_max_fen) == (2, "440106", 800_000)
    assert welder.valid_until == timezone.localtime(fair.ends_at).date()
    assert welder.source_name == "a.example"
    turner = Vacancy.objects.get(title="车工")
    assert turner.missing == ["place", "pay"]
    assert (turner.headcount, turner.headcount_stated) == (None, True)
    assert Vacancy.objects.get(title="普工").missing == ["headcount", "requirements"]
    assert report.missing == {"place": 1, "pay": 1, "headcount": 1, "requirements": 1}


def test_employers_are_unclaimed_and_get_a_booth(fair):
    import_vacancies(fair=fair, file=table(WELDER, TURNER, PACKER))
    assert {e.status for e in Employer.objects.all()} == {EmployerStatus.UNCLAIMED}
    booths = Booth.objects.filter(fair=fair)
    assert [(b.status, b.position) for b in booths] == [
        (BoothStatus.APPROVED, 1),
        (BoothStatus.APPROVED, 2),
    ]
    assert BoothVacancy.objects.filter(fair=fair).count() == 3


def test_a_second_run_changes_nothing(fair):
    import_vacancies(fair=fair, file=table(WELDER, TURNER, PACKER))
    before = list(Vacancy.objects.order_by("pk").values())
    report = import_vacancies(fair=fair, file=table(PACKER, TURNER, WELDER))
    assert counts(report) == (0, 0, 3, 0)
    assert (report.employers_created, report.booths_created, report.brought) == (0, 0, 0)
    assert list(Vacancy.objects.order_by("pk").values()) == before


def test_the_search_index_knows_imported_vacancies(fair):
    import_vacancies(fair=fair, file=table(WELDER))
    assert "焊接" in Vacancy.objects.get().search_text
    assert "永兴" in Vacancy.objects.get().search_text


def test_a_trial_run_counts_the_same_and_writes_nothing(fair):
    trial = import_vacancies(fair=fair, file=table(WELDER, TURNER, PACKER, PACKER), dry_run=True)
    assert not Vacancy.objects.exists()
    assert not Employer.objects.exists()
    assert not AuditEvent.objects.exists()
    real = import_vacancies(fair=fair, file=table(WELDER, TURNER, PACKER, PACKER))
    assert counts(trial) == counts(real) == (3, 0, 1, 0)
    assert trial.missing == real.missing


def test_a_changed_row_updates_a_draft_and_leaves_what_it_does_not_state(fair):
    import_vacancies(fair=fair, file=table(WELDER, TURNER))
    Vacancy.objects.filter(title="车工").update(place_text="佛山", place_code="4406")
    changed = [*WELDER]
    changed[3] = "7-9千/月"
    report = import_vacancies(fair=fair, file=table(changed, TURNER))
    assert counts(report) == (0, 1, 1, 0)
    assert report.rows[0].changes == [
        "pay_max_fen", "pay_min_fen", "pay_monthly_max_fen", "pay_monthly_min_fen", "pay_text",
    ]  # fmt: skip
    assert Vacancy.objects.get(title="焊工").pay_max_fen == 900_000
    assert Vacancy.objects.get(title="车工").place_text == "佛山"


def test_a_completed_row_is_missing_nothing(fair):
    import_vacancies(fair=fair, file=table(TURNER))
    complete = [*TURNER]
    complete[2:4] = ["广州", "面议"]
    assert counts(import_vacancies(fair=fair, file=table(complete))) == (0, 1, 0, 0)
    assert Vacancy.objects.get().missing == []


def test_a_material_change_of_an_open_vacancy_makes_a_revision_and_a_review(fair):
    import_vacancies(fair=fair, file=table(WELDER))
    vacancy = Vacancy.objects.get()
    Vacancy.objects.filter(pk=vacancy.pk).update(
        status=VacancyStatus.OPEN, opened_at=timezone.now(), revision_number=1
    )
    assert counts(import_vacancies(fair=fair, file=table(WELDER))) == (0, 0, 1, 0)
    changed = [*WELDER]
    changed[3] = "7-9千/月"
    assert counts(import_vacancies(fair=fair, file=table(changed), dry_run=True)) == (0, 1, 0, 0)
    assert counts(import_vacancies(fair=fair, file=table(changed))) == (0, 1, 0, 0)
    vacancy.refresh_from_db()
    assert (vacancy.status, vacancy.revision_number) == (VacancyStatus.SUBMITTED, 2)
    assert vacancy.revisions.get().snapshot["pay_text"] == "7-9千/月"
    assert counts(import_vacancies(fair=fair, file=table(changed))) == (0, 0, 1, 0)


def test_an_open_vacancy_that_would_be_left_incomplete_is_rejected(fair):
    import_vacancies(fair=fair, file=table(WELDER))
    Vacancy.objects.update(
        status=VacancyStatus.OPEN,
        opened_at=timezone.now(),
        revision_number=1,
        valid_until="2020-01-01",
    )
    changed = [*WELDER]
    changed[3] = "7-9千/月"
    assert counts(import_vacancies(fair=fair, file=table(changed))) == (0, 0, 0, 1)
    assert Vacancy.objects.get().pay_text == "6-8千/月"


def test_a_closed_vacancy_stays_as_it_is(fair):
    import_vacancies(fair=fair, file=table(WELDER))
    Vacancy.objects.update(status=VacancyStatus.CLOSED)
    changed = [*WELDER]
    changed[3] = "7-9千/月"
    report = import_vacancies(fair=fair, file=table(changed))
    assert counts(report) == (0, 0, 0, 1)
    assert Vacancy.objects.get().pay_text == "6-8千/月"


def test_the_same_vacancy_twice_in_one_file(fair):
    other = [*WELDER]
    other[3] = "面议"
    for _run in range(2):
        report = import_vacancies(fair=fair, file=table(WELDER, WELDER, other))
        assert report.rejected == 1
        assert [result.row for result in report.rows] == [3, 4]
        assert "2" in report.rows[0].problems[0].reason
    assert Vacancy.objects.get().pay_text == "6-8千/月"


def test_without_a_link_title_place_and_pay_tell_vacancies_apart(fair):
    cheaper = [*PACKER]
    cheaper[3] = "5千/月"
    report = import_vacancies(fair=fair, file=table(PACKER, cheaper))
    assert report.created == 2


# --- employers ----------------------------------------------------------------------------------


def test_employers_are_matched_by_code_then_by_exact_name(fair):
    by_code = EmployerFactory(name="旧名字", credit_code=CODE)
    by_name = EmployerFactory(name="兴发（广州）厂")
    head = [*HEAD, "统一社会信用代码"]
    report = import_vacancies(
        fair=fair,
        file=table(
            [*WELDER, CODE],
            ["车工", "兴发(广州)厂", "", "", "", "", "", ""],
            ["钳工", "兴发广州厂", "", "", "", "", "", ""],
            head=head,
        ),
    )
    assert report.created == 3
    assert Vacancy.objects.get(title="焊工").employer == by_code
    assert Vacancy.objects.get(title="车工").employer == by_name
    assert Vacancy.objects.get(title="钳工").employer.status == EmployerStatus.UNCLAIMED


@pytest.mark.parametrize("status", [EmployerStatus.DRAFT, EmployerStatus.SUBMITTED])
def test_an_unverified_registration_gets_no_vacancies_by_its_name_or_code(fair, status):
    impostor = EmployerFactory(name="永兴厂", credit_code=CODE, status=status, verified_at=None)
    head = [*HEAD, "统一社会信用代码"]
    for outcome in ((1, 0, 0, 0), (0, 0, 1, 0)):
        assert (
            counts(import_vacancies(fair=fair, file=table([*WELDER, CODE], head=head))) == outcome
        )
    vacancy = Vacancy.objects.get()
    assert vacancy.employer != impostor
    assert vacancy.employer.credit_code is None


def test_a_code_is_learned_and_another_code_is_another_company(fair):
    import_vacancies(fair=fair, file=table(WELDER))
    head = [*HEAD, "统一社会信用代码"]
    import_vacancies(fair=fair, file=table([*WELDER, CODE], head=head))
    assert Employer.objects.get().credit_code == CODE
    other = [*WELDER, "911100006000373410"]
    report = import_vacancies(fair=fair, file=table(other, head=head))
    assert (report.employers_created, report.created) == (1, 1)
    report = import_vacancies(fair=fair, file=table(WELDER))
    assert report.rejected == 1  # which of the two?


def test_a_row_without_an_employer_and_rows_that_share_a_code(fair):
    EmployerFactory(name="旧名字", credit_code=CODE)
    import_vacancies(fair=fair, file=table(WELDER))
    head = [*HEAD, "统一社会信用代码"]
    nameless = ["焊工", "", "", "", "", "", "", ""]
    report = import_vacancies(fair=fair, file=table(nameless, [*nameless[:-1], CODE], head=head))
    assert (report.created, report.rejected) == (1, 1)
    assert rejections(report)[0].problems[0].column == "公司名称"


def test_two_rows_of_one_new_code_are_one_employer(fair):
    head = [*HEAD, "统一社会信用代码"]
    rows = [[*WELDER, CODE], [*TURNER, CODE]]
    assert import_vacancies(fair=fair, file=table(*rows, head=head)).employers_created == 1
    assert Employer.objects.get().credit_code == CODE


def test_a_suspended_employer_gets_nothing(fair):
    EmployerFactory(name="永兴厂", status=EmployerStatus.SUSPENDED)
    assert counts(import_vacancies(fair=fair, file=table(WELDER))) == (0, 0, 0, 1)


def test_after_a_merge_the_same_list_still_changes_nothing(fair):
    import_vacancies(fair=fair, file=table(WELDER))
    merged = Employer.objects.get()
    into = EmployerFactory(name="永兴机械有限公司")
    Vacancy.objects.update(employer=into, publisher=into)
    Employer.objects.filter(pk=merged.pk).update(status=EmployerStatus.MERGED, merged_into=into)
    assert counts(import_vacancies(fair=fair, file=table(WELDER))) == (0, 0, 1, 0)


def test_a_verified_namesake_is_preferred_but_takes_nothing_over(fair):
    import_vacancies(fair=fair, file=table(WELDER))
    verified = EmployerFactory(name="永兴厂")
    assert counts(import_vacancies(fair=fair, file=table(WELDER))) == (0, 0, 1, 0)
    new = ["车工", "永兴厂", "", "", "", "", ""]
    import_vacancies(fair=fair, file=table(WELDER, new))
    assert Vacancy.objects.get(title="车工").employer == verified


# --- an employer's own list ---------------------------------------------------------------------


def test_an_employers_own_list(fair):
    employer = EmployerFactory(name="永兴厂")
    member = EmployerMemberFactory(employer=employer).person
    batch = preview_import(
        actor=actor_of(member),
        fair=fair,
        file=table(WELDER, TURNER, ["钳工", "", "", "", "", "", ""]),
        filename="list.csv",
        employer=employer,
    )
    assert (batch.report["created"], batch.report["rejected"]) == (2, 1)
    assert batch.report["rows"][0]["row"] == 3
    confirm_import(actor=actor_of(member), batch=batch)
    assert {v.employer for v in Vacancy.objects.all()} == {employer}
    assert Booth.objects.get().status == BoothStatus.APPLIED


def test_an_own_list_needs_no_employer_column(fair):
    employer = EmployerFactory()
    report = import_vacancies(fair=fair, file=table(["焊工"], head=["岗位名称"]), employer=employer)
    assert report.created == 1
    with pytest.raises(SpreadsheetError):
        import_vacancies(fair=fair, file=table(["焊工"], head=["岗位名称"]))


# --- preview, confirm, discard --------------------------------------------------------------------


@pytest.fixture
def staff(fair):
    return actor_of(FairStaffFactory(fair=fair, role=StaffRole.REVIEWER).person)


def test_preview_then_confirm(fair, staff):
    upload = SimpleUploadedFile("岗位.csv", table(WELDER, TURNER, PACKER).getvalue())
    batch = preview_import(actor=staff, fair=fair, file=upload, filename="岗位.csv")
    assert (batch.status, batch.filename) == (ImportStatus.PREVIEWED, "岗位.csv")
    assert batch.report["created"] == 3
    assert batch.report["sample"][0]["title"] == "焊工"
    assert not Vacancy.objects.exists()
    done = confirm_import(actor=staff, batch=batch)
    assert (done.status, done.report["created"]) == (ImportStatus.CONFIRMED, 3)
    assert done.confirmed_at
    assert Vacancy.objects.count() == 3
    with pytest.raises(Conflict):
        confirm_import(actor=staff, batch=batch)
    with pytest.raises(Conflict):
        discard_import(actor=staff, batch=batch)
    assert {event.action for event in AuditEvent.objects.all()} >= {
        "import.preview", "import.confirm", "fair.import_vacancies",
    }  # fmt: skip


def test_a_discarded_preview_imports_nothing(fair, staff):
    batch = preview_import(actor=staff, fair=fair, file=table(WELDER), filename="a.csv")
    discard_import(actor=staff, batch=batch)
    with pytest.raises(Conflict):
        confirm_import(actor=staff, batch=batch)
    assert not Vacancy.objects.exists()


def test_an_unusable_file_leaves_no_batch(fair, staff):
    with pytest.raises(SpreadsheetError):
        preview_import(actor=staff, fair=fair, file=io.BytesIO(b"PK\x03\x04"), filename="a.xlsx")
    assert not ImportBatch.objects.exists()


def test_who_may_import(fair):
    employer = EmployerFactory()
    for actor in (
        actor_of(UserFactory()),
        actor_of(EmployerMemberFactory(employer=employer).person),
        actor_of(FairStaffFactory(fair=fair, role=StaffRole.MODERATOR).person),
    ):
        with pytest.raises(NotAllowed):
            preview_import(actor=actor, fair=fair, file=table(WELDER), filename="a.csv")
    stranger = actor_of(EmployerMemberFactory().person)
    with pytest.raises(NotAllowed):
        preview_import(
            actor=stranger, fair=fair, file=table(WELDER), filename="a.csv", employer=employer
        )
    with pytest.raises(NotSignedIn):
        preview_import(actor=ANONYMOUS, fair=fair, file=table(WELDER), filename="a.csv")


def test_a_member_cannot_import_into_a_fair_not_shown_to_them():
    hidden = FairFactory(status=FairStatus.DRAFT)
    employer = EmployerFactory()
    member = EmployerMemberFactory(employer=employer).person
    with pytest.raises(NotFound):
        preview_import(
            actor=actor_of(member), fair=hidden, file=table(WELDER), filename="a", employer=employer
        )


def test_a_suspended_employer_cannot_upload(fair):
    employer = EmployerFactory(status=EmployerStatus.SUSPENDED)
    member = EmployerMemberFactory(employer=employer).person
    with pytest.raises(Conflict):
        preview_import(
            actor=actor_of(member),
            fair=fair,
            file=table(WELDER),
            filename="a.csv",
            employer=employer,
        )


# --- all or nothing, and cheap --------------------------------------------------------------------


def test_a_file_that_fails_midway_leaves_nothing(fair, monkeypatch):
    monkeypatch.setattr("fairs.importing.BATCH_SIZE", 2)
    monkeypatch.setattr("employers.spreadsheet.reader.MAX_ROWS", 4)
    rows = [["焊工", f"厂{n}", "", "", "", "", ""] for n in range(5)]
    with pytest.raises(DomainError):
        import_vacancies(fair=fair, file=table(*rows))
    assert not Vacancy.objects.exists()
    assert not Employer.objects.exists()


def test_batches_know_of_each_other(fair, monkeypatch):
    monkeypatch.setattr("fairs.importing.BATCH_SIZE", 1)
    seen = []
    report = import_vacancies(
        fair=fair,
        file=table(TURNER, PACKER, TURNER, WELDER),
        progress=lambda done, expected: seen.append((done, expected)),
    )
    assert counts(report) == (3, 0, 1, 0)
    assert report.employers_created == 2
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_queries_do_not_grow_with_the_rows(fair, django_assert_max_num_queries):
    rows = [["焊工", f"厂{n}", "", "", "", "", f"https://a.example/{n}"] for n in range(60)]
    with django_assert_max_num_queries(16):
        import_vacancies(fair=fair, file=table(*rows))
    with django_assert_max_num_queries(8):
        import_vacancies(fair=fair, file=table(*rows))


def test_a_vacancy_written_by_hand_is_not_touched(fair):
    mine = VacancyFactory(employer=EmployerFactory(name="永兴厂"), title="焊工")
    import_vacancies(fair=fair, file=table(WELDER))
    assert Vacancy.objects.count() == 2
    mine.refresh_from_db()
    assert mine.status == VacancyStatus.OPEN


def test_the_same_list_at_another_fair_is_brought_there(fair):
    import_vacancies(fair=fair, file=table(WELDER))
    other = FairFactory(ends_at=timezone.now() + timedelta(days=60))
    report = import_vacancies(fair=other, file=table(WELDER))
    assert (report.unchanged, report.booths_created, report.brought) == (1, 1, 1)
