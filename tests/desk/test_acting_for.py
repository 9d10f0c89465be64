"""Staff acting for an employer: in with a banner, every change on its behalf, and out again."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import AuditEvent
from employers.enums import EmployerStatus
from employers.models import Vacancy
from fairs.enums import StaffRole
from tests.desk.people import Scene, audited, browser, staff_of
from tests.factories import EmployerFactory, EmployerMemberFactory, FairFactory

pytestmark = pytest.mark.django_db


def test_into_the_console_and_out_again() -> None:
    scene = Scene.build()
    employer = scene.intent.vacancy.employer
    manager = staff_of(scene.fair)
    client = browser(manager)
    begun = client.post(reverse("desk-act-for", args=[employer.public_id]), follow=True)
    page = begun.content.decode()
    assert begun.status_code == 200
    assert employer.name in page
    assert reverse("desk-act-stop") in page
    assert client.session["acting_for"] == str(employer.public_id)
    event = AuditEvent.objects.get(action="employer.acting_began")
    assert (event.actor, event.on_behalf_of) == (manager, employer.public_id)

    client.post(reverse("employer-new-vacancy", args=[employer.public_id]), {"title": "代录的焊工"})
    assert Vacancy.objects.get(title="代录的焊工").employer == employer
    written = AuditEvent.objects.get(action="vacancy.created")
    assert (written.actor, written.on_behalf_of) == (manager, employer.public_id)

    ended = client.post(reverse("desk-act-stop"))
    assert ended["Location"] == reverse("desk-employer", args=[employer.public_id])
    assert "acting_for" not in client.session
    assert audited("employer.acting_ended") == 1
    assert client.post(reverse("desk-act-stop"))["Location"] == reverse("desk")


def test_straight_to_an_application() -> None:
    scene = Scene.build()
    employer = scene.intent.vacancy.employer
    client, address = (
        browser(staff_of(scene.fair)),
        reverse("desk-act-for", args=[employer.public_id]),
    )
    answer = client.post(address, {"intent": scene.intent.public_id})
    expected = reverse("employer-intent", args=[employer.public_id, scene.intent.public_id])
    assert answer["Location"] == expected
    other = Scene.build().intent.public_id
    assert client.post(address, {"intent": other})["Location"] != expected
    assert client.post(address, {"intent": "x"}).status_code == 404


def test_an_employer_in_setup_opens_at_its_papers() -> None:
    scene = Scene.build()
    employer = scene.booth.employer
    type(employer).objects.filter(pk=employer.pk).update(status=EmployerStatus.SUBMITTED)
    address = reverse("desk-act-for", args=[employer.public_id])
    answer = browser(staff_of(scene.fair, StaffRole.REVIEWER)).post(address)
    assert answer["Location"] == reverse("employer-setup", args=[employer.public_id])


def test_a_member_enters_as_themselves() -> None:
    scene = Scene.build()
    manager = staff_of(scene.fair)
    EmployerMemberFactory(employer=scene.booth.employer, person=manager)
    client = browser(manager)
    client.post(reverse("desk-act-for", args=[scene.booth.employer.public_id]))
    assert audited("employer.acting_began") == 0
    assert "acting_for" not in client.session


@pytest.mark.parametrize("role", [StaffRole.MODERATOR, StaffRole.STATISTICIAN])
def test_other_roles_act_for_nobody(role: StaffRole) -> None:
    scene = Scene.build()
    client = browser(staff_of(scene.fair, role))
    address = reverse("desk-act-for", args=[scene.booth.employer.public_id])
    assert client.post(address).status_code == 404
    assert client.post(reverse("desk-act-stop")).status_code == 404


def test_employers_of_other_fairs_are_not_acted_for() -> None:
    scene = Scene.build()
    client = browser(staff_of(FairFactory()))
    address = reverse("desk-act-for", args=[scene.booth.employer.public_id])
    assert client.post(address).status_code == 404
    page = client.get(reverse("desk-employer", args=[EmployerFactory().public_id]))
    assert "desk-act-for" not in page.content.decode()
    assert "act-for" not in page.content.decode()
