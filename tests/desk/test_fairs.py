"""Setting up a fair: each form's effect, and what a refusal says."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Invitation
from fairs.enums import BoothStatus, FairStatus, StaffRole
from fairs.models import Fair, FairStaff
from tests.desk.people import audited, browser, staff_of
from tests.factories import BoothFactory, FairFactory, FairStaffFactory

pytestmark = pytest.mark.django_db


def texts(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def fair_form(**fields: str) -> dict[str, str]:
    start = timezone.localtime() + timedelta(days=3)
    return {
        "name": "夏送清凉招聘会",
        "slug": "summer",
        "starts_at": f"{start:%Y-%m-%dT%H:%M}",
        "ends_at": f"{start + timedelta(days=2):%Y-%m-%dT%H:%M}",
        **fields,
    }


def test_create_a_fair() -> None:
    manager = staff_of(FairFactory())
    answer = browser(manager).post("/desk/fairs/new/", fair_form())
    fair = Fair.objects.get(slug="summer")
    assert answer["Location"] == reverse("desk-fair", args=["summer"])
    assert fair.status == FairStatus.DRAFT
    assert fair.staff.get().person == manager


def test_a_fair_that_ends_before_it_starts_is_explained_at_its_field() -> None:
    form = fair_form(ends_at="2020-01-01T10:00")
    page = browser(staff_of(FairFactory())).post("/desk/fairs/new/", form).content.decode()
    assert "结束时间" in page
    assert "fair_ends_after_start" not in page
    assert not Fair.objects.filter(slug="summer").exists()


def test_a_taken_address_is_explained() -> None:
    FairFactory(slug="summer")
    page = browser(staff_of(FairFactory())).post("/desk/fairs/new/", fair_form()).content.decode()
    assert "field__error" in page


def test_edit_a_fair_records_only_what_changed() -> None:
    fair = FairFactory(tagline="旧")
    local = timezone.localtime(fair.starts_at)
    form = {
        "name": fair.name,
        "slug": fair.slug,
        "tagline": "新",
        "starts_at": f"{local:%Y-%m-%dT%H:%M}",
        "ends_at": f"{timezone.localtime(fair.ends_at):%Y-%m-%dT%H:%M}",
    }
    browser(staff_of(fair)).post(reverse("desk-fair-edit", args=[fair.slug]), form)
    fair.refresh_from_db()
    assert fair.tagline == "新"
    assert audited("fair.update") == 1


def test_move_through_a_fairs_states() -> None:
    fair = FairFactory(status=FairStatus.DRAFT)
    client, address = browser(staff_of(fair)), reverse("desk-fair-move", args=[fair.slug])
    for to in ("published", "live", "closed", "archived"):
        client.post(address, {"to": to})
        fair.refresh_from_db()
        assert fair.status == to
    page = client.post(address, {"to": "draft"}, follow=True).content.decode()
    fair.refresh_from_db()
    assert fair.status == FairStatus.ARCHIVED
    assert "notice--bad" in page
    assert client.post(address, {"to": "nowhere"}).status_code == 400


def test_name_the_partners() -> None:
    fair = FairFactory()
    form = {"organiser": "市总工会\n\n", "co_organiser": "人社局\n教育局", "supporter": ""}
    browser(staff_of(fair)).post(reverse("desk-partners", args=[fair.slug]), form)
    assert sorted(fair.partners.values_list("name", flat=True)) == ["人社局", "市总工会", "教育局"]


def test_partners_that_are_no_text_are_refused() -> None:
    fair = FairFactory()
    form = {"organiser": "市总工会\x00"}
    page = browser(staff_of(fair)).post(
        reverse("desk-partners", args=[fair.slug]), form, follow=True
    )
    assert page.status_code == 200
    assert "notice" in page.content.decode()
    assert not fair.partners.exists()


def test_invite_staff_and_take_it_back() -> None:
    fair = FairFactory()
    client = browser(staff_of(fair))
    home = reverse("desk-fair", args=[fair.slug])
    client.post(
        reverse("desk-staff", args=[fair.slug]), {"phone": "139 1234 5678", "role": "reviewer"}
    )
    invitation = Invitation.objects.get()
    assert (invitation.phone, invitation.role) == ("+8613912345678", "reviewer")
    assert "139****5678" in texts(client, home)
    client.post(
        reverse("desk-staff-revoke", args=[fair.slug]), {"invitation": invitation.public_id}
    )
    invitation.refresh_from_db()
    assert invitation.revoked_at is not None
    assert "139****5678" not in texts(client, home)


def test_a_wrong_number_is_told() -> None:
    fair = FairFactory()
    address = reverse("desk-staff", args=[fair.slug])
    answer = browser(staff_of(fair)).post(address, {"phone": "12", "role": "reviewer"}, follow=True)
    assert "notice--bad" in answer.content.decode()
    assert not Invitation.objects.exists()


def test_end_a_role_but_not_the_last_managers() -> None:
    fair = FairFactory()
    manager = staff_of(fair)
    reviewer = FairStaffFactory(fair=fair, role=StaffRole.REVIEWER)
    client, address = browser(manager), reverse("desk-staff-end", args=[fair.slug])
    client.post(address, {"person": reviewer.person.public_id, "role": "reviewer"})
    reviewer.refresh_from_db()
    assert reviewer.ended_at is not None
    client.post(address, {"person": manager.public_id, "role": "manager"})
    assert FairStaff.objects.filter(person=manager, ended_at=None).exists()
    stranger = staff_of(FairFactory())
    answer = client.post(address, {"person": stranger.public_id, "role": "manager"})
    assert answer.status_code == 404


def test_add_a_channel_once() -> None:
    fair = FairFactory()
    client, address = browser(staff_of(fair)), reverse("desk-channels", args=[fair.slug])
    client.post(address, {"name": "公众号", "code": "wx"})
    again = client.post(address, {"name": "公众号", "code": "wx"}, follow=True).content.decode()
    assert fair.channels.count() == 1
    assert "notice--bad" in again
    assert f"/fairs/{fair.slug}/?c=wx" in again


@pytest.mark.parametrize(
    ("decision", "status"),
    [("approve", BoothStatus.APPROVED), ("decline", BoothStatus.DECLINED)],
)
def test_decide_a_booth(decision: str, status: BoothStatus) -> None:
    booth = BoothFactory(status=BoothStatus.APPLIED)
    address = reverse("desk-booth", args=[booth.public_id])
    assert browser(staff_of(FairFactory())).post(address).status_code == 404
    client = browser(staff_of(booth.fair))
    assert client.post(address, {"decision": "aprove"}).status_code == 404
    client.post(address, {"decision": decision})
    booth.refresh_from_db()
    assert booth.status == status
