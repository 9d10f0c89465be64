"""The room log: gap-free numbers, retries, batches, tombstones."""

from __future__ import annotations

import threading
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from core.ids import new_id
from livestream import services
from livestream.enums import EventKind
from livestream.log import Draft, append_events, public_events
from livestream.models import RoomEvent, Session
from tests.factories import SessionCrewFactory, SessionFactory, UserFactory, actor

CLIENT_IDS = [UUID(int=number) for number in range(1, 7)]
drafts = st.builds(
    Draft,
    kind=st.sampled_from([EventKind.MESSAGE, EventKind.NOTICE]),
    actor_key=st.sampled_from(["a" * 24, "b" * 24]),
    client_id=st.one_of(st.none(), st.sampled_from(CLIENT_IDS)),
)


class TestAnyHistory(TestCase):
    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.lists(drafts, max_size=5), max_size=8))
    def test_numbers_have_no_gaps_and_retries_take_none(self, batches: list[list[Draft]]) -> None:
        session = SessionFactory()
        first: dict[Any, int] = {}
        entries = 0
        for batch in batches:
            answers = append_events(session, batch)
            assert len(answers) == len(batch)
            for draft, answer in zip(batch, answers, strict=True):
                known = draft.client_id is not None and draft.identity in first
                assert answer.is_new is not known
                if draft.client_id is not None:
                    assert first.setdefault(draft.identity, answer.event.seq) == answer.event.seq
                entries += answer.is_new
        seqs = list(RoomEvent.objects.filter(session=session).values_list("seq", flat=True))
        assert seqs == list(range(1, entries + 1))
        session.refresh_from_db()
        assert session.last_seq == entries


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_many_writers_at_once_leave_no_gap() -> None:
    session = SessionFactory()
    shared = new_id()
    errors: list[Exception] = []

    def write(number: int) -> None:
        try:
            mine = Session.objects.get(pk=session.pk)
            for turn in range(5):
                append_events(
                    mine,
                    [
                        Draft(kind=EventKind.NOTICE),
                        Draft(kind=EventKind.MESSAGE, actor_key="k", client_id=shared),
                        Draft(kind=EventKind.MESSAGE, actor_key=f"{number}", client_id=new_id()),
                    ],
                )
                assert turn >= 0
        except Exception as error:  # noqa: BLE001 - shown below
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    seqs = list(RoomEvent.objects.filter(session=session).values_list("seq", flat=True))
    assert seqs == list(range(1, 8 * 5 * 2 + 2))


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_a_reader_never_sees_a_later_number_before_an_earlier_one() -> None:
    """Readers resume with ``after``: what they saw must be a prefix."""
    session = SessionFactory()
    stop = threading.Event()
    bad: list[list[int]] = []

    def read() -> None:
        while not stop.is_set():
            seqs = list(
                RoomEvent.objects.filter(session=session)
                .order_by("seq")
                .values_list("seq", flat=True)
            )
            if seqs != list(range(1, len(seqs) + 1)):
                bad.append(seqs)
        connection.close()

    def write() -> None:
        mine = Session.objects.get(pk=session.pk)
        for _turn in range(15):
            append_events(mine, [Draft(kind=EventKind.NOTICE) for _ in range(2)])
        connection.close()

    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=write) for _ in range(3)]
    reader.start()
    for thread in writers:
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    reader.join()
    assert not bad
    session.refresh_from_db()
    assert session.last_seq == 90


@pytest.mark.django_db
def test_public_form_joins_text_and_hides_what_was_removed() -> None:
    session = SessionFactory()
    operator = SessionCrewFactory(session=session).person
    seeker = UserFactory()
    kept, _new = services.post_message(
        actor=actor(seeker), session=session, client_id=new_id(), text="夫妻能住一起吗"
    )
    gone, _new = services.post_message(
        actor=actor(seeker), session=session, client_id=new_id(), text="加微信"
    )
    question, _new = services.ask_question(
        actor=actor(seeker), session=session, client_id=new_id(), text="几点上班？"
    )
    services.remove_message(actor=actor(operator), message=gone, reason="广告")
    services.answer_question(actor=actor(operator), question=question, text="八点")
    events = public_events(session.public_id)
    assert [event["seq"] for event in events] == [1, 2, 3, 4, 5]
    assert events[0]["by"] == {
        "name": seeker.display_name,
        "role": "seeker",
        "key": seeker.actor_key,
    }
    assert events[0]["data"]["text"] == kept.text
    assert "by" not in events[1]
    assert events[1]["data"] == {"hidden": "removed"}
    assert events[3]["kind"] == "removed"
    assert events[3]["data"] == {"ref": 2}
    assert events[4]["data"]["text"] == "八点"
    assert events[4]["data"]["question"] == "几点上班？"
    assert events[4]["by"]["role"] == "staff"
    assert public_events(session.public_id, after=3, limit=1) == [events[3]]
