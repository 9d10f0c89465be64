"""The inbox: what an employer sees of a seeker, answers, and the phone number."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from employers.enums import EmployerRole
from employers.models import EmployerMember
from fairs.enums import StaffRole
from intents.enums import Level, Outcome
from intents.models import Intent
from jobfair.employer_console.clock import clock_of, due_at
from tests.employer_console.test_access import browser
from tests.factories import (
    EmployerMemberFactory,
    FairStaffFactory,
    UserFactory,
    express,
    open_vacancy,
)

pytestmark = pytest.mark.django_db

PHONE = "+8613911112222"


@pytest.fixture
def member() -> EmployerMember:
    return EmployerMemberFactory(role=EmployerRole.RECRUITER)


@pytest.fixture
def intent(member: EmployerMember) -> Intent:
    return applied(member)


def applied(member: EmployerMember, **fields: Any) -> Intent:
    seeker = UserFactory(**{"display_name": "阿强", **fields})
    row = express(seeker, open_vacancy(employer=member.employer))
    Intent.objects.filter(pk=row.pk).update(trade="焊工", years=8, certificates="焊工证")
    row.refresh_from_db()
    return row


def url(name: str, intent: Intent) -> str:
    return reverse(name, args=[intent.vacancy.employer.public_id, intent.public_id])


def detail(client: Client, intent: Intent) -> str:
    return client.get(url("employer-intent", intent)).content.decode()


def test_the_four_answers_and_no_phone_number(member: EmployerMember) -> None:
    intent = applied(member, phone=PHONE)
    client = browser(member.person)
    text = detail(client, intent)
    for answer in ("阿强", "焊工", "8", "焊工证"):
        assert answer in text
    inbox = client.get(reverse("employer-inbox", args=[member.employer.public_id]))
    for page in (text, inbox.content.decode()):
        assert "13911112222" not in page
        assert "139 1111 2222" not in page
        assert "2222" not in page  # not even its end


def test_accepted_then_the_phone_number_once_it_is_asked_for(member: EmployerMember) -> None:
    intent = applied(member, phone=PHONE)
    client = browser(member.person)
    client.post(url("employer-accept", intent))
    intent.refresh_from_db()
    assert intent.level == Level.MATCHED
    assert "139 1111 2222" not in detail(client, intent)
    answer = client.post(url("employer-reveal", intent))
    assert "139 1111 2222" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert AuditEvent.objects.filter(
        action="intent.contact_revealed", actor=member.person, object_id=intent.public_id
    ).exists()
    undo = client.post(url("employer-undo", intent), follow=True)
    intent.refresh_from_db()
    assert intent.level == Level.MATCHED
    assert "notice--bad" in undo.content.decode()


def test_members_show_a_second_factor_where_the_installation_asks(
    member: EmployerMember, intent: Intent, settings: Any
) -> None:
    settings.SECOND_FACTOR_FOR_EMPLOYERS = True
    client = browser(member.person)
    client.post(url("employer-accept", intent))
    answer = client.post(url("employer-reveal", intent))
    assert answer["Location"].startswith("/account/2fa/required/")
    assert not AuditEvent.objects.filter(action="intent.contact_revealed").exists()


def test_the_number_is_not_shown_before_a_match(member: EmployerMember) -> None:
    intent = applied(member, phone=PHONE)
    answer = browser(member.person).post(url("employer-reveal", intent), follow=True)
    assert "139 1111 2222" not in answer.content.decode()
    assert not AuditEvent.objects.filter(action="intent.contact_revealed").exists()


def test_an_acceptance_can_be_undone_until_then(member: EmployerMember, intent: Intent) -> None:
    client = browser(member.person)
    client.post(url("employer-accept", intent))
    client.post(url("employer-undo", intent))
    intent.refresh_from_db()
    assert (intent.level, intent.outcome) == (Level.EXPRESSED, Outcome.LIVE)


def test_declined_with_a_reason_from_the_list_or_in_own_words(member: EmployerMember) -> None:
    client = browser(member.person)
    listed, own, none = (applied(member) for _number in range(3))
    client.post(url("employer-decline", listed), {"reason": "岗位已招满", "seen_level": "1"})
    client.post(url("employer-decline", own), {"reason": "岗位已招满", "other": "下月再联系您"})
    client.post(url("employer-decline", none), {"reason": " "})
    for row in (listed, own, none):
        row.refresh_from_db()
    assert (listed.outcome, listed.reason) == (Outcome.DECLINED, "岗位已招满")
    assert (own.outcome, own.reason) == (Outcome.DECLINED, "下月再联系您")
    assert none.outcome == Outcome.LIVE


@pytest.mark.parametrize("level", ["9" * 5000, "-1", "²", "x"])
def test_a_level_that_is_none_is_left_out(member: EmployerMember, level: str) -> None:
    row = applied(member)
    answer = browser(member.person).post(
        url("employer-decline", row), {"reason": "岗位已招满", "seen_level": level}
    )
    assert answer.status_code == 302
    row.refresh_from_db()
    assert row.outcome == Outcome.DECLINED


def test_what_a_colleague_did_meanwhile_is_told(member: EmployerMember, intent: Intent) -> None:
    colleague = EmployerMemberFactory(employer=member.employer).person
    browser(colleague).post(url("employer-accept", intent))
    answer = browser(member.person).post(
        url("employer-decline", intent), {"reason": "岗位已招满", "seen_level": "1"}, follow=True
    )
    intent.refresh_from_db()
    assert intent.outcome == Outcome.LIVE
    assert str(colleague) in answer.content.decode()


def test_the_next_steps_are_noted(member: EmployerMember, intent: Intent) -> None:
    client = browser(member.person)
    client.post(url("employer-accept", intent))
    for day, status in (("", Level.MATCHED), ("2026-12-03", Level.INTERVIEW_BOOKED)):
        client.post(url("employer-advance", intent), {"to": 3, "effective_on": day})
        intent.refresh_from_db()
        assert intent.level == status
    assert "2026-12-03" in detail(client, intent)
    client.post(url("employer-advance", intent), {"to": 99})
    intent.refresh_from_db()
    assert intent.level == Level.INTERVIEW_BOOKED


def test_staff_show_a_second_factor_before_a_number(intent: Intent) -> None:
    manager = FairStaffFactory(fair=intent.fair, role=StaffRole.MANAGER).person
    client = browser(manager)
    client.post(url("employer-accept", intent))
    answer = client.post(url("employer-reveal", intent))
    assert answer.status_code in {302, 403}
    assert not AuditEvent.objects.filter(action="intent.contact_revealed").exists()


def test_a_reviewer_of_the_fair_reads_no_intents(intent: Intent) -> None:
    """Reviewers help with vacancies; people's applications are for who may answer them."""
    reviewer = FairStaffFactory(fair=intent.fair, role=StaffRole.REVIEWER).person
    client = browser(reviewer)
    inbox = client.get(reverse("employer-inbox", args=[intent.vacancy.employer.public_id]))
    assert "阿强" not in inbox.content.decode()
    assert client.get(url("employer-intent", intent)).status_code == 404


# --- news without reloading ---------------------------------------------------------------------
def test_the_list_is_sent_only_when_something_has_changed(
    member: EmployerMember, intent: Intent
) -> None:
    client = browser(member.person)
    address = reverse("employer-inbox-list", args=[member.employer.public_id])
    first = client.get(address)
    stamp = first.context["stamp"]
    assert client.get(address, {"stamp": stamp}).status_code == 204
    newcomer = applied(member, display_name="阿芳")
    second = client.get(address, {"stamp": stamp})
    assert "阿芳" in second.content.decode()
    assert "2222" not in second.content.decode()
    stamp = second.context["stamp"]
    client.post(url("employer-accept", newcomer))
    assert client.get(address, {"stamp": stamp}).status_code == 200


def test_boxes(member: EmployerMember) -> None:
    waiting, matched, ended = (applied(member) for _number in range(3))
    client = browser(member.person)
    client.post(url("employer-accept", matched))
    client.post(url("employer-decline", ended), {"reason": "岗位已招满"})
    address = reverse("employer-inbox", args=[member.employer.public_id])
    for box, row in (("waiting", waiting), ("matched", matched), ("ended", ended)):
        lines = client.get(address, {"box": box}).context["lines"]
        assert [line.intent for line in lines] == [row], box
    assert client.get(address, {"box": "nonsense"}).context["box"] == "waiting"
    assert client.get(url("employer-intent", ended)).context["box"] == "ended"


def test_the_inbox_costs_the_same_for_one_and_for_three(
    member: EmployerMember, query_count: Any
) -> None:
    client = browser(member.person)
    address = reverse("employer-inbox", args=[member.employer.public_id])
    applied(member)

    def queries() -> int:
        with query_count() as counted:
            assert client.get(address).status_code == 200
        return len(counted)

    one = queries()
    applied(member)
    applied(member)
    assert queries() == one
    assert one <= 16
    with query_count() as counted:
        stamp = client.get(address).context["stamp"]
    with query_count() as counted:
        client.get(
            reverse("employer-inbox-list", args=[member.employer.public_id]), {"stamp": stamp}
        )
    assert len(counted) <= 5  # what every open inbox asks every few seconds


# --- the response clock -------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("asked", "due"),
    [
        ("2026-11-23T10:00:00+08:00", "2026-11-26"),  # Monday → Thursday
        ("2026-11-26T10:00:00+08:00", "2026-12-01"),  # Thursday → Tuesday
        ("2026-11-28T10:00:00+08:00", "2026-12-02"),  # Saturday → Wednesday
        ("2026-11-27T23:30:00+08:00", "2026-12-02"),  # Friday, by local time
    ],
)
def test_three_working_days(asked: str, due: str) -> None:
    end = due_at(datetime.fromisoformat(asked))
    assert timezone.localtime(end).date().isoformat() == due
    assert timezone.localtime(end).hour == 23


def test_the_clock_in_words() -> None:
    now = datetime.fromisoformat("2026-11-23T10:00:00+08:00")
    for span, words in (
        (timedelta(seconds=5), "刚刚"),
        (timedelta(minutes=5), "已等 5 分钟"),
        (timedelta(hours=3), "已等 3 小时"),
        (timedelta(days=9), "已等 9 天"),
    ):
        clock = clock_of(now - span, now=now)
        assert clock.waited == words
        assert clock.late == (span > timedelta(days=4))
