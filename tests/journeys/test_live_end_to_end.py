"""A whole broadcast: live from a browser, watched, applied to, dropped, back, ended, watched again.

The picture is the wall clock in big black and white cells, so that a viewer's screen says which
moment it shows, and the stored second of an application is checked against it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.broadcasting import open_camera, press_go_live, press_stop
from tests.support.browser import Contexts
from tests.support.burnt_clock import Reader, Sample, Size, errors_ms, put_before_camera
from tests.support.journeys import eventually, sign_in
from tests.support.line import Line
from tests.support.live import ROOT, LiveApp
from tests.support.processes import belonging_to
from tests.support.publishing import rtmp_encoder, until
from tests.support.services import free_port, start_logged

pytestmark = pytest.mark.browser
SIZE = Size(width=320, height=180, rate=12)
OPERATOR, SEEKER = "+8613811118801", "+8613811118802"
PLAYER, INTENT = "[data-player]", ".live__pin [data-intent]"

PREPARE = """
import json
from livestream.enums import KeyKind, SessionStatus, VideoSource
from livestream.services.stream_keys import issue_key
from livestream.media.adapters.registry import for_encoders
from tests.factories import SessionCrewFactory, SessionFactory, UserFactory, actor, open_vacancy
from accounts.models import User
def person(phone, name):
    return User.objects.filter(phone=phone).first() or UserFactory(phone=phone, display_name=name)
session = SessionFactory(
    video_source=VideoSource.HOSTED, status=SessionStatus.SCHEDULED, segment_s=1, title="焊工专场"
)
operator = person("{operator}", "导播")
SessionCrewFactory(session=session, person=operator)
person("{seeker}", "焊工小李")
open_vacancy(session.fair, title="氩弧焊工")
key = issue_key(actor=actor(operator), session=session, kind=KeyKind.ENCODER)
addresses = for_encoders().ingest_urls(session, key.secret)
print(json.dumps([str(session.public_id), [f"{{one.url}}/{{one.key}}" for one in addresses]]))
"""
STATE = """
import json
from intents.models import Intent
from livestream.models import RoomEvent, Session, Take
session = Session.objects.get(public_id="{session}")
takes = Take.objects.filter(session=session).order_by("number")
air = RoomEvent.objects.filter(session=session, kind__in=["on_air", "off_air"]).order_by("seq")
intent = Intent.objects.filter(session=session, seeker__phone="{seeker}").order_by("id").last()
print(json.dumps({{
    "status": session.status,
    "takes": [[take.number, take.end] for take in takes],
    "air": [[event.kind, event.refs.get("why", "")] for event in air],
    "seen_at": intent.seen_at.timestamp() if intent and intent.seen_at else None,
    "source": intent.moment_source if intent else "",
}}))
"""


class Broadcast:
    """One session, the people at it, and what the database says of it."""

    def __init__(self, app: LiveApp, new_context: Contexts) -> None:
        self.app = app
        self.new_context = new_context
        made = app.shell(PREPARE.format(operator=OPERATOR, seeker=SEEKER)).splitlines()[-1]
        self.session, self.addresses = json.loads(made)
        self.room, self.studio = f"/live/{self.session}/", f"/studio/{self.session}/"

    def state(self) -> dict[str, Any]:
        said = self.app.shell(STATE.format(session=self.session, seeker=SEEKER))
        return dict(json.loads(said.splitlines()[-1]))

    def viewer(self) -> Page:
        """A seeker in the room, waiting for the picture."""
        page = self.new_context().new_page()
        sign_in(page, self.app, SEEKER, next_path=self.room)
        expect(page.locator("[data-room-state]")).to_have_attribute("data-state", "online")
        return page

    def host(self, line: Line) -> Page:
        """A crew member with the camera open, on a line that can be cut."""
        context = self.new_context()
        put_before_camera(context, SIZE)
        page = context.new_page()
        sign_in(page, self.app, OPERATOR, next_path="/me/")
        page.goto(f"http://127.0.0.1:{line.port}{self.studio}live/")
        open_camera(page)
        page.locator("input[name=lines]").first.check(force=True)
        return page

    def console(self) -> Page:
        """The crew's console on another device."""
        page = self.new_context().new_page()
        page.on("dialog", lambda dialog: dialog.accept())
        sign_in(page, self.app, OPERATOR, next_path=self.studio)
        return page


@pytest.fixture
def line(live_app: LiveApp) -> Iterator[Line]:
    """The host's line to the site."""
    line = Line(live_app.port)
    yield line
    line.close()


def newest(reader: Reader) -> Sample:
    """The frame on the screen."""
    return reader.seen()[-1]


def moves_beyond(viewer: Page, reader: Reader, burnt: int) -> None:
    """Wait until the screen shows what was in front of the camera after ``burnt``."""
    eventually(
        viewer,
        lambda: any(sample.burnt > burnt for sample in reader.seen()[-5:]),
        "the picture moves on",
        timeout_s=40,
    )


def pin(console: Page) -> None:
    console.locator("[data-pin-search] input[name=q]").fill("氩弧")
    console.locator("[data-pin-search] button").click()
    console.locator("#r-found input[name=vacancies]").first.check()
    console.locator("#r-found button[type=submit]").click()


def apply(viewer: Page, reader: Reader) -> tuple[int, int]:
    """Apply for the vacancy on the screen; what the camera's clock said before and after the tap."""
    expect(viewer.locator(INTENT).first).to_be_visible(timeout=20_000)
    before = newest(reader).burnt
    viewer.locator(INTENT).first.click()
    after = newest(reader).burnt
    viewer.locator("#intent-sheet button[aria-describedby=intent-consent]").click()
    expect(viewer.locator("#intent-sheet [data-intent-result]")).to_be_visible()
    viewer.keyboard.press("Escape")
    return before, after


# Cutting the host's line is what they are about.
@pytest.mark.allow_console("ERR_CONNECTION", "ERR_EMPTY_RESPONSE", "ERR_SOCKET", "WebSocket")
def test_from_go_live_to_replay(new_context: Contexts, live_app: LiveApp, line: Line) -> None:
    broadcast = Broadcast(live_app, new_context)
    viewer, host = broadcast.viewer(), broadcast.host(line)
    reader = Reader(viewer)

    # On air: the waiting page plays by itself.
    press_go_live(host)
    first = reader.first(seconds=40)
    moves_beyond(viewer, reader, first.burnt + 1000)
    expect(viewer.locator(PLAYER)).to_have_attribute("data-state", "playing")

    # A card, a word in the chat and an application: the stored second is the one on the screen.
    console = broadcast.console()
    pin(console)
    before, after = apply(viewer, reader)
    told = broadcast.state()
    assert told["source"] == "player"
    assert before - 1000 <= told["seen_at"] * 1000 <= after + 1000

    # The host's line breaks: viewers are told, nobody does anything, and it goes on.
    line.cut()
    eventually(
        viewer,
        lambda: viewer.locator(PLAYER).get_attribute("data-state") in {"reconnecting", "offline"},
        "viewers are told that the host reconnects",
    )
    expect(host.locator("[data-broadcast]")).to_have_attribute("data-state", "retry")
    line.mend()
    cut_off = reader.seen()[-1].now
    moves_beyond(viewer, reader, cut_off)
    expect(viewer.locator(PLAYER)).to_have_attribute("data-state", "playing")
    told = broadcast.state()
    assert [number for number, _end in told["takes"]] == [1, 2]
    assert told["takes"][0][1] in {"dropped", "lost"}
    assert told["air"] == [["on_air", ""], ["off_air", "drop"], ["on_air", ""]]
    samples = reader.stop()

    # Over: off air, session ended, the replay made by the job and published by the crew.
    press_stop(host)
    console.locator("form[action$='/end/'] button").first.click()
    eventually(viewer, lambda: broadcast.state()["status"] == "ended", "the session ends")
    console.goto(f"{live_app.url}{broadcast.studio}replay/")
    published = console.locator("form[action$='/replay/publish/'] button")
    eventually(console, lambda: published.count() == 1, "the replay is made", timeout_s=40)
    published.click()
    eventually(viewer, lambda: broadcast.state()["status"] == "replay", "it is published")

    # Watched again: a seek to where the application was made, with card and picture of that moment.
    viewer.goto(f"{live_app.url}{broadcast.room}")
    viewer.locator("[data-replay][data-ready]").wait_for()
    viewer.locator("[data-replay-tap]").click()
    reader = Reader(viewer)
    again = reader.first(seconds=30)
    assert again.burnt < first.burnt + 1000, "it begins at the beginning"
    expect(viewer.locator(".live__pin")).to_be_hidden()
    viewer.evaluate("(s) => { window.location.hash = '#t=' + s; }", (after - again.burnt) // 1000)
    eventually(
        viewer, lambda: abs(newest(reader).burnt - after) < 3000, "the seek arrives", timeout_s=20
    )
    expect(viewer.locator(".live__pin")).to_be_visible()
    expect(viewer.locator(".live__pin [data-field=title]").first).to_have_text("氩弧焊工")
    reader.start()
    viewer.wait_for_timeout(1000)
    errors = errors_ms(reader.stop())
    assert errors
    assert max(map(abs, errors)) <= 250
    live_errors = errors_ms(samples)
    assert abs(live_errors[len(live_errors) // 2]) <= 400  # bench-live measures it alone


# --- an encoder -----------------------------------------------------------------------------------


@pytest.fixture
def rtmp_app(
    live_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LiveApp]:
    """A site whose encoders go to ``manage.py media``, with that beside it."""
    monkeypatch.setenv("MEDIA_SERVER", "nginx-rtmp")
    monkeypatch.setenv("RTMP_PORT", str(free_port()))
    monkeypatch.setenv("RTMP_PUBLIC_HOST", "127.0.0.1")
    app = LiveApp(live_template, tmp_path / "var")
    log = tmp_path / "media.log"
    media = start_logged(
        [sys.executable, "manage.py", "media"], log, cwd=ROOT, environment=app.environment
    )
    try:
        assert until(lambda: "RTMP:" in log.read_text(), 40), log.read_text()
        yield app
    finally:
        media.terminate()
        media.wait(20)
        app.close()
        left = belonging_to(app.var_dir)
        assert until(lambda: not belonging_to(app.var_dir), 10), left


def test_from_an_encoder_to_the_room(
    rtmp_app: LiveApp, new_context: Contexts, tmp_path: Path
) -> None:
    broadcast = Broadcast(rtmp_app, new_context)
    viewer = broadcast.viewer()
    reader = Reader(viewer)
    encoder = rtmp_encoder(broadcast.addresses[0], tmp_path / "ffmpeg.log", size=SIZE)
    try:
        first = reader.first(seconds=40)
        moves_beyond(viewer, reader, first.burnt + 1000)
    finally:
        encoder.kill()
    eventually(
        viewer,
        lambda: viewer.locator(PLAYER).get_attribute("data-state") in {"reconnecting", "offline"},
        "viewers are told that the host reconnects",
    )
    gone = reader.seen()[-1].now
    again = rtmp_encoder(broadcast.addresses[0], tmp_path / "ffmpeg.log", size=SIZE)
    try:
        moves_beyond(viewer, reader, gone)
        told = broadcast.state()
        assert [number for number, _end in told["takes"]] == [1, 2]
        assert told["air"] == [["on_air", ""], ["off_air", "drop"], ["on_air", ""]]
    finally:
        again.stop()
    eventually(viewer, lambda: broadcast.state()["takes"][-1][1] != "", "the take ends")
    assert broadcast.state()["air"][-1][0] == "off_air"
