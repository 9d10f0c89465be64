"""The console's forms, each through its page: register, verify, vacancies, fairs, spreadsheets."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from employers import rules, services
from employers.enums import ClaimStatus, EmployerRole, EmployerStatus, VacancyStatus
from employers.models import Employer, EmployerClaim, EmployerMember, Vacancy
from fairs.enums import BoothStatus, FairStatus, ImportStatus
from fairs.models import Booth, BoothVacancy, ImportBatch
from tests.employer_console.test_access import browser
from tests.factories import (
    BoothFactory,
    EmployerFactory,
    EmployerMemberFactory,
    FairFactory,
    UserFactory,
    VacancyFactory,
    actor,
    bring,
    open_vacancy,
)

pytestmark = pytest.mark.django_db

CODE = "91440101MA5D9XYW6"
CODE += rules.check_character(CODE)


def complete(**fields: Any) -> dict[str, Any]:
    until = timezone.localdate() + timedelta(days=30)
    return {
        "title": "电焊工",
        "trade": "焊工",
        "headcount": "5",
        "duties": "焊接钢结构件",
        "requirements": "持焊工证",
        "place_text": "广州-黄埔区",
        "pay_text": "6-8千/月",
        "valid_until": until.isoformat(),
        **fields,
    }


@pytest.fixture
def owner() -> EmployerMember:
    return EmployerMemberFactory(role=EmployerRole.OWNER)


def go(employer: Employer, name: str, *args: object) -> str:
    return reverse(name, args=[employer.public_id, *args])


def told(client: Client, url: str, data: Any = None) -> str:
    return client.post(url, data or {}, follow=True).content.decode()


# --- onboarding ---------------------------------------------------------------------------------
def licence() -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "white").save(out, "PNG")
    return SimpleUploadedFile("执照.png", out.getvalue())


def test_from_registration_to_verification() -> None:
    person = UserFactory()
    client = browser(person)
    wrong = client.post(
        reverse("employer-register"), {"name": "示例机械", "credit_code": "1", "kind": "direct"}
    )
    assert "credit_code" in wrong.context["form"].errors
    client.post(
        reverse("employer-register"), {"name": "示例机械", "credit_code": CODE, "kind": "direct"}
    )
    employer = Employer.objects.get(name="示例机械")
    setup = go(employer, "employer-setup")
    assert "还需要" in client.get(setup).content.decode()
    assert "notice--bad" in told(client, go(employer, "employer-submit"))
    assert "notice--bad" in told(client, go(employer, "employer-upload-document"))
    client.post(
        go(employer, "employer-upload-document"), {"kind": "business_licence", "file": licence()}
    )
    client.post(setup, {"name": "示例机械制造", "credit_code": CODE, "kind": "direct"})
    client.post(go(employer, "employer-submit"))
    employer.refresh_from_db()
    assert (employer.status, employer.name) == (EmployerStatus.SUBMITTED, "示例机械制造")
    fixed = client.post(setup, {"name": "改名", "credit_code": CODE, "kind": "direct"})
    assert fixed.context["form"].non_field_errors()
    services.review_employer(actor=actor(), employer=employer, verified=True)
    assert "已认证" in client.get(setup).content.decode()


def test_claiming_an_imported_employer() -> None:
    imported = EmployerFactory(
        name="示例机械制造厂", status=EmployerStatus.UNCLAIMED, verified_at=None
    )
    VacancyFactory(employer=imported)
    member = EmployerMemberFactory(
        employer=EmployerFactory(name="示例机械", status=EmployerStatus.DRAFT, verified_at=None),
        role=EmployerRole.OWNER,
    )
    client = browser(member.person)
    page = client.get(go(member.employer, "employer-setup"))
    assert page.context["candidates"] == [imported]
    claim = go(member.employer, "employer-claim")
    client.post(claim, {"unclaimed": str(imported.public_id)})
    assert EmployerClaim.objects.get().status == ClaimStatus.PENDING
    assert client.get(go(member.employer, "employer-setup")).context["candidates"] == []
    for nonsense in ("", "x", str(member.employer.public_id)):
        assert client.post(claim, {"unclaimed": nonsense}).status_code == 404


def test_profile_and_team(owner: EmployerMember, sms: Any) -> None:
    client = browser(owner.person)
    employer = owner.employer
    client.post(go(employer, "employer-profile"), {"intro": "做机床三十年", "size": "50–200 人"})
    employer.refresh_from_db()
    assert employer.intro == "做机床三十年"
    team = go(employer, "employer-team")
    assert "phone" in client.post(team, {"phone": "12", "role": "owner"}).context["form"].errors
    client.post(team, {"phone": "138 0000 7777", "role": "recruiter"})
    page = client.get(team)
    [(invitation, phone)] = page.context["invitations"]
    assert phone == "138****7777"
    assert "13800007777" not in page.content.decode()
    client.post(go(employer, "employer-revoke", invitation.public_id))
    assert client.get(team).context["invitations"] == []
    url = go(employer, "employer-remove-member", owner.person.public_id)
    assert "notice--bad" in told(client, url)  # the last owner stays


# --- vacancies ----------------------------------------------------------------------------------
def test_a_vacancy_by_form_until_it_is_open_and_changed(owner: EmployerMember) -> None:
    client = browser(owner.person)
    employer = owner.employer
    new = go(employer, "employer-new-vacancy")
    assert "title" in client.post(new, {"title": ""}).context["form"].errors
    assert "pay_text" in client.post(new, complete(pay_text="很多")).context["form"].errors
    client.post(new, complete(submit="1", board="both", couple_room="true"))
    vacancy = Vacancy.objects.get()
    assert (vacancy.status, vacancy.couple_room) == (VacancyStatus.SUBMITTED, True)
    services.review_vacancy(actor=actor(), vacancy=vacancy, opens=True)
    edit = go(employer, "employer-vacancy", vacancy.public_id)
    form = client.get(edit).context["form"]
    shown = {name: form[name].value() for name in form.fields}
    same = {k: v for k, v in shown.items() if v not in (None, False)}
    client.post(edit, same)
    vacancy.refresh_from_db()
    assert (vacancy.status, vacancy.revision_number) == (VacancyStatus.OPEN, 1)  # nothing changed
    client.post(edit, {**same, "pay_text": "7-9千/月"})
    vacancy.refresh_from_db()
    assert (vacancy.status, vacancy.revision_number) == (VacancyStatus.SUBMITTED, 2)


def test_a_draft_says_what_is_missing_and_what_sounds_wrong(owner: EmployerMember) -> None:
    client = browser(owner.person)
    client.post(go(owner.employer, "employer-new-vacancy"), {"title": "普工,限男性"})
    vacancy = Vacancy.objects.get()
    page = client.get(go(owner.employer, "employer-vacancy", vacancy.public_id))
    assert len(page.context["missing"]) == 6
    assert [warning.code for warning in page.context["warnings"]] == ["sex"]
    assert "notice--bad" in told(
        client, go(owner.employer, "employer-vacancy-step", vacancy.public_id, "submit")
    )


def test_close_and_reopen(owner: EmployerMember) -> None:
    client = browser(owner.person)
    vacancy = VacancyFactory(employer=owner.employer)
    for step, status in (("close", VacancyStatus.CLOSED), ("reopen", VacancyStatus.DRAFT)):
        client.post(go(owner.employer, "employer-vacancy-step", vacancy.public_id, step))
        vacancy.refresh_from_db()
        assert vacancy.status == status
    nonsense = go(owner.employer, "employer-vacancy-step", vacancy.public_id, "explode")
    assert client.post(nonsense).status_code == 404


def test_many_at_once_only_ones_own(owner: EmployerMember) -> None:
    client = browser(owner.person)
    mine, foreign = VacancyFactory(employer=owner.employer), VacancyFactory()
    url = go(owner.employer, "employer-many-vacancies")
    chosen = [str(mine.public_id), str(foreign.public_id), "x"]
    client.post(url, {"act": "close", "vacancy": chosen, "status": "open"})
    mine.refresh_from_db()
    foreign.refresh_from_db()
    assert (mine.status, foreign.status) == (VacancyStatus.CLOSED, VacancyStatus.OPEN)
    assert "notice--wait" in told(client, url, {"act": "submit", "vacancy": chosen})
    assert client.post(url, {"act": "open", "vacancy": chosen}).status_code == 404
    assert "notice" in told(client, url, {"act": "close"})


def test_only_what_is_missing_is_asked_for_many_drafts(owner: EmployerMember) -> None:
    client = browser(owner.person)
    content = {**complete(), "headcount": 5, "valid_until": timezone.localdate()}
    rows = [
        services.create_vacancy(
            actor=actor(owner.person), employer=owner.employer, content={**content, **gap}
        )
        for gap in ({"headcount": None}, {"duties": "", "pay_text": ""})
    ]
    url = go(owner.employer, "employer-complete")
    forms = dict(client.get(url).context["forms"])
    assert set(forms[rows[0]].fields) == {"headcount", "headcount_stated"}
    assert set(forms[rows[1]].fields) == {"duties", "pay_text"}
    data = {
        f"{forms[rows[0]].prefix}-headcount_stated": "on",
        f"{forms[rows[1]].prefix}-duties": "搬运",
        f"{forms[rows[1]].prefix}-pay_text": "很多",
        "submit": "1",
    }
    client.post(url, data)
    for row in rows:
        row.refresh_from_db()
    assert [row.status for row in rows] == [VacancyStatus.SUBMITTED, VacancyStatus.DRAFT]


def test_the_table_filters(owner: EmployerMember) -> None:
    client = browser(owner.person)
    open_one = VacancyFactory(employer=owner.employer, title="焊工")
    VacancyFactory(employer=owner.employer, title="电工", trade="电工", status=VacancyStatus.CLOSED)
    url = go(owner.employer, "employer-vacancies")
    assert len(client.get(url).context["rows"]) == 2
    for query in ({"status": "open"}, {"q": "焊"}):
        assert [row["vacancy"] for row in client.get(url, query).context["rows"]] == [open_one]


# --- fairs --------------------------------------------------------------------------------------
def test_a_booth_is_asked_for_and_filled(owner: EmployerMember) -> None:
    client = browser(owner.person)
    fair = FairFactory(status=FairStatus.PUBLISHED)
    first, second = VacancyFactory.create_batch(2, employer=owner.employer)
    client.post(go(owner.employer, "employer-apply", fair.slug))
    booth = Booth.objects.get()
    assert (booth.employer, booth.status) == (owner.employer, BoothStatus.APPLIED)
    page = go(owner.employer, "employer-fair", fair.slug)
    client.post(page, {"vacancy": [str(first.public_id), str(VacancyFactory().public_id)]})
    assert [row.vacancy for row in BoothVacancy.objects.all()] == [first]
    client.post(page, {"vacancy": [str(second.public_id)]})
    assert [row.vacancy for row in BoothVacancy.objects.all()] == [second]
    client.post(go(owner.employer, "employer-answer-booth", fair.slug, "decline"))
    booth.refresh_from_db()
    assert booth.status == BoothStatus.DECLINED


def test_an_invitation_is_accepted_and_an_application_not_by_oneself(
    owner: EmployerMember,
) -> None:
    client = browser(owner.person)
    invited = BoothFactory(employer=owner.employer, status=BoothStatus.INVITED)
    applied = BoothFactory(employer=owner.employer, status=BoothStatus.APPLIED)
    for booth in (invited, applied):
        client.post(go(owner.employer, "employer-answer-booth", booth.fair.slug, "accept"))
        booth.refresh_from_db()
    assert (invited.status, applied.status) == (BoothStatus.APPROVED, BoothStatus.APPLIED)


def test_draft_fairs_are_not_there(owner: EmployerMember) -> None:
    fair = FairFactory(status=FairStatus.DRAFT)
    client = browser(owner.person)
    assert fair.name not in client.get(go(owner.employer, "employer-fairs")).content.decode()
    assert client.post(go(owner.employer, "employer-apply", fair.slug)).status_code == 404


# --- spreadsheets -------------------------------------------------------------------------------
def sheet(*rows: str) -> SimpleUploadedFile:
    text = "\n".join(("职位名称,公司名称,工作地点,薪资,招聘人数", *rows))
    return SimpleUploadedFile("岗位.csv", text.encode())


def test_a_spreadsheet_is_shown_before_it_is_imported(owner: EmployerMember) -> None:
    client = browser(owner.person)
    fair = FairFactory()
    name = owner.employer.name
    url = go(owner.employer, "employer-import")
    file = sheet(f"车工,{name},广州,6-8千/月,3", "钳工,别家公司,广州,6-8千/月,3")
    answer = client.post(url, {"fair": fair.slug, "file": file}, follow=True)
    batch = ImportBatch.objects.get()
    assert batch.status == ImportStatus.PREVIEWED
    assert (answer.context["report"]["created"], len(answer.context["rejected"])) == (1, 1)
    assert not Vacancy.objects.exists()
    page = client.post(
        go(owner.employer, "employer-settle-import", batch.public_id, "confirm"), follow=True
    )
    assert "补全" in page.content.decode()
    assert Vacancy.objects.get().employer == owner.employer
    again = go(owner.employer, "employer-settle-import", batch.public_id, "discard")
    assert "notice--bad" in told(client, again)


def test_a_file_that_is_no_spreadsheet_says_so(owner: EmployerMember) -> None:
    file = SimpleUploadedFile("x.xlsx", b"PK\x03\x04nonsense")
    fair = FairFactory()
    answer = browser(owner.person).post(
        go(owner.employer, "employer-import"), {"fair": fair.slug, "file": file}
    )
    assert answer.context["form"].errors
    assert not ImportBatch.objects.exists()


def test_the_template_is_a_workbook(owner: EmployerMember) -> None:
    answer = browser(owner.person).get(go(owner.employer, "employer-template"))
    assert answer.content.startswith(b"PK")
    assert "attachment" in answer["Content-Disposition"]


# --- public pages -------------------------------------------------------------------------------
def test_the_vacancy_page_and_its_job_posting(client: Client) -> None:
    vacancy = open_vacancy(duties="</script><script>alert(1)</script>", place_code="440106")
    page = client.get(vacancy.get_absolute_url())
    text = page.content.decode()
    assert "<script>alert(1)" not in text
    assert '"@type": "JobPosting"' in text
    assert '"addressLocality": "广州市"' in text
    assert "未说明" in text
    assert client.head(vacancy.get_absolute_url()).status_code == 200


def test_a_vacancy_that_is_not_open_offers_no_button(client: Client) -> None:
    vacancy = open_vacancy()
    services.close_vacancy(actor=actor(), vacancy=vacancy)
    text = client.get(vacancy.get_absolute_url()).content.decode()
    assert "JobPosting" not in text
    assert "data-intent>" not in text
    assert "noindex" in text


def test_the_employer_page_with_and_without_vacancies(client: Client) -> None:
    employer = EmployerFactory()
    assert "目前没有在招岗位" in client.get(employer.get_absolute_url()).content.decode()
    bring(VacancyFactory(employer=employer), FairFactory())
    assert "目前没有在招岗位" not in client.get(employer.get_absolute_url()).content.decode()
    draft = EmployerFactory(status=EmployerStatus.DRAFT, verified_at=None)
    assert client.get(draft.get_absolute_url()).status_code == 404


def test_the_page_of_a_merged_employer_leads_to_its_successor(client: Client) -> None:
    successor = EmployerFactory()
    merged = EmployerFactory(status=EmployerStatus.MERGED, merged_into=successor, verified_at=None)
    answer = client.get(merged.get_absolute_url())
    assert (answer.status_code, answer["Location"]) == (301, successor.get_absolute_url())


@pytest.mark.parametrize("kind", ["vacancy", "employer"])
def test_public_pages_cost_the_same_for_one_and_for_three(
    client: Client, kind: str, query_count: Any
) -> None:
    fair = FairFactory()
    vacancy = open_vacancy(fair)
    url = (vacancy if kind == "vacancy" else vacancy.employer).get_absolute_url()
    open_vacancy(fair, employer=vacancy.employer)

    def queries() -> int:
        with query_count() as counted:
            assert client.get(url).status_code == 200
        return len(counted)

    one = queries()
    for _number in range(2):
        open_vacancy(fair, employer=vacancy.employer)
    assert queries() == one <= 8
