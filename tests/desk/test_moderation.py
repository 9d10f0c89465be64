"""Moderating from the desk: the queue of all rooms, a person's conduct, the word list."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import AuditEvent
from core.ids import new_id
from fairs.enums import StaffRole
from livestream import services
from livestream.enums import MessageStatus, SanctionKind, WordAction
from livestream.models import BlockedWord, Message, Sanction, Session
from livestream.services.room import shown_name
from tests.desk.people import browser, staff_of
from tests.factories import (
    FairFactory,
    SessionCrewFactory,
    SessionFactory,
    UserFactory,
    actor,
)

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


@pytest.fixture
def session() -> Session:
    return SessionFactory(hold_messages=True)


def say(session: Session, text: str, user=None) -> Message:
    by = actor(user or UserFactory(phone="+8613812345678", display_name=""))
    return services.post_message(actor=by, session=session, client_id=new_id(), text=text)[0]


def test_many_are_released_or_removed_at_once(session) -> None:
    client = browser(staff_of(session.fair, StaffRole.MODERATOR))
    elsewhere = say(SessionFactory(hold_messages=True), "别处的", UserFactory())
    ids = [say(session, text, UserFactory()).public_id for text in ("一", "二", "三")]
    page = client.get(reverse("desk-messages")).content.decode()
    assert page.index("一") < page.index("三")  # oldest first
    assert "别处的" not in page
    decide = reverse("desk-messages-decide")
    form = {"decision": "release", "message": [ids[0], ids[1], elsewhere.public_id, "x"]}
    assert client.post(decide, form, headers=JSON).json() == {"done": "已放行 2 条消息。"}
    form = {"decision": "remove", "message": ids, "reason": "广告", "words": "请勿拉群"}
    assert client.post(decide, form).status_code == 302
    reasons = set(Message.objects.filter(public_id__in=ids).values_list("removed_reason"))
    assert reasons == {("请勿拉群",)}
    elsewhere.refresh_from_db()
    assert elsewhere.status == MessageStatus.HELD
    refused = client.post(decide, {"decision": "release"}, headers=JSON)
    assert (refused.status_code, refused.json()["code"]) == (400, "nothing_ticked")


@pytest.mark.parametrize("form", [{}, {"decision": "remvoe"}])
def test_nothing_is_decided_that_was_not_chosen(session, form) -> None:
    client = browser(staff_of(session.fair, StaffRole.MODERATOR))
    held = say(session, "一")
    form = {"message": held.public_id, "reason": "广告", **form}
    for address in ("desk-messages-decide", "desk-message"):
        args = [held.public_id] if address == "desk-message" else []
        assert client.post(reverse(address, args=args), form).status_code == 404
    held.refresh_from_db()
    assert held.status == MessageStatus.HELD


def test_crew_see_their_own_room_and_no_other(session) -> None:
    say(session, "这里的", UserFactory())
    say(SessionFactory(fair=session.fair, hold_messages=True), "隔壁的", UserFactory())
    client = browser(SessionCrewFactory(session=session, role="operator").person)
    page = client.get(reverse("desk-messages")).content.decode()
    assert "这里的" in page
    assert "隔壁的" not in page
    assert client.get(reverse("desk-words")).status_code == 404


def test_a_person_s_conduct_with_undo_and_without_a_phone_number(session) -> None:
    client = browser(staff_of(session.fair, StaffRole.MODERATOR))
    message = say(session, "加群领红包")
    page, person = (
        reverse("desk-message", args=[message.public_id]),
        reverse("desk-person", args=[message.author.public_id]),
    )
    client.post(page, {"decision": "remove", "reason": "广告", "back": person})
    form = {"session": session.public_id, "measure": "ban-fair", "reason": "广告"}
    assert client.post(f"{person}sanction/", form).status_code == 302
    for address in (page, person, reverse("desk-sanctions"), reverse("desk-messages")):
        shown = client.get(f"{address}?status=removed").content.decode()
        assert shown_name(message.author) in shown
        assert "1381234" not in shown
        assert "138****" not in shown
    made = Sanction.objects.get()
    assert (made.kind, made.session) == (SanctionKind.BAN, None)
    lift = reverse("desk-sanction-lift", args=[made.public_id])
    answer = client.post(lift, {"back": "//evil.example/desk/", "words": "误判"})
    assert answer.headers["Location"] == reverse("desk-sanctions")
    client.post(page, {"decision": "restore", "reason": "广告", "words": "误删"})
    message.refresh_from_db()
    assert message.status == MessageStatus.SHOWN
    done = dict(AuditEvent.objects.values_list("action", "reason"))
    assert (done["message.remove"], done["person.ban"]) == ("广告", "广告")
    assert (done["person.lift_sanction"], done["message.restore"]) == ("误判", "误删")
    stranger = browser(staff_of(FairFactory(), StaffRole.MODERATOR))
    for address in (page, person):
        assert stranger.get(address).status_code == 404


def test_the_word_list_is_edited_and_tried(session) -> None:
    fair, words = session.fair, reverse("desk-words")
    client = browser(staff_of(fair, StaffRole.MODERATOR))
    form = {"fair": fair.slug, "words": "刷單\n加微信\n", "action": "hold", "note": "群骗"}
    assert client.post(words, form).status_code == 302
    assert client.post(words, form | {"fair": "*"}).status_code == 200  # not a moderator's list
    assert BlockedWord.objects.filter(fair=fair).count() == 2
    page = client.get(words, {"try": "日结 刷-单", "fair": fair.slug}).content.decode()
    assert "会等待审核，因为含有“刷單”" in page
    word = BlockedWord.objects.get(word="刷單")
    change = reverse("desk-word", args=[word.public_id])
    client.post(change, {"action": "refuse"})
    word.refresh_from_db()
    assert word.action == WordAction.REFUSE
    client.post(change, {"action": "end"})
    assert not BlockedWord.objects.filter(word="刷單", ended_at=None).exists()
    manager = browser(staff_of(FairFactory()))
    assert manager.post(change, {"action": "hold"}).status_code == 404
    assert manager.post(words, form | {"fair": "*"}).status_code == 302
    assert BlockedWord.objects.filter(fair=None).count() == 2


def test_lists_of_three_cost_as_many_queries_as_of_one(session, query_count) -> None:
    moderator, person = staff_of(session.fair, StaffRole.MODERATOR), UserFactory()
    client, by = browser(moderator), actor(moderator)
    addresses = [
        reverse("desk-person", args=[person.public_id]),
        reverse("desk-sanctions"),
        reverse("desk-words"),
    ]

    def one_more(number: int) -> None:
        room = SessionFactory(fair=session.fair)
        say(room, f"第{number}条", person)
        terms = {"session": room, "kind": SanctionKind.MUTE, "reason": "刷屏"}
        services.sanction(actor=by, person=person, **terms)
        services.sanction(actor=by, person=UserFactory(), **terms)
        words = [f"加群{number}"]
        services.list_words(actor=by, fair=session.fair, words=words, action=WordAction.HOLD)

    def counted() -> list[int]:
        numbers = []
        for address in addresses:
            with query_count() as queries:
                assert client.get(address).status_code == 200
            numbers.append(len(queries))
        return numbers

    one_more(1)
    client.get(addresses[0])
    before = counted()
    one_more(2)
    one_more(3)
    assert counted() == before
