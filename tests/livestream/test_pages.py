"""The live room's page and its forms; the studio."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.ids import new_id
from fairs.enums import FairStatus, StaffRole
from jobfair.pages import replay
from jobfair.studio.actions import ACTIONS
from livestream import services
from livestream.enums import HonourStatus, ItemKind, SessionStatus, VideoSource
from livestream.models import (
    Honour,
    Message,
    Pin,
    Question,
    RunSheetItem,
    Sanction,
    Session,
    SessionGuest,
)
from tests.factories import (
    FairStaffFactory,
    GuestFactory,
    OnAirIntervalFactory,
    SessionCrewFactory,
    SessionFactory,
    UserFactory,
    actor,
    express,
    open_vacancy,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def session() -> Session:
    return SessionFactory()


@pytest.fixture
def crew(session):
    return actor(SessionCrewFactory(session=session).person)


def sign_in(client: Client, user) -> Client:
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def fill(session: Session, crew, count: int) -> None:
    """A room with ``count`` of everything."""
    OnAirIntervalFactory(session=session)
    for n in range(count):
        guest = GuestFactory()
        SessionGuest.objects.create(session=session, guest=guest)
        for title in ("市劳动模范", "省五一劳动奖章"):
            Honour.objects.create(
                guest=guest,
                level="city",
                title=title,
                year=2020,
                issuer="市总工会",
                status=HonourStatus.APPROVED,
                reviewed_at=timezone.now(),
            )
        services.add_item(
            actor=crew,
            session=session,
            kind=ItemKind.EMPLOYER,
            title=f"讲解{n}",
            presenters=[guest],
            vacancies=[open_vacancy(session.fair), open_vacancy(session.fair)],
        )
        asked, _new = services.ask_question(
            actor=actor(), session=session, client_id=new_id(), text=f"问题{n}？"
        )
        services.post_message(actor=actor(), session=session, client_id=new_id(), text=f"消息{n}")
        if n:
            services.answer_question(actor=crew, question=asked, text="会的")
    services.start_next(actor=crew, session=session)


@pytest.mark.parametrize("count", [1, 3])
def test_a_visitor_reads_the_room_in_eight_queries(
    client, session, crew, count, query_count
) -> None:
    fill(session, crew, count)
    client.get(session.get_absolute_url())
    with query_count() as queries:
        page = client.get(session.get_absolute_url())
    assert page.status_code == 200
    assert len(queries) <= 8
    text = page.content.decode()
    assert "消息0" in text
    assert "问题0？" in text
    assert "讲解中" in text
    assert "全国" not in text
    assert text.count("市劳动模范") >= count


def test_a_seeker_reads_the_room_in_twelve(client, session, crew, query_count) -> None:
    """Session and account, the room's eight, own questions, and the states of the cards."""
    fill(session, crew, 2)
    seeker = UserFactory()
    vacancy = Pin.objects.get(session=session).shown.first().revision.vacancy
    express(seeker, vacancy, session=session)
    sign_in(client, seeker)
    with query_count() as queries:
        page = client.get(session.get_absolute_url())
    assert len(queries) <= 12
    assert "已报名" in page.content.decode()
    assert reverse("room-say", args=[session.public_id]) in page.content.decode()


def test_the_scripts_follow_from_what_the_page_shows(client, session, crew) -> None:
    fill(session, crew, 1)
    text = client.get(session.get_absolute_url()).content.decode()
    block = re.search(r'<script id="room-boot" type="application/json">(.*?)</script>', text)
    boot = json.loads(block[1])
    session.refresh_from_db()
    assert boot["after"] == session.last_seq
    assert boot["pin"]["seq"] == Pin.objects.get(session=session).seq
    assert boot["canPost"] is False


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"status": SessionStatus.SCHEDULED}, "data-countdown"),
        ({"status": SessionStatus.LIVE}, "主播马上回来"),
        ({"status": SessionStatus.ENDED}, "本场直播已结束"),
        ({"status": SessionStatus.REPLAY}, "本场直播已结束"),
        (
            {
                "video_source": VideoSource.ELSEWHERE,
                "external_url": "https://example.com/live",
                "platform_name": "视频号",
                "declared_delay_s": 12,
            },
            "12 秒",
        ),
    ],
)
def test_every_state_of_a_session_has_its_stage(client, fields, words) -> None:
    page = client.get(SessionFactory(**fields).get_absolute_url())
    assert words in page.content.decode()


def test_the_picture_plays_while_on_air(client, session) -> None:
    OnAirIntervalFactory(session=session)
    text = client.get(session.get_absolute_url()).content.decode()
    assert "data-player" in text
    assert reverse("media:testchannel") in text


def test_another_sites_player_stands_in_a_frame_only_where_it_is_allowed(client, settings) -> None:
    settings.FRAME_ORIGINS = ["https://player.example.org"]

    def page(url: str, *, on_air: bool = True) -> str:
        session = SessionFactory(
            status=SessionStatus.LIVE, video_source=VideoSource.EMBED, external_url=url
        )
        if on_air:
            OnAirIntervalFactory(session=session)
        return client.get(session.get_absolute_url()).content.decode().partition("<template")[0]

    assert "<iframe" in page("https://Player.example.org/v/1")  # as the desk accepts it
    allowed = page("https://player.example.org/v/1")
    assert 'sandbox="allow-scripts allow-same-origin allow-presentation"' in allowed
    assert 'referrerpolicy="no-referrer"' in allowed
    assert 'data-watch="room"' in allowed
    assert "data-player" not in allowed
    assert "<iframe" not in page("https://player.example.org/v/1", on_air=False)
    for other in (
        "http://player.example.org/v/1",
        "https://player.example.org.evil.test/",
        "https://evil.test/https://player.example.org/",
        "https://user@player.example.org/",
    ):
        text = page(other)
        assert "<iframe" not in text
        assert "data-watch-elsewhere" in text


def test_elsewhere_off_air_leads_nowhere(client) -> None:
    session = SessionFactory(
        status=SessionStatus.LIVE,
        video_source=VideoSource.ELSEWHERE,
        external_url="https://example.com/live",
    )
    link = 'data-watch-elsewhere data-panel="elsewhere embed" '
    assert f"{link}hidden" in client.get(session.get_absolute_url()).content.decode()
    OnAirIntervalFactory(session=session)
    assert f"{link}hidden" not in client.get(session.get_absolute_url()).content.decode()


def test_the_sound_of_what_is_published_here_stands_beside_it(client) -> None:
    session = SessionFactory(status=SessionStatus.LIVE, video_source=VideoSource.HOSTED)
    OnAirIntervalFactory(session=session)
    text = client.get(session.get_absolute_url()).content.decode()
    links = re.findall(r'href="(/media/hls/[^"]+)"', text.split("<noscript>")[1])
    assert links
    assert links[0].endswith("/audio.m3u8")


def test_who_may_not_see_a_session_gets_404(client, session) -> None:
    session.fair.status = FairStatus.DRAFT
    session.fair.save()
    assert client.get(session.get_absolute_url()).status_code == 404
    assert client.get(reverse("live-room", args=[new_id()])).status_code == 404
    sign_in(client, FairStaffFactory(fair=session.fair).person)
    assert client.get(session.get_absolute_url()).status_code == 200


def test_english_is_complete_where_it_matters(client, session, crew) -> None:
    fill(session, crew, 1)
    client.cookies["django_language"] = "en"
    text = client.get(session.get_absolute_url()).content.decode()
    assert "Presenting now" in text
    assert "讲解中" not in text


class TestForms:
    def test_saying_something_without_scripts(self, client, session) -> None:
        say = reverse("room-say", args=[session.public_id])
        assert client.post(say, {"text": "你好"}).url.startswith("/sign-in/")
        sign_in(client, UserFactory())
        answer = client.post(say, {"text": "你好"}, follow=True)
        assert "你好" in answer.content.decode()
        again = client.post(say, {"text": " "}, follow=True)
        assert "请先写点内容" in again.content.decode()
        assert Message.objects.count() == 1

    def test_asking_twice_with_one_id_asks_once(self, client, session) -> None:
        ask = reverse("room-ask", args=[session.public_id])
        sign_in(client, UserFactory())
        form = {"text": "包住吗？", "client_id": str(new_id())}
        assert client.post(ask, form, headers={"Accept": "application/json"}).status_code == 201
        client.post(ask, form)
        assert Question.objects.count() == 1
        refused = client.post(ask, {**form, "text": "x"}, headers={"Accept": "application/json"})
        assert refused.status_code == 409
        assert refused.json()["title"]

    def test_a_vote_toggles(self, client, session) -> None:
        asked, _new = services.ask_question(
            actor=actor(), session=session, client_id=new_id(), text="包住吗？"
        )
        vote = reverse("room-vote", args=[session.public_id, asked.public_id])
        sign_in(client, UserFactory())
        accept = {"Accept": "application/json"}
        assert client.post(vote, headers=accept).json() == {"votes": 1, "voted": True}
        assert client.post(vote, headers=accept).json() == {"votes": 0, "voted": False}
        assert client.post(vote).status_code == 302
        elsewhere = reverse("room-vote", args=[SessionFactory().public_id, asked.public_id])
        assert client.post(elsewhere).status_code == 404

    def test_only_moderators_remove_and_the_author_reads_why(self, client, session) -> None:
        author = UserFactory()
        services.post_message(
            actor=actor(author), session=session, client_id=new_id(), text="加微信"
        )
        remove = reverse("studio-act", args=[session.public_id, "remove"])
        form = {"seq": "1", "reason": "广告"}
        sign_in(client, author)
        assert client.post(remove, form).status_code == 404
        assert "data-line-more" not in client.get(session.get_absolute_url()).content.decode()
        sign_in(client, FairStaffFactory(fair=session.fair, role=StaffRole.MODERATOR).person)
        page = client.get(session.get_absolute_url()).content.decode()
        assert reverse("desk-message", args=[Message.objects.get().public_id]) in page
        assert client.post(remove, {"seq": "99"}).status_code == 404
        nothing = client.post(remove, {"seq": "nonsense"}, headers={"Accept": "application/json"})
        assert nothing.json()["code"] == "message_missing"
        client.post(remove, form, headers={"Accept": "application/json"})
        assert "加微信" not in client.get(session.get_absolute_url()).content.decode()
        sign_in(client, author)
        assert "原因：广告" in client.get(session.get_absolute_url()).content.decode()
        mine = client.get(reverse("room-mine", args=[session.public_id]), {"seq": "1"}).json()
        assert mine["state"] == "removed"
        assert "广告" in mine["note"]
        assert Message.objects.get().status == "removed"


class TestStudio:
    def press(self, client, session, action, **form):
        return client.post(
            reverse("studio-act", args=[session.public_id, action]),
            form,
            headers={"Accept": "application/json"},
        )

    @pytest.mark.parametrize(
        ("who", "status"),
        [("operator", 200), ("manager", 200), ("moderator", 200), ("guest", 404),
         ("reviewer", 404), ("stranger", 404)],
    )  # fmt: skip
    def test_there_is_no_such_page_for_strangers(self, client, session, who, status) -> None:
        if who in {"operator", "guest"}:
            person = SessionCrewFactory(session=session, role=who).person
        elif who == "stranger":
            person = SessionCrewFactory().person
        else:
            person = FairStaffFactory(fair=session.fair, role=who).person
        sign_in(client, person)
        assert client.get(reverse("studio", args=[session.public_id])).status_code == status
        answer = self.press(client, session, "unpin")
        assert answer.status_code == {200: 200, 404: 404}[status] or who == "moderator"

    def test_visitors_are_asked_to_sign_in(self, client, session) -> None:
        answer = client.get(reverse("studio", args=[session.public_id]))
        assert answer.url.startswith("/sign-in/")

    def test_a_moderator_moderates_and_pins_nothing(self, client, session) -> None:
        sign_in(client, FairStaffFactory(fair=session.fair, role=StaffRole.MODERATOR).person)
        vacancy = open_vacancy(session.fair)
        refused = self.press(client, session, "pin", vacancies=str(vacancy.public_id))
        assert refused.status_code == 403
        assert self.press(client, session, "mode", hold="1").status_code == 200
        session.refresh_from_db()
        assert session.hold_messages

    def test_the_whole_console(self, client, session, crew, query_count) -> None:
        fill(session, crew, 2)
        sign_in(client, crew.user)
        with query_count() as queries:
            page = client.get(
                reverse("studio", args=[session.public_id]), {"q": "焊工"}
            ).content.decode()
        assert len(queries) <= 21
        assert "下一项：讲解1" in page
        first, second = RunSheetItem.objects.filter(session=session)
        for action, form in (
            ("start", {"item": second.public_id}),
            ("up", {"item": second.public_id}),
            ("down", {"item": second.public_id}),
            ("insert", {"title": "短片", "kind": "film", "after": first.public_id}),
            ("insert", {"title": "互动", "kind": "nonsense"}),
            ("unpin", {}),
            ("pin", {"vacancies": [str(open_vacancy(session.fair).public_id), "x"]}),
            ("on-air", {}),
            ("off-air", {}),
            ("mode", {"chat": "0", "slow": "5"}),
            ("mode", {"chat": "1", "slow": "0"}),
        ):
            assert self.press(client, session, action, **form).status_code == 200, action
        film = RunSheetItem.objects.get(title="短片")
        assert self.press(client, session, "skip", item=film.public_id).status_code == 200
        assert self.press(client, session, "restore", item=film.public_id).status_code == 200
        assert self.press(client, session, "end").status_code == 200
        session.refresh_from_db()
        assert session.status == SessionStatus.ENDED
        page = client.get(reverse("studio", args=[session.public_id]))
        assert page.status_code == 200

    def test_talk_is_dealt_with(self, client, session, crew) -> None:
        sign_in(client, crew.user)
        services.set_mode(actor=crew, session=session, hold=True)
        session.refresh_from_db()
        for text in ("问一下", "加微信"):
            services.post_message(actor=actor(), session=session, client_id=new_id(), text=text)
        first, second = Message.objects.order_by("seq")
        page = client.get(reverse("studio", args=[session.public_id])).content.decode()
        assert "加微信" in page
        assert self.press(client, session, "release", seq=first.seq).status_code == 200
        assert self.press(client, session, "remove", seq=second.seq).status_code == 400
        form = {"seq": second.seq, "reason": "广告"}
        assert self.press(client, session, "sanction", **form).status_code == 400
        form["measure"] = "mute-10"
        told = self.press(client, session, "sanction", **form).json()
        assert self.press(client, session, "remove", **form).status_code == 200
        made = Sanction.objects.get()
        assert told["sanction"] == str(made.public_id)
        page = client.get(reverse("studio", args=[session.public_id])).content.decode()
        assert "广告" in page
        assert self.press(client, session, "lift", sanction=made.public_id).status_code == 200
        services.set_mode(actor=crew, session=session, hold=False)
        session.refresh_from_db()
        asked = [
            services.ask_question(
                actor=actor(), session=session, client_id=new_id(), text=f"问题{n}"
            )[0]
            for n in range(3)
        ]
        answers = (
            ("answer", {"question": asked[0].public_id, "live": "1"}),
            ("answer", {"question": asked[1].public_id, "text": "包住"}),
            ("dismiss", {"question": asked[2].public_id, "reason": "重复"}),
        )
        for action, form in answers:
            assert self.press(client, session, action, **form).status_code == 200

    def test_a_form_sent_twice_acts_once(self, client, session, crew) -> None:
        sign_in(client, crew.user)
        token = new_id()
        for _ in range(2):
            self.press(client, session, "insert", title="短片", kind="film", token=token)
        assert RunSheetItem.objects.count() == 1
        self.press(client, session, "insert", title="短片", kind="film", token=new_id())
        assert RunSheetItem.objects.count() == 2

    def test_a_refused_press_may_be_repeated(self, client, session, crew) -> None:
        sign_in(client, crew.user)
        form = {"token": new_id()}
        assert self.press(client, session, "insert", title=" ", **form).status_code == 400
        assert self.press(client, session, "insert", title="短片", **form).status_code == 200

    @pytest.mark.parametrize("action", sorted(ACTIONS))
    def test_nonsense_never_breaks_the_console(self, client, session, crew, action) -> None:
        sign_in(client, crew.user)
        names = ("item", "after", "question", "sanction", "seq", "minutes", "slow", "title",
                 "reason", "text", "kind", "chat", "hold", "vacancies", "token")  # fmt: skip
        for value in ("", "\x00", "9" * 40, "٣", "-1", "<script>", "字" * 300):
            form = dict.fromkeys(names, value)
            assert self.press(client, session, action, **form).status_code < 500

    def test_without_scripts_the_page_comes_back(self, client, session, crew) -> None:
        sign_in(client, crew.user)
        url = reverse("studio-act", args=[session.public_id, "mode"])
        answer = client.post(url, {"chat": "0"}, follow=True)
        assert "解除全员禁言" in answer.content.decode()
        answer = client.post(
            reverse("studio-act", args=[session.public_id, "start"]),
            {"item": new_id()},
        )
        assert answer.status_code == 404
        assert self.press(client, session, "nonsense").status_code == 404

    def test_other_sessions_things_are_out_of_reach(self, client, session, crew) -> None:
        sign_in(client, crew.user)
        elsewhere = SessionFactory(fair=session.fair)
        item = services.add_item(
            actor=actor(SessionCrewFactory(session=elsewhere).person),
            session=elsewhere,
            kind=ItemKind.FILM,
            title="短片",
        )
        assert self.press(client, session, "start", item=item.public_id).status_code == 404
        services.post_message(actor=actor(), session=elsewhere, client_id=new_id(), text="你好")
        assert self.press(client, session, "remove", seq=1, reason="x").status_code == 404


def test_the_clock_of_a_scheduled_session_is_right(client) -> None:
    starts = timezone.now() + timedelta(hours=5)
    session = SessionFactory(
        status=SessionStatus.SCHEDULED, starts_at=starts, ends_at=starts + timedelta(hours=1)
    )
    text = client.get(session.get_absolute_url()).content.decode()
    assert timezone.localtime(starts).isoformat()[:16] in text


def test_pages_of_a_replay_that_are_not_there_are_made_once(client, monkeypatch) -> None:
    """Else whoever counts up fills the cache, and pushes out what is kept there."""
    session = SessionFactory(
        status=SessionStatus.REPLAY,
        video_source=VideoSource.ELSEWHERE,
        external_url="https://example.com/live",
    )
    OnAirIntervalFactory(session=session, ends_at=timezone.now())
    made, render = [], replay._render

    def rendered(*words) -> str:
        made.append(words)
        return render(*words)

    monkeypatch.setattr(replay, "_render", rendered)
    for page in ("1", "2", "9999999", "0"):
        answer = client.get(session.get_absolute_url(), {"page": page})
        assert answer.status_code == 200
    assert len(made) == 1
