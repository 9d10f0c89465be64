"""A session's life, its time on air, its people."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.enums import InvitationScope
from accounts.models import AuditEvent, Invitation
from accounts.signals import invitation_claimed
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from fairs.enums import FairStatus, StaffRole
from fairs.models import FairStaff
from livestream import rules, services
from livestream.enums import (
    CrewRole,
    EventKind,
    HonourLevel,
    HonourStatus,
    SessionStatus,
    VideoSource,
)
from livestream.log import public_events
from livestream.models import OnAirInterval, Session, SessionCrew
from tests.factories import (
    FairFactory,
    FairStaffFactory,
    GuestFactory,
    SessionCrewFactory,
    SessionFactory,
    UserFactory,
    actor,
    open_vacancy,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def session() -> Session:
    return SessionFactory(status=SessionStatus.SCHEDULED, fair__status=FairStatus.PUBLISHED)


@pytest.fixture
def crew(session):
    return actor(SessionCrewFactory(session=session).person)


@pytest.fixture
def manager(session):
    return actor(FairStaffFactory(fair=session.fair).person)


def plan(manager, fair, **fields):
    now = timezone.now()
    values = {
        "title": "焊工专场",
        "starts_at": now,
        "ends_at": now + timedelta(hours=2),
        "video_source": VideoSource.HOSTED,
        **fields,
    }
    return services.create_session(actor=manager, fair=fair, **values)


def test_managers_plan_sessions(session, manager, crew) -> None:
    made = plan(manager, session.fair)
    assert made.status == SessionStatus.SCHEDULED
    services.update_session(actor=manager, session=made, changes={"title": "车工专场"})
    diff = AuditEvent.objects.get(action="session.update").diff
    assert diff == {"title": ["焊工专场", "车工专场"]}
    for stranger in (actor(), crew):
        with pytest.raises(NotAllowed):
            plan(stranger, session.fair)
    with pytest.raises(NotFound):
        plan(actor(), FairFactory(status=FairStatus.DRAFT))
    with pytest.raises(ValueError, match="last_seq"):
        services.update_session(actor=manager, session=made, changes={"last_seq": 9})


@pytest.mark.parametrize(
    "fields",
    [
        {"ends_at": timezone.now() - timedelta(days=9)},
        {"video_source": VideoSource.ELSEWHERE},
        {"video_source": VideoSource.EXTERNAL_HLS, "external_url": "http://a.cn/live.m3u8"},
        {"video_source": VideoSource.EXTERNAL_HLS, "external_url": ""},
        *(
            {"video_source": VideoSource.EXTERNAL_HLS, "external_url": address}
            for address in (
                "https://evil.example.net/live.m3u8",
                "https://hls.example.org:444/live.m3u8",
                "https://example.com/live.m3u8",
                "https://evilexample.com/live.m3u8",
            )
        ),
        {"segment_s": 0},
        {"segment_s": 7},
        *(
            {"video_source": VideoSource.EMBED, "external_url": address}
            for address in (
                "",
                "http://player.example.org/1",
                "https://evil.example.net/1",
                "https://player.example.org.evil.example.net/1",
                "https://player.example.org@evil.example.net/1",
                "https://evil.example.net\\@player.example.org/1",
                "https://player.example.org:444/1",
                "https:player.example.org/1",
                "//player.example.org/1",
            )
        ),
    ],
)
def test_impossible_sessions_are_refused(session, manager, fields, settings) -> None:
    settings.FRAME_ORIGINS = ["https://player.example.org"]
    settings.MEDIA_ORIGINS = ["https://hls.example.org", "https://*.example.com"]
    with pytest.raises(Invalid):
        plan(manager, session.fair, **fields)


def test_players_of_listed_sites(session, manager, settings) -> None:
    embed = {
        "video_source": VideoSource.EMBED,
        "external_url": "https://Player.example.org/live?x=1",
    }
    settings.FRAME_ORIGINS = ["https://other.example.org", "https://player.example.org"]
    assert plan(manager, session.fair, **embed).external_url == embed["external_url"]
    settings.FRAME_ORIGINS = ["https://a.example.org", "https://b.example.org"]
    with pytest.raises(Invalid, match=r"https://a\.example\.org, https://b\.example\.org"):
        plan(manager, session.fair, **embed)
    settings.FRAME_ORIGINS = []
    with pytest.raises(Invalid, match="FRAME_ORIGINS"):
        plan(manager, session.fair, **embed)


def test_pictures_of_listed_sites(session, manager, settings) -> None:
    """Of no other would a browser load the picture here: Content-Security-Policy."""
    settings.MEDIA_ORIGINS = ["https://hls.example.org", "https://*.example.com"]
    hls = {"video_source": VideoSource.EXTERNAL_HLS}
    for url in ("https://HLS.example.org/live.m3u8", "https://a.b.example.com/live.m3u8"):
        assert plan(manager, session.fair, external_url=url, **hls).external_url == url
    other = "https://b.example.org/live.m3u8"
    with pytest.raises(Invalid, match=r"https://hls\.example\.org, https://\*\.example\.com"):
        plan(manager, session.fair, external_url=other, **hls)
    settings.MEDIA_ORIGINS = []
    with pytest.raises(Invalid, match="MEDIA_ORIGINS"):
        plan(manager, session.fair, external_url=other, **hls)


def test_on_air_makes_the_session_and_its_fair_live(session, crew) -> None:
    interval = services.mark_on_air(actor=crew, session=session)
    again = services.mark_on_air(actor=crew, session=session)
    assert again == interval
    session.refresh_from_db()
    session.fair.refresh_from_db()
    assert session.status == SessionStatus.LIVE
    assert session.fair.status == FairStatus.LIVE
    ended = services.mark_off_air(actor=crew, session=session)
    assert ended.ends_at >= ended.starts_at
    assert services.mark_off_air(actor=crew, session=session) is None
    services.mark_on_air(actor=crew, session=session)
    kinds = [event["kind"] for event in public_events(session.public_id)]
    assert kinds == ["on_air", "off_air", "on_air"]
    assert OnAirInterval.objects.filter(session=session).count() == 2


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_two_who_press_at_once_mark_one_interval() -> None:
    session = SessionFactory()
    crew = actor(SessionCrewFactory(session=session).person)
    errors: list[Exception] = []

    def press() -> None:
        try:
            services.mark_on_air(actor=crew, session=Session.objects.get(pk=session.pk))
        except Exception as error:  # noqa: BLE001 - shown below
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert OnAirInterval.objects.filter(session=session).count() == 1
    assert session.events.count() == 1


def test_the_end_takes_everything_down(session, crew) -> None:
    services.mark_on_air(actor=crew, session=session)
    services.pin_vacancies(actor=crew, session=session, vacancies=[open_vacancy(session.fair)])
    services.end_session(actor=crew, session=session)
    services.end_session(actor=crew, session=session)
    assert session.status == SessionStatus.ENDED
    kinds = [event["kind"] for event in public_events(session.public_id)]
    assert kinds == ["on_air", "pinned", "off_air", "unpinned"]
    services.publish_replay(actor=crew, session=session)
    with pytest.raises(Conflict):
        services.resume_session(actor=crew, session=session)


def test_the_end_is_told_to_a_room_that_waits_for_the_host(session, crew) -> None:
    services.mark_on_air(actor=crew, session=session)
    services.mark_off_air(actor=crew, session=session)
    services.end_session(actor=crew, session=session)
    services.end_session(actor=crew, session=session)
    told = session.events.filter(kind=EventKind.OFF_AIR).order_by("seq")
    assert [event.refs["why"] for event in told] == ["break", "end"]


def test_scheduled_sessions_do_not_end(session, crew) -> None:
    with pytest.raises(Conflict):
        services.end_session(actor=crew, session=session)


@pytest.mark.parametrize("act", ["mark_on_air", "mark_off_air", "resume_session", "end_session"])
def test_strangers_do_not_switch_the_air(session, act) -> None:
    with pytest.raises(NotAllowed):
        getattr(services, act)(actor=actor(), session=session)
    session.fair.status = FairStatus.DRAFT
    session.fair.save()
    with pytest.raises(NotFound):
        getattr(services, act)(actor=actor(), session=session)


def test_standing_is_one_query(session, query_count) -> None:
    person = SessionCrewFactory(session=session, role=CrewRole.HOST).person
    with query_count() as queries:
        found = rules.standing(session, person)
    assert len(queries) == 1
    assert found.console
    assert found.moderator
    assert rules.standing(session, None) == rules.VISITOR


def test_crew_comes_and_goes(session, manager) -> None:
    person = UserFactory()
    held = services.add_crew(actor=manager, session=session, person=person, role=CrewRole.OPERATOR)
    again = services.add_crew(actor=manager, session=session, person=person, role=CrewRole.OPERATOR)
    assert again == held
    services.end_crew(actor=manager, session=session, person=person, role=CrewRole.OPERATOR)
    assert SessionCrew.objects.get(pk=held.pk).ended_at
    assert not rules.standing(session, person).console
    with pytest.raises(NotAllowed):
        services.add_crew(actor=actor(), session=session, person=person, role=CrewRole.HOST)


@pytest.mark.parametrize("scope", list(InvitationScope))
def test_a_claimed_invitation_gives_the_role(session, manager, scope) -> None:
    person = UserFactory()
    target = {"fair": session.fair, "session": session}.get(scope, session.fair)
    role = {"fair": StaffRole.REVIEWER, "session": CrewRole.OPERATOR}.get(scope, "recruiter")
    invitation = Invitation.objects.create(
        phone=person.phone,
        scope=scope,
        target=target.public_id,
        role=role,
        invited_by=manager.user,
    )
    for _ in range(2):
        invitation_claimed.send(Invitation, invitation=invitation, user=person)
    assert FairStaff.objects.filter(person=person).count() == (scope == "fair")
    assert SessionCrew.objects.filter(person=person).count() == (scope == "session")


def test_honours_show_after_review_only(manager) -> None:
    guest = services.create_guest(actor=manager, name="李师傅", trade="焊工", person=UserFactory())
    facts = {"level": HonourLevel.CITY, "title": "市劳动模范", "year": 2021, "issuer": "市人民政府"}
    honour = services.submit_honour(actor=actor(guest.person), guest=guest, **facts)
    assert services.submit_honour(actor=manager, guest=guest, **facts) == honour
    assert not guest.honours.shown().exists()
    with pytest.raises(NotAllowed):
        services.review_honour(
            actor=actor(guest.person), honour=honour, decision=HonourStatus.APPROVED
        )
    services.review_honour(actor=manager, honour=honour, decision=HonourStatus.APPROVED)
    assert guest.honours.shown().get() == honour
    with pytest.raises(Conflict):
        services.review_honour(
            actor=manager, honour=honour, decision=HonourStatus.REJECTED, reason="x"
        )
    for reason in ("", "长" * 301):  # as long as the column, and no longer
        with pytest.raises(Invalid):
            services.review_honour(
                actor=manager, honour=honour, decision=HonourStatus.REVOKED, reason=reason
            )
    services.review_honour(
        actor=manager, honour=honour, decision=HonourStatus.REVOKED, reason="证书有误"
    )
    assert not guest.honours.shown().exists()


def test_guests_belong_to_the_organiser(manager) -> None:
    guest = GuestFactory()
    services.update_guest(actor=manager, guest=guest, changes={"headline": "二十年只做一件事"})
    for refused in (
        lambda: services.create_guest(actor=actor(), name="李师傅"),
        lambda: services.update_guest(actor=actor(), guest=guest, changes={"name": "x"}),
        lambda: services.submit_honour(
            actor=actor(), guest=guest, level="city", title="x", year=2020, issuer="y"
        ),
    ):
        with pytest.raises(NotAllowed):
            refused()
    with pytest.raises(Invalid):
        services.submit_honour(
            actor=manager, guest=guest, level=HonourLevel.CITY, title="x", year=1900, issuer="y"
        )


def test_guests_are_announced_in_order(session, manager) -> None:
    first, second = GuestFactory(), GuestFactory()
    services.set_guests(actor=manager, session=session, guests=[second, first])
    services.set_guests(actor=manager, session=session, guests=[first, second, first])
    assert [row.guest for row in session.guest_list.all()] == [first, second]
