"""Questions: held and released, routed, on the screen, answered for somebody, told afterwards."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.ids import new_id
from employers.models import Vacancy
from fairs.enums import StaffRole
from jobs.worker import run_pending
from livestream import question_lists, services
from livestream.enums import QuestionStatus
from livestream.log import current_question, public_events
from livestream.models import BlockedWord, Question, QuestionPin, Session, SessionGuest
from livestream.pay_words import asks_about_pay
from livestream.screening import forget
from livestream.services.answers import Voice
from tests.factories import (
    Actor,
    BoothFactory,
    EmployerMemberFactory,
    FairStaffFactory,
    GuestFactory,
    OnAirIntervalFactory,
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
    return SessionFactory(status="live")


@pytest.fixture
def operator(session) -> Actor:
    return actor(SessionCrewFactory(session=session, role="operator").person)


@pytest.fixture
def vacancy(session) -> Vacancy:
    return open_vacancy(session.fair)


@pytest.fixture
def recruiter(vacancy) -> Actor:
    return actor(EmployerMemberFactory(employer=vacancy.employer).person)


def ask(session: Session, text: str = "包住吗？", who: Actor | None = None, **about) -> Question:
    return services.ask_question(
        actor=who or actor(), session=session, client_id=new_id(), text=text, **about
    )[0]


@pytest.mark.both_databases
def test_nobody_asks_the_same_twice(session) -> None:
    who = actor()
    first = ask(session, "工资多少？", who)
    for same in ("工资多少", " 工資 多少？？"):
        with pytest.raises(Conflict) as refusal:
            ask(session, same, who)
        assert refusal.value.code == "question_asked"
    assert ask(session, "工资多少？").pk != first.pk
    with pytest.raises(IntegrityError):
        Question.objects.create(
            session=session, seq=99, author=who.user, fingerprint=first.fingerprint
        )


def test_only_vacancies_of_the_fair_can_be_asked_about(session) -> None:
    for elsewhere in (open_vacancy(), VacancyFactory()):
        with pytest.raises(Invalid) as refusal:
            ask(session, vacancy=elsewhere)
        assert refusal.value.code == "question_vacancy"


def test_a_held_question_is_its_authors_alone_until_it_is_released(session, operator) -> None:
    BlockedWord.objects.create(fair=session.fair, word="微信", folded="微 信", action="hold")
    forget()
    who = actor()
    held = ask(session, "可以加 微信 问吗", who)
    assert (held.status, held.held_because) == (QuestionStatus.HELD, "微信")
    assert public_events(session.public_id)[0]["data"] == {"hidden": "held"}
    assert not question_lists.listed(session)
    assert list(question_lists.own(who.user, session)) == [held]
    with pytest.raises(NotAllowed):
        services.release_question(actor=who, question=held)
    with pytest.raises(Conflict):
        services.answer_question(actor=operator, question=held, live=True)
    services.release_question(actor=operator, question=held)
    shown = public_events(session.public_id)[1]
    assert (shown["data"]["text"], shown["by"]["key"]) == (held.text, who.user.actor_key)
    with pytest.raises(Conflict):
        services.release_question(actor=operator, question=held)
    forget()


def test_a_room_that_reviews_first_holds_viewers_questions(session, operator) -> None:
    services.set_mode(actor=operator, session=session, hold=True)
    assert ask(session).status == QuestionStatus.HELD
    assert ask(session, who=operator).status == QuestionStatus.PENDING


def test_set_aside_leaves_the_screen_and_tells_why(session, operator) -> None:
    question = ask(session)
    services.pin_question(actor=operator, question=question)
    services.dismiss_question(actor=operator, question=question, reason="问过了")
    assert question.dismissed_reason == "问过了"
    assert question.dismissed_at
    assert current_question(session) is None
    kinds = [event["kind"] for event in public_events(session.public_id)]
    assert kinds == ["question", "question_pinned", "question_unpinned", "removed"]
    assert all("包住" not in str(event) for event in public_events(session.public_id))
    for act in (services.pin_question, services.release_question):
        with pytest.raises(Conflict):
            act(actor=operator, question=question)


class TestRoute:
    def test_to_another_employer_and_to_the_host(self, session, operator, vacancy) -> None:
        question = ask(session, vacancy=vacancy)
        assert question.employer == vacancy.employer
        other = BoothFactory(fair=session.fair).employer
        services.route_question(actor=operator, question=question, employer=other)
        question.refresh_from_db()
        assert (question.employer, question.vacancy) == (other, None)
        services.route_question(actor=operator, question=question, employer=None)
        assert question.employer is None
        assert list(question_lists.to_employer(other)) == []

    def test_a_vacancy_stays_with_a_question_to_the_host(self, session, operator, vacancy) -> None:
        question = ask(session, vacancy=vacancy)
        services.route_question(actor=operator, question=question, employer=None)
        assert question.vacancy == vacancy

    def test_not_to_strangers_and_not_by_them(self, session, operator, recruiter, vacancy) -> None:
        question = ask(session, vacancy=vacancy)
        with pytest.raises(Invalid):
            services.route_question(
                actor=operator, question=question, employer=VacancyFactory().employer
            )
        with pytest.raises(NotAllowed):
            services.route_question(actor=recruiter, question=question, employer=None)
        services.answer_question(actor=recruiter, question=question, text="包住")
        with pytest.raises(Conflict):
            services.route_question(actor=operator, question=question, employer=None)

    @pytest.mark.both_databases
    def test_not_once_it_has_been_answered(self, session, operator, vacancy) -> None:
        """Answered by a colleague after it was read and before it is written."""
        question, answered = ask(session), list[bool]()

        def answered_first(execute, sql, params, many, context):
            if sql.startswith('UPDATE "livestream_question"') and not answered:
                answered.append(True)
                Question.objects.filter(pk=question.pk).update(
                    status=QuestionStatus.ANSWERED, answered_at=timezone.now()
                )
            return execute(sql, params, many, context)

        with (
            connection.execute_wrapper(answered_first),
            pytest.raises(Conflict, match="question_state"),
        ):
            services.route_question(actor=operator, question=question, employer=vacancy.employer)
        assert answered


class TestScreen:
    def test_one_at_a_time_and_late_joiners_get_it(self, session, operator) -> None:
        first, second = ask(session, "第一问"), ask(session, "第二问")
        pin = services.pin_question(actor=operator, question=first)
        assert services.pin_question(actor=operator, question=first) == pin
        services.pin_question(actor=operator, question=second)
        found = current_question(session)
        assert (found["id"], found["text"]) == (str(second.public_id), "第二问")
        assert found["seq"] == second.seq
        pin.refresh_from_db()
        assert pin.ended_at
        with pytest.raises(IntegrityError):
            QuestionPin.objects.create(session=session, question=first, seq=99)

    def test_leaves_with_an_answer_on_air_and_with_the_end(self, session, operator) -> None:
        first, second = ask(session, "第一问"), ask(session, "第二问")
        services.pin_question(actor=operator, question=first)
        services.answer_question(actor=operator, question=first, live=True)
        assert question_lists.on_screen(session) is None
        services.pin_question(actor=operator, question=second)
        services.end_session(actor=operator, session=session)
        assert question_lists.on_screen(session) is None
        with pytest.raises(Conflict):
            services.pin_question(actor=operator, question=second)

    def test_is_the_crews(self, session, recruiter) -> None:
        with pytest.raises(NotAllowed):
            services.pin_question(actor=recruiter, question=ask(session))


class TestAnswers:
    def test_on_air_keeps_the_second_of_the_programme(self, session, operator) -> None:
        now = timezone.now()
        early, later = now - timedelta(seconds=600), now - timedelta(seconds=60)
        OnAirIntervalFactory(session=session, starts_at=early, ends_at=early + timedelta(seconds=9))
        running = OnAirIntervalFactory(session=session, starts_at=later, ends_at=None)
        question = services.answer_question(actor=operator, question=ask(session), live=True)
        assert 600 <= question.answered_second <= 605
        event = public_events(session.public_id)[-1]
        assert event["data"]["second"] == question.answered_second
        running.ends_at = timezone.now()
        running.save()
        off = services.answer_question(actor=operator, question=ask(session, "几点？"), live=True)
        assert off.answered_second is None

    def test_its_employer_answers_in_writing_also_after_the_session(
        self, session, operator, recruiter, vacancy, monkeypatch
    ) -> None:
        sent: list[tuple[str, dict[str, object]]] = []
        monkeypatch.setattr(
            "core.sms.send", lambda phone, template, params: sent.append((template, params))
        )
        during, after = (
            ask(session, text, vacancy=vacancy) for text in ("包吃吗？", "夜班补贴多少钱一晚？")
        )
        services.answer_question(actor=recruiter, question=during, text="包")
        services.end_session(actor=operator, session=session)
        after.refresh_from_db()
        services.answer_question(actor=recruiter, question=after, text="30 元")
        assert (after.answer_employer, after.on_behalf) == (vacancy.employer, False)
        by = public_events(session.public_id)[-1]["by"]
        assert (by["name"], by["role"]) == (vacancy.employer.name, "employer")
        run_pending()
        ((template, params),) = sent
        assert template == "answered"
        assert params["who"] == vacancy.employer.name
        assert str(params["url"]).endswith("/me/questions/")

    def test_not_anothers_question_and_not_as_on_air(self, session, recruiter, vacancy) -> None:
        with pytest.raises(NotAllowed):
            services.answer_question(actor=recruiter, question=ask(session), text="包")
        mine = ask(session, vacancy=vacancy)
        with pytest.raises(NotAllowed):
            services.answer_question(actor=recruiter, question=mine, live=True)

    def test_the_crew_answers_on_behalf(self, session, operator, vacancy) -> None:
        guest = GuestFactory(name="梁师傅")
        SessionGuest.objects.create(session=session, guest=guest)
        for_guest = services.answer_question(
            actor=operator, question=ask(session), text="要练", voice=Voice(guest=guest)
        )
        assert (for_guest.answer_name, for_guest.on_behalf) == ("梁师傅", True)
        for_employer = services.answer_question(
            actor=operator,
            question=ask(session, vacancy=vacancy),
            text="包",
            voice=Voice(employer=vacancy.employer),
        )
        assert (for_employer.answer_name, for_employer.on_behalf) == (vacancy.employer.name, True)
        for voice in (Voice(guest=GuestFactory()), Voice(employer=vacancy.employer)):
            with pytest.raises(Invalid):
                services.answer_question(
                    actor=operator, question=ask(session), text="包", voice=voice
                )

    def test_staff_who_act_for_the_employer_and_nobody_else(self, session, vacancy) -> None:
        reviewer = actor(FairStaffFactory(fair=session.fair, role=StaffRole.REVIEWER).person)
        voice = Voice(employer=vacancy.employer)
        question = ask(session, vacancy=vacancy)
        answered = services.answer_question(
            actor=reviewer, question=question, text="包", voice=voice
        )
        assert answered.on_behalf
        for stranger in (actor(), actor(FairStaffFactory(role=StaffRole.REVIEWER).person)):
            with pytest.raises((NotAllowed, NotFound)):
                services.answer_question(
                    actor=stranger,
                    question=ask(session, vacancy=vacancy),
                    text="包",
                    voice=voice,
                )

    def test_a_guest_with_an_account_speaks_for_himself(self, session) -> None:
        person = SessionCrewFactory(session=session, role="guest").person
        guest = GuestFactory(person=person)
        SessionGuest.objects.create(session=session, guest=guest)
        answered = services.answer_question(actor=actor(person), question=ask(session), text="要练")
        assert (answered.answer_guest, answered.on_behalf) == (guest, False)


class TestLists:
    @pytest.mark.both_databases
    def test_by_votes_then_answered_and_alike_for_everybody(
        self, session, operator, query_count
    ) -> None:
        asked = [ask(session, f"第{n}问") for n in range(4)]
        for voter in (actor(), actor()):
            services.vote(actor=voter, question=asked[1])
        services.vote(actor=actor(), question=asked[2])
        services.answer_question(actor=operator, question=asked[2], text="好")
        services.pin_question(actor=operator, question=asked[0])
        with query_count() as queries:
            page = question_lists.public_page(session, 1)
        assert len(queries) == 1
        assert [row["text"] for row in page["questions"]] == ["第1问", "第3问", "第0问", "第2问"]
        assert [row["votes"] for row in page["questions"]] == [2, 0, 0, 1]
        assert [row["screen"] for row in page["questions"]] == [False, False, True, False]
        assert page["questions"][3]["answer"]["text"] == "好"
        assert not page["more"]
        assert question_lists.public_page(session, 2) == {"questions": [], "more": False}

    def test_scores_per_addressee(self, session, operator, vacancy, query_count) -> None:
        waits = [timedelta(minutes=n) for n in (2, 4, 12)]
        for n, wait in enumerate(waits):
            question = ask(session, f"第{n}问", vacancy=vacancy)
            services.answer_question(actor=operator, question=question, text="好")
            asked_at = question.answered_at - wait
            Question.objects.filter(pk=question.pk).update(created_at=asked_at)
        ask(session, "还有一问", vacancy=vacancy)
        ask(session, "问主持人")
        rows = question_lists.of_rooms(Session.objects.filter(pk=session.pk))
        with query_count() as queries:
            lines = question_lists.scores(rows)
        assert len(queries) == 2
        found = {line.employer: (line.asked, line.waiting, line.median_wait) for line in lines}
        assert found == {
            vacancy.employer: (4, 1, timedelta(minutes=4)),
            None: (1, 1, None),
        }


@pytest.mark.parametrize(
    ("text", "about_pay"),
    [
        ("薪 资多少", True),
        ("底薪是几多", True),
        ("一個月多少錢？", True),
        ("What is the pay?", True),
        ("工 资", True),
        ("宿舍几人间", False),
        ("paying guests", False),
    ],
)
def test_what_is_about_pay(text, about_pay) -> None:
    assert asks_about_pay(text) == about_pay


def test_votes_are_a_tally_without_entries(session) -> None:
    question = ask(session)
    before = Session.objects.get(pk=session.pk).last_seq
    for _ in range(3):
        services.vote(actor=actor(UserFactory()), question=question)
    assert Session.objects.get(pk=session.pk).last_seq == before


# --- taking an answer back ------------------------------------------------------------------------


class TestReopen:
    def test_waits_again_as_if_nobody_had_answered(self, session, operator) -> None:
        OnAirIntervalFactory(session=session)
        guest = GuestFactory()
        SessionGuest.objects.create(session=session, guest=guest)
        question = ask(session)
        asked_at = question.seq
        services.answer_question(
            actor=operator, question=question, live=True, text="包", voice=Voice(guest=guest)
        )
        services.reopen_question(actor=operator, question=question)
        question.refresh_from_db()
        assert question.status == QuestionStatus.PENDING
        assert (question.answer, question.answered_live, question.answered_second) == (
            "",
            False,
            None,
        )
        assert (question.answered_by, question.answer_guest, question.on_behalf) == (
            None,
            None,
            False,
        )
        listed = question_lists.public_page(session, 1)["questions"]
        assert [row["answered"] for row in listed] == [False]
        first, answer, removed, again = [
            event for event in public_events(session.public_id) if event["kind"] != "on_air"
        ]
        assert (first["seq"], first["data"]) == (asked_at, {"hidden": "moved"})
        assert (answer["kind"], list(answer["data"])) == ("answer", ["hidden"])
        assert removed["data"] == {"ref": answer["seq"]}
        assert (again["kind"], again["data"]["text"]) == ("question", question.text)
        services.answer_question(actor=operator, question=question, text="不包")
        answers = [e for e in public_events(session.public_id) if e["kind"] == "answer"]
        assert [e["data"].get("text") for e in answers] == [None, "不包"]

    def test_keeps_its_votes(self, session, operator) -> None:
        question = ask(session)
        services.vote(actor=actor(), question=question)
        services.answer_question(actor=operator, question=question, live=True)
        services.reopen_question(actor=operator, question=question)
        assert question.votes.count() == 1

    def test_for_ten_minutes(self, session, operator) -> None:
        question = ask(session)
        services.answer_question(actor=operator, question=question, text="包")
        settled = timezone.now() - timedelta(minutes=10, seconds=1)
        Question.objects.filter(pk=question.pk).update(answered_at=settled)
        with pytest.raises(Conflict, match="10"):
            services.reopen_question(actor=operator, question=question)
        question.refresh_from_db()
        assert question.answer == "包"

    def test_what_nobody_answered_stays_as_it_is(self, session, operator) -> None:
        waiting, aside = ask(session), ask(session)
        services.dismiss_question(actor=operator, question=aside, reason="重复")
        for question in (waiting, aside):
            with pytest.raises(Conflict):
                services.reopen_question(actor=operator, question=question)

    def test_by_the_crew_the_one_who_answered_and_their_colleagues(
        self, session, operator, vacancy, recruiter
    ) -> None:
        colleague = actor(EmployerMemberFactory(employer=vacancy.employer).person)
        voice = actor(SessionCrewFactory(session=session, role="guest").person)
        for who, answering in (
            (colleague, recruiter),
            (recruiter, recruiter),
            (operator, recruiter),
        ):
            question = ask(session, vacancy=vacancy)
            services.answer_question(actor=answering, question=question, text="包")
            with pytest.raises(NotAllowed):
                services.reopen_question(actor=voice, question=question)
            with pytest.raises((NotAllowed, NotFound)):
                services.reopen_question(actor=actor(), question=question)
            services.reopen_question(actor=who, question=question)
