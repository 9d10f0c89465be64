"""Captions: files read strictly, lines typed live, what the log and the pages make of them."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Conflict, Invalid, NotAllowed, NotFound
from livestream import webvtt
from livestream.enums import SessionStatus
from livestream.log import public_events
from livestream.models import Caption, Session
from livestream.services import captions
from livestream.webvtt import BadCaptionsError, Cue, compose, parse
from tests.factories import (
    OnAirIntervalFactory,
    SessionCrewFactory,
    SessionFactory,
    UserFactory,
    actor,
)
from tests.support.accounts import signed_in

NOON = datetime(2026, 12, 3, 4, 0, tzinfo=UTC)
GOOD = """﻿WEBVTT 春送岗位

NOTE by hand

STYLE
::cue { color: red }

1
00:01.000 --> 00:03.500 align:start
<v 梁师傅>焊缝要<b>匀</b></v>
第二行 &amp; 更多

01:00:00.000 --> 01:00:02.000
a < b
"""
SUBRIP = "1\r\n00:00:01,000 --> 00:00:02,000\r\n大家好\r\n\r\n2\r\n00:00:02,500 --> 00:00:03,000\r\n再见\r\n"


# --- files ---------------------------------------------------------------------------------------


def test_only_what_is_said_is_read() -> None:
    first, second = parse(GOOD)
    assert first == Cue(1000, 3500, "梁师傅: 焊缝要匀\n第二行 & 更多")
    assert second == Cue(3_600_000, 3_602_000, "a < b")
    assert [cue.text for cue in parse(SUBRIP)] == ["大家好", "再见"]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("", 1),
        ("WEBVTT\n", 1),
        ("大家好", 1),
        ("WEBVTTX\n\n00:01.000 --> 00:02.000\n好", 1),
        ("WEBVTT\n\n00:01 --> 00:02.000\n好", 3),
        ("WEBVTT\n\n00:61.000 --> 00:62.000\n好", 3),
        ("WEBVTT\n\nid\n00:02.000 --> 00:01.000\n好", 4),
        ("WEBVTT\n\n00:05.000 --> 00:06.000\n好\n\n00:04.000 --> 00:06.000\n好", 6),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n<i></i>", 3),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n好\n00:03.000 --> 00:04.000\n好", 3),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n" + "好" * 201, 3),
        ("WEBVTT\n\njust words\nand more", 4),
    ],
)
def test_what_is_wrong_is_told_with_its_line(content: str, line: int) -> None:
    with pytest.raises(BadCaptionsError) as refused:
        parse(content)
    assert refused.value.problems[0].line == line
    assert str(refused.value.problems[0].text)


def test_not_more_than_can_be_read() -> None:
    many = "WEBVTT\n\n" + "00:01.000 --> 00:02.000\n好\n\n" * (webvtt.MOST_CUES + 1)
    bad = "WEBVTT\n\n" + "00:01.000\n好\n\n" * 100
    with pytest.raises(BadCaptionsError, match="1 problems"):
        parse(many)
    with pytest.raises(BadCaptionsError, match=f"{webvtt.MOST_PROBLEMS} problems"):
        parse(bad)


ONE = "WEBVTT\n\n00:01.000 --> 00:02.000\n"


@pytest.mark.parametrize(
    "line",
    ["<v" + " " * 200_000, "<v " * 60_000, "<v." * 60_000, "&#" + "1" * 5000 + ";", "<c." * 60_000],
)
def test_lines_that_take_long_to_read_are_not_read(line: str) -> None:
    with pytest.raises(BadCaptionsError) as refused:
        parse(ONE + "好\n" + line + "\n")
    assert [problem.line for problem in refused.value.problems] == [5]
    assert "1000" in str(refused.value.problems[0].text)


@pytest.mark.parametrize("start", ["<v", "<v ", "<v.", "<v.a ", "<c", "<c.", "<1:", "</", "< "])
@pytest.mark.parametrize("more", ["", " ", "\t", "x", ">", "<v ", "<v.", "<v x"])
def test_markup_is_read_in_time_that_grows_with_it(start: str, more: str) -> None:
    """What grows with its square takes minutes here."""
    line = start * 20_000 if not more else start + more * 60_000
    began = time.perf_counter()
    webvtt._TAG.sub("", webvtt._VOICE.sub(r"\1: ", line))
    assert time.perf_counter() - began < 5


def test_voices() -> None:
    for said in ("<v 梁>好", "<v.first.loud 梁>好</v>", "<v \t 梁>好", "<v 梁>好<b"):
        assert parse(ONE + said)[0].text.startswith("梁: 好")
    assert parse(ONE + "<v >好")[0].text == "好"


def test_a_line_of_nothing_but_nul_is_no_line() -> None:
    assert parse(ONE + "\0\n好\0\n\0")[0].text == "好"


MARKUP = st.text(alphabet="<v./c>& \t#x0123456789;:->\n好", max_size=300).map(ONE.__add__)


@given(st.text() | st.text(alphabet="WEBVT\n\r 0123456789:.->,<>&;ab好") | MARKUP)
def test_any_text_is_read_or_refused(content: str) -> None:
    try:
        cues = parse(content)
    except BadCaptionsError as refused:
        assert refused.problems
    else:
        assert all(cue.ends_ms > cue.starts_ms and cue.text for cue in cues)


SAID = st.text(alphabet="好师傅 ab<>&-;", min_size=1, max_size=40).map(
    lambda s: " ".join(s.split())
)


@given(st.lists(st.tuples(st.integers(0, 10**7), st.integers(1, 9000), SAID.filter(bool))))
def test_what_is_written_is_read_again(rows: list[tuple[int, int, str]]) -> None:
    cues = [Cue(at, at + length, text) for at, length, text in sorted(rows)]
    readable = [cue for cue in cues if "-->" not in cue.text]
    if readable:
        assert parse(compose(readable)) == readable


# --- typed live ----------------------------------------------------------------------------------


@pytest.fixture
def session(db: None) -> Session:
    return SessionFactory(status=SessionStatus.LIVE)


@pytest.fixture
def crew(session: Session):
    return actor(SessionCrewFactory(session=session).person)


def add(session, crew, text: str, **also):
    return captions.add_caption(
        actor=crew, session=session, text=text, **{"language": "zh-hans", **also}
    )


def test_a_typed_line_is_in_the_log_at_the_moment_it_was_said(session, crew) -> None:
    with time_machine.travel(NOON, tick=False):
        caption = add(session, crew, "  大家好，  我是梁师傅 ", back_s=3)
    assert caption.text == "大家好， 我是梁师傅"
    assert caption.starts_at == NOON - timedelta(seconds=3)
    event = public_events(session.public_id)[-1]
    assert (event["kind"], event["seq"]) == ("caption", caption.seq)
    assert event["at"] == NOON.isoformat()
    assert event["data"] == {
        "text": caption.text,
        "language": "zh-hans",
        "starts_at": caption.starts_at.isoformat(),
        "ends_at": caption.ends_at.isoformat(),
    }
    assert "by" not in event


def test_the_next_line_cuts_the_one_before_short(session, crew) -> None:
    with time_machine.travel(NOON, tick=False):
        first = add(session, crew, "这一句很长，读完要好几秒钟才行")
        other = add(session, crew, "Hello", language="en")
    assert first.ends_at - NOON > timedelta(seconds=4)
    with time_machine.travel(NOON + timedelta(seconds=1), tick=False):
        add(session, crew, "下一句")
    first.refresh_from_db()
    other.refresh_from_db()
    assert first.ends_at == NOON + timedelta(seconds=1)
    assert other.ends_at > NOON + timedelta(seconds=1)


def test_a_line_that_is_taken_back_is_gone_everywhere(session, crew) -> None:
    caption = add(session, crew, "打错了")
    before = Session.objects.get(pk=session.pk).redaction_revision
    captions.remove_caption(actor=crew, session=session, seq=caption.seq)
    shown, removed = public_events(session.public_id)
    assert shown["data"] == {"hidden": "removed"}
    assert (removed["kind"], removed["data"]) == ("removed", {"ref": caption.seq})
    assert Session.objects.get(pk=session.pk).redaction_revision == before + 1
    with pytest.raises(NotFound):
        captions.remove_caption(actor=crew, session=session, seq=caption.seq)


def test_who_may_type_what_and_when(session, crew) -> None:
    with pytest.raises(NotAllowed):
        add(session, actor(UserFactory()), "大家好")
    with pytest.raises(Invalid):
        add(session, crew, "Bonjour", language="fr")
    with pytest.raises(Invalid):
        add(session, crew, "好" * 201)
    Session.objects.filter(pk=session.pk).update(status=SessionStatus.ENDED)
    with pytest.raises(Conflict):
        add(session, crew, "大家好")
    assert not Caption.objects.exists()


def test_the_log_reads_captions_only_where_there_are_some(
    session, crew, django_assert_num_queries
) -> None:
    add(session, crew, "一")
    add(session, crew, "二")
    with django_assert_num_queries(5):  # entries, messages, questions, pins, captions
        public_events(session.public_id)


# --- uploaded ------------------------------------------------------------------------------------


def test_a_file_takes_the_place_of_the_one_before(session, crew) -> None:
    OnAirIntervalFactory(session=session, starts_at=NOON)
    typed = add(session, crew, "直播时打的")

    def upload(content: str, **also) -> int:
        return captions.upload_webvtt(
            actor=crew, session=session, language="zh-hans", content=content.encode(), **also
        )

    assert upload(GOOD) == 2
    assert upload(SUBRIP) == 2
    first = Caption.objects.filter(session=session, seq=None).first()
    assert (first.starts_at, first.text) == (NOON + timedelta(seconds=1), "大家好")
    with pytest.raises(captions.BadFileError) as refused:
        upload("WEBVTT\n\n00:01 --> 00:02\n好")
    assert refused.value.problems[0].line == 3
    assert Caption.objects.filter(session=session).count() == 3
    assert upload(SUBRIP, zero=NOON + timedelta(hours=1)) == 2
    assert Caption.objects.filter(starts_at=NOON + timedelta(hours=1, seconds=1)).exists()
    assert captions.delete_uploaded(actor=crew, session=session, language="zh-hans") == 2
    assert Caption.objects.get(session=session) == typed


def test_a_file_that_is_no_text_is_refused(session, crew) -> None:
    for content in (b"WEBVTT\n\n\xff\xfe", b"W" * (captions.MAX_FILE + 1)):
        with pytest.raises(captions.BadFileError):
            captions.upload_webvtt(actor=crew, session=session, language="en", content=content)
    with pytest.raises(Conflict, match="not_on_air"):
        captions.upload_webvtt(actor=crew, session=session, language="en", content=SUBRIP.encode())


@pytest.mark.parametrize("year", [1, 1999, 9999])
def test_a_file_that_begins_in_another_age_is_refused(session, crew, year) -> None:
    late = "WEBVTT\n\n9998:00:00.000 --> 9999:00:00.000\n好"
    with pytest.raises(Invalid, match="captions_zero"):
        captions.upload_webvtt(
            actor=crew,
            session=session,
            language="en",
            content=late.encode(),
            zero=datetime(year, 12, 31, tzinfo=UTC),
        )
    assert not Caption.objects.exists()


# --- pages ---------------------------------------------------------------------------------------


def test_the_page_types_uploads_and_gives_back(client: Client, session, crew) -> None:
    OnAirIntervalFactory(session=session, starts_at=NOON)
    signed_in(client, crew.user)
    page = reverse("studio-captions", args=[session.public_id])
    form = {"text": "大家好", "language": "zh-hans", "back": "0", "token": session.public_id}
    for _press in range(2):
        client.post(f"{page}add/", form)
    assert Caption.objects.count() == 1
    # The counts are a part that the script reads again after a line.
    shown = client.get(page).content.decode()
    counts = shown.partition('<tbody id="r-counts" data-region>')[2].partition("</tbody>")[0]
    assert '<td data-label="现场输入" class="num">1</td>' in counts
    client.post(f"{page}remove/", {"seq": Caption.objects.get().seq})
    file = SimpleUploadedFile("a.vtt", GOOD.encode())
    answer = client.post(f"{page}upload/", {"language": "en", "file": file}, follow=True)
    assert "2 条字幕" in answer.content.decode()
    given = client.get(f"{page}en.vtt")
    assert given["Content-Type"] == "text/vtt; charset=utf-8"
    assert [cue.starts_ms for cue in parse(given.content.decode())] == [1000, 3_600_000]
    bad = SimpleUploadedFile("a.vtt", b"WEBVTT\n\n00:01 --> 00:02\nx")
    answer = client.post(f"{page}upload/", {"language": "en", "file": bad})
    assert answer.status_code == 400
    assert "第 3 行" in answer.content.decode()
    for zero in ("x", "20266-11-23T09:00", "0001-01-01T00:00"):
        file = SimpleUploadedFile("a.vtt", b"WEBVTT\n\n00:01.000 --> 00:02.000\nx")
        form = {"language": "en", "file": file, "zero": zero}
        assert client.post(f"{page}upload/", form).status_code == 400
    assert Caption.objects.count() == 2
