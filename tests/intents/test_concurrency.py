from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from core.errors import Conflict
from core.ids import new_id
from intents import consent, ladder
from intents.enums import Level
from intents.models import Consent, Intent, IntentEvent
from intents.services import Expressed, express_intent
from tests.factories import (
    EmployerMemberFactory,
    FairFactory,
    UserFactory,
    actor,
    express,
    open_vacancy,
)

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]
TRIALS = 15
TRIALS_OF_TWENTY = 6


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """Run all calls at the same moment, one thread each; exceptions are results."""
    barrier = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(place: int) -> None:
        try:
            barrier.wait()
            results[place] = calls[place]()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def numbers() -> list[int]:
    return list(IntentEvent.objects.order_by("seq").values_list("seq", flat=True))


@pytest.mark.parametrize("same_client_id", [True, False])
def test_the_same_wish_twenty_times_is_one_row_and_one_answer(same_client_id):
    fair = FairFactory()
    vacancy = open_vacancy(fair)
    for trial in range(1, TRIALS_OF_TWENTY + 1):
        who, client_id = actor(), new_id()

        def post(who=who, client_id=client_id):
            return express_intent(
                actor=who,
                vacancy=vacancy,
                client_id=client_id if same_client_id else new_id(),
                consent_version=consent.CURRENT,
            )

        answers = at_once([post] * 20)
        assert all(isinstance(answer, Expressed) for answer in answers), answers
        assert len({answer.intent.pk for answer in answers}) == 1
        assert sum(answer.created for answer in answers) == 1
        assert Intent.objects.count() == Consent.objects.count() == trial
    assert numbers() == list(range(1, TRIALS_OF_TWENTY + 1))


def test_of_two_recruiters_one_decides_and_the_other_is_told():
    vacancy = open_vacancy()
    recruiters = [actor(EmployerMemberFactory(employer=vacancy.employer).person) for _ in range(2)]
    for _trial in range(TRIALS):
        intent = express(UserFactory(), vacancy)
        one, two = Intent.objects.get(pk=intent.pk), Intent.objects.get(pk=intent.pk)
        answers = at_once(
            [
                lambda row=one: ladder.accept_intent(actor=recruiters[0], intent=row),
                lambda row=two: ladder.decline_intent(
                    actor=recruiters[1], intent=row, reason="招满"
                ),
            ]
        )
        assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "Intent"]
        assert intent.events.count() == 2
    assert numbers() == list(range(1, len(numbers()) + 1))


def test_of_two_acceptances_one_wins():
    vacancy = open_vacancy()
    who = actor(EmployerMemberFactory(employer=vacancy.employer).person)
    for _trial in range(TRIALS):
        intent = express(UserFactory(), vacancy)
        rows = [Intent.objects.get(pk=intent.pk) for _ in range(2)]
        answers = at_once(
            [lambda row=row: ladder.accept_intent(actor=who, intent=row) for row in rows]
        )
        assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "Intent"]


def test_undoing_and_revealing_exclude_each_other():
    vacancy = open_vacancy()
    who = actor(EmployerMemberFactory(employer=vacancy.employer).person)
    for _trial in range(TRIALS):
        intent = express(UserFactory(), vacancy)
        ladder.accept_intent(actor=who, intent=intent)
        one, two = Intent.objects.get(pk=intent.pk), Intent.objects.get(pk=intent.pk)
        answers = at_once(
            [
                lambda row=one: ladder.undo_accept(actor=who, intent=row),
                lambda row=two: ladder.reveal_contact(actor=who, intent=row),
            ]
        )
        assert sum(isinstance(answer, Conflict) for answer in answers) == 1, answers
        intent.refresh_from_db()
        assert (intent.revealed_at is None) == (intent.level == Level.EXPRESSED)
