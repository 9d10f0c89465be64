"""Intents by phone, the list of unanswered ones, and whom to call."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import AuditEvent, User
from core.ids import new_id
from employers.models import Employer
from fairs.enums import StaffRole
from intents.enums import EventChannel, Outcome
from intents.ladder import accept_intent
from intents.models import Intent
from tests.desk.people import Scene, audited, browser, staff_of
from tests.factories import actor, open_vacancy

pytestmark = pytest.mark.django_db


def phone_form(**fields: str) -> dict[str, str]:
    return {
        "phone": "139 8888 7777",
        "name": "老周",
        "trade": "焊工",
        "years": "12",
        "evidence": "14:20 来电",
        "agreed": "on",
        "client_id": str(new_id()),
        **fields,
    }


def address_of(scene: Scene) -> str:
    return reverse("desk-phone-intent-for", args=[scene.fair.slug, scene.intent.vacancy.public_id])


def test_an_intent_by_phone_is_recorded_for_the_caller() -> None:
    scene = Scene.build()
    manager = staff_of(scene.fair)
    client, form = browser(manager), phone_form()
    answer = client.post(address_of(scene), form)
    assert answer["Location"] == reverse("desk-phone-intent", args=[scene.fair.slug])
    seeker = User.objects.get(phone="+8613988887777")
    intent = Intent.objects.get(seeker=seeker)
    event = intent.events.get()
    assert (event.channel, event.actor, event.on_behalf_of) == (
        EventChannel.PHONE,
        manager,
        seeker.public_id,
    )
    assert event.evidence == "14:20 来电"
    assert (intent.name, intent.trade, intent.years) == ("老周", "焊工", 12)
    assert seeker.phone_verified_at is None
    again = client.post(address_of(scene), form, follow=True).content.decode()
    assert Intent.objects.filter(seeker=seeker).count() == 1
    assert "已报过名" in again


def test_the_consent_names_employer_and_vacancy() -> None:
    scene = Scene.build()
    page = browser(staff_of(scene.fair)).get(address_of(scene)).content.decode()
    vacancy = scene.intent.vacancy
    assert f"“{vacancy.employer.name}”" in page
    assert f"“{vacancy.title}”" in page


@pytest.mark.parametrize("missing", ["agreed", "evidence", "phone"])
def test_without_consent_evidence_or_number_nothing_is_recorded(missing: str) -> None:
    scene = Scene.build()
    form = phone_form()
    form.pop(missing)
    page = browser(staff_of(scene.fair)).post(address_of(scene), form)
    assert "field__error" in page.content.decode()
    assert Intent.objects.count() == 1


def test_only_open_vacancies_of_the_fair_are_offered() -> None:
    scene = Scene.build()
    elsewhere = open_vacancy()
    client = browser(staff_of(scene.fair))
    foreign = reverse("desk-phone-intent-for", args=[scene.fair.slug, elsewhere.public_id])
    assert client.get(foreign).status_code == 404
    found = client.get(reverse("desk-phone-intent", args=[scene.fair.slug]) + "?q=永兴")
    assert scene.intent.vacancy.title in found.content.decode()
    none = client.get(reverse("desk-phone-intent", args=[scene.fair.slug]) + "?q=飞行员")
    assert none.context["found"] == []


def test_an_answered_intent_leaves_the_list() -> None:
    scene = Scene.build()
    manager = staff_of(scene.fair)
    client = browser(manager)
    assert scene.intent.vacancy.title in client.get("/desk/intents/unanswered/").content.decode()
    accept_intent(actor=actor(manager), intent=scene.intent)
    page = client.get("/desk/intents/unanswered/").content.decode()
    assert scene.intent.vacancy.title not in page


def test_what_an_employer_never_answered_is_closed_with_a_reason() -> None:
    scene = Scene.build()
    client = browser(staff_of(scene.fair))
    close = reverse("desk-intent-lapse", args=[scene.intent.public_id])
    assert close in client.get("/desk/intents/unanswered/").content.decode()
    refused = client.post(close, {"reason": " "}, follow=True).content.decode()
    assert "notice--bad" in refused
    client.post(close, {"reason": "单位三次电话都没有接"})
    scene.intent.refresh_from_db()
    assert (scene.intent.outcome, scene.intent.reason) == (Outcome.LAPSED, "单位三次电话都没有接")
    assert close not in client.get("/desk/intents/unanswered/").content.decode()
    mine = browser(scene.intent.seeker).get("/me/").content.decode()
    assert "单位三次电话都没有接" in mine


def test_an_intent_that_was_answered_meanwhile_is_not_closed() -> None:
    scene = Scene.build()
    manager = staff_of(scene.fair)
    accept_intent(actor=actor(manager), intent=scene.intent)
    close = reverse("desk-intent-lapse", args=[scene.intent.public_id])
    page = browser(manager).post(close, {"reason": "没有回应"}, follow=True).content.decode()
    assert manager.display_name in page
    scene.intent.refresh_from_db()
    assert scene.intent.outcome == Outcome.LIVE


def test_a_number_shows_after_the_second_factor_and_each_look_is_audited() -> None:
    scene = Scene.build()
    Employer.objects.filter(pk=scene.intent.vacancy.employer_id).update(
        contact_phone="0750-5550101"
    )
    manager = staff_of(scene.fair)
    address = reverse("desk-intent-phone", args=[scene.intent.public_id])
    asked = browser(manager).post(address, headers={"referer": "http://testserver/desk/"})
    assert asked["Location"].startswith("/account/2fa/")
    assert audited("intent.phone_read") == 0
    client = browser(manager, second_factor=True)
    page = client.post(address)
    digits = scene.intent.seeker.phone[-4:]
    assert f"{digits}</a>" in page.content.decode()
    assert "0750-5550101" in page.content.decode()
    assert page["Cache-Control"] == "private, no-store"
    client.post(address)
    events = AuditEvent.objects.filter(action="intent.phone_read")
    assert [event.actor for event in events] == [manager, manager]


def test_the_number_of_an_answered_intent_does_not_show() -> None:
    scene = Scene.build()
    manager = staff_of(scene.fair)
    accept_intent(actor=actor(manager), intent=scene.intent)
    address = reverse("desk-intent-phone", args=[scene.intent.public_id])
    page = browser(manager, second_factor=True).post(address, follow=True)
    assert "notice--bad" in page.content.decode()
    assert audited("intent.phone_read") == 0


@pytest.mark.parametrize("role", [StaffRole.REVIEWER, StaffRole.STATISTICIAN])
def test_only_managers_of_this_fair_see_numbers(role: StaffRole) -> None:
    scene, other = Scene.build(), Scene.build()
    address = reverse("desk-intent-phone", args=[scene.intent.public_id])
    assert browser(staff_of(scene.fair, role), second_factor=True).post(address).status_code == 404
    assert browser(staff_of(other.fair), second_factor=True).post(address).status_code == 404
