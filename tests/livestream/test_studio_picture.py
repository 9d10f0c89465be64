"""The picture in the studio: what the panel says of each source, and 断播."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from core.errors import NotAllowed, NotFound
from fairs.enums import StaffRole
from jobfair.studio.picture import picture_of
from livestream import selectors, services
from livestream.enums import (
    PUBLISHED_SOURCES,
    CrewRole,
    ItemKind,
    KeyKind,
    PublishPath,
    SessionStatus,
    TakeEnd,
    VideoSource,
)
from livestream.models import RunSheetItem, Session, StreamKey
from livestream.services import stream_keys, takes
from tests.factories import (
    Actor,
    FairStaffFactory,
    SessionCrewFactory,
    SessionFactory,
    actor,
)
from tests.support.accounts import signed_in

pytestmark = pytest.mark.django_db
PLACE = {"external_url": "https://example.com/live", "platform_name": "视频号"}


@pytest.fixture
def hosted() -> Session:
    return SessionFactory(video_source=VideoSource.HOSTED)


@pytest.fixture
def elsewhere() -> Session:
    return SessionFactory(video_source=VideoSource.ELSEWHERE, stop_contact="", **PLACE)


def crew_of(session: Session) -> Actor:
    return actor(SessionCrewFactory(session=session).person)


def publish(session: Session, crew: Actor, connection: str = "c1", *, up: bool = True):
    secret = stream_keys.issue_key(actor=crew, session=session, kind=KeyKind.BROWSER).secret
    take = takes.begin_take(
        session=session.public_id, secret=secret, connection_id=connection, path=PublishPath.BROWSER
    )
    if up:
        takes.take_up(take=take, first_at=timezone.now())
    return take


def state(session: Session) -> str:
    return picture_of(selectors.session_for(None, session.public_id)[0]).state


def page(session: Session, who: Actor) -> str:
    answer = signed_in(Client(), who.require_user()).get(
        reverse("studio", args=[session.public_id])
    )
    return answer.content.decode()


def press(session: Session, who: Actor, action: str, **form: object):
    client = signed_in(Client(), who.require_user())
    address = reverse("studio-act", args=[session.public_id, action])
    return client.post(address, form, headers={"Accept": "application/json"})


class TestState:
    def test_follows_the_take(self, hosted) -> None:
        crew = crew_of(hosted)
        assert state(hosted) == "off"
        take = publish(hosted, crew, up=False)
        assert state(hosted) == "coming"
        takes.take_up(take=take, first_at=timezone.now())
        assert state(hosted) == "on"
        takes.end_take(take=take, reason=TakeEnd.DROPPED, trouble="网络断了")
        assert state(hosted) == "lost"
        assert "网络断了" in page(hosted, crew)
        takes.end_take(take=publish(hosted, crew, "c2"), reason=TakeEnd.STOPPED)
        assert state(hosted) == "off"
        services.end_session(actor=crew, session=hosted)
        assert state(hosted) == "over"

    def test_after_a_cut_says_by_whom_until_it_goes_on(self, hosted) -> None:
        crew = crew_of(hosted)
        publish(hosted, crew)
        assert services.cut_picture(actor=crew, session=hosted)
        found = picture_of(selectors.session_for(None, hosted.public_id)[0])
        assert (found.state, found.cut.actor, found.may_cut) == ("cut", crew.user, False)
        text = page(hosted, crew)
        assert "已断播" in text
        assert str(crew.user) in text
        publish(hosted, crew, "c2")
        assert state(hosted) == "on"
        takes.end_take(take=hosted.takes.get(number=2), reason=TakeEnd.STOPPED)
        assert state(hosted) == "off"

    def test_off_air_is_who_was_on_air(self, hosted) -> None:
        crew = crew_of(hosted)
        hosted.declared_delay_s = 10
        hosted.save(update_fields=["declared_delay_s"])
        before = page(hosted, crew)
        assert before.count("未开播") == 2  # in the header and in the panel
        assert "下播" not in before
        assert "观众延迟" not in before
        take = publish(hosted, crew)
        assert "观众延迟约 10 秒" in page(hosted, crew)
        takes.end_take(take=take, reason=TakeEnd.STOPPED)
        after = page(hosted, crew)
        assert after.count("下播") == 2
        assert "未开播" not in after
        assert "观众延迟" not in after


class TestCut:
    def test_of_what_is_published_here(self, hosted) -> None:
        crew = crew_of(hosted)
        take = publish(hosted, crew)
        encoder = stream_keys.issue_key(actor=crew, session=hosted, kind=KeyKind.ENCODER)
        services.cut_picture(actor=crew, session=hosted)
        take.refresh_from_db()
        assert (take.end, takes.beat(take=take)) == (TakeEnd.CUT, False)
        assert not StreamKey.objects.filter(session=hosted, revoked_at=None).exists()
        with pytest.raises(NotAllowed):
            takes.begin_take(
                session=hosted.public_id,
                secret=encoder.secret,
                connection_id="c9",
                path=PublishPath.RTMP,
            )
        hosted.refresh_from_db()
        assert (hosted.status, hosted.hold_messages) == (SessionStatus.LIVE, False)
        kinds = list(hosted.events.values_list("kind", flat=True))
        assert kinds == ["on_air", "off_air", "notice"]
        assert "马上回来" in hosted.events.get(kind="notice").refs["text"]
        assert AuditEvent.objects.filter(action="session.cut", actor=crew.user).count() == 1

    def test_of_what_is_elsewhere(self, elsewhere) -> None:
        crew = crew_of(elsewhere)
        services.mark_on_air(actor=crew, session=elsewhere)
        services.cut_picture(actor=crew, session=elsewhere)
        elsewhere.refresh_from_db()
        assert elsewhere.hold_messages
        assert state(elsewhere) == "cut"
        kinds = list(elsewhere.events.values_list("kind", flat=True))
        assert kinds == ["on_air", "off_air", "notice", "mode"]
        room = Client().get(elsewhere.get_absolute_url()).content.decode()
        assert 'data-status="off"' in room

    def test_twice_tells_the_room_once(self, hosted) -> None:
        crew = crew_of(hosted)
        publish(hosted, crew)
        assert services.cut_picture(actor=crew, session=hosted)
        assert not services.cut_picture(actor=crew, session=hosted)
        assert hosted.events.filter(kind="notice").count() == 1

    def test_by_the_crew_alone(self, hosted) -> None:
        moderator = FairStaffFactory(fair=hosted.fair, role=StaffRole.MODERATOR).person
        guest = SessionCrewFactory(session=hosted, role=CrewRole.GUEST).person
        for who in (moderator, guest):
            with pytest.raises(NotAllowed):
                services.cut_picture(actor=actor(who), session=hosted)
        rehearsal = SessionFactory(fair=hosted.fair, rehearsal_of=hosted)
        with pytest.raises(NotFound):
            services.cut_picture(actor=actor(), session=rehearsal)

    def test_by_its_button(self, hosted) -> None:
        crew = crew_of(hosted)
        publish(hosted, crew)
        text = page(hosted, crew)
        assert "data-two-step" in text
        assert "确认断播" in text
        assert press(hosted, crew, "cut").json() == {"done": True}
        assert "确认断播" not in page(hosted, crew)


class TestPanel:
    def test_offers_the_ways_to_publish_here(self, hosted) -> None:
        text = page(hosted, crew_of(hosted))
        assert reverse("studio-live", args=[hosted.public_id]) in text
        assert reverse("studio-encoder", args=[hosted.public_id]) in text
        assert "/on-air/" not in text

    def test_of_another_platform_says_who_can_stop_it(self, elsewhere) -> None:
        crew = crew_of(elsewhere)
        text = page(elsewhere, crew)
        assert "还没有填写谁能在对方平台上断播" in text
        assert reverse("desk-session-edit", args=[elsewhere.public_id]) not in text
        manager = actor(FairStaffFactory(fair=elsewhere.fair, role=StaffRole.MANAGER).person)
        assert reverse("desk-session-edit", args=[elsewhere.public_id]) in page(elsewhere, manager)
        Session.objects.update(stop_contact="视频号值班 周主任 8602-1133")
        assert "周主任 8602-1133" in page(elsewhere, crew)

    def test_leads_into_the_rehearsal_and_back(self, hosted) -> None:
        crew = crew_of(hosted)
        went = press(hosted, crew, "rehearse").json()["go"]
        rehearsal = hosted.rehearsals.get()
        assert went == reverse("studio", args=[rehearsal.public_id])
        assert went in page(hosted, crew)
        text = page(rehearsal, crew)
        assert "只有现场团队和工作人员看得到" in text
        assert reverse("studio", args=[hosted.public_id]) in text
        left = press(rehearsal, crew, "delete-rehearsal").json()["go"]
        assert left == reverse("studio", args=[hosted.public_id])
        assert not hosted.rehearsals.exists()

    def test_every_page_of_a_rehearsal_says_so(self, hosted) -> None:
        crew = crew_of(hosted)
        rehearsal = services.create_rehearsal(actor=crew, session=hosted)
        client = signed_in(Client(), crew.require_user())
        manager = FairStaffFactory(fair=hosted.fair, role=StaffRole.MANAGER).person
        for name in ("live-room", "studio", "studio-live", "studio-encoder"):
            text = client.get(reverse(name, args=[rehearsal.public_id])).content.decode()
            assert 'class="rehearsal"' in text, name
            text = client.get(reverse(name, args=[hosted.public_id])).content.decode()
            assert 'class="rehearsal"' not in text, name
        desk = signed_in(Client(), manager)
        text = desk.get(reverse("desk-session", args=[rehearsal.public_id])).content.decode()
        assert 'class="rehearsal"' in text

    def test_a_mistaken_answer_goes_back(self, hosted) -> None:
        crew = crew_of(hosted)
        question = services.ask_question(
            actor=actor(), session=hosted, client_id=hosted.public_id, text="包住吗?"
        )[0]
        services.answer_question(actor=crew, question=question, live=True)
        assert "刚回答的" in page(hosted, crew)
        assert press(hosted, crew, "reopen", question=question.public_id).status_code == 200
        assert "刚回答的" not in page(hosted, crew)
        services.answer_question(actor=crew, question=question, live=True)
        long_ago = timezone.now() - timedelta(hours=1)
        type(question).objects.update(answered_at=long_ago)
        assert "刚回答的" not in page(hosted, crew)
        assert press(hosted, crew, "reopen", question=question.public_id).status_code == 409


class TestPlace:
    @pytest.fixture
    def steps(self, hosted) -> list[RunSheetItem]:
        crew = crew_of(hosted)
        add = services.add_item
        return [
            add(actor=crew, session=hosted, kind=ItemKind.STORY, title=str(n)) for n in range(30)
        ]

    def order(self, session: Session) -> list[int]:
        return [int(item.title) for item in session.run_sheet.all()]

    @pytest.mark.parametrize(
        ("item", "place", "at"), [(29, 1, 0), (0, 30, 29), (4, 9, 8), (9, 9, 8)]
    )
    def test_moves_a_step_there(self, hosted, steps, item, place, at) -> None:
        crew = crew_of(hosted)
        form = {"item": steps[item].public_id, "place": place}
        assert press(hosted, crew, "place", **form).status_code == 200
        order = self.order(hosted)
        assert order.index(item) == at
        assert sorted(order) == list(range(30))
        assert [n for n in order if n != item] == [n for n in range(30) if n != item]

    @pytest.mark.parametrize("place", ["0", "31", "-1", "x", ""])
    def test_nowhere_is_the_nearest_place(self, hosted, steps, place) -> None:
        crew = crew_of(hosted)
        assert press(hosted, crew, "place", item=steps[3].public_id, place=place).status_code == 200
        assert self.order(hosted).index(3) in {0, 29}

    def test_thirty_steps_cost_what_three_do(self, hosted, steps, query_count) -> None:
        crew = crew_of(hosted)
        client = signed_in(Client(), crew.require_user())
        address = reverse("studio", args=[hosted.public_id])
        client.get(address)
        with query_count() as many:
            client.get(address)
        RunSheetItem.objects.filter(title__gt="2").delete()
        with query_count() as few:
            client.get(address)
        assert len(many) == len(few)


def test_a_session_published_here_is_not_marked_by_hand(hosted) -> None:
    assert hosted.video_source in PUBLISHED_SOURCES
    assert press(hosted, crew_of(hosted), "on-air").status_code == 409
