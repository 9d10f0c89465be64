"""Tables that people open in a spreadsheet program hold text, never a formula."""

from __future__ import annotations

import csv
import io
from typing import Any

import openpyxl
import pytest
from django.test import Client

from fairs.models import Fair
from tests.factories import (
    BoothFactory,
    EmployerFactory,
    EmployerMemberFactory,
    EntryChannelFactory,
    FairFactory,
    FairStaffFactory,
    GuestFactory,
    SessionFactory,
    UserFactory,
    VacancyFactory,
    bring,
    express,
)
from tests.permissions.table import TABLE
from tests.support.accounts import signed_in

pytestmark = pytest.mark.django_db

STARTS = ["=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "＝", "|"]
FORMULA = "cmd|' /C calc'!A0"
#: What opens as a table.
DOWNLOADS = sorted(
    {str(row) for row in TABLE if "export." in row.path or row.path.endswith("template/")}
)


@pytest.fixture(params=STARTS, ids=repr)
def fair(request: Any) -> Fair:
    """A fair where every name is a formula."""
    name = request.param + FORMULA
    fair: Fair = FairFactory(name=name)
    employer = EmployerFactory(name=name)
    BoothFactory(fair=fair, employer=employer)
    EntryChannelFactory(fair=fair, code="wx", name=name)
    vacancy = VacancyFactory(employer=employer, title=name, trade=name)
    bring(vacancy, fair)
    session = SessionFactory(fair=fair, title=name)
    guest = GuestFactory(name=name)
    session.guest_list.create(guest=guest)
    for _n in range(6):  # more than are left out for being few
        express(UserFactory(display_name=name), vacancy, session=session, channel_code="wx")
    EmployerFactory(name=name, status="submitted", verified_at=None)
    return fair


@pytest.fixture
def manager(fair: Fair, client: Client) -> Client:
    return signed_in(client, FairStaffFactory(fair=fair).person, second_factor=True)


def sheets(content: bytes) -> list[Any]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return [cell for sheet in book for row in sheet.iter_rows() for cell in row]


def test_all_of_them_are_tested_here() -> None:
    """A new download needs its line in this file."""
    assert DOWNLOADS == [
        "GET /desk/employers/batch/template/",
        "GET /desk/fairs/<slug:slug>/import/template/",
        "GET /desk/fairs/<slug>/statistics/export.csv",
        "GET /desk/fairs/<slug>/statistics/export.xlsx",
        "GET /employer/<uuid:employer>/import/template/",
    ]


@pytest.mark.parametrize("query", ["", "?public=1"])
def test_figures(manager: Client, fair: Fair, query: str) -> None:
    base = f"/desk/fairs/{fair.slug}/statistics/export"
    cells = sheets(manager.get(f"{base}.xlsx{query}").content)
    assert any(FORMULA in str(cell.value) for cell in cells)
    assert not [cell.value for cell in cells if cell.data_type == "f"]
    text = manager.get(f"{base}.csv{query}").content.decode("utf-8-sig")
    values = [value for row in csv.reader(io.StringIO(text, newline="")) for value in row]
    assert any(FORMULA in value for value in values)
    for value in values:
        assert not value.lstrip().startswith(("=", "+", "-", "@", "＝")), value


def test_the_sheet_of_employers_to_review(manager: Client) -> None:
    cells = sheets(manager.get("/desk/employers/batch/template/").content)
    assert any(FORMULA in str(cell.value) for cell in cells)
    assert not [cell.value for cell in cells if cell.data_type == "f"]


def test_blank_workbooks(manager: Client, fair: Fair) -> None:
    member = EmployerMemberFactory()
    recruiter = signed_in(Client(), member.person)
    for content in (
        manager.get(f"/desk/fairs/{fair.slug}/import/template/").content,
        recruiter.get(f"/employer/{member.employer.public_id}/import/template/").content,
    ):
        assert not [cell.value for cell in sheets(content) if cell.data_type == "f"]
