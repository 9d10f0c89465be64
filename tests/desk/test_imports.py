"""Importing at the desk: preview, confirm, discard; every row's fate on the page."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from employers.models import Vacancy
from fairs.enums import ImportStatus
from fairs.models import Fair, ImportBatch
from tests.desk.people import browser, staff_of
from tests.factories import FairFactory

pytestmark = pytest.mark.django_db

SHEET = """职位名称,公司名称,工作地点,薪资,招聘人数,备注栏
电焊工,岭州船厂,岭州,7-9千/月,{headcount},x
普工,岭州船厂,岭州,随便,3,x
搬运工,岭州物流,,面议,若干,x
"""


def upload(client: Client, fair: Fair, headcount: int = 5) -> ImportBatch:
    file = SimpleUploadedFile("春季.csv", SHEET.format(headcount=headcount).encode())
    answer = client.post(reverse("desk-imports", args=[fair.slug]), {"file": file})
    batch = ImportBatch.objects.latest("pk")
    assert answer["Location"] == reverse("desk-import", args=[fair.slug, batch.public_id])
    return batch


def test_preview_then_confirm() -> None:
    fair = FairFactory()
    client = browser(staff_of(fair))
    batch = upload(client, fair)
    page = client.get(reverse("desk-import", args=[fair.slug, batch.public_id])).content.decode()
    assert not Vacancy.objects.exists()
    for word in ("春季.csv", "普工", "薪资", "备注栏", "招聘人数", "电焊工"):
        assert word in page
    settle = reverse("desk-import-settle", args=[fair.slug, batch.public_id])
    done = client.post(settle, {"decision": "confirm"}, follow=True).content.decode()
    assert Vacancy.objects.count() == 2
    assert f"/desk/vacancies/?status=draft&amp;fair={fair.slug}" in done
    again = client.post(settle, {"decision": "confirm"}, follow=True).content.decode()
    assert "notice--bad" in again
    assert Vacancy.objects.count() == 2


def test_a_changed_list_names_the_changed_fields() -> None:
    fair = FairFactory()
    client = browser(staff_of(fair))
    first = upload(client, fair)
    client.post(
        reverse("desk-import-settle", args=[fair.slug, first.public_id]), {"decision": "confirm"}
    )
    second = upload(client, fair, headcount=8)
    page = client.get(reverse("desk-import", args=[fair.slug, second.public_id])).content.decode()
    assert "变化内容" in page
    assert "headcount" not in page


def test_discard() -> None:
    fair = FairFactory()
    client = browser(staff_of(fair))
    batch = upload(client, fair)
    client.post(
        reverse("desk-import-settle", args=[fair.slug, batch.public_id]), {"decision": "discard"}
    )
    batch.refresh_from_db()
    assert batch.status == ImportStatus.DISCARDED
    assert not Vacancy.objects.exists()


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n not a sheet", b"<html>a page</html>"])
def test_what_is_no_sheet_is_refused_with_a_reason(content: bytes) -> None:
    fair = FairFactory()
    client = browser(staff_of(fair))
    address = reverse("desk-imports", args=[fair.slug])
    page = client.post(address, {"file": SimpleUploadedFile("a.xlsx", content)}, follow=True)
    assert "notice--bad" in page.content.decode()
    assert not ImportBatch.objects.exists()


def test_no_file_is_said() -> None:
    fair = FairFactory()
    page = browser(staff_of(fair)).post(reverse("desk-imports", args=[fair.slug]), follow=True)
    assert "notice--bad" in page.content.decode()


def test_the_blank_workbook() -> None:
    fair = FairFactory()
    answer = browser(staff_of(fair)).get(reverse("desk-import-template", args=[fair.slug]))
    assert answer.content.startswith(b"PK")


def test_a_batch_of_another_fair_is_not_found() -> None:
    fair, other = FairFactory(), FairFactory()
    batch = upload(browser(staff_of(fair)), fair)
    client = browser(staff_of(other))
    assert client.get(reverse("desk-import", args=[other.slug, batch.public_id])).status_code == 404
