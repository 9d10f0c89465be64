"""What an open page does when its picture runs out and when the session is over, in Chromium."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.livestream.scripted import Server, lines, online, wait_until

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parent.parent.parent
ORIGIN = "http://room.test"
ROOM = """<!doctype html><html lang="zh-Hans" data-icons="/static/icons/icons.svg"><meta charset="utf-8"><title>room</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/css/base.css">
<link rel="stylesheet" href="/static/css/components/player.css">
<link rel="stylesheet" href="/static/css/pages/live.css">
<div data-toasts></div><div class="live" data-room data-air-text="休息">
<div class="player" data-stage="{stage}" data-live-stage="elsewhere">
<p data-panel="elsewhere">直播中</p><p data-panel="over" hidden>结束<i {coming}></i></p></div>
<div class="live__pin"><b class="vac__pinned">讲解中</b></div>
<div class="actionbar"><p class="composer composer__gate live__ended">本场直播已结束</p>
<form class="composer" data-composer data-chat-form><input name="text"></form>
<button class="btn btn--icon" data-react>♥</button></div></div>
<script type="module" src="/static/js/keyboard.js"></script>
<script type="module" src="/static/js/room/air.js"></script></html>"""
PLAYER = """<!doctype html><html lang="zh-Hans"><meta charset="utf-8"><title>player</title>
<link rel="icon" href="data:,"><style>[hidden] {{ display: none }}</style>
<div data-player data-src="/live.m3u8" data-text-offline="休息中" data-text-ended="已结束">
<video data-player-video></video><button data-player-tap hidden>播放</button>
<p data-player-notice hidden></p></div>
<script type="module" src="/static/js/room/player.js"></script></html>"""
EVENT = """([kind, why]) => document.dispatchEvent(new CustomEvent("room:event",
  { detail: { kind, at: new Date().toISOString(), data: { why } } }))"""
#: As a browser tells it when the last of a list was played: a pause that nobody asked for.
RAN_OUT = """() => {
  const video = document.querySelector("video");
  video.dispatchEvent(new Event("playing"));
  Object.defineProperty(video, "ended", { value: true });
  video.dispatchEvent(new Event("pause"));
  video.dispatchEvent(new Event("ended"));
}"""


def opened(page: Page, html: str, **values: str) -> list[str]:
    """Open that page; the list of how often it was loaded."""
    loads: list[str] = []

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        if path == "/":
            loads.append(path)
            route.fulfill(content_type="text/html", body=html.format(**values))
        else:
            route.fulfill(path=ROOT / path[1:])

    page.route(f"{ORIGIN}/**", answer)
    page.goto(f"{ORIGIN}/")
    return loads


def test_a_picture_that_ran_out_asks_for_no_tap(page: Page) -> None:
    opened(page, PLAYER)
    root, tap = page.locator("[data-player]"), page.locator("[data-player-tap]")
    expect(tap).to_be_visible()
    page.evaluate(RAN_OUT)
    expect(root).to_have_attribute("data-state", "offline")
    expect(tap).to_be_hidden()
    expect(page.locator("[data-player-notice]")).to_have_text("休息中")
    page.evaluate(EVENT, ["off_air", "end"])
    expect(page.locator("[data-player-notice]")).to_have_text("已结束")


def test_the_end_that_was_announced_comes_with_the_last_picture(page: Page) -> None:
    opened(page, PLAYER)
    page.evaluate("() => document.querySelector('video').dispatchEvent(new Event('playing'))")
    page.evaluate(EVENT, ["off_air", "end"])
    expect(page.locator("[data-player]")).to_have_attribute("data-state", "playing")
    page.evaluate(RAN_OUT)
    expect(page.locator("[data-player-notice]")).to_have_text("已结束", timeout=2000)
    expect(page.locator("[data-player-tap]")).to_be_hidden()


def test_the_end_closes_what_can_be_said_and_the_page_comes_again_once(page: Page) -> None:
    page.clock.install()
    loads = opened(page, ROOM, stage="elsewhere", coming="")
    expect(page.locator(".live__ended")).to_be_hidden()
    expect(page.locator(".vac__pinned")).to_be_visible()
    page.evaluate(EVENT, ["off_air", "end"])
    expect(page.locator(".live__ended")).to_be_visible()
    expect(page.locator("[data-toasts] > *")).to_have_count(0)  # the stage says it, not "away"
    for gone in ("[data-chat-form]", "[data-react]", ".vac__pinned"):
        expect(page.locator(gone)).to_be_hidden()
    page.evaluate("() => document.body.insertAdjacentHTML('beforeend', '<dialog open></dialog>')")
    page.clock.run_for(60_000)
    assert len(loads) == 1  # a sheet is open
    page.evaluate("() => document.querySelector('dialog').remove()")
    with page.expect_navigation():
        page.clock.run_for(60_000)
    assert len(loads) == 2


def test_a_full_room_does_not_come_again_at_the_same_moment(page: Page) -> None:
    page.add_init_script("Math.random = () => 0.99")
    page.clock.install()
    loads = opened(page, ROOM, stage="elsewhere", coming="")
    page.evaluate(
        """() => document.dispatchEvent(new CustomEvent("room:now", { detail: { present: 50000 } }))"""
    )
    page.evaluate(EVENT, ["off_air", "end"])
    page.clock.run_for(200_000)
    assert len(loads) == 1
    with page.expect_navigation():
        page.clock.run_for(30_000)


@pytest.mark.parametrize("coming", ["data-replay-coming", ""])
def test_coming_back_to_an_ended_page_looks_for_its_replay(page: Page, coming: str) -> None:
    page.clock.install()
    loads = opened(page, ROOM, stage="over", coming=coming)
    page.evaluate(
        """() => {
      window.look = (state) => {
        Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      };
      window.look("hidden");
    }"""
    )
    page.clock.run_for(40_000)
    if coming:
        with page.expect_navigation():
            page.evaluate("() => window.look('visible')")
        assert len(loads) == 2
    else:
        page.evaluate("() => window.look('visible')")
        page.clock.run_for(1000)
        assert len(loads) == 1


@pytest.mark.parametrize("touch", [True, False])
def test_a_phone_lets_the_field_go_after_sending(
    new_page: Callable[..., Page], touch: bool
) -> None:
    page = new_page(is_mobile=touch, has_touch=touch)
    server = Server(page)
    server.open()
    online(page)
    field = page.locator("[data-chat-form] [name=text]")
    field.fill("夜班补贴多少")
    field.press("Enter")
    wait_until(page, lambda: len(lines(page)) == 1)
    focused = field.evaluate("field => field === document.activeElement")
    assert focused is not touch


def test_a_keyboard_that_is_put_away_brings_the_room_back(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 420})
    opened(page, ROOM, stage="elsewhere", coming="")
    live = page.locator(".live")
    page.locator("input").focus()
    expect(live).to_have_class(re.compile("is-typing"))
    page.set_viewport_size({"width": 360, "height": 740})
    expect(live).not_to_have_class(re.compile("is-typing"))
