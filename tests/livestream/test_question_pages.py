"""Questions on pages: the shared list, one's own, the employer's, the desk's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from core.ids import new_id
from fairs.enums import StaffRole
from livestream import services
from livestream.enums import QuestionStatus
from livestream.models import Question, Session, SessionGuest
from livestream.services.answers import Voice
from tests.factories import (
    EmployerMemberFactory,
    FairFactory,
    FairStaffFactory,
    GuestFactory,
    OnAirIntervalFactory,
    SessionCrewFactory,
    SessionFactory,
    UserFactory,
    actor,
    open_vacancy,
)
from tests.support.accounts import signed_in

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


@pytest.fixture
def session() -> Session:
    cache.clear()
    return SessionFactory(status="live")


@pytest.fixture
def vacancy(session):
    return open_vacancy(session.fair)


def ask(session: Session, text: str, **about) -> Question:
    return services.ask_question(
        actor=about.pop("who", None) or actor(),
        session=session,
        client_id=new_id(),
        text=text,
        **about,
    )[0]


class TestRoomList:
    def test_is_made_once_for_everybody(self, client, session, vacancy, query_count) -> None:
        address = reverse("room-questions", args=[session.public_id, 1])
        asked = ask(session, "包住吗？", vacancy=vacancy)
        first = client.get(address)
        assert first["Cache-Control"] == "public, max-age=5"
        (shown,) = first.json()["questions"]
        assert shown["id"] == str(asked.public_id)
        assert (shown["votes"], shown["to"]) == (0, vacancy.employer.name)
        services.vote(actor=actor(), question=asked)
        other = signed_in(client, UserFactory())
        with query_count() as queries:
            again = other.get(address)
        assert again.content == first.content
        assert len(queries) == 0
        cache.clear()
        assert client.get(address).json()["questions"][0]["votes"] == 1
        for page in (0, 21):
            beyond = reverse("room-questions", args=[session.public_id, page])
            assert client.get(beyond).status_code == 404

    def test_of_a_rehearsal_is_its_crews_alone(self, client, session) -> None:
        rehearsal = SessionFactory(fair=session.fair, rehearsal_of=session)
        crew = signed_in(client, SessionCrewFactory(session=rehearsal).person)
        public = reverse("room-questions", args=[rehearsal.public_id, 1])
        assert crew.get(public).status_code == 404
        address = reverse("room-crew-questions", args=[rehearsal.public_id, 1])
        assert address[:-6] in crew.get(rehearsal.get_absolute_url()).content.decode()
        answer = crew.get(address)
        assert answer.json() == {"questions": [], "more": False}
        assert "no-store" in answer["Cache-Control"]
        crew.logout()
        assert client.get(address).status_code == 404

    def test_is_asked_of_the_only_employer_on_the_screen(self, client, session, vacancy) -> None:
        crew = actor(SessionCrewFactory(session=session).person)
        signed_in(client, UserFactory())
        address = session.get_absolute_url()
        chosen = 'value="{}" selected'.format
        services.pin_vacancies(actor=crew, session=session, vacancies=[vacancy])
        assert chosen(vacancy.public_id) in client.get(address).content.decode()
        other = open_vacancy(session.fair)
        named = client.get(address, {"about": other.public_id}).content.decode()
        assert chosen(other.public_id) in named
        assert chosen(vacancy.public_id) not in named
        services.pin_vacancies(actor=crew, session=session, vacancies=[vacancy, other])
        both = client.get(address).content.decode()
        assert chosen(vacancy.public_id) not in both
        assert chosen(other.public_id) not in both

    def test_the_author_sees_what_became_of_it(self, client, session, vacancy) -> None:
        moderator = actor(FairStaffFactory(fair=session.fair, role=StaffRole.MODERATOR).person)
        who = UserFactory()
        signed_in(client, who)
        form = {"text": "包住吗？", "vacancy": vacancy.public_id}
        told = client.post(reverse("room-ask", args=[session.public_id]), form, headers=JSON)
        assert told.status_code == 201
        assert told.json()["state"] == "pending"
        question = Question.objects.get()
        assert question.employer == vacancy.employer
        services.dismiss_question(actor=moderator, question=question, reason="问过了")
        (own,) = client.get(reverse("room-own-questions", args=[session.public_id])).json()[
            "questions"
        ]
        assert (own["state"], own["label"], own["reason"]) == ("dismissed", "已搁置", "问过了")
        room = client.get(session.get_absolute_url()).content.decode()
        assert "问过了" in room
        mine = client.get(reverse("me-questions")).content.decode()
        assert "原因：问过了" in mine
        again = client.post(reverse("room-ask", args=[session.public_id]), form, headers=JSON)
        assert again.status_code == 409
        form["vacancy"] = new_id()
        gone = client.post(reverse("room-ask", args=[session.public_id]), form, headers=JSON)
        assert gone.json()["code"] == "question_vacancy"

    def test_a_page_about_a_vacancy_leads_to_asking(self, client, session, vacancy) -> None:
        page = client.get(vacancy.get_absolute_url()).content.decode()
        assert f"{session.get_absolute_url()}?about={vacancy.public_id}#p-questions" in page
        room = signed_in(client, UserFactory()).get(
            session.get_absolute_url(), {"about": str(vacancy.public_id)}
        )
        assert f'value="{vacancy.public_id}" selected' in room.content.decode()


class TestEmployer:
    @pytest.mark.parametrize("count", [1, 4])
    def test_all_sessions_longest_waiting_first(
        self, client, session, vacancy, query_count, count
    ) -> None:
        member = EmployerMemberFactory(employer=vacancy.employer).person
        other = SessionFactory(fair=session.fair)
        asked = [
            ask(room, f"第{n}问，工资多少", vacancy=vacancy)
            for n in range(count)
            for room in (session, other)
        ]
        ask(session, "别家的")
        address = reverse("employer-questions", args=[vacancy.employer.public_id])
        signed_in(client, member)
        with query_count() as queries:
            page = client.get(address)
        assert len(queries) <= 13
        text = page.content.decode()
        assert [row.pk for row in page.context["questions"]] == [row.pk for row in asked]
        assert "问薪资" in text
        assert "别家的" not in text
        narrowed = client.get(address, {"session": other.public_id, "vacancy": vacancy.public_id})
        assert len(narrowed.context["questions"]) == count
        assert client.get(address, {"session": "x"}).status_code == 404

    def test_answers_and_news(self, client, session, vacancy) -> None:
        member = EmployerMemberFactory(employer=vacancy.employer).person
        asked = ask(session, "包住吗？", vacancy=vacancy)
        employer = vacancy.employer.public_id
        signed_in(client, member)
        stamp = client.get(reverse("employer-questions", args=[employer])).context["stamp"]
        news = reverse("employer-questions-list", args=[employer])
        assert client.get(news, {"stamp": stamp}).status_code == 204
        answer = reverse("employer-answer-question", args=[employer, asked.public_id])
        assert client.post(answer, {"text": "包住，四人间"}).status_code == 302
        asked.refresh_from_db()
        assert (asked.answer, asked.on_behalf) == ("包住，四人间", False)
        changed = client.get(news, {"stamp": stamp, "box": "answered"})
        assert "包住，四人间" in changed.content.decode()
        vacancy_page = client.get(vacancy.get_absolute_url()).content.decode()
        assert "包住，四人间" in vacancy_page


class TestDesk:
    @pytest.mark.parametrize("count", [1, 4])
    def test_over_all_rooms(self, client, session, vacancy, query_count, count) -> None:
        manager = FairStaffFactory(fair=session.fair, role=StaffRole.MANAGER).person
        for n in range(count):
            ask(session, f"第{n}问", vacancy=vacancy)
            ask(SessionFactory(fair=session.fair), f"第{n}问")
        ask(SessionFactory(status="live"), "别的招聘会")
        signed_in(client, manager)
        with query_count() as queries:
            page = client.get(reverse("desk-questions"))
        assert len(queries) <= 27
        assert (page.context["asked"], page.context["waiting"]) == (2 * count, 2 * count)
        assert len(page.context["questions"]) == 2 * count
        to = {"employer": vacancy.employer.public_id}
        assert len(client.get(reverse("desk-questions"), to).context["questions"]) == count
        host = client.get(reverse("desk-questions"), {"employer": "host"})
        assert len(host.context["questions"]) == count

    def test_decides(self, client, session, vacancy) -> None:
        manager = FairStaffFactory(fair=session.fair, role=StaffRole.MANAGER).person
        asked = [ask(session, f"第{n}问", vacancy=vacancy) for n in range(3)]
        signed_in(client, manager)
        forms = (
            {"decision": "answer", "text": "包住"},
            {"decision": "host"},
            {"decision": "aside", "text": "重复"},
        )
        for question, form in zip(asked, forms, strict=True):
            client.post(reverse("desk-question", args=[question.public_id]), form)
            question.refresh_from_db()
        assert (asked[0].answer_name, asked[0].on_behalf) == (vacancy.employer.name, True)
        assert asked[1].employer is None
        assert asked[2].dismissed_reason == "重复"

    @pytest.mark.parametrize("form", [{}, {"decision": "asied"}])
    def test_decides_nothing_that_was_not_chosen(self, client, session, form) -> None:
        signed_in(client, FairStaffFactory(fair=session.fair, role=StaffRole.MANAGER).person)
        asked = ask(session, "包住吗？")
        address = reverse("desk-question", args=[asked.public_id])
        assert client.post(address, {"text": "重复", **form}).status_code == 404
        asked.refresh_from_db()
        assert asked.status == QuestionStatus.PENDING


class TestGuest:
    def answered(self, session, guest, asked, **more) -> Question:
        crew = actor(SessionCrewFactory(session=session).person)
        question = services.ask_question(
            actor=actor(), session=session, client_id=new_id(), text=asked
        )[0]
        return services.answer_question(
            actor=crew, question=question, voice=Voice(guest=guest), **more
        )

    def test_page_shows_what_they_answered(self, client, session) -> None:
        guest = GuestFactory()
        SessionGuest.objects.create(session=session, guest=guest)
        OnAirIntervalFactory(session=session, starts_at=timezone.now() - timedelta(seconds=754))
        self.answered(session, guest, "电焊伤眼睛吗?", text="戴好面罩不伤", live=True)
        aside = services.ask_question(
            actor=actor(), session=session, client_id=new_id(), text="没人回答"
        )[0]
        page = client.get(guest.get_absolute_url()).content.decode()
        assert "电焊伤眼睛吗" in page
        assert "戴好面罩不伤" in page
        assert aside.text not in page
        assert f"{session.get_absolute_url()}?t=" not in page
        Session.objects.filter(pk=session.pk).update(status="replay")
        page = client.get(guest.get_absolute_url()).content.decode()
        assert f"{session.get_absolute_url()}?t=754" in page
        assert "12:34" in page

    def test_page_shows_ten_at_a_time_and_none_of_what_is_hidden(
        self, client, session, query_count
    ) -> None:
        guest = GuestFactory()
        draft = SessionFactory(fair=FairFactory(status="draft"))
        rehearsal = SessionFactory(fair=session.fair, rehearsal_of=session)
        for room in (session, draft, rehearsal):
            SessionGuest.objects.create(session=room, guest=guest)
        for room in (draft, rehearsal):
            self.answered(room, guest, "看不到", text="好")
        for n in range(11):
            self.answered(session, guest, f"第{n}个问题", text="好")
            if n == 0:
                with query_count() as few:
                    client.get(guest.get_absolute_url())
        with query_count() as many:
            page = client.get(guest.get_absolute_url()).content.decode()
        assert len(many) == len(few)
        assert "看不到" not in page
        assert "第10个问题" in page
        assert "第0个问题" not in page
        assert "第0个问题" in client.get(guest.get_absolute_url(), {"page": 2}).content.decode()


def test_an_employer_takes_its_answer_back(client, session) -> None:
    vacancy = open_vacancy(session.fair)
    member = EmployerMemberFactory(employer=vacancy.employer).person
    question = services.ask_question(
        actor=actor(), session=session, client_id=new_id(), text="包住吗?", vacancy=vacancy
    )[0]
    services.answer_question(actor=actor(member), question=question, text="不包")
    console = signed_in(client, member)
    listing = reverse("employer-questions", args=[vacancy.employer.public_id])
    back = reverse(
        "employer-reopen-question", args=[vacancy.employer.public_id, question.public_id]
    )
    assert back in console.get(listing, {"box": "answered"}).content.decode()
    assert "撤回" in console.post(back, follow=True).content.decode()
    question.refresh_from_db()
    assert question.status == "pending"
    assert "包住吗" in console.get(listing).content.decode()
