"""Blocking an account from the page of a person's conduct, and lifting the block."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import User
from core.ids import new_id
from fairs.enums import StaffRole
from fairs.rules import may_block
from livestream import services
from livestream.models import Session
from tests.desk.people import audited, browser, staff_of
from tests.factories import (
    FairFactory,
    FairStaffFactory,
    SessionCrewFactory,
    SessionFactory,
    UserFactory,
    actor,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def session() -> Session:
    return SessionFactory()


@pytest.fixture
def person(session: Session) -> User:
    user: User = UserFactory()
    services.post_message(actor=actor(user), session=session, client_id=new_id(), text="加群领钱")
    return user


BLOCK = {"decision": "block", "words": "冒充招聘单位"}


def block_of(person: User) -> str:
    return reverse("desk-person-block", args=[person.public_id])


def test_a_manager_blocks_and_lifts_and_the_page_says_so(session, person) -> None:
    client, theirs = browser(staff_of(session.fair)), browser(person)
    page = reverse("desk-person", args=[person.public_id])
    assert theirs.get("/me/").status_code == 200
    refused = client.post(block_of(person), BLOCK | {"words": " "}, follow=True).content.decode()
    assert "notice--bad" in refused
    assert theirs.get("/me/").status_code == 200
    shown = client.post(block_of(person), BLOCK, follow=True)
    assert "冒充招聘单位" in shown.content.decode()
    assert theirs.get("/me/").status_code == 302, "signed out"
    person.refresh_from_db()
    assert not person.is_active
    client.post(block_of(person), {"decision": "lift", "words": "误判"})
    person.refresh_from_db()
    assert person.is_active
    assert "冒充招聘单位" not in client.get(page).content.decode()
    assert (audited("account.block"), audited("account.unblock")) == (1, 1)


def test_moderators_and_crew_read_of_a_block_and_decide_none(session, person) -> None:
    moderator = staff_of(session.fair, StaffRole.MODERATOR)
    operator = SessionCrewFactory(session=session, role="operator").person
    page = reverse("desk-person", args=[person.public_id])
    manager = browser(staff_of(session.fair))
    assert block_of(person) in manager.get(page).content.decode()
    manager.post(block_of(person), BLOCK)
    for client in (browser(moderator), browser(operator)):
        assert client.post(block_of(person), {"decision": "lift"}).status_code == 404
        shown = client.get(page).content.decode()
        assert "冒充招聘单位" in shown
        assert block_of(person) not in shown
    assert browser(staff_of(FairFactory())).post(block_of(person)).status_code == 404
    assert manager.post(block_of(person), {"decision": "unblock"}).status_code == 404


def test_who_may_block_whom() -> None:
    manager, colleague = FairStaffFactory().person, FairStaffFactory().person
    moderator = FairStaffFactory(role=StaffRole.MODERATOR).person
    admin, seeker = UserFactory(admin=True), UserFactory()
    assert may_block(manager, seeker)
    assert may_block(admin, colleague)
    for user, person in (
        (manager, manager),
        (manager, colleague),
        (manager, moderator),
        (manager, admin),
        (admin, admin),
        (moderator, seeker),
        (seeker, UserFactory()),
    ):
        assert not may_block(user, person)
