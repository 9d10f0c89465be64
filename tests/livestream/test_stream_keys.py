"""Stream keys: shown once, stored hashed, one for the encoder, revocable on air."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from core.errors import Conflict, NotAllowed
from livestream.enums import KeyKind, PublishPath, SessionStatus, TakeEnd, VideoSource
from livestream.models import Session, StreamKey
from livestream.services import stream_keys, takes
from tests.factories import SessionCrewFactory, SessionFactory, actor
from tests.livestream.publishing import begin, secret_for
from tests.support.accounts import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def session() -> Session:
    return SessionFactory(video_source=VideoSource.HOSTED)


@pytest.fixture
def crew(session):
    return actor(SessionCrewFactory(session=session).person)


def test_a_secret_is_known_from_its_issue_only(session, crew):
    key, secret = stream_keys.issue_key(actor=crew, session=session, kind=KeyKind.ENCODER)
    assert len(secret) == 32
    assert secret.isalnum()
    assert not {"0", "1"} & set(secret)
    stored = StreamKey.objects.filter(pk=key.pk).values().get()
    assert secret not in map(str, stored.values())
    assert stored["hint"] == secret[-4:]
    event = AuditEvent.objects.get(action="stream_key.issue")
    assert secret not in str(event.diff)
    assert event.diff == {"key": [None, f"encoder:{secret[-4:]}"]}


def test_one_key_for_the_encoder_many_for_browsers(session, crew):
    first = secret_for(crew, session, KeyKind.ENCODER)
    browsers = [secret_for(crew, session) for _ in range(2)]
    second = secret_for(crew, session, KeyKind.ENCODER)
    assert first != second
    with pytest.raises(NotAllowed, match="stream_key_wrong"):
        stream_keys.key_for(session, first)
    for secret in (second, *browsers):
        assert stream_keys.key_for(session, secret).hint == secret[-4:]


def test_revoking_ends_what_is_published_with_it_and_nothing_else(session, crew):
    browser, encoder = secret_for(crew, session), secret_for(crew, session, KeyKind.ENCODER)
    take = begin(session, encoder, PublishPath.RTMP)
    takes.take_up(take=take, first_at=timezone.now())
    assert stream_keys.revoke_keys(actor=crew, session=session, kind=KeyKind.BROWSER) == 1
    assert takes.beat(take=take)
    with pytest.raises(NotAllowed):
        stream_keys.key_for(session, browser)
    assert stream_keys.revoke_keys(actor=crew, session=session) == 1
    assert not takes.beat(take=take)
    take.refresh_from_db()
    assert take.end == TakeEnd.REVOKED
    assert stream_keys.revoke_keys(actor=crew, session=session) == 0


def test_a_new_key_on_air_throws_the_old_one_out(session, crew):
    take = begin(session, secret_for(crew, session, KeyKind.ENCODER), PublishPath.RTMP)
    begin(session, secret_for(crew, session, KeyKind.ENCODER), PublishPath.RTMP)
    take.refresh_from_db()
    assert take.end == TakeEnd.REVOKED


def test_taking_over_cuts_and_gives_a_key_or_does_neither(client, session, crew):
    take = begin(session, secret_for(crew, session))
    signed_in(client, crew.user)
    address = reverse("studio-live-take-over", args=[session.public_id])
    Session.objects.filter(pk=session.pk).update(status=SessionStatus.ENDED)
    answer = client.post(address)
    assert (answer.status_code, answer.json()["code"]) == (409, "session_state")
    assert takes.beat(take=take)  # not cut
    assert StreamKey.objects.get(session=session).revoked_at is None
    Session.objects.filter(pk=session.pk).update(status=SessionStatus.LIVE)
    key = client.post(address).json()["key"]
    take.refresh_from_db()
    assert take.end == TakeEnd.CUT
    assert begin(session, key).number == take.number + 1


def test_only_the_crew_has_keys(session):
    with pytest.raises(NotAllowed):
        secret_for(actor(), session)
    with pytest.raises(NotAllowed):
        stream_keys.revoke_keys(actor=actor(), session=session)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"video_source": VideoSource.TEST}, "stream_source"),
        ({"status": SessionStatus.ENDED}, "session_state"),
    ],
)
def test_no_keys_where_nothing_can_be_published(session, crew, fields, code):
    Session.objects.filter(pk=session.pk).update(**fields)
    with pytest.raises(Conflict, match=code):
        secret_for(crew, session)
