"""Chat and questions: what is accepted, from whom, once."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from core.errors import Conflict, Invalid, NotAllowed, NotSignedIn, RateLimited
from core.ids import new_id
from fairs.enums import StaffRole
from livestream import rules, services
from livestream.enums import QuestionStatus, RoomRole
from livestream.log import public_events
from livestream.models import Message, Question, Session
from tests.factories import (
    Actor,
    BoothFactory,
    EmployerMemberFactory,
    FairStaffFactory,
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


def post(session, who, text="你好", client_id=None):
    return services.post_message(
        actor=who, session=session, client_id=client_id or new_id(), text=text
    )


def test_a_message_is_stored_once_however_often_it_is_sent(session) -> None:
    who, client_id = actor(), new_id()
    message, created = post(session, who, client_id=client_id)
    again, created_again = post(session, who, client_id=client_id)
    assert (created, created_again) == (True, False)
    assert again == message
    assert message.seq == 1
    with pytest.raises(Conflict):
        post(session, who, text="别的话", client_id=client_id)
    other, created = post(session, actor(), client_id=client_id)
    assert created
    assert other != message


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_the_same_message_twenty_times_at_once_is_one_row() -> None:
    session, user, client_id = SessionFactory(), UserFactory(), new_id()
    answers: list[tuple[int, bool]] = []
    errors: list[Exception] = []

    def send() -> None:
        try:
            mine = Session.objects.get(pk=session.pk)
            message, created = post(mine, Actor(user=user), client_id=client_id)
            answers.append((message.seq, created))
        except RateLimited:
            pass  # the retries that came before the first was stored count as messages
        except Exception as error:  # noqa: BLE001 - shown below
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert Message.objects.filter(session=session).count() == 1
    assert {seq for seq, _created in answers} == {1}
    assert sum(created for _seq, created in answers) == 1


@pytest.mark.parametrize("text", ["", "   ", "\u200b\u200d", "\x00\x07", "字" * 201])
def test_empty_and_long_messages_are_refused(session, text) -> None:
    with pytest.raises(Invalid) as refusal:
        post(session, actor(), text=text)
    assert "text" in refusal.value.fields


def test_text_is_normalised(session) -> None:
    message, _created = post(session, actor(), text="  第一行\n第二行\t\u202e反 \u0301 ")
    assert message.text == "第一行 第二行 反 \u0301"
    assert post(session, actor(), text="字" * 200)[1]


def test_visitors_read_only(session) -> None:
    with pytest.raises(NotSignedIn):
        post(session, Actor(device_key="d" * 24))


def test_too_fast_is_told_and_a_retry_costs_nothing(session) -> None:
    who, client_id = actor(), new_id()
    post(session, who, client_id=client_id)
    for _ in range(rules.MESSAGE_LIMIT + 3):
        post(session, who, client_id=client_id)
    with pytest.raises(RateLimited) as refusal:
        for _ in range(2 * rules.MESSAGE_LIMIT + 1):
            post(session, who)
    assert (
        1 <= refusal.value.retry_after <= rules.MESSAGE_PERIOD_S * 6 / 5 + 1
    )  # a fifth later at most


def test_one_device_with_many_accounts_is_limited_too(session) -> None:
    with pytest.raises(RateLimited):
        for _ in range(2 * rules.MESSAGE_LIMIT + 1):
            post(session, Actor(user=UserFactory(), device_key="d" * 24))


def test_slow_mode_tells_when(session) -> None:
    session.slow_mode_s = 60
    session.save()
    who = actor()
    post(session, who)
    with pytest.raises(RateLimited) as refusal:
        post(session, who)
    assert 55 <= refusal.value.retry_after <= 61
    host = actor(SessionCrewFactory(session=session, role="host").person)
    post(session, host)
    post(session, host)


def test_closed_chat_and_ended_sessions(session) -> None:
    moderator = actor(FairStaffFactory(fair=session.fair, role=StaffRole.MODERATOR).person)
    services.set_mode(actor=moderator, session=session, chat_open=False)
    with pytest.raises(NotAllowed) as refusal:
        post(session, actor())
    assert refusal.value.code == "chat_closed"
    assert post(session, moderator)[1]
    session.status = "ended"
    with pytest.raises(NotAllowed) as refusal:
        post(session, moderator)
    assert refusal.value.code == "room_closed"


def test_roles_show_who_speaks(session) -> None:
    booth = BoothFactory(fair=session.fair)
    people = {
        RoomRole.HOST: SessionCrewFactory(session=session, role="host").person,
        RoomRole.GUEST: SessionCrewFactory(session=session, role="guest").person,
        RoomRole.EMPLOYER: EmployerMemberFactory(employer=booth.employer).person,
        RoomRole.STAFF: FairStaffFactory(fair=session.fair, role=StaffRole.REVIEWER).person,
        RoomRole.SEEKER: EmployerMemberFactory().person,
    }
    for role, person in people.items():
        message, _created = post(session, actor(person))
        assert message.role == role
        assert public_events(session.public_id)[-1]["by"]["role"] == role


def test_held_messages_wait_for_a_moderator(session) -> None:
    session.hold_messages = True
    session.save()
    seeker = UserFactory()
    host = SessionCrewFactory(session=session, role="host").person
    message, _created = post(session, actor(seeker), text="多少钱一个月")
    assert message.status == "held"
    assert public_events(session.public_id)[0]["data"] == {"hidden": "held"}
    assert post(session, actor(host))[0].status == "shown"
    with pytest.raises(NotAllowed):
        services.release_message(actor=actor(seeker), message=message)
    services.release_message(actor=actor(host), message=message)
    events = public_events(session.public_id)
    assert "text" not in events[0]["data"]
    assert events[2]["data"]["text"] == "多少钱一个月"
    assert events[2]["by"]["key"] == seeker.actor_key
    with pytest.raises(Conflict):
        services.release_message(actor=actor(host), message=message)


def test_a_question_about_a_vacancy_goes_to_its_employer(session) -> None:
    vacancy, client_id, who = open_vacancy(session.fair), new_id(), actor()
    ask = {"actor": who, "session": session, "client_id": client_id, "vacancy": vacancy}
    question, created = services.ask_question(text="包住吗？", **ask)
    again, created_again = services.ask_question(text="包住吗？", **ask)
    assert (again, created, created_again) == (question, True, False)
    assert question.employer == vacancy.employer
    with pytest.raises(Conflict):
        services.ask_question(text="包吃吗？", **ask)
    with pytest.raises(Conflict):
        post(session, who, client_id=client_id)


def test_votes_count_once_and_can_be_taken_back(session) -> None:
    asker, voter = actor(), actor()
    question, _created = services.ask_question(
        actor=asker, session=session, client_id=new_id(), text="几点下班？"
    )
    assert services.vote(actor=voter, question=question) == 1
    assert services.vote(actor=voter, question=question) == 1
    assert services.unvote(actor=voter, question=question) == 0
    with pytest.raises(NotAllowed):
        services.vote(actor=asker, question=question)


@pytest.mark.parametrize(
    ("role", "allowed"),
    [("guest", True), ("employer_voice", True), ("operator", True), ("stranger", False)],
)
def test_who_may_answer(session, role, allowed) -> None:
    person = (
        UserFactory()
        if role == "stranger"
        else SessionCrewFactory(session=session, role=role).person
    )
    question, _created = services.ask_question(
        actor=actor(), session=session, client_id=new_id(), text="几点下班？"
    )
    if not allowed:
        with pytest.raises(NotAllowed):
            services.answer_question(actor=actor(person), question=question, text="五点")
        return
    services.answer_question(actor=actor(person), question=question, live=True)
    question.refresh_from_db()
    assert question.status == QuestionStatus.ANSWERED
    assert question.answered_live
    with pytest.raises(Conflict):
        services.answer_question(actor=actor(person), question=question, text="六点")
    with pytest.raises(Conflict):
        services.vote(actor=actor(), question=question)


def test_a_question_set_aside_leaves_the_page(session) -> None:
    moderator = actor(FairStaffFactory(fair=session.fair, role=StaffRole.MODERATOR).person)
    question, _created = services.ask_question(
        actor=actor(), session=session, client_id=new_id(), text="加微信"
    )
    with pytest.raises(Invalid):
        services.dismiss_question(actor=moderator, question=question, reason=" ")
    services.dismiss_question(actor=moderator, question=question, reason="广告")
    events = public_events(session.public_id)
    assert events[0]["data"] == {"hidden": "dismissed"}
    assert events[1]["kind"] == "removed"
    assert Question.objects.get().text == "加微信"


@pytest.mark.parametrize(
    "text",
    [
        "我电话13912345678",
        "１３９ 1234-5678",
        "+86 139.1234.5678 找我",
        "+8613912345678",
        "1 3 9 1 2 3 4 5 6 7 8",
    ],
)
def test_a_viewers_phone_number_is_refused_in_chat_and_questions(session, text) -> None:
    who = actor()
    with pytest.raises(Invalid) as refusal:
        post(session, who, text)
    assert refusal.value.code == "text_has_phone"
    with pytest.raises(Invalid):
        services.ask_question(actor=who, session=session, client_id=new_id(), text=text)
    assert not public_events(session.public_id)


def test_other_numbers_pass_and_staff_may_give_the_organisers(session) -> None:
    post(session, actor(), "工资8000-12000，2026年3月1日，订单20261391234567890")
    staff = FairStaffFactory(fair=session.fair, role=StaffRole.MANAGER).person
    post(session, actor(staff), "咨询电话 13912345678")
    assert len(public_events(session.public_id)) == 2


def test_a_nameless_person_shows_two_digits_at_most(session) -> None:
    user = UserFactory(display_name="", phone="+8613912345678")
    post(session, actor(user))
    assert public_events(session.public_id)[0]["by"]["name"] == "求职者 78"
