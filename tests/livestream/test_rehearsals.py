"""彩排: a session's double; its crew's alone, counted nowhere, gone without a trace."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from core.errors import Conflict, NotAllowed, NotFound
from core.ids import new_id
from fairs.enums import FairStatus, StaffRole
from insights.fold import fold
from insights.raw import read_logs
from insights.selectors import fair_statistics
from intents.models import Intent
from jobs.worker import run_pending
from livestream import selectors, services
from livestream.enums import CrewRole, ItemKind, ItemStatus, SessionStatus, WatchKind
from livestream.media.folders import session_folder
from livestream.models import (
    RoomEvent,
    RoomRevocation,
    RunSheetItem,
    Session,
    SessionCrew,
    SessionGuest,
    WatchSpan,
)
from livestream.services import rehearsals
from livestream.services.watching import Span, store_spans
from tests.factories import (
    Actor,
    EmployerMemberFactory,
    FairStaffFactory,
    GuestFactory,
    SessionCrewFactory,
    SessionFactory,
    UserFactory,
    actor,
    express,
    open_vacancy,
)
from tests.support.accounts import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def session() -> Session:
    return SessionFactory(status=SessionStatus.SCHEDULED, stop_contact="张导 8602", segment_s=1)


@pytest.fixture
def crew(session) -> Actor:
    return actor(SessionCrewFactory(session=session).person)


@pytest.fixture
def vacancy(session):
    return open_vacancy(session.fair)


@pytest.fixture
def steps(session, crew, vacancy) -> list[RunSheetItem]:
    guests = [GuestFactory(), GuestFactory()]
    for place, guest in enumerate(guests):
        SessionGuest.objects.create(session=session, guest=guest, position=place)
    return [
        services.add_item(actor=crew, session=session, kind=ItemKind.OPENING, title="开场"),
        services.add_item(
            actor=crew,
            session=session,
            kind=ItemKind.EMPLOYER,
            title="讲解",
            planned_minutes=25,
            employer=vacancy.employer,
            presenters=guests,
            vacancies=[open_vacancy(session.fair), vacancy],
        ),
    ]


@pytest.fixture
def rehearsal(session, crew, steps) -> Session:
    return services.create_rehearsal(actor=crew, session=session)


class TestDouble:
    def test_has_the_picture_and_people_of_its_session(self, session, crew, steps) -> None:
        services.skip_item(actor=crew, item=steps[0])
        voice = SessionCrewFactory(session=session, role=CrewRole.EMPLOYER_VOICE)
        SessionCrewFactory(session=session, ended_at=timezone.now())
        made = services.create_rehearsal(actor=crew, session=session)
        made.refresh_from_db()
        assert made.rehearsal_of == session
        assert made.title == f"彩排 · {session.title}"
        assert (made.status, made.stop_contact) == (SessionStatus.SCHEDULED, "张导 8602")
        assert (made.video_source, made.segment_s) == (session.video_source, 1)
        assert made.starts_at <= timezone.now() < made.ends_at
        held = made.crew.order_by("id").values_list("person", "role")
        assert list(held) == [(crew.user.pk, "operator"), (voice.person.pk, "employer_voice")]
        assert [row.guest_id for row in made.guest_list.all()] == [
            row.guest_id for row in session.guest_list.all()
        ]

    def test_begins_the_run_sheet_anew(self, session, crew, steps) -> None:
        services.skip_item(actor=crew, item=steps[0])
        made = services.create_rehearsal(actor=crew, session=session)
        first, second = selectors.run_sheet(made)
        assert (first.title, first.status) == ("开场", ItemStatus.PLANNED)
        original = selectors.run_sheet(session)[1]
        for name in ("kind", "title", "minutes", "employer", "presenters", "vacancies"):
            assert getattr(second, name) == getattr(original, name)
        assert len(second.vacancies) == len(second.presenters) == 2
        services.start_item(actor=crew, item=made.run_sheet.get(title="讲解"))
        assert not RunSheetItem.objects.filter(session=session, status=ItemStatus.CURRENT).exists()

    def test_one_at_a_time(self, session, crew, rehearsal) -> None:
        assert services.create_rehearsal(actor=crew, session=session) == rehearsal
        services.mark_on_air(actor=crew, session=rehearsal)
        services.end_session(actor=crew, session=rehearsal)
        second = services.create_rehearsal(actor=crew, session=session)
        assert second != rehearsal
        assert rehearsals.open_rehearsal(session) == second

    def test_neither_of_a_rehearsal_nor_of_what_is_over(self, session, crew, rehearsal) -> None:
        with pytest.raises(Conflict, match="已经是彩排"):
            services.create_rehearsal(actor=crew, session=rehearsal)
        Session.objects.filter(pk=session.pk).update(status=SessionStatus.ENDED)
        session.refresh_from_db()
        with pytest.raises(Conflict):
            services.create_rehearsal(actor=crew, session=session)

    def test_for_the_crew(self, session) -> None:
        guest = actor(SessionCrewFactory(session=session, role=CrewRole.GUEST).person)
        with pytest.raises(NotAllowed):
            services.create_rehearsal(actor=guest, session=session)

    def test_a_long_title_still_fits(self, session, crew) -> None:
        Session.objects.filter(pk=session.pk).update(title="焊" * 80)
        session.refresh_from_db()
        assert len(services.create_rehearsal(actor=crew, session=session).title) == 80

    def test_its_crew_follows_the_session(self, session, rehearsal) -> None:
        manager = actor(FairStaffFactory(fair=session.fair, role=StaffRole.MANAGER).person)
        newcomer = UserFactory()
        role = {"person": newcomer, "role": CrewRole.DIRECTOR}
        services.add_crew(actor=manager, session=session, **role)
        assert rehearsal in Session.objects.console_of(newcomer)
        services.end_crew(actor=manager, session=session, **role)
        assert rehearsal not in Session.objects.console_of(newcomer)
        with pytest.raises(Conflict):
            services.add_crew(actor=manager, session=rehearsal, **role)
        with pytest.raises(Conflict):
            services.end_crew(actor=manager, session=rehearsal, **role)


class TestRoom:
    def test_the_crew_chats_asks_and_pins(self, crew, rehearsal, vacancy) -> None:
        services.post_message(actor=crew, session=rehearsal, client_id=new_id(), text="试音")
        question, _new = services.ask_question(
            actor=crew, session=rehearsal, client_id=new_id(), text="包住吗?"
        )
        services.pin_vacancies(actor=crew, session=rehearsal, vacancies=[vacancy])
        services.mark_on_air(actor=crew, session=rehearsal)
        services.answer_question(actor=crew, question=question, live=True)
        kinds = list(rehearsal.events.values_list("kind", flat=True))
        assert kinds == ["message", "question", "pinned", "on_air", "answer"]

    def test_does_not_begin_the_fair(self, session, crew, rehearsal) -> None:
        type(session.fair).objects.update(status=FairStatus.PUBLISHED)
        services.mark_on_air(actor=crew, session=rehearsal)
        session.refresh_from_db()
        session.fair.refresh_from_db()
        assert (session.fair.status, session.status) == (FairStatus.PUBLISHED, "scheduled")

    def test_takes_no_application(self, crew, rehearsal, vacancy) -> None:
        with pytest.raises(NotAllowed, match="彩排"):
            express(crew.user, vacancy, session=rehearsal)
        assert not Intent.objects.exists()

    def test_says_so_in_the_sheet(self, crew, rehearsal, vacancy) -> None:
        client = signed_in(Client(), crew.require_user())
        answer = client.post(
            reverse("intent-new"),
            {
                "vacancy": vacancy.public_id,
                "session": rehearsal.public_id,
            },
        )
        assert "这是彩排，在这里不能报名" in answer.content.decode()

    def test_sends_nobody_a_text_message(self, crew, rehearsal, sms) -> None:
        asker = UserFactory()
        SessionCrew.objects.create(session=rehearsal, person=asker, role=CrewRole.GUEST)
        question, _new = services.ask_question(
            actor=actor(asker), session=rehearsal, client_id=new_id(), text="几点开始?"
        )
        services.mark_on_air(actor=crew, session=rehearsal)
        services.end_session(actor=crew, session=rehearsal)
        services.answer_question(actor=crew, question=question, text="两点")
        run_pending()
        assert sms.messages(asker.phone) == []

    def test_strangers_know_of_none(self, client, rehearsal) -> None:
        addresses = [
            rehearsal.get_absolute_url(),
            reverse("room-token", args=[rehearsal.public_id]),
            reverse("room-feed-tail", args=[rehearsal.public_id]),
            reverse("room-questions", args=[rehearsal.public_id, 1]),
            reverse("api-session", args=[rehearsal.public_id]),
            f"/api/v1/sessions/{rehearsal.public_id}/events/",
        ]
        somebody = signed_in(Client(), UserFactory())
        for visitor in (client, somebody):
            for address in addresses:
                assert visitor.get(address).status_code == 404, address
        with pytest.raises(NotFound):
            selectors.session_for(None, rehearsal.public_id)


def figures(fair) -> list[dict[str, object]]:
    """What the pages and the recount say, but for the moment they say it at."""
    now = timezone.now() + timedelta(seconds=1)
    said = [asdict(fair_statistics(fair, now)), asdict(fold(read_logs(fair), now))]
    for one in said:
        del one["as_of"]
    return said


def rehearse(crew: Actor, rehearsal: Session, vacancy) -> None:
    """An evening's work: people, talk, watching, cards, answers."""
    extra = UserFactory()
    SessionCrew.objects.create(session=rehearsal, person=extra, role=CrewRole.GUEST)
    services.mark_on_air(actor=crew, session=rehearsal)
    services.start_next(actor=crew, session=rehearsal)
    for who in (crew, actor(extra)):
        services.post_message(actor=who, session=rehearsal, client_id=new_id(), text="试音")
        question, _new = services.ask_question(
            actor=who, session=rehearsal, client_id=new_id(), text="包住吗?", vacancy=vacancy
        )
        services.answer_question(actor=crew, question=question, text="包住,两人间")
        now = timezone.now()
        for kind in WatchKind:
            store_spans(
                [
                    Span(
                        rehearsal.public_id, key, "", now - timedelta(minutes=5), now, 90_000, kind
                    )
                    for key in (who.user.actor_key, "somebody")
                ]
            )
    services.note_minute(session=rehearsal, minute=1, totals={"present": 3})


class TestCountedNowhere:
    def test_in_no_figure(self, session, crew, rehearsal, vacancy) -> None:
        before = figures(session.fair)
        rehearse(crew, rehearsal, vacancy)
        assert figures(session.fair) == before
        assert not WatchSpan.objects.exists()
        services.delete_rehearsal(actor=crew, rehearsal=rehearsal)
        assert figures(session.fair) == before

    def test_on_no_page_that_others_read(self, client, session, crew, rehearsal, vacancy) -> None:
        rehearse(crew, rehearsal, vacancy)
        guest = session.guest_list.first().guest
        member = EmployerMemberFactory(employer=vacancy.employer).person
        manager = FairStaffFactory(fair=session.fair, role=StaffRole.MANAGER).person
        console = f"/employer/{vacancy.employer.public_id}"
        desk = f"/desk/fairs/{session.fair.slug}"
        for who, pages in {
            None: (
                "/",
                session.fair.get_absolute_url(),
                session.get_absolute_url(),
                guest.get_absolute_url(),
                vacancy.get_absolute_url(),
                vacancy.employer.get_absolute_url(),
                reverse("room-feed-tail", args=[session.public_id]),
                reverse("room-questions", args=[session.public_id, 1]),
                "/api/v1/fairs/",
                f"/api/v1/fairs/{session.fair.slug}/",
                f"/api/v1/sessions/{session.public_id}/",
                f"/api/v1/sessions/{session.public_id}/questions/",
            ),
            member: (f"{console}/", f"{console}/questions/", f"{console}/vacancies/"),
            # Those who see it where they work there find it neither listed nor counted.
            manager: (
                session.fair.get_absolute_url(),
                f"/api/v1/fairs/{session.fair.slug}/",
                f"{desk}/",
                f"{desk}/statistics/",
                "/desk/questions/",
                vacancy.get_absolute_url(),
                guest.get_absolute_url(),
            ),
        }.items():
            visitor = client if who is None else signed_in(Client(), who)
            for page in pages:
                answer = visitor.get(page, follow=True)
                assert answer.status_code == 200, page
                text = answer.content.decode()
                for trace in (str(rehearsal.public_id), "彩排 ·", "两人间", "试音"):
                    assert trace not in text, (page, trace)


class TestDeletion:
    def test_takes_rows_then_files(self, session, crew, rehearsal, vacancy, settings, tmp_path):
        settings.MEDIA_DIR = tmp_path
        rehearse(crew, rehearsal, vacancy)
        folder = session_folder(rehearsal.public_id) / "t1"
        folder.mkdir(parents=True)
        (folder / "v00001.m4s").write_bytes(b"picture")
        kept = session_folder(session.public_id)
        kept.mkdir()
        gone = UUID(str(rehearsal.public_id))
        services.delete_rehearsal(actor=crew, rehearsal=rehearsal)
        assert not Session.objects.filter(public_id=gone).exists()
        assert not RoomEvent.objects.filter(session__public_id=gone).exists()
        assert folder.exists()  # a crash here: the job is a row, and runs after it
        run_pending()
        assert not folder.parent.exists()
        assert kept.exists()
        said = AuditEvent.objects.get(action="rehearsal.delete")
        assert said.actor == crew.user

    def test_files_written_after_it_go_too(self, session, crew, rehearsal, settings, tmp_path):
        settings.MEDIA_DIR = tmp_path
        gone = rehearsal.public_id
        services.delete_rehearsal(actor=crew, rehearsal=rehearsal)
        run_pending()
        late = session_folder(gone) / "t1"
        late.mkdir(parents=True)
        assert rehearsals.delete_files.func(str(gone))
        assert not late.exists()
        assert not rehearsals.delete_files.func(str(gone))

    def test_files_of_a_session_there_is_are_never_touched(self, session, settings, tmp_path):
        settings.MEDIA_DIR = tmp_path
        session_folder(session.public_id).mkdir(parents=True)
        assert not rehearsals.delete_files.func(str(session.public_id))
        assert session_folder(session.public_id).exists()

    def test_closes_the_sockets_there(self, crew, rehearsal) -> None:
        gone = rehearsal.public_id
        services.delete_rehearsal(actor=crew, rehearsal=rehearsal)
        assert RoomRevocation.objects.filter(
            key=crew.user.actor_key, session_public_id=gone
        ).exists()

    def test_only_rehearsals_and_only_by_the_crew(self, session, crew, rehearsal) -> None:
        with pytest.raises(Conflict):
            services.delete_rehearsal(actor=crew, rehearsal=session)
        guest = actor(UserFactory())
        SessionCrew.objects.create(session=rehearsal, person=guest.user, role=CrewRole.GUEST)
        with pytest.raises(NotAllowed):
            services.delete_rehearsal(actor=guest, rehearsal=rehearsal)
        with pytest.raises(NotFound):
            services.delete_rehearsal(actor=actor(), rehearsal=rehearsal)
