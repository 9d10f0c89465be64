"""What vacancy cards are told of the person's intents."""

from __future__ import annotations

import pytest

from intents import ladder
from intents.selectors import intent_states, mark_states
from tests.factories import (
    EmployerMemberFactory,
    FairFactory,
    UserFactory,
    actor,
    express,
    open_vacancy,
)

pytestmark = pytest.mark.django_db


def test_states_of_cards(query_count):
    fair, seeker = FairFactory(), UserFactory()
    cards = [open_vacancy(fair) for _ in range(5)]
    intents = [express(seeker, card) for card in cards[:4]]
    recruiters = [actor(EmployerMemberFactory(employer=card.employer).person) for card in cards[:4]]
    ladder.accept_intent(actor=recruiters[1], intent=intents[1])
    ladder.decline_intent(actor=recruiters[2], intent=intents[2], reason="招满")
    ladder.withdraw_intent(actor=actor(seeker), intent=intents[3])
    express(UserFactory(), cards[4])
    with query_count() as queries:
        marked = mark_states(seeker, cards)
    assert len(queries) == 1
    states = [vars(card)["intent_state"] for card in marked]
    assert states == ["expressed", "matched", "declined", "", ""]
    assert intent_states(seeker) == {
        str(cards[0].public_id): "expressed",
        str(cards[1].public_id): "matched",
        str(cards[2].public_id): "declined",
    }


def test_a_visitor_and_an_empty_page_cost_nothing(query_count):
    with query_count() as queries:
        assert intent_states(None) == {}
        assert mark_states(UserFactory.build(), []) == []
    assert not queries


def test_a_new_wish_after_a_refusal_shows():
    vacancy, seeker = open_vacancy(), UserFactory()
    recruiter = actor(EmployerMemberFactory(employer=vacancy.employer).person)
    ladder.decline_intent(actor=recruiter, intent=express(seeker, vacancy), reason="招满")
    express(seeker, vacancy)
    assert intent_states(seeker) == {str(vacancy.public_id): "expressed"}
