"""The fair's front page, the front door, a worker's page; the API of fairs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from core.ids import new_id
from fairs.enums import FairStatus
from livestream.enums import HonourStatus, SessionStatus
from livestream.models import Honour, SessionGuest
from tests.factories import (
    FairFactory,
    FairStaffFactory,
    GuestFactory,
    SessionFactory,
    UserFactory,
    express,
    open_vacancy,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def fair():
    return FairFactory()


def show(client, fair, **params) -> str:
    answer = client.get(fair.get_absolute_url(), params)
    assert answer.status_code == 200
    return answer.content.decode()


def announce(fair, **fields):
    session = SessionFactory(fair=fair, **fields)
    guest = GuestFactory()
    SessionGuest.objects.create(session=session, guest=guest)
    Honour.objects.create(
        guest=guest,
        level="city",
        title="市劳动模范",
        year=2020,
        issuer="市总工会",
        status=HonourStatus.APPROVED,
        reviewed_at=timezone.now(),
    )
    return session, guest


@pytest.mark.parametrize(
    ("status", "over"),
    [(FairStatus.DRAFT, False), (FairStatus.PUBLISHED, False), (FairStatus.CLOSED, True)],
)
def test_a_draft_is_yet_to_come_and_a_closed_fair_is_over(client, status, over) -> None:
    fair = FairFactory(status=status, ends_at=timezone.now() + timedelta(days=3))
    client.force_login(FairStaffFactory(fair=fair).person)
    assert ("本场招聘会已结束" in show(client, fair)) is over


def test_what_is_on_when_and_what_to_tap(client, fair) -> None:
    session, guest = announce(fair, status=SessionStatus.LIVE)
    text = show(client, fair)
    assert "正在直播" in text
    assert "进入直播间" in text
    assert session.get_absolute_url() in text
    assert guest.name in text
    assert "市劳动模范" in text


def test_a_coming_session_counts_down(client, fair) -> None:
    starts = timezone.now() + timedelta(hours=3)
    announce(
        fair,
        status=SessionStatus.SCHEDULED,
        starts_at=starts,
        ends_at=starts + timedelta(hours=1),
    )
    assert "data-countdown" in show(client, fair)


def test_no_honour_shows_before_its_review(client, fair) -> None:
    _session, guest = announce(fair)
    Honour.objects.filter(guest=guest).update(status=HonourStatus.SUBMITTED)
    assert "市劳动模范" not in show(client, fair)
    assert "市劳动模范" not in client.get(guest.get_absolute_url()).content.decode()


def test_the_page_needs_the_same_queries_for_one_and_for_three(client, fair, query_count) -> None:
    counts = []
    for _ in range(2):
        announce(fair)
        open_vacancy(fair)
        show(client, fair)
        with query_count() as queries:
            show(client, fair)
        counts.append(len(queries))
        announce(fair)
        open_vacancy(fair)
    assert counts[0] == counts[1] <= 12


def test_search_and_filters_in_chinese(client, fair) -> None:
    open_vacancy(fair, title="氩弧焊工", trade="焊工", shift="day", board="both")
    open_vacancy(
        fair,
        title="数控车工",
        trade="车工",
        shift="two_shift",
        education=30,
        requirements="看得懂图",
    )
    open_vacancy(
        fair, title="护理员", trade="护理", pay_monthly_max_fen=400000, requirements="有耐心"
    )
    assert "数控车工" not in show(client, fair, q="焊工")
    assert "氩弧焊工" in show(client, fair, q="弧焊")
    assert "氩弧焊工" not in show(client, fair, trade="车工")
    assert "数控车工" not in show(client, fair, shift="day")
    assert "数控车工" not in show(client, fair, board="meals")
    assert "护理员" not in show(client, fair, pay_min="6000")
    assert "没有同时符合这些条件的岗位" in show(client, fair, q="飞行员")


def test_filters_stay_while_turning_pages(client, fair) -> None:
    for _ in range(26):
        open_vacancy(fair, trade="焊工")
    text = show(client, fair, trade="焊工", q="焊工")
    assert "26 个岗位" in text
    assert "trade=%E7%84%8A%E5%B7%A5" in text
    assert "page=2#vacancies" in text
    assert "焊工" in show(client, fair, trade="焊工", page="2")
    assert show(client, fair, page="nonsense")


def test_filters_open_without_scripts(client, fair) -> None:
    open_vacancy(fair)
    assert 'id="filters-form"' in show(client, fair, filters="1")


def test_nonsense_in_the_address_is_no_error(client, fair) -> None:
    open_vacancy(fair, title="氩弧焊工")
    text = show(client, fair, pay_min="abc", employer="x", education="99", shift="?")
    assert "氩弧焊工" in text


def test_a_seeker_sees_what_they_applied_for(client, fair) -> None:
    vacancy = open_vacancy(fair)
    seeker = UserFactory()
    express(seeker, vacancy)
    client.force_login(seeker, backend="django.contrib.auth.backends.ModelBackend")
    assert "已报名" in show(client, fair)


def test_an_empty_fair_says_what_comes(client, fair) -> None:
    text = show(client, fair)
    assert "岗位陆续上线中" in text
    assert "直播场次筹备中" in text


def test_drafts_are_for_staff(client) -> None:
    draft = FairFactory(status=FairStatus.DRAFT)
    assert client.get(draft.get_absolute_url()).status_code == 404
    person = FairStaffFactory(fair=draft).person
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(draft.get_absolute_url()).status_code == 200
    assert draft.name in client.get("/").content.decode()


def test_the_front_door_leads_to_the_one_current_fair(client, fair) -> None:
    FairFactory(status=FairStatus.CLOSED)
    assert client.get("/").url == fair.get_absolute_url()
    other = FairFactory(status=FairStatus.PUBLISHED)
    text = client.get("/").content.decode()
    assert fair.name in text
    assert other.name in text


def test_the_front_door_of_an_empty_house(client) -> None:
    assert "目前没有正在进行的招聘会" in client.get("/").content.decode()


def test_the_entry_channel_is_kept(client, fair) -> None:
    client.get(fair.get_absolute_url(), {"c": "poster"})
    assert client.session["entry_channel"] == "poster"


def test_a_workers_page(client, fair) -> None:
    session, guest = announce(fair)
    guest.story, guest.headline = "十八岁进厂。", "焊缝里没有差不多"
    guest.save()
    text = client.get(guest.get_absolute_url()).content.decode()
    for words in (guest.name, "十八岁进厂", "焊缝里没有差不多", "市劳动模范", session.title):
        assert words in text
    assert client.get(GuestFactory().get_absolute_url()).status_code == 404
    assert client.get(reverse("guest-page", args=[new_id()])).status_code == 404


class TestApi:
    def test_fairs(self, client, fair) -> None:
        FairFactory(status=FairStatus.DRAFT)
        body = client.get("/api/v1/fairs/").json()
        assert [row["slug"] for row in body["results"]] == [fair.slug]

    def test_one_fair_with_its_sessions(self, client, fair) -> None:
        session, _guest = announce(fair)
        body = client.get(f"/api/v1/fairs/{fair.slug}/").json()
        assert body["sessions"][0]["id"] == str(session.public_id)
        missing = client.get("/api/v1/fairs/no-such-fair/")
        assert missing.status_code == 404
        assert missing.json()["code"] == "not_found"

    def test_vacancies_by_search(self, client, fair, query_count) -> None:
        open_vacancy(fair, title="氩弧焊工")
        open_vacancy(fair, title="车工", trade="车工", requirements="看得懂图")
        open_vacancy(title="别处的焊工")
        url = f"/api/v1/fairs/{fair.slug}/vacancies/"
        with query_count() as queries:
            body = client.get(url, {"q": "焊工"}).json()
        assert [row["title"] for row in body["results"]] == ["氩弧焊工"]
        assert len(queries) <= 4
        assert body["results"][0]["pay"] == "6–8千/月"
        wrong = client.get(url, {"pay_min": "much"})
        assert wrong.status_code == 400
        assert "pay_min" in wrong.json()["fields"]

    def test_cursor_pages(self, client, fair) -> None:
        for _ in range(3):
            open_vacancy(fair)
        url = f"/api/v1/fairs/{fair.slug}/vacancies/"
        first = client.get(url, {"page_size": 2}).json()
        second = client.get(first["next"]).json()
        ids = [row["id"] for row in first["results"] + second["results"]]
        assert len(set(ids)) == 3
        assert second["next"] is None
