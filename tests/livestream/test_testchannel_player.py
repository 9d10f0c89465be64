"""The player and the test channel together: a real Chromium, real segments, a real clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from livestream.media import testcard, testchannel

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parent.parent.parent
ORIGIN = "http://room.test"
PAGE = """<!doctype html><html lang="zh-Hans"><meta charset="utf-8"><title>player</title>
<link rel="icon" href="data:,"><style>[hidden] { display: none }</style>
<div data-player data-src="/media/live.m3u8" data-playback="/playback/" data-hls="/hls.js" data-autoplay
 data-text-reconnecting="主播重连中…" data-text-loading="正在加载…" data-text-offline="休息中">
<video data-player-video playsinline muted width="640" height="360"></video>
<button data-player-tap hidden>播放</button><button data-player-unmute hidden>打开声音</button>
<button data-player-toggle>停</button><button data-player-mute>静音</button>
<p data-player-notice hidden></p></div>
<script type="module" src="/static/js/room/player.js"></script></html>"""

READ = """async ([boxes]) => {
  const { programmeTime } = await import("/static/js/room/player.js");
  const video = document.querySelector("video");
  const canvas = new OffscreenCanvas(640, 360);
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(video, 0, 0, 640, 360);
  const at = programmeTime();
  const bits = boxes.map(([l, t, r, b]) =>
    pen.getImageData((l + r) >> 1, (t + b) >> 1, 1, 1).data[0] > 160 ? 1 : 0);
  return {
    frame: bits.reduce((sum, bit) => sum * 2 + bit, 0),
    at: at === null ? null : at.getTime() / 1000,
    time: video.currentTime,
  };
}"""


class Station:
    """Serves the page, the scripts and the test channel from a clock of its own."""

    def __init__(self, page: Page, channel: testchannel.Channel) -> None:
        self.page = page
        self.channel = channel
        self.dark = False
        self.source = "/media/live.m3u8"
        real = datetime.now(UTC)
        # Begin a moment before the loop wraps; the player stays some seconds behind.
        self.ahead = timedelta(seconds=(118 - real.second) % 60)
        self.since = real + self.ahead - timedelta(minutes=3)
        page.route(f"{ORIGIN}/**", self._answer)

    def _answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        if path == "/":
            body = PAGE.replace('data-src="/media/live.m3u8"', f'data-src="{self.source}"')
            route.fulfill(content_type="text/html", body=body)
        elif path == "/playback/":
            route.fulfill(json={"kind": "hls", "url": "/media/live.m3u8"})
        elif path.startswith("/expired/"):
            route.fulfill(status=403)
        elif path == "/hls.js":
            route.fulfill(path=hls_file(), content_type="text/javascript")
        elif path.startswith("/static/"):
            route.fulfill(path=ROOT / path[1:])
        elif self.dark:
            route.fulfill(status=404)
        elif path == "/media/live.m3u8":
            now = datetime.now(UTC) + self.ahead
            text = testchannel.live_playlist(self.channel, now=now, since=self.since)
            route.fulfill(content_type="application/vnd.apple.mpegurl", body=text)
        else:
            number = int(path.rsplit("/", 1)[1].removesuffix(".ts"))
            route.fulfill(content_type="video/mp2t", body=testchannel.segment(self.channel, number))

    def state(self, state: str, timeout_s: float = 20) -> None:
        root = self.page.locator("[data-player]")
        expect(root).to_have_attribute("data-state", state, timeout=timeout_s * 1000)


def hls_file() -> Path:
    """hls.js as set-up installs it."""
    places = (ROOT / "static/vendor/hls.min.js", ROOT / "node_modules/hls.js/dist/hls.min.js")
    return next(place for place in places if place.is_file())


@pytest.fixture
def station(page: Page, channel_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Station:
    folder = channel_dir / "media" / "testchannel"
    monkeypatch.setattr(testchannel, "folder", lambda: folder)
    return Station(page, testchannel.make())


def test_it_plays_over_the_wrap_and_knows_the_moment_on_the_screen(
    page: Page, station: Station
) -> None:
    page.goto(f"{ORIGIN}/")
    station.state("playing")
    seen = [page.evaluate(READ, [testcard.mark_boxes()])]
    begin = seen[0]
    while seen[-1]["frame"] >= begin["frame"] or seen[-1]["time"] - begin["time"] < 8:
        assert len(seen) < 30, "the loop begins again"
        page.wait_for_timeout(1500)
        seen.append(page.evaluate(READ, [testcard.mark_boxes()]))
    for sample in seen:
        drawn, said = sample["frame"] / testcard.FRAME_RATE, sample["at"] % 60
        assert abs((said - drawn + 30) % 60 - 30) < 0.2
    station.state("playing")
    expect(page.locator("[data-player-unmute]")).to_be_visible()
    page.click("[data-player-unmute]")
    expect(page.locator("[data-player-unmute]")).to_be_hidden()
    page.click("[data-player-mute]")
    expect(page.locator("[data-player-mute]")).to_have_attribute("aria-pressed", "true")
    page.click("[data-player-toggle]")
    station.state("paused")
    page.click("[data-player-tap]")
    station.state("playing")


@pytest.mark.allow_console("404")
def test_a_dropped_picture_says_so_and_comes_back(page: Page, station: Station) -> None:
    station.dark = True
    page.goto(f"{ORIGIN}/")
    station.state("reconnecting")
    expect(page.locator("[data-player-notice]")).to_have_text("主播重连中…")
    page.evaluate(
        "document.dispatchEvent(new CustomEvent('room:event', {detail: {kind: 'off_air'}}))"
    )
    station.state("offline")
    station.dark = False
    page.evaluate(
        "document.dispatchEvent(new CustomEvent('room:event', {detail: {kind: 'on_air'}}))"
    )
    station.state("playing", timeout_s=10)
    expect(page.locator("[data-player-notice]")).to_be_hidden()
    station.dark = True
    station.state("reconnecting", timeout_s=45)
    station.dark = False
    station.state("playing", timeout_s=15)


@pytest.mark.allow_console("403")
def test_an_expired_address_is_asked_for_again_and_off_air_keeps_step(
    page: Page, station: Station
) -> None:
    station.source = "/expired/live.m3u8"
    page.goto(f"{ORIGIN}/")
    station.state("playing")

    def off_air(ahead_ms: int, **data: object) -> None:
        page.evaluate(
            """async ([ahead, data]) => {
              const { programmeTime } = await import("/static/js/room/clock.js");
              const at = new Date(programmeTime().getTime() + ahead).toISOString();
              document.dispatchEvent(new CustomEvent("room:event",
                { detail: { kind: "off_air", at: at, data: data } }));
            }""",
            [ahead_ms, data],
        )

    # What the host said before going is still to come on this screen.
    off_air(2500, why="break")
    page.wait_for_timeout(1000)
    station.state("playing", timeout_s=0.1)
    station.state("offline", timeout_s=6)
    page.evaluate(
        "document.dispatchEvent(new CustomEvent('room:event', {detail: {kind: 'on_air'}}))"
    )
    station.state("playing")
    # What was cut is not.
    off_air(60_000, why="break", cut=True)
    station.state("offline", timeout_s=1)
    assert page.evaluate("document.querySelector('video').paused")
