"""The ways a picture comes in, each as a publisher that can go live and stop."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from playwright.sync_api import Page

from benchmarks.hls_server import Nginx
from benchmarks.live_stage import Planned, Stage, act
from benchmarks.support import ROOT
from tests.support.broadcasting import open_camera, press_go_live, press_stop
from tests.support.burnt_clock import Size, put_before_camera
from tests.support.publishing import Encoder, SocketPublisher, rtmp_encoder, until
from tests.support.services import start_logged

if TYPE_CHECKING:
    from livestream.enums import KeyKind

SIZE = Size(width=640, height=360, rate=15)


class Publisher(Protocol):
    """Ready to go live."""

    def go_live(self) -> None:
        """Press the button."""

    def stop(self) -> None:
        """Stop publishing as a person does."""

    def server_pids(self) -> list[int]:
        """Processes of ours beside the web processes that only this path needs."""


class BrowserPublisher:
    """The studio's own page, counting down from three; Chromium here encodes H.264 with Opus."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def go_live(self) -> None:
        press_go_live(self.page)

    def stop(self) -> None:
        press_stop(self.page)

    def server_pids(self) -> list[int]:
        return []


@contextmanager
def browser(stage: Stage, planned: Planned) -> Iterator[Publisher]:
    """A crew member with the page open and the device check done."""
    context = stage.context(planned.operator)
    put_before_camera(context, SIZE)
    page = context.new_page()
    page.goto(f"{stage.url}/studio/{planned.public_id}/live/")
    open_camera(page)
    page.locator("input[name=lines]").first.check(force=True)
    yield BrowserPublisher(page)
    context.close()


class SocketPath:
    """What a browser with an AAC encoder sends: nothing is converted."""

    def __init__(self, stage: Stage, planned: Planned) -> None:
        self.stage, self.planned = stage, planned
        self.publisher: SocketPublisher | None = None

    def go_live(self) -> None:
        from livestream.enums import KeyKind
        from livestream.media.ingest import tickets

        secret = key_of(self.planned, KeyKind.BROWSER)
        path = tickets.address(self.planned.session.public_id, "")
        url = f"{self.stage.url.replace('http', 'ws')}{path}"
        log = self.stage.site.var_dir / "encoder.log"
        self.publisher = SocketPublisher(url, secret, log, size=SIZE, key_frame_s=1)

    def stop(self) -> None:
        if self.publisher is not None:
            self.publisher.stop()

    def server_pids(self) -> list[int]:
        return []


@contextmanager
def socket(stage: Stage, planned: Planned) -> Iterator[Publisher]:
    """The ingest socket without a page."""
    path = SocketPath(stage, planned)
    yield path
    path.stop()


class Rtmp:
    """ffmpeg as OBS would, to the RTMP server of ``manage.py media``."""

    def __init__(self, stage: Stage, planned: Planned, server: int) -> None:
        self.stage, self.planned, self.server = stage, planned, server
        self.encoder: Encoder | None = None

    def go_live(self) -> None:
        from livestream.enums import KeyKind
        from livestream.media.adapters.registry import for_encoders

        secret = key_of(self.planned, KeyKind.ENCODER)
        address = for_encoders().ingest_urls(self.planned.session, secret)[0]
        log = self.stage.site.var_dir / "encoder.log"
        self.encoder = rtmp_encoder(f"{address.url}/{address.key}", log, size=SIZE)

    def stop(self) -> None:
        if self.encoder is not None:
            self.encoder.stop()

    def server_pids(self) -> list[int]:
        return [self.server]


@contextmanager
def rtmp(stage: Stage, planned: Planned) -> Iterator[Publisher]:
    """The RTMP server beside the web process, and ffmpeg ready."""
    log = stage.site.var_dir / "media.log"
    environment = stage.site.environment
    server = start_logged(
        [sys.executable, "manage.py", "media"], log, cwd=ROOT, environment=environment
    )
    try:
        if not until(lambda: log.exists() and "RTMP:" in log.read_text(), 30):
            raise RuntimeError(f"manage.py media does not start:\n{log.read_text()}")
        path = Rtmp(stage, planned, server.pid)
        yield path
        path.stop()
    finally:
        server.terminate()
        server.wait(15)


class Elsewhere(SocketPath):
    """Somebody else's server (nginx with the deployed location) has the files; staff say when."""

    def __init__(self, stage: Stage, planned: Planned, theirs: Planned) -> None:
        super().__init__(stage, theirs)
        self.shown = planned

    def go_live(self) -> None:
        from livestream.services.sessions import mark_on_air
        from tests.factories import actor

        super().go_live()
        until(lambda: self.publisher is not None and self.publisher.up, 30)
        act(mark_on_air, actor=actor(self.shown.operator), session=self.shown.session)


@contextmanager
def external(stage: Stage, planned: Planned) -> Iterator[Publisher]:
    """An address of HLS that staff typed in; it is the picture of a session nobody visits."""
    from django.conf import settings

    from livestream.media import signing

    theirs = stage.plan(segment_s=planned.session.segment_s)
    port = int(stage.site.environment["MEDIA_ORIGINS"].rpartition(":")[2])
    nginx = Nginx(stage.site.var_dir / "media", settings.MEDIA_SIGNING_KEY, tls_port=port)
    try:
        path = signing.prefix(theirs.public_id) + "live.m3u8"
        planned.session.external_url = nginx.url(path, tls=True)
        planned.session.save(update_fields=["external_url"])
        publisher = Elsewhere(stage, planned, theirs)
        yield publisher
        publisher.stop()
    finally:
        nginx.stop()


def key_of(planned: Planned, kind: KeyKind) -> str:
    """The secret of a new key, issued to the operator."""
    from livestream.services.stream_keys import issue_key
    from tests.factories import actor

    who = actor(planned.operator)
    return act(issue_key, actor=who, session=planned.session, kind=kind).secret


def now_ms() -> int:
    return time.time_ns() // 1_000_000
