"""A fair's life, staff and channels; its booths."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from core.errors import Conflict, Invalid, NotAllowed, NotFound
from fairs import services
from fairs.enums import FairStatus, PartnerKind, StaffRole
from fairs.models import Fair, FairStaff
from fairs.selectors import fair_for, listed_fairs
from tests.factories import (
    FairFactory,
    FairStaffFactory,
    UserFactory,
    actor,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def fair() -> Fair:
    return FairFactory(status=FairStatus.DRAFT)


@pytest.fixture
def manager(fair):
    return actor(FairStaffFactory(fair=fair).person)


def make(who, **fields):
    now = timezone.now()
    values = {"slug": "chun", "name": "春送岗位", "starts_at": now, **fields}
    values.setdefault("ends_at", now + timedelta(days=3))
    return services.create_fair(actor=who, **values)


def test_managers_and_superusers_create_fairs(manager) -> None:
    made = make(manager, tagline="好工作，播给你看")
    assert made.status == FairStatus.DRAFT
    assert FairStaff.objects.get(fair=made).person == manager.user
    assert make(actor(UserFactory(is_superuser=True)), slug="qiu")
    with pytest.raises(Conflict):
        make(manager)
    with pytest.raises(NotAllowed):
        make(actor(), slug="dong")
    with pytest.raises(Invalid):
        make(manager, slug="xia", ends_at=timezone.now() - timedelta(days=1))


def test_update_records_what_changed(fair, manager) -> None:
    services.update_fair(actor=manager, fair=fair, changes={"name": "夏送岗位"})
    fair.refresh_from_db()
    assert fair.name == "夏送岗位"
    with pytest.raises(ValueError, match="status"):
        services.update_fair(actor=manager, fair=fair, changes={"status": "live"})
    with pytest.raises(Conflict):
        services.update_fair(actor=manager, fair=fair, changes={"slug": FairFactory().slug})
    with pytest.raises(NotFound):
        services.update_fair(actor=actor(), fair=fair, changes={"name": "x"})


def test_the_fairs_life(fair, manager) -> None:
    with pytest.raises(Conflict):
        services.open_fair(actor=manager, fair=fair)
    services.publish_fair(actor=manager, fair=fair)
    services.unpublish_fair(actor=manager, fair=fair)
    services.publish_fair(actor=manager, fair=fair)
    services.open_fair(actor=manager, fair=fair)
    services.close_fair(actor=manager, fair=fair)
    with pytest.raises(Conflict):
        services.open_fair(actor=manager, fair=fair)
    services.archive_fair(actor=manager, fair=fair)
    assert fair.status == FairStatus.ARCHIVED


@pytest.mark.parametrize("role", [role for role in StaffRole if role != StaffRole.MANAGER])
def test_only_managers_run_the_fair(fair, role) -> None:
    person = FairStaffFactory(fair=fair, role=role).person
    with pytest.raises(NotAllowed):
        services.publish_fair(actor=actor(person), fair=fair)
    with pytest.raises(NotFound):
        services.publish_fair(actor=actor(), fair=fair)


def test_staff_roles_are_ended_never_deleted(fair, manager) -> None:
    person = UserFactory()
    grant = {"actor": manager, "fair": fair, "person": person, "role": StaffRole.REVIEWER}
    held = services.add_staff(**grant)
    assert services.add_staff(**grant) == held
    services.end_staff(**grant)
    assert FairStaff.objects.get(pk=held.pk).ended_at
    assert services.add_staff(**grant) != held
    with pytest.raises(Conflict):
        services.end_staff(actor=manager, fair=fair, person=manager.user, role=StaffRole.MANAGER)


def test_channels_and_partners(fair, manager) -> None:
    services.add_channel(actor=manager, fair=fair, code="poster", name="海报")
    with pytest.raises(Conflict):
        services.add_channel(actor=manager, fair=fair, code="poster", name="海报二")
    services.set_partners(
        actor=manager,
        fair=fair,
        partners=[(PartnerKind.ORGANISER, "市总工会"), (PartnerKind.SUPPORTER, "市人社局")],
    )
    services.set_partners(actor=manager, fair=fair, partners=[(PartnerKind.ORGANISER, "市总工会")])
    assert [partner.name for partner in fair.partners.all()] == ["市总工会"]


def test_who_sees_which_fair(fair, manager) -> None:
    assert fair_for(manager.user, fair.slug) == fair
    for user in (None, UserFactory()):
        with pytest.raises(NotFound):
            fair_for(user, fair.slug)
    FairFactory(status=FairStatus.ARCHIVED)
    shown = FairFactory()
    assert list(listed_fairs(None)) == [shown]
