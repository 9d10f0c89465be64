"""Frames are validated like forms, and no input whatever breaks the parser."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import settings as trials
from hypothesis import strategies as st

from core.ids import new_id
from livestream.enums import WatchKind
from livestream.realtime import frames
from livestream.realtime.frames import (
    FrameError,
    Hello,
    Now,
    Ping,
    Post,
    React,
    Watch,
    parse_client,
)

CLIENT_ID = "019a0000-0000-7000-8000-000000000001"
GOOD: list[tuple[dict[str, Any], frames.ClientFrame]] = [
    ({"type": "hello", "token": "t", "after": 0}, Hello("t", 0, "")),
    ({"type": "hello", "token": "t", "after": 7, "lang": "en"}, Hello("t", 7, "en")),
    (
        {"type": "message", "client_id": CLIENT_ID, "text": "你好"},
        Post(UUID(CLIENT_ID), "你好"),
    ),
    ({"type": "ping"}, Ping()),
    (
        {"type": "watch", "kind": "media", "played": 57.2, "on": True},
        Watch(WatchKind.MEDIA, 57.2, on=True),
    ),
    (
        {"type": "watch", "kind": "room", "played": 0, "on": False},
        Watch(WatchKind.ROOM, 0, on=False),
    ),
    (
        {"type": "watch", "kind": "media", "played": 57.2, "on": True, "delay": 6.4},
        Watch(WatchKind.MEDIA, 57.2, on=True, delay_s=6.4),
    ),
    ({"type": "react", "n": 3}, React(3)),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@pytest.mark.parametrize(("frame", "parsed"), GOOD)
def test_good_frames(frame: dict[str, Any], parsed: frames.ClientFrame) -> None:
    assert parse_client(json.dumps(frame)) == parsed


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (None, "frame_binary"),
        ("", "frame_not_json"),
        ("{", "frame_not_json"),
        ('{"type": NaN}', "frame_not_json"),
        ("[" * 4000, "frame_not_json"),
        ('{"type":"hello","token":"t","after":' + "9" * 4000 + "}", "frame_bad_after"),
        ('"' + "x" * 4096 + '"', "frame_too_large"),
        ('"' + "中" * 1400 + '"', "frame_too_large"),
        ("[]", "frame_not_object"),
        ("null", "frame_not_object"),
        ("{}", "frame_unknown_type"),
        ('{"type":[]}', "frame_unknown_type"),
        ('{"type":"leave"}', "frame_unknown_type"),
        ('{"type":"ping","type":"ping"}', "frame_duplicate_field"),
        ('{"type":"ping","x":1}', "frame_unknown_field"),
        ('{"type":"hello","token":"t"}', "frame_missing_field"),
        ('{"type":"hello","token":"t","after":"1"}', "frame_bad_after"),
        ('{"type":"hello","token":"t","after":true}', "frame_bad_after"),
        ('{"type":"hello","token":"t","after":1.0}', "frame_bad_after"),
        ('{"type":"hello","token":"t","after":-1}', "frame_bad_after"),
        ('{"type":"hello","token":1,"after":1}', "frame_bad_token"),
        ('{"type":"hello","token":"' + "x" * 601 + '","after":1}', "frame_bad_token"),
        ('{"type":"hello","token":"t","after":1,"lang":"' + "x" * 13 + '"}', "frame_bad_lang"),
        ('{"type":"watch","kind":"tv","played":1,"on":true}', "frame_bad_kind"),
        ('{"type":"watch","kind":["room"],"played":1,"on":true}', "frame_bad_kind"),
        ('{"type":"watch","kind":"room","played":-1,"on":true}', "frame_bad_played"),
        ('{"type":"watch","kind":"room","played":1e9,"on":true}', "frame_bad_played"),
        ('{"type":"watch","kind":"room","played":true,"on":true}', "frame_bad_played"),
        ('{"type":"watch","kind":"room","played":1,"on":1}', "frame_bad_on"),
        ('{"type":"watch","kind":"media","played":1,"on":true,"delay":-1}', "frame_bad_delay"),
        ('{"type":"watch","kind":"media","played":1,"on":true,"delay":601}', "frame_bad_delay"),
        ('{"type":"watch","kind":"media","played":1,"on":true,"delay":true}', "frame_bad_delay"),
        ('{"type":"watch","kind":"media","played":1,"on":true,"delay":null}', "frame_bad_delay"),
        ('{"type":"react","n":0}', "frame_bad_n"),
        ('{"type":"react","n":21}', "frame_bad_n"),
        ('{"type":"message","client_id":"1","text":"x"}', "frame_bad_client_id"),
        (
            '{"type":"message","client_id":"{' + CLIENT_ID[1:-1] + '}","text":"x"}',
            "frame_bad_client_id",
        ),
        ('{"type":"message","client_id":"' + CLIENT_ID + '","text":["x"]}', "frame_bad_text"),
        ('{"type":"message","client_id":"' + CLIENT_ID + '","text":"\\u0000"}', "frame_bad_text"),
        ('{"type":"message","client_id":"' + CLIENT_ID + '","text":"\\ud800"}', "frame_bad_text"),
        (
            '{"type":"message","client_id":"' + CLIENT_ID + '","text":"' + "x" * 501 + '"}',
            "frame_bad_text",
        ),
    ],
)
def test_bad_frames_are_refused_by_name(text: str | None, code: str) -> None:
    with pytest.raises(FrameError) as caught:
        parse_client(text)
    assert caught.value.code == code


def parses_or_refuses(text: str) -> None:
    try:
        parsed = parse_client(text)
    except FrameError as error:
        assert error.code.startswith("frame_")
    else:
        assert isinstance(parsed, Hello | Post | Ping | Watch | React)


@trials(deadline=None)
@given(st.text())
@example("\ud800")
@example('{"type": "ping"}\ud800')
def test_any_text_parses_or_is_refused(text: str) -> None:
    parses_or_refuses(text)


@trials(deadline=None)
@given(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["hello", "message", "ping", "watch", "react"]) | JSON},
        optional=dict.fromkeys(
            ("token", "after", "lang", "client_id", "text", "kind", "played", "on", "n", "extra"),
            JSON,
        ),
    )
)
def test_any_json_near_the_protocol_parses_or_is_refused(frame: dict[str, Any]) -> None:
    parses_or_refuses(json.dumps(frame))


@trials(deadline=None)
@given(st.integers(min_value=0, max_value=50), st.integers(min_value=0, max_value=20))
def test_a_tick_says_what_it_spans(head: int, count: int) -> None:
    count = min(count, head)
    listed = [json.dumps({"seq": n}) for n in range(head - count + 1, head + 1)]
    tick = json.loads(frames.tick(head - count + 1, head, listed, Now(3, 2, 1)))
    assert tick["to"] - tick["from"] + 1 == count == len(tick["events"])
    assert "left_out" not in tick
    del tick["now"]["at"]
    assert tick["now"] == {"present": 3, "playing": 2, "hearts": 1}


def test_a_welcome_is_a_tick_too_and_tells_what_is_left_out() -> None:
    text = frames.welcome(
        new_id(), "seeker", 2.0, after=3, head=6, events=['{"seq":5}'], now=Now(), left_out=2
    )
    frame = json.loads(text)
    assert (frame["type"], frame["seq"], frame["from"], frame["to"]) == ("welcome", 6, 4, 6)
    assert (frame["events"], frame["left_out"]) == ([{"seq": 5}], 2)


def test_server_frames_are_compact_json_with_chinese_as_it_is() -> None:
    client_id = new_id()
    text = frames.encode(frames.error("muted", "请稍候", client_id=client_id, retry_after=3))
    assert "请稍候" in text
    assert json.loads(text) == {
        "type": "error",
        "code": "muted",
        "message": "请稍候",
        "client_id": str(client_id),
        "retry_after": 3,
    }
    assert json.loads(frames.encode(frames.ack(client_id, 4, held=True)))["held"] is True
