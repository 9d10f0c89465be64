"""Who finds which page of the desk. To a stranger there is none."""

from __future__ import annotations

import pytest
from django.urls import URLPattern

from accounts.models import User
from fairs.enums import StaffRole
from fairs.models import FairStaff
from jobfair.desk.urls import urlpatterns
from livestream.enums import CrewRole
from tests.desk.people import Scene, browser, staff_of
from tests.factories import (
    EmployerMemberFactory,
    FairFactory,
    SessionCrewFactory,
    SessionFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

EVERYWHERE = {"desk"}
REVIEWING = {
    "desk-employers",
    "desk-employers-batch",
    "desk-employers-batch-template",
    "desk-employer",
    "desk-claims",
    "desk-vacancies",
    "desk-vacancy-edit",
    "desk-honours",
}
IMPORTING = {"desk-imports", "desk-import-template", "desk-import"}
ORDER = {"desk-messages", "desk-questions", "desk-sanctions", "desk-words"}
SEEN = {
    StaffRole.REVIEWER: EVERYWHERE | REVIEWING | IMPORTING | {"desk-fair"},
    StaffRole.MODERATOR: EVERYWHERE | ORDER | {"desk-fair", "desk-message", "desk-person"},
    StaffRole.STATISTICIAN: EVERYWHERE | {"desk-fair"},
}
#: Pages that are about no fair in particular: a manager of any fair opens them.
ANY_FAIR = (
    {
        "desk",
        "desk-fair-new",
        "desk-booths",
        "desk-guests",
        "desk-guest-new",
        "desk-guest",
        "desk-unanswered",
    }
    | REVIEWING
    | ORDER
)


def test_every_page_is_listed() -> None:
    listed = set(Scene.build().addresses())
    posted = {
        "desk-fair-move", "desk-partners", "desk-staff", "desk-staff-end", "desk-staff-revoke",
        "desk-channels", "desk-import-settle", "desk-rehearse", "desk-rehearsal-delete", "desk-crew", "desk-crew-end", "desk-crew-revoke",
        "desk-session-guests", "desk-item-new", "desk-item", "desk-booth", "desk-employer-decide",
        "desk-act-for", "desk-act-stop", "desk-employers-batch-settle", "desk-claim",
        "desk-vacancies-open", "desk-vacancy", "desk-honour", "desk-guest-honour",
        "desk-intent-phone", "desk-intent-lapse", "desk-messages-decide", "desk-person-sanction",
        "desk-person-block",
        "desk-sanction-lift", "desk-word", "desk-question",
    }  # fmt: skip
    apart = {"desk-honour-evidence", "desk-employers-batch-preview"}  # tests of their own
    names = {route.name for route in urlpatterns if isinstance(route, URLPattern)}
    assert names == listed | posted | apart


def test_a_manager_opens_every_page() -> None:
    scene = Scene.build()
    client = browser(staff_of(scene.fair))
    for name, address in scene.addresses().items():
        assert client.get(address).status_code == 200, name


@pytest.mark.parametrize("role", list(SEEN))
def test_other_roles_open_theirs(role: StaffRole) -> None:
    scene = Scene.build()
    client = browser(staff_of(scene.fair, role))
    for name, address in scene.addresses().items():
        expected = 200 if name in SEEN[role] else 404
        assert client.get(address).status_code == expected, name


def test_another_fairs_manager_does_not_see_this_one() -> None:
    scene = Scene.build()
    client = browser(staff_of(FairFactory()))
    for name, address in scene.addresses().items():
        expected = 200 if name in ANY_FAIR else 404
        assert client.get(address).status_code == expected, name


def test_lists_of_another_fairs_manager_hold_nothing_of_this_one() -> None:
    scene = Scene.build()
    client = browser(staff_of(FairFactory()))
    addresses = scene.addresses()
    assert scene.message.text not in client.get(addresses["desk-messages"]).content.decode()
    assert scene.booth.employer.name not in client.get(addresses["desk-booths"]).content.decode()
    page = client.get(addresses["desk-unanswered"]).content.decode()
    assert scene.intent.vacancy.title not in page


@pytest.mark.parametrize("who", ["seeker", "recruiter", "former manager"])
def test_strangers_find_nothing(who: str) -> None:
    scene = Scene.build()
    user: User = UserFactory()
    if who == "recruiter":
        EmployerMemberFactory(person=user)
    if who == "former manager":
        user = staff_of(scene.fair)
        FairStaff.objects.filter(person=user).update(ended_at=scene.fair.starts_at)
    client = browser(user)
    for name, address in scene.addresses().items():
        assert client.get(address).status_code == 404, name


def test_anonymous_is_led_to_the_sign_in() -> None:
    client = browser(None)
    for name, address in Scene.build().addresses().items():
        answer = client.get(address)
        assert answer.status_code == 302, name
        assert answer["Location"].startswith("/sign-in/?next="), name


def test_an_administrator_opens_every_page() -> None:
    scene = Scene.build()
    client = browser(UserFactory(admin=True))
    for name, address in scene.addresses().items():
        assert client.get(address).status_code == 200, name


def test_crew_sees_the_board_with_its_session_alone() -> None:
    own, other = SessionFactory(), SessionFactory()
    crew = SessionCrewFactory(session=own, role=CrewRole.OPERATOR).person
    page = browser(crew).get("/desk/")
    assert page.status_code == 200
    assert own.title in page.content.decode()
    assert other.title not in page.content.decode()
    assert f"/studio/{own.public_id}/" in page.content.decode()


def test_crew_without_console_gets_no_way_into_the_studio() -> None:
    own = SessionFactory()
    crew = SessionCrewFactory(session=own, role=CrewRole.EMPLOYER_VOICE).person
    assert "/studio/" not in browser(crew).get("/desk/").content.decode()


def test_phone_numbers_are_masked_on_every_page() -> None:
    scene = Scene.build()
    manager = staff_of(scene.fair)
    client = browser(manager)
    numbers = {manager.phone, scene.intent.seeker.phone, scene.claim.claimed_by.phone}
    for name, address in scene.addresses().items():
        content = client.get(address).content.decode(errors="replace")
        for phone in numbers:
            assert phone[-8:] not in content, name


def test_the_navigation_counts_what_waits() -> None:
    scene = Scene.build()
    page = browser(staff_of(scene.fair)).get("/desk/claims/").content.decode()
    assert '<a href="/desk/claims/" aria-current="page">' in page
    assert page.count('class="count"') == 7
