"""Keys are as good as the standing of who issued them: whoever works there no more is off air."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import AuditEvent, User
from accounts.services import block_account, sign_out_everywhere
from core.errors import NotAllowed
from fairs.enums import StaffRole
from fairs.services import end_staff
from livestream import services
from livestream.enums import CrewRole, KeyKind, TakeEnd, VideoSource
from livestream.models import Session, SessionCrew, StreamKey, Take
from livestream.services import stream_keys, takes
from tests.factories import (
    FairStaffFactory,
    SessionCrewFactory,
    SessionFactory,
    UserFactory,
    actor,
)
from tests.livestream.publishing import air_log, begin, secret_for

pytestmark = pytest.mark.django_db

Leaves = Callable[[Actor, Session, User], Any]


@pytest.fixture
def session() -> Session:
    return SessionFactory(video_source=VideoSource.HOSTED)


def manager_of(session: Session) -> Actor:
    return actor(FairStaffFactory(fair=session.fair, role=StaffRole.MANAGER).person)


@pytest.fixture
def manager(session):
    return manager_of(session)


def of_crew(session: Session) -> Actor:
    return actor(SessionCrewFactory(session=session, role=CrewRole.HOST).person)


def end_host(by: Actor, session: Session, person: User) -> None:
    services.end_crew(actor=by, session=session, person=person, role=CrewRole.HOST)


def end_manager(by: Actor, session: Session, person: User) -> None:
    end_staff(actor=by, fair=session.fair, person=person, role=StaffRole.MANAGER)


def block(by: Actor, _session: Session, person: User) -> None:
    block_account(actor=by, user=person, reason="诈骗")


def on_air(session: Session, secret: str) -> Take:
    take = begin(session, secret)
    assert takes.take_up(take=take, first_at=timezone.now())
    return take


def refused(session: Session, secret: str) -> bool:
    with pytest.raises(NotAllowed, match="stream_key_wrong"):
        begin(session, secret)
    return True


@pytest.mark.parametrize(
    ("joins", "leaves"),
    [(of_crew, end_host), (of_crew, block), (manager_of, end_manager), (manager_of, block)],
)
def test_whoever_works_there_no_more_is_off_air(session, manager, joins, leaves: Leaves):
    person = joins(session)
    browser, encoder = secret_for(person, session), secret_for(person, session, KeyKind.ENCODER)
    take = on_air(session, browser)
    leaves(manager, session, person.user)
    assert not takes.beat(take=take)
    take.refresh_from_db()
    assert take.end == TakeEnd.REVOKED
    assert air_log(session)[-1] == ("off_air", {"why": "break"})
    assert refused(session, browser)
    assert refused(session, encoder)
    trail = AuditEvent.objects.filter(action="stream_key.revoke", object_id=session.public_id)
    assert len(trail.get().diff["keys"][0]) == 2
    leaves(manager, session, person.user)  # again: nothing is left to revoke
    assert trail.count() == 1


@pytest.mark.parametrize(
    ("joins", "leaves"), [(of_crew, end_host), (manager_of, end_manager), (of_crew, block)]
)
def test_rehearsals_too(session, manager, joins, leaves: Leaves):
    person = joins(session)
    rehearsal = services.create_rehearsal(actor=manager, session=session)
    secret = secret_for(person, rehearsal)
    take = on_air(rehearsal, secret)
    leaves(manager, session, person.user)
    assert not takes.beat(take=take)
    assert refused(rehearsal, secret)


@pytest.mark.parametrize("leaves", [end_host, block])
def test_what_colleagues_issued_stays(session, manager, leaves: Leaves):
    person, colleague = of_crew(session), of_crew(session)
    own = secret_for(person, session)
    shared = secret_for(colleague, session, KeyKind.ENCODER)
    take = on_air(session, shared)
    leaves(manager, session, person.user)
    assert takes.beat(take=take)
    assert refused(session, own)
    assert stream_keys.key_for(session, shared).issued_by == colleague.user


def test_who_issued_the_encoders_key_last_counts(session, manager):
    former, person = of_crew(session), of_crew(session)
    first = secret_for(former, session, KeyKind.ENCODER)
    second = secret_for(person, session, KeyKind.ENCODER)
    take = on_air(session, second)
    end_host(manager, session, former.user)
    assert takes.beat(take=take)
    assert refused(session, first)
    end_host(manager, session, person.user)
    assert not takes.beat(take=take)


def test_another_role_there_is_enough(session, manager):
    person = of_crew(session)
    SessionCrewFactory(session=session, person=person.user, role=CrewRole.OPERATOR)
    elsewhere = SessionFactory(video_source=VideoSource.HOSTED)
    SessionCrewFactory(session=elsewhere, person=person.user, role=CrewRole.HOST)
    take, other = on_air(session, secret_for(person, session)), secret_for(person, elsewhere)
    end_host(manager, session, person.user)
    assert takes.beat(take=take)
    services.end_crew(actor=manager, session=session, person=person.user, role=CrewRole.OPERATOR)
    assert not takes.beat(take=take)
    assert on_air(elsewhere, other)


def test_signing_out_takes_nobody_off_the_air(session):
    person = of_crew(session)
    take = on_air(session, secret_for(person, session))
    sign_out_everywhere(actor=person)
    assert takes.beat(take=take)


@pytest.mark.parametrize("how", ["role", "account"])
def test_a_key_is_void_also_where_nobody_revoked_it(session, how):
    """Rows from before, or issued while the role was being ended."""
    person = of_crew(session)
    secret = secret_for(person, session)
    if how == "role":
        SessionCrew.objects.filter(person=person.user).update(ended_at=timezone.now())
    else:
        User.objects.filter(pk=person.user.pk).update(is_active=False)
    assert StreamKey.objects.filter(revoked_at=None).count() == 1
    assert refused(session, secret)


def test_whoever_never_issued_a_key_loses_none(session, manager):
    person = UserFactory()
    assert stream_keys.revoke_void(person) == 0
    end_host(manager, session, person)


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("joins", "leaves"), [(of_crew, end_host), (manager_of, end_manager), (of_crew, block)]
)
def test_whoever_begins_while_it_ends_is_not_forgotten(joins, leaves: Leaves) -> None:
    errors: list[Exception] = []

    def run(gate: threading.Barrier, act: Callable[[], Any]) -> None:
        try:
            gate.wait(10)
            act()
        except NotAllowed:
            pass  # too late to begin
        except Exception as error:  # noqa: BLE001 - shown below
            errors.append(error)
        finally:
            connection.close()

    for _ in range(8):
        session = SessionFactory(video_source=VideoSource.HOSTED)
        manager, person = manager_of(session), joins(session)
        secret, gate = secret_for(person, session), threading.Barrier(2)
        acts = [
            lambda s=session, key=secret: begin(s, key),
            lambda s=session, m=manager, p=person: leaves(m, s, p.user),
        ]
        threads = [threading.Thread(target=run, args=(gate, act)) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not errors
    assert not Take.objects.filter(ended_at=None).exists()
