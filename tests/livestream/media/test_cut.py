"""断播: what was cut is not shown after the cut, whoever packages it and however much waits."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from livestream.enums import TakeEnd
from livestream.media.folders import session_folder
from livestream.media.ingest import socket
from livestream.media.packaging import Packager, Pump, mark_cut, read_playlist
from livestream.services import stream_keys, takes
from tests.livestream.media import recordings
from tests.livestream.media.test_packager import T0, contents, pieces
from tests.livestream.test_ingest import AAC, crew_async, ended, eventually, publishers

LISTS = ("video.m3u8", "audio.m3u8")


def listed(folder: Path) -> list[list[str]]:
    """The segments of the live lists."""
    found = [read_playlist(folder / name) for name in LISTS]
    return [[segment.uri for segment in one.segments] for one in found if one is not None]


def test_nothing_is_listed_after_the_cut(recording, tmp_path):
    packager = Packager(tmp_path, 1, segment_s=1)
    header, *rest = pieces(recording("aac.mp4"))
    packager.feed(header, T0)
    for n, piece in enumerate(rest[:4], start=1):
        packager.feed(piece, T0 + n)
    before = contents(tmp_path)
    assert len(listed(tmp_path)[0]) == 4
    mark_cut(tmp_path / "t1")
    for n, piece in enumerate(rest[4:], start=5):
        packager.feed(piece, T0 + n)
    packager.finish()
    after = contents(tmp_path)
    assert {name: after[name] for name in before if name in LISTS} == {
        name: before[name] for name in LISTS
    }
    assert after.keys() == before.keys() | {"t1/cut"}
    again = Packager(tmp_path, 2, segment_s=1)
    again.feed(header, T0 + 60)
    again.feed(rest[0], T0 + 61)
    again.finish()
    assert "t2/v00001.m4s" in listed(tmp_path)[0]


async def test_what_waits_when_it_is_closed_is_left_out(recording, tmp_path, monkeypatch):
    written, feed = threading.Event(), Packager.feed

    def slow(self: Packager, chunk: bytes, arrived: float) -> None:
        assert written.wait(10)
        feed(self, chunk, arrived)

    monkeypatch.setattr(Packager, "feed", slow)
    pump = Pump(tmp_path, 1, mime=AAC, segment_s=1)
    for piece in pieces(recording("aac.mp4")):
        await pump.put(piece)
    mark_cut(tmp_path / "t1")
    closing = asyncio.create_task(pump.close())
    written.set()
    await closing
    assert pump.trouble is None
    assert listed(tmp_path) == []


def test_a_cut_before_the_first_picture_leaves_nothing(recording, tmp_path):
    mark_cut(tmp_path / "t1")
    packager = Packager(tmp_path, 1, segment_s=1)
    for n, piece in enumerate(pieces(recording("aac.mp4"))):
        packager.feed(piece, T0 + n)
    packager.finish()
    assert not packager.up
    assert contents(tmp_path) == {}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("end", [TakeEnd.CUT, TakeEnd.REVOKED])
async def test_a_publisher_who_has_not_heard_of_it_yet(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: TakeEnd
) -> None:
    crew = await crew_async()
    monkeypatch.setattr(socket, "BEAT_S", 60)  # nobody tells it
    async with publishers(settings, tmp_path) as to:
        folder = session_folder(crew.session.public_id)
        host = await to(crew.session)
        await host.hello(crew.key)
        *first, last = recordings.recording()
        await host.play(first)
        await eventually(lambda: [len(one) for one in listed(folder)] == [3, 3], "all is listed")
        act = takes.cut if end == TakeEnd.CUT else stream_keys.revoke_keys
        await sync_to_async(act)(actor=crew.actor, session=crew.session)
        before = listed(folder)
        await host.play([last])
        await host.line.send('{"type":"stop"}')
        assert await host.code() == 1000
    assert await sync_to_async(ended(crew, end))()
    assert listed(folder) == before
    await eventually(lambda: socket.PLACES.taken == 0, "the place is free")
