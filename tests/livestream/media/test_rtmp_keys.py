"""Encoders with wrong keys, without an nginx."""

from __future__ import annotations

import asyncio
import threading

from channels.db import database_sync_to_async

from core.errors import NotAllowed
from livestream.media.rtmp import server, supervisor
from livestream.services import takes


async def test_whoever_tries_keys_holds_up_nobodys_beat(tmp_path, monkeypatch):
    asked, answered = threading.Event(), threading.Event()

    def begin(**_words: object) -> None:
        asked.set()
        assert answered.wait(10)
        raise NotAllowed("stream_key_wrong", "no")

    monkeypatch.setattr(takes, "begin_take", begin)
    monkeypatch.setattr(takes, "beat", lambda **_words: True)
    monkeypatch.setattr(supervisor, "_exists", lambda _session: False)
    media = supervisor.MediaServer(
        installed=server.Installed("nginx", tmp_path), run=tmp_path, port=1, ready=lambda: None
    )
    guess = asyncio.create_task(media.publish({"name": "a" * 32, "clientid": "7", "key": "x"}))
    assert await asyncio.to_thread(asked.wait, 10)
    try:
        assert await asyncio.wait_for(database_sync_to_async(takes.beat)(take=None), 5)
    finally:
        answered.set()
    assert not await guess
