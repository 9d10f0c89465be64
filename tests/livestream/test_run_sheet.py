"""流程单: next, skip, insert, move; a step brings its cards."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from core.errors import Conflict, DomainError, Invalid, NotAllowed
from employers.models import Vacancy
from livestream import services
from livestream.enums import ItemKind, ItemStatus
from livestream.log import current_pin, public_events
from livestream.models import Pin, RunSheetItem, Session
from tests.factories import SessionCrewFactory, SessionFactory, actor, open_vacancy


def sheet(session: Session) -> list[tuple[str, str]]:
    items = RunSheetItem.objects.filter(session=session)
    return [(item.title, str(item.status)) for item in items]


@pytest.fixture
def session(db) -> Session:
    return SessionFactory()


@pytest.fixture
def crew(session):
    return actor(SessionCrewFactory(session=session).person)


@pytest.fixture
def steps(session, crew) -> list[RunSheetItem]:
    """开场, 企业讲解 (two vacancies), 答疑."""
    vacancies = [open_vacancy(session.fair), open_vacancy(session.fair)]
    opening = services.add_item(actor=crew, session=session, kind=ItemKind.OPENING, title="开场")
    talk = services.add_item(
        actor=crew, session=session, kind=ItemKind.EMPLOYER, title="讲解", vacancies=vacancies
    )
    asking = services.add_item(actor=crew, session=session, kind=ItemKind.QUESTIONS, title="答疑")
    return [opening, talk, asking]


def test_next_walks_through_and_pins_in_the_same_breath(session, crew, steps) -> None:
    services.start_next(actor=crew, session=session)
    assert current_pin(session) is None
    services.start_next(actor=crew, session=session)
    assert sheet(session) == [("开场", "done"), ("讲解", "current"), ("答疑", "planned")]
    pin = Pin.objects.get(session=session, ended_at=None)
    assert pin.item == steps[1]
    assert pin.shown.count() == 2
    services.start_next(actor=crew, session=session)
    assert current_pin(session) is None
    events = public_events(session.public_id)
    assert [event["kind"] for event in events] == ["unpinned", "pinned", "unpinned"]
    assert [event["data"]["item"] for event in events] == [str(step.public_id) for step in steps]
    with pytest.raises(Conflict):
        services.start_next(actor=crew, session=session)


def test_two_taps_start_one_step(session, crew, steps) -> None:
    services.start_item(actor=crew, item=steps[1])
    services.start_item(actor=crew, item=steps[1])
    assert sheet(session)[1:] == [("讲解", "current"), ("答疑", "planned")]
    assert session.events.count() == 1


def test_a_vacancy_closed_meanwhile_is_left_out(session, crew, steps) -> None:
    first = steps[1].presented.first().vacancy
    Vacancy.objects.filter(pk=first.pk).update(status="closed")
    services.start_item(actor=crew, item=steps[1])
    assert len(current_pin(session)["vacancies"]) == 1
    Vacancy.objects.update(status="closed")
    services.start_item(actor=crew, item=steps[0])
    services.start_item(actor=crew, item=steps[1])
    assert current_pin(session) is None


def test_skip_restore_insert_and_order(session, crew, steps) -> None:
    services.skip_item(actor=crew, item=steps[1])
    services.skip_item(actor=crew, item=steps[1])
    services.start_next(actor=crew, session=session)
    inserted = services.add_item(
        actor=crew, session=session, kind=ItemKind.FILM, title="短片", after=steps[0]
    )
    assert [title for title, _ in sheet(session)] == ["开场", "短片", "讲解", "答疑"]
    services.restore_item(actor=crew, item=steps[1])
    services.move_item(actor=crew, item=inserted, up=False)
    services.move_item(actor=crew, item=steps[2], up=False)
    assert [title for title, _ in sheet(session)] == ["开场", "讲解", "短片", "答疑"]
    services.place_item(actor=crew, item=steps[2], place=1)
    assert [title for title, _ in sheet(session)] == ["答疑", "开场", "讲解", "短片"]
    services.place_item(actor=crew, item=steps[2], place=99)
    assert [title for title, _ in sheet(session)] == ["开场", "讲解", "短片", "答疑"]
    with pytest.raises(Conflict):
        services.skip_item(actor=crew, item=steps[0])
    with pytest.raises(Invalid):
        services.add_item(actor=crew, session=session, kind=ItemKind.FILM, title="  ")


def test_strangers_work_no_run_sheet(session, steps) -> None:
    for write in (
        lambda: services.start_next(actor=actor(), session=session),
        lambda: services.skip_item(actor=actor(), item=steps[0]),
        lambda: services.move_item(actor=actor(), item=steps[0], up=True),
        lambda: services.place_item(actor=actor(), item=steps[0], place=2),
        lambda: services.add_item(actor=actor(), session=session, kind=ItemKind.FILM, title="x"),
    ):
        with pytest.raises(NotAllowed):
            write()


class TestAnyShow(TestCase):
    @settings(max_examples=25, deadline=None)
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["start", "skip", "restore", "up", "down", "next"]),
                st.integers(0, 3),
            ),
            max_size=14,
        )
    )
    def test_one_current_step_and_the_card_is_its_own(self, acts) -> None:
        session = SessionFactory()
        crew = actor(SessionCrewFactory(session=session).person)
        vacancy = open_vacancy(session.fair)
        items = [
            services.add_item(
                actor=crew,
                session=session,
                kind=ItemKind.EMPLOYER,
                title=f"第{n}项",
                vacancies=[vacancy] if n % 2 else [],
            )
            for n in range(4)
        ]
        for act, n in acts:
            try:
                if act == "start":
                    services.start_item(actor=crew, item=items[n])
                elif act == "next":
                    services.start_next(actor=crew, session=session)
                elif act == "skip":
                    services.skip_item(actor=crew, item=items[n])
                elif act == "restore":
                    services.restore_item(actor=crew, item=items[n])
                else:
                    services.move_item(actor=crew, item=items[n], up=act == "up")
            except DomainError:
                continue
        current = RunSheetItem.objects.filter(session=session, status=ItemStatus.CURRENT).first()
        pin = Pin.objects.filter(session=session, ended_at=None).first()
        if current is None or not current.presented.exists():
            assert pin is None
        else:
            assert pin is not None
            assert pin.item == current
        positions = [item.position for item in RunSheetItem.objects.filter(session=session)]
        assert positions == sorted(set(positions))
