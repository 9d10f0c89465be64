"""Who gets into an employer's console: owner, colleague, staff for them; a stranger finds nothing."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, User
from employers.enums import DocumentKind, EmployerRole, EmployerStatus
from employers.models import Employer, EmployerDocument
from fairs.enums import BoothStatus, StaffRole
from fairs.models import ImportBatch
from jobfair.employer_console.urls import _one
from livestream.services import ask_question
from tests.factories import (
    BoothFactory,
    EmployerFactory,
    EmployerMemberFactory,
    FairStaffFactory,
    SessionFactory,
    UserFactory,
    VacancyFactory,
    actor,
    bring,
    express,
)

pytestmark = pytest.mark.django_db

PAGES = (
    "employer-inbox",
    "employer-inbox-list",
    "employer-questions",
    "employer-questions-list",
    "employer-setup",
    "employer-profile",
    "employer-team",
    "employer-vacancies",
    "employer-new-vacancy",
    "employer-complete",
    "employer-fairs",
    "employer-import",
    "employer-template",
)


def browser(user: User | None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def addresses(employer: Employer) -> dict[str, str]:
    """Every address of the console, with things of this employer in it."""
    vacancy = VacancyFactory(employer=employer)
    booth = bring(vacancy, BoothFactory(employer=employer).fair).booth
    member = employer.members.first() or EmployerMemberFactory(employer=employer)
    question, _is_new = ask_question(
        actor=actor(UserFactory()),
        session=SessionFactory(fair=booth.fair),
        client_id=uuid4(),
        text="包住吗？",
        vacancy=vacancy,
    )
    things = {
        "question": question.public_id,
        "intent": express(UserFactory(), vacancy).public_id,
        "vacancy": vacancy.public_id,
        "person": member.person.public_id,
        "invitation": uuid4(),
        "batch": ImportBatch.objects.create(fair=booth.fair, employer=employer).public_id,
        "slug": booth.fair.slug,
        "step": "close",
        "answer": "decline",
    }
    found = {}
    for route in _one:
        wanted = route.pattern.converters
        values = {name: things[name] for name in wanted if name in things}
        found[str(route.name)] = reverse(
            str(route.name), kwargs={"employer": employer.public_id, **values}
        )
    return found


@pytest.mark.parametrize("role", [EmployerRole.OWNER, EmployerRole.RECRUITER])
def test_members_open_every_page(role: EmployerRole) -> None:
    member = EmployerMemberFactory(role=role)
    client = browser(member.person)
    urls = addresses(member.employer)
    for name in (*PAGES, "employer-intent", "employer-vacancy", "employer-fair"):
        assert client.get(urls[name]).status_code == 200, name
    assert client.get(urls["employer-import-batch"]).status_code == 200


def test_a_stranger_finds_nothing_by_any_method() -> None:
    employer = EmployerMemberFactory(role=EmployerRole.OWNER).employer
    urls = addresses(employer)
    strangers = [
        UserFactory(),
        EmployerMemberFactory(role=EmployerRole.OWNER).person,
        FairStaffFactory(role=StaffRole.MANAGER).person,  # of another fair
        FairStaffFactory(fair=employer.booths.get().fair, role=StaffRole.MODERATOR).person,
    ]
    for person in strangers:
        client = browser(person)
        for name, url in urls.items():
            assert client.get(url).status_code in {404, 405}, name
            assert client.post(url).status_code in {404, 405}, name
    assert not AuditEvent.objects.filter(actor__in=strangers).exists()


def test_a_visitor_is_asked_to_sign_in() -> None:
    employer = EmployerFactory()
    for name in PAGES:
        answer = browser(None).get(reverse(name, args=[employer.public_id]))
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/sign-in/")


def test_things_of_another_employer_are_not_found_in_ones_own_console() -> None:
    mine = EmployerMemberFactory(role=EmployerRole.OWNER)
    others = addresses(EmployerFactory())
    client = browser(mine.person)
    own = str(mine.employer.public_id)
    for name, url in others.items():
        if name in PAGES or name in {"employer-apply", "employer-many-vacancies"}:
            continue
        if name in {"employer-upload-document", "employer-submit"}:
            continue
        moved = url.split("/")
        moved[2] = own
        answer = (
            client.get
            if name
            in {
                "employer-intent",
                "employer-vacancy",
                "employer-import-batch",
            }
            else client.post
        )("/".join(moved))
        assert answer.status_code == 404, name


def test_staff_of_the_fair_act_for_the_employer_and_are_recorded() -> None:
    booth = BoothFactory()
    manager = FairStaffFactory(fair=booth.fair, role=StaffRole.MANAGER).person
    client = browser(manager)
    url = reverse("employer-new-vacancy", args=[booth.employer.public_id])
    page = client.get(url)
    assert "工作人员身份" in page.content.decode()
    client.post(url, {"title": "普工"})
    event = AuditEvent.objects.get(action="vacancy.created")
    assert (event.actor, event.on_behalf_of) == (manager, booth.employer.public_id)


def test_a_declined_booth_gives_staff_no_console() -> None:
    booth = BoothFactory(status=BoothStatus.DECLINED)
    manager = FairStaffFactory(fair=booth.fair, role=StaffRole.MANAGER).person
    url = reverse("employer-inbox", args=[booth.employer.public_id])
    assert browser(manager).get(url).status_code == 404


def test_a_licence_is_read_by_its_employer_and_by_reviewers_and_each_look_is_recorded() -> None:
    member = EmployerMemberFactory()
    document = EmployerDocument(
        employer=member.employer, kind=DocumentKind.BUSINESS_LICENCE, media_type="image/png"
    )
    document.file.save("x.png", ContentFile(b"png"), save=True)
    url = reverse("employer-document", args=[document.public_id])
    reviewer = FairStaffFactory(role=StaffRole.REVIEWER).person
    for person in (member.person, reviewer):
        answer = browser(person).get(url)
        assert answer.status_code == 200
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer["Content-Security-Policy"]
        assert answer.content == b"png"
    for stranger in (UserFactory(), FairStaffFactory(role=StaffRole.STATISTICIAN).person):
        assert browser(stranger).get(url).status_code == 404
    assert browser(None).get(url).status_code == 302
    assert AuditEvent.objects.filter(action="employer.document_read").count() == 2


def test_the_door_leads_to_the_one_employer_or_asks() -> None:
    door = reverse("employer-console")
    newcomer = browser(UserFactory())
    assert reverse("employer-register") in newcomer.get(door).content.decode()
    member = EmployerMemberFactory()
    client = browser(member.person)
    assert client.get(door)["Location"] == reverse(
        "employer-inbox", args=[member.employer.public_id]
    )
    EmployerMemberFactory(
        person=member.person, employer=EmployerFactory(status=EmployerStatus.DRAFT)
    )
    assert client.get(door).status_code == 200
