"""Room tokens: ours, whole, and in time."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import signing
from django.test import Client
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st

from core.ids import new_id
from fairs.enums import FairStatus
from livestream.models import RoomRevocation
from livestream.realtime import publish, store, tokens
from livestream.realtime.tokens import BadTokenError, issue, read
from tests.factories import SessionCrewFactory, SessionFactory


def test_a_token_says_what_was_issued() -> None:
    session = new_id()
    claims = read(issue(session, "abc", "host"))
    assert (claims.session, claims.key, claims.role) == (session, "abc", "host")
    assert claims.expires - time.time() == pytest.approx(tokens.LIFETIME_S, abs=2)


def test_a_token_expires() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as clock:
        token = issue(new_id(), "abc", "seeker")
        clock.shift(timedelta(seconds=tokens.LIFETIME_S - 1))
        read(token)
        clock.shift(timedelta(seconds=1))
        with pytest.raises(BadTokenError):
            read(token)


@trials(deadline=None)
@given(st.text(max_size=700))
def test_nothing_else_is_a_token(text: str) -> None:
    with pytest.raises(BadTokenError):
        read(text)


@trials(deadline=None)
@given(st.integers(min_value=0), st.characters(min_codepoint=33, max_codepoint=126))
def test_an_altered_token_is_refused(place: int, char: str) -> None:
    token = issue(new_id(), "abc", "seeker")
    place %= len(token)
    if token[place] != char:
        with pytest.raises(BadTokenError):
            read(token[:place] + char + token[place + 1 :])


@pytest.mark.parametrize("body", [[], {}, {"s": "x", "k": "", "r": "", "i": 1, "e": 1}, "text"])
def test_a_signature_alone_is_not_enough(body: object) -> None:
    with pytest.raises(BadTokenError):
        read(signing.Signer(salt="livestream.room").sign_object(body))


def test_another_salt_is_not_ours() -> None:
    with pytest.raises(BadTokenError):
        read(signing.Signer(salt="other").sign_object({"s": new_id().hex}))


@pytest.mark.django_db
def test_revocations_are_kept_for_as_long_as_a_token_lives() -> None:
    session = new_id()
    publish.close_key("abc", session)
    publish.close_key("")
    publish.close_key("abc")
    assert [(row.key, row.session) for row in store._revoked(60)] == [
        ("abc", str(session)),
        ("abc", ""),
    ]
    with time_machine.travel(datetime.now(UTC) + timedelta(days=2)):
        publish.close_key("other")
        assert RoomRevocation.objects.count() == 1


def test_a_token_says_whose_device_it_is_and_how_they_came() -> None:
    claims = read(issue(new_id(), "abc", "seeker", account=True, device="dev", channel="poster"))
    assert (claims.account, claims.device, claims.channel) == (True, "dev", "poster")


# --- a fresh one over HTTP -------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_page_gets_a_token_for_what_the_person_is_now(client: Client) -> None:
    crew = SessionCrewFactory(role="host")
    address = f"/live/{crew.session.public_id}/token/"
    visitor = read(client.get(address).json()["token"])
    assert (visitor.session, visitor.role) == (crew.session.public_id, "seeker")
    client.force_login(crew.person)
    answer = client.get(address)
    host = read(answer.json()["token"])
    assert (host.key, host.role) == (crew.person.actor_key, "host")
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_an_invisible_room_has_no_token(client: Client) -> None:
    session = SessionFactory(fair__status=FairStatus.DRAFT)
    assert client.get(f"/live/{session.public_id}/token/").status_code == 404
    assert client.post(f"/live/{session.public_id}/token/").status_code in {403, 405}
