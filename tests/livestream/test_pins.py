"""讲解中: one card at a time, in the revision that was shown."""

from __future__ import annotations

import pytest

from core.errors import Conflict, Invalid, NotAllowed
from core.ids import new_id
from employers.models import Vacancy, VacancyRevision
from employers.revisions import snapshot_of
from fairs.enums import StaffRole
from livestream import services
from livestream.enums import SessionStatus
from livestream.log import current_pin, public_events
from livestream.models import Pin, Session
from tests.factories import (
    FairStaffFactory,
    SessionCrewFactory,
    SessionFactory,
    UserFactory,
    VacancyFactory,
    actor,
    open_vacancy,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def session() -> Session:
    return SessionFactory()


@pytest.fixture
def crew(session: Session):
    return actor(SessionCrewFactory(session=session).person)


def test_pin_shows_todays_revision_and_logs_its_card(session, crew) -> None:
    welder, fitter = open_vacancy(session.fair), open_vacancy(session.fair, title="钳工")
    pin = services.pin_vacancies(actor=crew, session=session, vacancies=[fitter, welder])
    assert [row.revision.vacancy for row in pin.shown.all()] == [fitter, welder]
    event = public_events(session.public_id)[-1]
    assert event["kind"] == "pinned"
    assert event["seq"] == pin.seq
    assert [card["title"] for card in event["data"]["vacancies"]] == ["钳工", welder.title]
    card = event["data"]["vacancies"][0]
    assert card["text"]["zh-hans"]["pay"] == "6–8千/月"
    assert card["text"]["en"]["pay"] == "CNY 6,000–8,000 a month"
    assert current_pin(session)["seq"] == pin.seq


def test_a_later_revision_does_not_change_the_card_on_the_screen(session, crew) -> None:
    vacancy = open_vacancy(session.fair)
    services.pin_vacancies(actor=crew, session=session, vacancies=[vacancy])
    Vacancy.objects.filter(pk=vacancy.pk).update(title="高级焊工", revision_number=2)
    vacancy.refresh_from_db()
    VacancyRevision.objects.create(vacancy=vacancy, number=2, snapshot=snapshot_of(vacancy))
    assert current_pin(session)["vacancies"][0]["title"] != "高级焊工"
    services.pin_vacancies(actor=crew, session=session, vacancies=[vacancy])
    assert current_pin(session)["vacancies"][0]["title"] == "高级焊工"


def test_the_new_pin_takes_the_place_of_the_old(session, crew) -> None:
    first = services.pin_vacancies(
        actor=crew, session=session, vacancies=[open_vacancy(session.fair)]
    )
    second = services.pin_vacancies(
        actor=crew, session=session, vacancies=[open_vacancy(session.fair)]
    )
    first.refresh_from_db()
    assert first.ended_at == second.started_at
    assert Pin.objects.filter(session=session, ended_at=None).get() == second


def test_two_taps_pin_once(session, crew) -> None:
    vacancy = open_vacancy(session.fair)
    first = services.pin_vacancies(actor=crew, session=session, vacancies=[vacancy])
    again = services.pin_vacancies(actor=crew, session=session, vacancies=[vacancy])
    assert again == first
    assert session.events.count() == 1


def test_unpin_takes_the_card_down_once(session, crew) -> None:
    services.pin_vacancies(actor=crew, session=session, vacancies=[open_vacancy(session.fair)])
    assert services.unpin(actor=crew, session=session) is not None
    assert services.unpin(actor=crew, session=session) is None
    assert current_pin(session) is None
    assert [event["kind"] for event in public_events(session.public_id)] == ["pinned", "unpinned"]


@pytest.mark.parametrize("wrong", ["draft", "elsewhere", "suspended", "none", "many"])
def test_only_open_vacancies_of_this_fair(session, crew, wrong) -> None:
    vacancies = [open_vacancy(session.fair)]
    if wrong == "draft":
        vacancies.append(open_vacancy(session.fair, status="closed"))
    elif wrong == "elsewhere":
        vacancies.append(VacancyFactory())
    elif wrong == "suspended":
        vacancies.append(open_vacancy(session.fair, employer__status="suspended"))
    elif wrong == "none":
        vacancies = []
    else:
        vacancies += [open_vacancy(session.fair) for _ in range(6)]
    with pytest.raises(Invalid):
        services.pin_vacancies(actor=crew, session=session, vacancies=vacancies)
    assert not session.events.exists()


def test_an_ended_session_shows_no_new_card(session, crew) -> None:
    Session.objects.filter(pk=session.pk).update(status=SessionStatus.ENDED)
    with pytest.raises(Conflict):
        services.pin_vacancies(actor=crew, session=session, vacancies=[open_vacancy(session.fair)])


@pytest.mark.parametrize(
    ("who", "allowed"),
    [("operator", True), ("host", True), ("director", True), ("guest", False),
     ("manager", True), ("moderator", False), ("stranger", False), ("other crew", False),
     ("former", False)],
)  # fmt: skip
def test_who_may_pin(session, who, allowed) -> None:
    if who in {"operator", "host", "director", "guest"}:
        person = SessionCrewFactory(session=session, role=who).person
    elif who in {"manager", "moderator"}:
        person = FairStaffFactory(fair=session.fair, role=StaffRole(who)).person
    elif who == "other crew":
        person = SessionCrewFactory(session=SessionFactory(fair=session.fair)).person
    elif who == "former":
        person = SessionCrewFactory(session=session, ended_at=session.created_at).person
    else:
        person = UserFactory()
    vacancy = open_vacancy(session.fair)
    if allowed:
        assert services.pin_vacancies(actor=actor(person), session=session, vacancies=[vacancy])
    else:
        with pytest.raises(NotAllowed):
            services.pin_vacancies(actor=actor(person), session=session, vacancies=[vacancy])


def test_pin_and_chat_share_one_numbering(session, crew) -> None:
    services.post_message(actor=actor(), session=session, client_id=new_id(), text="你好")
    pin = services.pin_vacancies(
        actor=crew, session=session, vacancies=[open_vacancy(session.fair)]
    )
    assert pin.seq == 2
