"""A rehearsal that is deleted while a browser publishes to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from jobs.worker import run_pending
from livestream import services
from livestream.media.folders import session_folder
from livestream.media.ingest import socket
from tests.livestream.media.recordings import recording
from tests.livestream.test_ingest import Crew, Publisher, publishers

pytestmark = pytest.mark.django_db(transaction=True)


def rehearsing() -> Crew:
    crew = Crew()
    crew.session = services.create_rehearsal(actor=crew.actor, session=crew.session)
    crew.key = crew.new_key()
    return crew


async def deleted_on_air(to: Any) -> tuple[Crew, Publisher]:
    crew = await sync_to_async(rehearsing)()
    host = await to(crew.session)
    await host.hello(crew.key)
    await host.play(recording()[:3])
    await host.hear("live")
    await sync_to_async(services.delete_rehearsal)(actor=crew.actor, rehearsal=crew.session)
    return crew, host


def errors(caplog: Any) -> list[str]:
    return [record.message for record in caplog.records if record.levelname == "ERROR"]


async def test_its_publisher_stops_within_a_beat(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    monkeypatch.setattr(socket, "BEAT_S", 0.1)
    async with publishers(settings, tmp_path) as to:
        _crew, host = await deleted_on_air(to)
        assert await host.code(5) == 4410
    assert errors(caplog) == []


async def test_its_folder_goes_under_its_publisher(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    monkeypatch.setattr(socket, "BEAT_S", 60)
    async with publishers(settings, tmp_path) as to:
        crew, host = await deleted_on_air(to)
        await sync_to_async(run_pending)()
        assert not session_folder(crew.session.public_id).exists()
        await host.play(recording()[3:])
        assert await host.code(5) == 4410
    assert errors(caplog) == []
