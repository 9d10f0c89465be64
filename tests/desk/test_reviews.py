"""The queues: employers, claims, vacancies, messages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from employers.enums import ClaimStatus, EmployerStatus, VacancyStatus
from employers.models import Vacancy
from fairs.enums import StaffRole
from livestream.enums import MessageStatus
from tests.desk.people import Scene, browser, draft, staff_of
from tests.factories import BoothFactory, EmployerFactory, FairFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("start", "decision", "end"),
    [
        (EmployerStatus.SUBMITTED, "verify", EmployerStatus.VERIFIED),
        (EmployerStatus.SUBMITTED, "reject", EmployerStatus.REJECTED),
        (EmployerStatus.VERIFIED, "suspend", EmployerStatus.SUSPENDED),
        (EmployerStatus.SUSPENDED, "reinstate", EmployerStatus.VERIFIED),
        (EmployerStatus.VERIFIED, "recheck", EmployerStatus.VERIFIED),
    ],
)
def test_decide_on_an_employer(start: str, decision: str, end: str) -> None:
    employer = EmployerFactory(status=start)
    client = browser(staff_of(FairFactory(), StaffRole.REVIEWER))
    address = reverse("desk-employer-decide", args=[employer.public_id])
    page = client.post(address, {"decision": decision, "reason": "执照过期"}, follow=True)
    employer.refresh_from_db()
    assert employer.status == end
    assert "notice--ok" in page.content.decode()


def test_sending_an_employer_back_needs_a_reason() -> None:
    employer = EmployerFactory(status=EmployerStatus.SUBMITTED)
    client = browser(staff_of(FairFactory()))
    address = reverse("desk-employer-decide", args=[employer.public_id])
    page = client.post(address, {"decision": "reject"}, follow=True).content.decode()
    employer.refresh_from_db()
    assert employer.status == EmployerStatus.SUBMITTED
    assert "notice--bad" in page
    assert client.post(address, {"decision": "praise"}).status_code == 404


def test_two_persons_confirm_where_the_fair_asks_for_it() -> None:
    fair = FairFactory(two_person_review=True)
    employer = EmployerFactory(status=EmployerStatus.SUBMITTED)
    BoothFactory(fair=fair, employer=employer)
    address = reverse("desk-employer-decide", args=[employer.public_id])
    first = browser(staff_of(fair))
    page = first.post(address, {"decision": "verify"}, follow=True).content.decode()
    employer.refresh_from_db()
    assert employer.status == EmployerStatus.SUBMITTED
    assert "还需第二人确认" in page
    browser(staff_of(fair, StaffRole.REVIEWER)).post(address, {"decision": "verify"})
    employer.refresh_from_db()
    assert employer.status == EmployerStatus.VERIFIED


def test_find_an_employer_by_name_or_code() -> None:
    EmployerFactory(name="岭州造船厂", status=EmployerStatus.SUBMITTED)
    EmployerFactory(
        name="岭州食品厂", status=EmployerStatus.SUBMITTED, credit_code="91440000000000001A"
    )
    client = browser(staff_of(FairFactory()))
    page = client.get("/desk/employers/?q=造船").content.decode()
    assert "岭州造船厂" in page
    assert "岭州食品厂" not in page
    page = client.get("/desk/employers/?q=91440000000000001a").content.decode()
    assert "岭州食品厂" in page
    assert "岭州造船厂" not in page


def test_grant_a_claim_moves_everything() -> None:
    scene = Scene.build()
    vacancy = draft(scene.fair, employer=scene.claim.unclaimed)
    address = reverse("desk-claim", args=[scene.claim.public_id])
    browser(staff_of(scene.fair)).post(address, {"decision": "approve"})
    scene.claim.refresh_from_db()
    vacancy.refresh_from_db()
    assert scene.claim.status == ClaimStatus.APPROVED
    assert vacancy.employer == scene.claim.claimant


def test_refuse_a_claim_with_a_reason() -> None:
    scene = Scene.build()
    client, address = (
        browser(staff_of(scene.fair)),
        reverse("desk-claim", args=[scene.claim.public_id]),
    )
    client.post(address, {"decision": "reject"})
    scene.claim.refresh_from_db()
    assert scene.claim.status == ClaimStatus.PENDING
    client.post(address, {"decision": "reject", "reason": "执照名称不符"})
    scene.claim.refresh_from_db()
    assert scene.claim.status == ClaimStatus.REJECTED


def test_review_a_vacancy() -> None:
    scene = Scene.build()
    client = browser(staff_of(scene.fair, StaffRole.REVIEWER))
    address = reverse("desk-vacancy", args=[scene.submitted.public_id])
    client.post(address, {"decision": "reject"})
    scene.submitted.refresh_from_db()
    assert scene.submitted.status == VacancyStatus.SUBMITTED, "a reason is needed"
    seen = scene.submitted.updated_at
    Vacancy.objects.filter(pk=scene.submitted.pk).update(updated_at=seen + timedelta(seconds=9))
    page = client.post(address, {"decision": "open", "seen": seen.isoformat()}, follow=True)
    scene.submitted.refresh_from_db()
    assert scene.submitted.status == VacancyStatus.SUBMITTED, "it was changed meanwhile"
    assert "notice--bad" in page.content.decode()
    seen = scene.submitted.updated_at
    answer = client.post(
        address, {"decision": "open", "seen": seen.isoformat(), "status": "submitted", "q": "焊"}
    )
    scene.submitted.refresh_from_db()
    assert scene.submitted.status == VacancyStatus.OPEN
    assert answer["Location"] == "/desk/vacancies/?status=submitted&q=%E7%84%8A"


def test_staff_complete_a_draft_for_its_employer_and_open_it() -> None:
    scene = Scene.build()
    client = browser(staff_of(scene.fair, StaffRole.REVIEWER))
    address = reverse("desk-vacancy-edit", args=[scene.draft.public_id])
    form = {
        name: "" if value is None else value
        for name, value in client.get(address).context["form"].initial.items()
    }
    form |= {"duties": "焊接船体", "headcount": 3}
    form.pop("headcount_stated")
    page = client.post(address, {**form, "valid_until": "", "open": "1"}, follow=True)
    scene.draft.refresh_from_db()
    assert scene.draft.status == VacancyStatus.DRAFT, "it still has no closing date"
    assert "notice--wait" in page.content.decode()
    client.post(address, {**form, "open": "1"})
    scene.draft.refresh_from_db()
    assert scene.draft.status == VacancyStatus.OPEN
    event = AuditEvent.objects.filter(action="vacancy.changed").latest("pk")
    assert event.on_behalf_of == scene.draft.employer.public_id


def test_many_drafts_are_filled_only_where_something_is_missing_and_opened() -> None:
    fair = FairFactory()
    bare = draft(
        fair,
        duties="焊接",
        headcount=None,
        headcount_stated=False,
        valid_until=None,
        missing=["headcount", "validity"],
    )
    stated = draft(fair, duties="焊接", missing=[], headcount=7)
    hopeless = draft(fair)
    until = timezone.localdate() + timedelta(days=20)
    page = browser(staff_of(fair, StaffRole.REVIEWER)).post(
        "/desk/vacancies/open/",
        {
            "scope": "ticked",
            "vacancy": [bare.public_id, stated.public_id, hopeless.public_id],
            "headcount": "若干",
            "valid_until": until.isoformat(),
            "negotiable": "on",
            "status": "draft",
        },
        follow=True,
    )
    for vacancy in (bare, stated, hopeless):
        vacancy.refresh_from_db()
    assert bare.status == VacancyStatus.OPEN
    assert (bare.headcount, bare.headcount_stated, bare.valid_until) == (None, True, until)
    assert (stated.status, stated.headcount) == (VacancyStatus.OPEN, 7)
    assert stated.valid_until != until
    assert not stated.pay_negotiable
    assert hopeless.status == VacancyStatus.DRAFT
    assert "notice--wait" in page.content.decode()


def test_the_whole_list_is_opened_within_its_filters() -> None:
    fair = FairFactory()
    mine = [draft(fair, duties="焊接", missing=[]) for _ in range(2)]
    other = draft(fair, title="厨师", duties="做饭", missing=[])
    form = {"scope": "all", "status": "draft", "q": "焊工"}
    browser(staff_of(fair)).post("/desk/vacancies/open/", form)
    states = dict(Vacancy.objects.values_list("pk", "status"))
    assert [states[vacancy.pk] for vacancy in mine] == [VacancyStatus.OPEN] * 2
    assert states[other.pk] == VacancyStatus.DRAFT


@pytest.mark.parametrize("form", [{"headcount": "许多"}, {"valid_until": "明天"}])
def test_what_cannot_be_read_fills_nothing(form: dict[str, str]) -> None:
    fair = FairFactory()
    vacancy = draft(fair, duties="焊接", missing=[])
    client = browser(staff_of(fair))
    page = client.post("/desk/vacancies/open/", {"vacancy": vacancy.public_id, **form}, follow=True)
    vacancy.refresh_from_db()
    assert vacancy.status == VacancyStatus.DRAFT
    assert "notice--bad" in page.content.decode()


def test_nothing_ticked_is_said() -> None:
    client = browser(staff_of(FairFactory()))
    page = client.post("/desk/vacancies/open/", {"scope": "ticked"}, follow=True)
    assert "notice--info" in page.content.decode()
    assert client.post("/desk/vacancies/open/", {"vacancy": "x"}).status_code == 404


def test_drafts_of_one_fair() -> None:
    scene = Scene.build()
    page = browser(staff_of(scene.fair)).get("/desk/vacancies/?status=draft&fair=elsewhere")
    assert scene.draft.title not in page.content.decode()


def test_a_held_message_is_shown_or_removed() -> None:
    first, second = Scene.build(), Scene.build()
    client = browser(staff_of(first.fair, StaffRole.MODERATOR))
    client.post(
        reverse("desk-message", args=[first.message.public_id]),
        {"decision": "release", "status": "held"},
    )
    first.message.refresh_from_db()
    assert first.message.status == MessageStatus.SHOWN
    address = reverse("desk-message", args=[first.message.public_id])
    client.post(address, {"decision": "remove"})
    first.message.refresh_from_db()
    assert first.message.status == MessageStatus.SHOWN, "a reason is needed"
    client.post(address, {"decision": "remove", "reason": "广告"})
    first.message.refresh_from_db()
    assert (first.message.status, first.message.removed_reason) == (MessageStatus.REMOVED, "广告")
    foreign = reverse("desk-message", args=[second.message.public_id])
    assert client.post(foreign, {"decision": "release"}).status_code == 404
    page = client.get("/desk/messages/?status=removed&q=微信").content.decode()
    assert "广告" in page
