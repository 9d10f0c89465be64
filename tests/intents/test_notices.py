from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from intents import ladder, notices
from intents.enums import Level
from jobs.worker import run_pending
from tests.factories import EmployerMemberFactory, UserFactory, actor, express, open_vacancy

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sent(monkeypatch) -> list[tuple[str, str, dict[str, Any]]]:
    """Messages handed to the sending side."""
    messages: list[tuple[str, str, dict[str, Any]]] = []
    monkeypatch.setattr(
        "core.sms.send", lambda phone, template, params: messages.append((phone, template, params))
    )
    monkeypatch.setattr(notices, "DELAYS", {})
    return messages


@pytest.fixture
def intent():
    return express(UserFactory(), open_vacancy())


@pytest.fixture
def recruiter(intent):
    return actor(EmployerMemberFactory(employer=intent.vacancy.employer).person)


def test_a_match_is_told(sent, intent, recruiter):
    ladder.accept_intent(actor=recruiter, intent=intent)
    run_pending()
    ((phone, template, params),) = sent
    assert (phone, template) == (intent.seeker.phone, "matched")
    assert params["vacancy"] == intent.vacancy.title


def test_a_match_undone_in_time_is_not(sent, intent, recruiter):
    ladder.accept_intent(actor=recruiter, intent=intent)
    ladder.undo_accept(actor=recruiter, intent=intent)
    run_pending()
    assert not sent


def test_an_acceptance_waits_for_its_undoing(intent, recruiter):
    ladder.accept_intent(actor=recruiter, intent=intent)
    assert run_pending() == 0


def test_an_interview_names_the_day(sent, intent, recruiter):
    ladder.accept_intent(actor=recruiter, intent=intent)
    ladder.advance_intent(
        actor=recruiter,
        intent=intent,
        to=Level.INTERVIEW_BOOKED,
        effective_on=date(2099, 12, 3),
    )
    run_pending()
    assert [(template, params.get("when")) for _phone, template, params in sent] == [
        ("interview", "2099年12月3日 周四")
    ]


def test_what_is_declined_is_told_and_what_is_withdrawn_is_not(sent, intent, recruiter):
    second = express(intent.seeker, open_vacancy(intent.fair))
    ladder.decline_intent(actor=recruiter, intent=intent, reason="招满")
    ladder.withdraw_intent(actor=actor(second.seeker), intent=second)
    run_pending()
    assert [template for _phone, template, _params in sent] == ["declined"]
