"""The statistics page, its exports and the endpoint."""

from __future__ import annotations

import csv
from datetime import timedelta
from io import BytesIO, StringIO

import openpyxl
import pytest
from django.test import Client
from django.utils import timezone

from fairs.enums import FairStatus, StaffRole
from insights.report import report_of
from insights.selectors import fair_statistics
from intents import ladder
from livestream.enums import WatchKind
from livestream.services.watching import Span, store_spans
from tests.factories import (
    EmployerMemberFactory,
    FairFactory,
    FairStaffFactory,
    SessionFactory,
    UserFactory,
    actor,
    express,
    open_vacancy,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def fair():
    return FairFactory(slug="spring")


@pytest.fixture
def statistician(fair):
    return FairStaffFactory(fair=fair, role=StaffRole.STATISTICIAN).person


def as_user(user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


PAGE = "/desk/fairs/spring/statistics/"
API = "/api/v1/fairs/spring/statistics/"


def matched(fair, count=1, **fields):
    vacancy = open_vacancy(fair, **fields)
    recruiter = actor(EmployerMemberFactory(employer=vacancy.employer).person)
    session = SessionFactory(fair=fair)
    for _seeker in range(count):
        intent = express(UserFactory(), vacancy, session=session)
        ladder.accept_intent(actor=recruiter, intent=intent)
    return vacancy


class TestWhoMay:
    def test_page_and_exports(self, fair, statistician):
        urls = [PAGE, f"{PAGE}export.xlsx", f"{PAGE}export.csv"]
        manager = FairStaffFactory(fair=fair, role=StaffRole.MANAGER).person
        for url in urls:
            for user in (statistician, manager, UserFactory(is_superuser=True)):
                assert as_user(user).get(url).status_code == 200
            reviewer = FairStaffFactory(fair=fair, role=StaffRole.REVIEWER).person
            stranger = FairStaffFactory(role=StaffRole.STATISTICIAN).person
            for user in (reviewer, stranger, UserFactory()):
                assert as_user(user).get(url).status_code == 404
            assert Client().get(url).status_code == 302

    def test_endpoint(self, fair, statistician):
        assert as_user(statistician).get(API).status_code == 200
        assert as_user(UserFactory()).get(API).status_code == 403
        assert Client().get(API).status_code == 401
        fair.status = FairStatus.DRAFT
        fair.save()
        assert as_user(UserFactory()).get(API).status_code == 404
        assert as_user(statistician).get(API).status_code == 200


class TestFigures:
    def test_the_headline_names_both_levels_and_the_moment(self, fair, statistician):
        vacancy = matched(fair, 2)
        express(UserFactory(), vacancy)
        page = as_user(statistician).get(PAGE).content.decode()
        assert "<b>2</b>" in page
        shown = as_user(statistician).get(API).json()
        assert (shown["net"][0]["persons"], shown["net"][1]["persons"]) == (3, 2)
        assert shown["headline"] in page
        assert shown["by"]["vacancy"][0]["name"].startswith(vacancy.title)
        assert shown["supply"]["vacancies"] == 1

    def test_at_a_moment_of_the_past(self, fair, statistician):
        before = timezone.now()
        matched(fair)
        client = as_user(statistician)
        assert client.get(API, {"as_of": before.isoformat()}).json()["net"][0]["persons"] == 0
        local = timezone.localtime(before).strftime("%Y-%m-%dT%H:%M")
        assert client.get(PAGE, {"as_of": local}).status_code == 200

    def test_a_wrong_moment_says_so(self, statistician):
        client = as_user(statistician)
        for wrong in ("soon", "2026-12-03T14:00:00", "2026-13-03T14:00:00Z"):
            answer = client.get(API, {"as_of": wrong})
            assert (answer.status_code, list(answer.json()["fields"])) == (400, ["as_of"])
        assert 'role="alert"' in client.get(PAGE, {"as_of": "soon"}).content.decode()

    def test_the_future_is_now(self, fair, statistician):
        shown = as_user(statistician).get(API, {"as_of": "2099-01-01T00:00:00Z"}).json()
        assert shown["as_of"] < "2099"

    def test_queries_do_not_grow(self, fair, statistician, query_count):
        client = as_user(statistician)

        def count() -> int:
            with query_count() as queries:
                client.get(PAGE)
            return len(queries)

        matched(fair)
        one = count()
        for _more in range(2):
            matched(fair)
        assert count() == one


class TestWatching:
    def watched(self, fair, people=1, kind=WatchKind.MEDIA):
        session = SessionFactory(fair=fair, title="焊工专场")
        end = timezone.now() - timedelta(minutes=5)
        start = end - timedelta(seconds=90)
        spans = [
            Span(session.public_id, f"{kind}{number}", "", start, end, 90_000, kind)
            for number in range(people)
        ]
        store_spans(spans)
        return session

    def test_here_and_in_the_room_are_told_apart(self, fair, statistician):
        session = self.watched(fair, 2)
        self.watched(fair, 3, WatchKind.ROOM)
        client = as_user(statistician)
        media, room = client.get(API).json()["watched"]
        assert (media["kind"], media["net"]["viewers"], media["net"]["peak"]) == ("media", 2, 2)
        assert (room["kind"], room["net"]["views"], room["net"]["watched_s"]) == ("room", 3, 270)
        assert media["by_session"][0]["id"] == str(session.public_id)
        page = client.get(PAGE).content.decode()
        assert 'data-watching="media"' in page
        assert 'data-watching="room"' in page

    def test_the_workbook_has_them_and_keeps_small_cells(self, fair, statistician):
        self.watched(fair, 4)
        client = as_user(statistician)
        for query, expected in (({}, 4), ({"public": "1"}, "<5")):
            content = client.get(f"{PAGE}export.xlsx", query).content
            sheet = openpyxl.load_workbook(BytesIO(content)).worksheets[1]
            rows = list(sheet.iter_rows(values_only=True))
            assert expected in rows[1]
            assert rows[3][0] == "焊工专场"

    def test_the_page_says_when_nobody_has_watched(self, statistician):
        assert "h-watching" in as_user(statistician).get(PAGE).content.decode()


class TestExports:
    def test_text_is_no_formula(self, fair, statistician):
        matched(fair, title="=1+1")
        client = as_user(statistician)
        book = openpyxl.load_workbook(BytesIO(client.get(f"{PAGE}export.xlsx").content))
        cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value]
        assert all(cell.data_type != "f" for cell in cells)
        assert any(str(cell.value).startswith("=1+1") for cell in cells)
        text = client.get(f"{PAGE}export.csv").content.decode("utf-8-sig")
        values = [value for row in csv.reader(StringIO(text)) for value in row]
        assert any(value.startswith("'=1+1") for value in values)
        assert not any(value.startswith("=") for value in values)

    def test_small_cells_stay_in_the_house(self, fair, statistician):
        matched(fair, 4)
        client = as_user(statistician)
        inside = client.get(f"{PAGE}export.csv").content.decode()
        outside = client.get(f"{PAGE}export.csv", {"public": "1"}).content.decode()
        assert "<5" not in inside
        assert "<5" in outside

    def test_five_people_are_enough(self, fair):
        matched(fair, 5)
        report = report_of(fair, fair_statistics(fair), public=True)
        assert report.funnel[1][1].persons == 5
        assert report.funnel[2][1].persons == 0

    def test_other_forms_do_not_exist(self, statistician):
        assert as_user(statistician).get(f"{PAGE}export.pdf").status_code == 404
