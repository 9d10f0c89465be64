"""Roles at a fair and its sessions, promised at the desk."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import Invitation
from livestream.enums import CrewRole
from tests.desk.people import browser, staff_of
from tests.factories import BoothFactory, SessionCrewFactory, SessionFactory

pytestmark = pytest.mark.django_db
PHONE = "13912345678"


def test_an_employer_s_voice_is_invited_with_its_employer() -> None:
    session = SessionFactory()
    booth, elsewhere = BoothFactory(fair=session.fair), BoothFactory()
    client = browser(staff_of(session.fair))
    home, invite = (
        reverse(name, args=[session.public_id]) for name in ("desk-session", "desk-crew")
    )
    page = client.get(home).content.decode()
    assert str(booth.employer.public_id) in page
    assert str(elsewhere.employer.public_id) not in page
    form = {"phone": PHONE, "role": "employer_voice"}
    for wrong in ("", elsewhere.employer.public_id, "x"):
        answer = client.post(invite, form | {"employer": wrong}, follow=True)
        assert "notice--bad" in answer.content.decode()
    assert not Invitation.objects.exists()
    client.post(invite, form | {"employer": booth.employer.public_id})
    assert Invitation.objects.get().on_behalf_of == booth.employer.public_id
    invited = client.get(home).context["invited"]
    assert [(row.role, row.employer) for row in invited] == [("企业代表", booth.employer.name)]


def test_an_employer_left_from_another_choice_of_role_means_nothing() -> None:
    session = SessionFactory()
    booth = BoothFactory(fair=session.fair)
    browser(staff_of(session.fair)).post(
        reverse("desk-crew", args=[session.public_id]),
        {"phone": PHONE, "role": "operator", "employer": booth.employer.public_id},
    )
    assert Invitation.objects.get().on_behalf_of is None


def test_the_crew_is_shown_with_whose_voice_they_are(query_count) -> None:
    session = SessionFactory()
    client = browser(staff_of(session.fair))
    home = reverse("desk-session", args=[session.public_id])

    def one_more(number: int) -> None:
        booth = BoothFactory(fair=session.fair)
        voice = {"role": CrewRole.EMPLOYER_VOICE, "employer": booth.employer}
        SessionCrewFactory(session=session, **voice)
        client.post(
            reverse("desk-crew", args=[session.public_id]),
            {
                "phone": f"1391234567{number}",
                "role": "employer_voice",
                "employer": booth.employer.public_id,
            },
        )
        assert client.get(home).content.decode().count(booth.employer.name) == 3, "and in the form"

    counts = []
    for number in range(3):
        one_more(number)
        with query_count() as queries:
            client.get(home)
        counts.append(len(queries))
    assert counts[0] == counts[2]
