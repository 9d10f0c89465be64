"""The studio's lists: whom a question is sent to, for whom it is answered, what waits."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from core.ids import new_id
from fairs.enums import BoothStatus
from jobfair.studio.question_board import SHOWN
from livestream import services
from livestream.enums import ItemKind, MessageStatus, QuestionStatus
from livestream.models import Message, Question, Session
from tests.factories import (
    Actor,
    BoothFactory,
    EmployerFactory,
    SessionCrewFactory,
    SessionFactory,
    UserFactory,
    actor,
)
from tests.support.accounts import signed_in

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


@pytest.fixture
def session() -> Session:
    return SessionFactory(status="live")


@pytest.fixture
def crew(session) -> Actor:
    return actor(SessionCrewFactory(session=session).person)


@pytest.fixture
def question(session) -> Question:
    return services.ask_question(
        actor=actor(), session=session, client_id=new_id(), text="包住吗？"
    )[0]


def act(session: Session, crew: Actor, action: str, **form: object):
    address = reverse("studio-act", args=[session.public_id, action])
    return signed_in(Client(), crew.require_user()).post(address, form, headers=JSON)


def studio(session: Session, crew: Actor):
    client = signed_in(Client(), crew.require_user())
    return client.get(reverse("studio", args=[session.public_id]))


def test_a_question_goes_to_the_one_of_two_namesakes_that_was_chosen(
    session, crew, question
) -> None:
    codes = ("91350100M000100Y43", "92371000MA3MXH0E3W")
    namesakes = [EmployerFactory(name="永兴机械", credit_code=code) for code in codes]
    other = EmployerFactory(name="南方造船")
    for employer in (*namesakes, other):
        BoothFactory(fair=session.fair, employer=employer, status=BoothStatus.APPROVED)
    offered = studio(session, crew).context["fair_employers"]
    assert sorted(offered) == sorted(["南方造船", *(f"永兴机械 · {code}" for code in codes)])
    form = {"question": question.public_id}
    for employer, code in zip(namesakes, codes, strict=True):
        assert act(session, crew, "route", employer=f"永兴机械 · {code}", **form).status_code == 200
        question.refresh_from_db()
        assert question.employer == employer
        page = studio(session, crew).content.decode()
        assert f'value="永兴机械 · {code}" placeholder' in page  # pressed again it stays there
    for nobody in ("永兴机械", "北方造船"):
        refused = act(session, crew, "route", employer=nobody, **form)
        assert (refused.status_code, refused.json()["code"]) == (400, "question_route")
    assert act(session, crew, "route", employer="南方造船", **form).status_code == 200
    question.refresh_from_db()
    assert question.employer == other


def test_a_question_to_the_host_is_answered_for_no_employer(session, crew, question) -> None:
    form = {"question": question.public_id, "text": "包", "voice": "employer"}
    refused = act(session, crew, "answer", **form)
    assert (refused.status_code, refused.json()["code"]) == (400, "answer_voice")
    question.refresh_from_db()
    assert question.status == QuestionStatus.PENDING


def test_after_the_end_the_steps_that_were_not_begun_are_counted(session, crew) -> None:
    for title in ("开场", "看车间", "答疑"):
        services.add_item(actor=crew, session=session, kind=ItemKind.STORY, title=title)
    services.mark_on_air(actor=crew, session=session)
    services.start_next(actor=crew, session=session)
    services.end_session(actor=crew, session=session)
    text = studio(session, crew).content.decode()
    assert "还有 2 项没有进行" in text
    assert "流程已走完" not in text
    page = signed_in(Client(), crew.require_user())
    going_live = page.get(reverse("studio-live", args=[session.public_id])).content.decode()
    assert 'data-bc="badge">已结束<' in going_live


def test_more_held_messages_than_can_be_shown_are_counted(session, crew) -> None:
    author = UserFactory()
    Message.objects.bulk_create(
        Message(
            session=session, seq=n, author=author, name="王", text=f"{n}", status=MessageStatus.HELD
        )
        for n in range(1, SHOWN + 3)
    )
    page = studio(session, crew)
    assert [message.seq for message in page.context["held"]] == list(range(1, SHOWN + 1))
    assert page.context["more_held"] == 2
    assert f'<span class="count">{SHOWN + 2}</span>' in page.content.decode()
    Message.objects.filter(seq__gt=SHOWN).delete()
    assert studio(session, crew).context["more_held"] == 0
