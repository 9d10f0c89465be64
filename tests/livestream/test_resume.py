"""Going on with a session that was ended by mistake."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from core.errors import Conflict
from core.ids import new_id
from livestream import services
from livestream.enums import ReplayStatus, SessionStatus, TakeEnd, VideoSource
from livestream.models import Replay, Session
from livestream.services import takes
from tests.factories import Actor, SessionCrewFactory, SessionFactory, UserFactory, actor
from tests.livestream.publishing import air_log, begin, secret_for
from tests.support.accounts import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def session() -> Session:
    return SessionFactory(video_source=VideoSource.HOSTED)


@pytest.fixture
def crew(session: Session) -> Actor:
    return actor(SessionCrewFactory(session=session).person)


def press(session: Session, who: Actor) -> int:
    client = signed_in(Client(), who.require_user())
    address = reverse("studio-act", args=[session.public_id, "resume"])
    return client.post(address, headers={"Accept": "application/json"}).status_code


def test_it_goes_on_and_the_replay_is_made_anew(session, crew) -> None:
    first = begin(session, secret_for(crew, session))
    takes.take_up(take=first, first_at=timezone.now())
    session.refresh_from_db()
    services.end_session(actor=crew, session=session)
    replays = Replay.objects.filter(session=session)
    replays.update(status=ReplayStatus.READY, revision=1, ends_at=timezone.now())

    services.resume_session(actor=crew, session=session)
    assert session.status == SessionStatus.LIVE
    assert air_log(session)[-1] == ("off_air", {"why": "break"})
    assert replays.get().ends_at is None
    viewer = actor(UserFactory())
    services.post_message(actor=viewer, session=session, client_id=new_id(), text="又回来了")

    second = begin(session, secret_for(crew, session))
    assert takes.take_up(take=second, first_at=timezone.now())
    session.refresh_from_db()
    services.end_session(actor=crew, session=session)
    second.refresh_from_db()
    assert second.end == TakeEnd.ENDED
    assert replays.get().status == ReplayStatus.WAITING
    kinds = [(kind, data.get("why")) for kind, data in air_log(session)]
    ends = [("on_air", None), ("off_air", "end")]
    assert kinds == [*ends, ("off_air", "break"), *ends]


def test_twice_is_once_and_only_what_has_ended_goes_on(session, crew) -> None:
    Session.objects.filter(pk=session.pk).update(status=SessionStatus.ENDED)
    for _again in range(2):
        services.resume_session(actor=crew, session=session)
    assert len(air_log(session)) == 1
    assert AuditEvent.objects.filter(action="session.start").count() == 1
    for status in (SessionStatus.SCHEDULED, SessionStatus.REPLAY):
        Session.objects.filter(pk=session.pk).update(status=status)
        with pytest.raises(Conflict):
            services.resume_session(actor=crew, session=session)


def test_a_rehearsal_that_is_over_stays_over(session, crew) -> None:
    rehearsal = services.create_rehearsal(actor=crew, session=session)
    Session.objects.filter(pk=rehearsal.pk).update(status=SessionStatus.ENDED)
    with pytest.raises(Conflict):
        services.resume_session(actor=crew, session=rehearsal)


def test_the_studio_offers_it_in_two_steps_once_the_session_has_ended(session, crew) -> None:
    studio = reverse("studio", args=[session.public_id])
    button = f'action="{reverse("studio-act", args=[session.public_id, "resume"])}"'
    client = signed_in(Client(), crew.require_user())
    assert button not in client.get(studio).content.decode()
    Session.objects.filter(pk=session.pk).update(status=SessionStatus.ENDED)
    page = client.get(studio).content.decode()
    assert "data-two-step" in page[: page.index(button)].rsplit("<details", 1)[1]
    assert press(session, crew) == 200
    assert button not in client.get(studio).content.decode()
