"""Signed addresses: the same for everybody, valid for hours, and made as nginx makes them."""

from __future__ import annotations

import base64
import hashlib
import time
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livestream.media import signing

ROOM = UUID("0193a7c2-0000-7000-8000-000000000000")
H = 3600


@pytest.fixture
def clock(monkeypatch):
    now = [1_800_000_000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    return now


def parts(address):
    _empty, _media, _hls, expires, signature, tree = address.rstrip("/").split("/", 5)
    return tree, int(expires), signature


def test_one_address_per_session_and_time(clock):
    first = signing.prefix(ROOM)
    clock[0] += signing.BUCKET_S - clock[0] % signing.BUCKET_S - 1
    assert signing.prefix(ROOM) == first
    clock[0] += 1
    assert signing.prefix(ROOM) != first
    assert signing.prefix(UUID(int=1)) != signing.prefix(ROOM)


@pytest.mark.parametrize(
    ("has", "wants"),
    [("", "r1"), ("", "r1.whole"), ("r1", "r2"), ("r1", "r1.whole"), ("r1", "r11"), ("r1", ""),
     ("r1.whole", "r1"), ("r1.whole", "")],
)  # fmt: skip
def test_who_has_one_folder_has_none_of_the_others(clock, has, wants):
    """Live picture, replay before it was cut or hidden, and what only the crew sees."""
    name, expires, signature = parts(signing.prefix(ROOM, has))
    assert signing.holds(name, expires, signature)
    assert not signing.holds(f"{ROOM.hex}/{wants}" if wants else ROOM.hex, expires, signature)


@given(st.integers(0, signing.BUCKET_S * 3))
def test_an_address_holds_for_six_to_twelve_hours(second):
    with pytest.MonkeyPatch.context() as patch:
        now = 1_800_000_000 + second
        patch.setattr(time, "time", lambda: now)
        name, expires, signature = parts(signing.prefix(ROOM))
        assert 6 * H <= expires - now <= 12 * H
        assert signing.holds(name, expires, signature)
        patch.setattr(time, "time", lambda: expires + 1)
        assert not signing.holds(name, expires, signature)


def test_nothing_in_an_address_can_be_changed(clock):
    name, expires, signature = parts(signing.prefix(ROOM))
    assert not signing.holds("0" * 32, expires, signature)
    assert not signing.holds(name, expires + 1, signature)
    assert not signing.holds(name, expires, signature[:-1] + ("A" if signature[-1] != "A" else "B"))
    assert not signing.holds(name, expires, "签名")


def test_signatures_are_those_of_nginx(clock, settings):
    """``secure_link_md5 "<expires>/<session> <key>"``, in base64 for addresses, without ``=``."""
    settings.MEDIA_SIGNING_KEY = "k" * 32
    _name, expires, signature = parts(signing.prefix(ROOM))
    text = f"{expires}/{ROOM.hex} {'k' * 32}"
    digest = hashlib.md5(text.encode(), usedforsecurity=False).digest()
    assert base64.urlsafe_b64decode(signature + "==") == digest
    assert len(signature) == 22


def test_a_cdn_stands_in_front(settings):
    settings.MEDIA_ORIGIN = "https://cdn.example.org"
    assert signing.prefix(ROOM).startswith("https://cdn.example.org/media/hls/")


@pytest.mark.parametrize(
    ("tree", "path"),
    [("", "live.m3u8"), ("", "video.m3u8"), ("", "audio.m3u8"), ("", "t1/v-init.mp4"),
     ("", "t1/a00001.m4s"), ("", "t1/v123456.m4s"), ("/r2", "index.m3u8"), ("/r2", "audio.m3u8"),
     ("/r2", "p1/v.mp4"), ("/r2.whole", "p1/v.m3u8"), ("/r2.whole", "p12/v.mp4")],
)  # fmt: skip
def test_files_that_are_served(tree, path):
    found = signing.PATH.fullmatch(f"{ROOM.hex}{tree}/{path}")
    assert found is not None
    assert (found["tree"], found["file"]) == (ROOM.hex + tree, path)


@pytest.mark.parametrize(
    "path",
    ["", "t1", "t1/", "../x/live.m3u8", "t1/../live.m3u8", "/live.m3u8", "live.m3u8\n", "LIVE.m3u8",
     "t1/v00001.m4s.part", "t1/x00001.m4s", "t1/v1.m4s", "r1/v.mp4", "r1/p1/key.pem",
     "t１/v.m3u8", ".live.m3u8", "live.m3u8.tmp", "t1/v.m3u8", "t12/a.m3u8", "p1/v.m3u8",
     "r2/p1/v.m3u8", "r2/p1/v00001.m4s", "r2.work/p1/v.mp4", "r2.whole/p1/part.json",
     "r2.wholesome/p1/v.m3u8"],
)  # fmt: skip
def test_files_that_are_not(path):
    assert not signing.PATH.fullmatch(f"{ROOM.hex}/{path}")
    assert not signing.PATH.fullmatch(f"{ROOM.hex.upper()}/{path}")
