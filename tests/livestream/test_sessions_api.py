"""The API of sessions and rooms: what it answers, and to whom."""

from __future__ import annotations

import pytest
from django.test import Client
from rest_framework.test import APIClient

from core.ids import new_id
from fairs.enums import FairStatus
from livestream import services
from livestream.enums import ItemKind, VideoSource
from livestream.models import Pin, Session
from tests.factories import (
    GuestFactory,
    OnAirIntervalFactory,
    SessionCrewFactory,
    SessionFactory,
    UserFactory,
    actor,
    open_vacancy,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def session() -> Session:
    return SessionFactory()


@pytest.fixture
def api() -> APIClient:
    return APIClient()


@pytest.fixture
def crew_api(session) -> APIClient:
    made = APIClient()
    made.force_login(
        SessionCrewFactory(session=session).person, "django.contrib.auth.backends.ModelBackend"
    )
    return made


@pytest.fixture
def seeker_api() -> APIClient:
    made = APIClient()
    made.force_login(UserFactory(), "django.contrib.auth.backends.ModelBackend")
    return made


def url(session, rest=""):
    return f"/api/v1/sessions/{session.public_id}/{rest}"


def test_anybody_reads_a_session(api, session, query_count) -> None:
    crew = actor(SessionCrewFactory(session=session).person)
    OnAirIntervalFactory(session=session)
    services.add_item(
        actor=crew,
        session=session,
        kind=ItemKind.EMPLOYER,
        title="讲解",
        presenters=[GuestFactory()],
        vacancies=[open_vacancy(session.fair), open_vacancy(session.fair, status="closed")],
    )
    services.start_next(actor=crew, session=session)
    with query_count() as queries:
        answer = api.get(url(session))
    assert answer.status_code == 200
    assert len(queries) <= 8
    body = answer.json()
    assert body["id"] == str(session.public_id)
    assert body["fair"] == session.fair.slug
    assert body["video"]["playback_url"].startswith("/media/testchannel/")
    assert len(body["run_sheet"][0]["vacancies"]) == 1
    assert body["room"]["pin"]["seq"] == 1
    assert body["room"]["mode"]["chat_open"] is True


def test_invisible_sessions_are_404(api, seeker_api) -> None:
    hidden = SessionFactory(fair__status=FairStatus.DRAFT)
    for rest in ("", "events/", "questions/"):
        answer = api.get(url(hidden, rest))
        assert answer.status_code == 404
        assert answer.json()["code"] == "not_found"
        assert answer["Content-Type"] == "application/problem+json"
    assert seeker_api.post(url(hidden, "pin/"), {"vacancies": [new_id()]}).status_code == 404


def test_events_come_in_pages(api, session) -> None:
    for n in range(5):
        services.post_message(actor=actor(), session=session, client_id=new_id(), text=f"{n}")
    body = api.get(url(session, "events/"), {"after": 1, "limit": 2}).json()
    assert [event["seq"] for event in body["events"]] == [2, 3]
    assert body["seq"] == 5
    assert api.get(url(session, "events/"), {"after": 5}).json()["events"] == []


@pytest.mark.parametrize(
    "query",
    [
        {"after": "-1"},
        {"after": "x"},
        {"limit": "501"},
        {"wait": "11"},
        {"after": "٣"},
        {"after": "9" * 5000},
    ],
)
def test_events_refuse_nonsense(api, session, query) -> None:
    answer = api.get(url(session, "events/"), query)
    assert answer.status_code == 400
    assert set(answer.json()["fields"]) == set(query)


def test_a_message_is_201_then_200_then_409(session, seeker_api) -> None:
    body = {"client_id": str(new_id()), "text": "你好"}
    first = seeker_api.post(url(session, "messages/"), body)
    assert first.status_code == 201
    assert first.json()["seq"] == 1
    again = seeker_api.post(url(session, "messages/"), body)
    assert again.status_code == 200
    assert again.json() == first.json()
    other = seeker_api.post(url(session, "messages/"), {**body, "text": "别的"})
    assert other.status_code == 409
    assert other.json()["code"] == "client_id_used"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"client_id": "x", "text": "你好"},
        {"client_id": str(new_id()), "text": 5},
        {"client_id": str(new_id()), "text": "你好", "role": "host"},
        {"client_id": str(new_id()), "text": "   "},
        [],
    ],
)
def test_wrong_messages_are_400(session, seeker_api, body) -> None:
    answer = seeker_api.post(url(session, "messages/"), body)
    assert answer.status_code == 400
    assert answer.json()["fields"]


@pytest.mark.parametrize(
    "rest", ["messages/", "pin/", "unpin/", "on-air/", "off-air/", "questions/"]
)
def test_writing_needs_an_account(api, session, rest) -> None:
    answer = api.post(url(session, rest), {})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"]


def test_writing_needs_the_csrf_token(session) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory(), "django.contrib.auth.backends.ModelBackend")
    answer = client.post(
        url(session, "messages/"),
        {"client_id": str(new_id()), "text": "你好"},
        content_type="application/json",
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("rest", ["pin/", "unpin/", "on-air/", "off-air/"])
def test_the_console_is_the_crews(session, seeker_api, rest) -> None:
    body = {"vacancies": [str(open_vacancy(session.fair).public_id)]} if rest == "pin/" else {}
    assert seeker_api.post(url(session, rest), body).status_code == 403
    assert not session.events.exists()


def test_the_crew_pins_and_unpins(session, crew_api) -> None:
    first, second = open_vacancy(session.fair), open_vacancy(session.fair)
    body = {"vacancies": [str(second.public_id), str(first.public_id)]}
    answer = crew_api.post(url(session, "pin/"), body)
    assert answer.json() == {"pin_seq": 1}
    pin = Pin.objects.get()
    assert [row.revision.vacancy for row in pin.shown.all()] == [second, first]
    assert crew_api.post(url(session, "unpin/"), {}).json() == {"pin_seq": None}
    for wrong in ([str(new_id())], [], ["x"], [str(first.public_id), 5]):
        assert crew_api.post(url(session, "pin/"), {"vacancies": wrong}).status_code == 400


def test_unknown_vacancies_tell_a_stranger_nothing(session, seeker_api) -> None:
    answer = seeker_api.post(url(session, "pin/"), {"vacancies": [str(new_id())]})
    assert answer.status_code == 403


def test_on_and_off_air(crew_api, session) -> None:
    Session.objects.filter(pk=session.pk).update(
        video_source=VideoSource.ELSEWHERE, external_url="https://example.com/live"
    )
    on = crew_api.post(url(session, "on-air/"), {}).json()
    assert on["status"] == "live"
    assert on["on_air_since"]
    assert crew_api.post(url(session, "on-air/"), {}).json() == on
    off = crew_api.post(url(session, "off-air/"), {}).json()
    assert off["on_air_since"] is None
    assert crew_api.post(url(session, "off-air/"), {}).status_code == 200


def test_questions(session, seeker_api, crew_api, api) -> None:
    vacancy = open_vacancy(session.fair)
    body = {"client_id": str(new_id()), "text": "包住吗？", "vacancy": str(vacancy.public_id)}
    asked = seeker_api.post(url(session, "questions/"), body)
    assert asked.status_code == 201
    assert seeker_api.post(url(session, "questions/"), body).status_code == 200
    missing = {**body, "client_id": str(new_id()), "vacancy": str(new_id())}
    assert seeker_api.post(url(session, "questions/"), missing).status_code == 404
    vote = f"/api/v1/questions/{asked.json()['id']}/vote/"
    assert crew_api.post(vote).json() == {"votes": 1}
    assert api.get(url(session, "questions/")).json()[0]["votes"] == 1
    assert crew_api.delete(vote).json() == {"votes": 0}
    answer = f"/api/v1/questions/{asked.json()['id']}/answer/"
    assert seeker_api.post(answer, {"text": "包"}).status_code == 403
    assert crew_api.post(answer, {"text": "包", "live": "yes"}).status_code == 400
    assert crew_api.post(answer, {"text": "包"}).json()["status"] == "answered"
    assert crew_api.post(answer, {"text": "包"}).status_code == 409
    assert api.post(vote).status_code == 401
    assert seeker_api.post(f"/api/v1/questions/{new_id()}/vote/").status_code == 404


def test_an_answer_and_a_route_say_how_many_voted(session, seeker_api, crew_api) -> None:
    vacancy = open_vacancy(session.fair)
    body = {"client_id": str(new_id()), "text": "包住吗？"}
    asked = seeker_api.post(url(session, "questions/"), body).json()
    question = f"/api/v1/questions/{asked['id']}"
    assert asked["votes"] == 0
    crew_api.post(f"{question}/vote/")
    assert seeker_api.post(url(session, "questions/"), body).json()["votes"] == 1
    routed = crew_api.post(f"{question}/route/", {"employer": str(vacancy.employer.public_id)})
    assert (routed.json()["votes"], routed.json()["to"]) == (1, vacancy.employer.name)
    answered = crew_api.post(f"{question}/answer/", {"text": "包"}).json()
    assert (answered["votes"], answered["status"]) == (1, "answered")


def test_nothing_is_answered_for_the_employer_of_a_question_to_the_host(
    session, seeker_api, crew_api
) -> None:
    body = {"client_id": str(new_id()), "text": "包住吗？"}
    asked = seeker_api.post(url(session, "questions/"), body).json()
    answer = f"/api/v1/questions/{asked['id']}/answer/"
    refused = crew_api.post(answer, {"text": "包", "for_employer": True})
    assert (refused.status_code, refused.json()["code"]) == (400, "answer_voice")
    assert crew_api.post(answer, {"text": "包", "for_employer": False}).status_code == 200
