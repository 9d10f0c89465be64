"""The replay in a browser: card, question and chat are those of the moment on the screen."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.axe import bring_axe, violations
from tests.support.burnt_clock import Reader, errors_ms
from tests.support.journeys import sign_in
from tests.support.live import LiveApp

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]

#: What the page shows, beside the moment the player says it shows.
SHOWN = """() => {
  const told = document.querySelector("[data-replay-player]").dataset.at;
  const pin = document.querySelector("[data-pin]");
  const lines = document.querySelectorAll("[data-talk] [data-seq]");
  const asked = document.querySelector("[data-asked]");
  const video = document.querySelector("[data-player-video]");
  return {
    at: Number(told),
    pin: pin.hidden ? null : pin.dataset.pinSeq,
    line: lines.length ? Number(lines[lines.length - 1].dataset.at) : null,
    lines: lines.length,
    asked: asked.hidden ? null : asked.dataset.seq,
    position: video ? video.currentTime : null,
    ready: video ? video.readyState : null,
  };
}"""


@cache
def session_on(live_app: LiveApp) -> str:
    """A recorded session, once for all tests of this server."""
    return live_app.shell(
        "from tests.support.recorded_session import recorded; print(recorded())"
    ).splitlines()[-1]


def facts(live_app: LiveApp, session: str) -> dict[str, Any]:
    """What was on the screen when, and when every line was written, in Unix milliseconds."""
    told: dict[str, Any] = json.loads(
        live_app.shell(f"""
import json
from livestream.models import *
s = Session.objects.get(public_id="{session}")
ms = lambda at: round(at.timestamp() * 1000)
print(json.dumps({{
    "takes": [[ms(t.first_at), ms(t.last_at)] for t in s.takes.order_by("number")],
    "pins": [[p.seq, ms(p.started_at), ms(p.ended_at)] for p in s.pins.order_by("seq")],
    "asked": [[q.question.seq, ms(q.started_at), ms(q.ended_at)] for q in s.question_pins.all()],
    "lines": [ms(e.at) for e in s.events.filter(kind__in=["message", "question"]).order_by("at")],
}}))""").splitlines()[-1]
    )
    return told


def is_ready(page: Page) -> None:
    page.locator("[data-replay][data-ready]").wait_for()


def plays(page: Page) -> None:
    page.locator("[data-replay-tap]").click()
    page.locator("[data-replay-player][data-state=playing]").wait_for()


def seek(page: Page, second: float) -> None:
    page.evaluate("(t) => { window.location.hash = '#t=' + t; }", second)


def on_screen(rows: list[list[int]], at: float) -> str | None:
    return next((str(seq) for seq, low, high in rows if low <= at < high), None)


def test_after_any_seek_everything_is_of_that_moment(page: Page, live_app: LiveApp) -> None:
    session = session_on(live_app)
    known = facts(live_app, session)
    first = known["takes"][0][0]
    page.goto(f"{live_app.url}/live/{session}/")
    is_ready(page)
    plays(page)
    reader = Reader(page)
    errors: list[int] = []
    for second in (31, 5, 12, 95, 75, 22, 101):
        seek(page, second)
        page.wait_for_timeout(1200)
        errors += errors_ms(reader.watch(seconds=1))
        shown = page.evaluate(SHOWN)
        at = shown["at"]
        assert abs(at - first - second * 1000) < 6000, (second, shown)
        assert shown["pin"] in {on_screen(known["pins"], at - d) for d in (0, 250)}, second
        assert shown["asked"] in {on_screen(known["asked"], at - d) for d in (0, 250)}, second
        written = max(t for t in known["lines"] if t <= at)
        assert written - 250 <= shown["line"] <= at, (second, shown, written)
    assert len(errors) > 20
    assert max(abs(error) for error in errors) <= 150, errors


def test_gaps_between_takes_are_skipped(page: Page, live_app: LiveApp) -> None:
    session = session_on(live_app)
    known = facts(live_app, session)
    page.goto(f"{live_app.url}/live/{session}/")
    is_ready(page)
    plays(page)
    seek(page, 38)
    page.wait_for_timeout(5000)
    at = page.evaluate(SHOWN)["at"]
    assert known["takes"][1][0] <= at < known["takes"][1][0] + 8000
    seek(page, 55)  # nothing was on air then
    page.wait_for_timeout(1000)
    assert page.evaluate(SHOWN)["at"] - known["takes"][1][0] < 3000


def test_an_intent_carries_the_second_of_the_replay(page: Page, live_app: LiveApp) -> None:
    session = session_on(live_app)
    known = facts(live_app, session)
    phone = "+8613822220015"
    sign_in(page, live_app, phone)
    page.goto(f"{live_app.url}/live/{session}/?t=85")
    is_ready(page)
    seq = page.locator(".live__pin").get_attribute("data-pin-seq")
    page.locator(".live__pin [data-intent]").first.click()
    agree = page.locator("#intent-sheet button[aria-describedby=intent-consent]")
    agree.click()
    expect(page.locator("#intent-sheet [data-intent-result]")).to_be_visible()
    stored = json.loads(
        live_app.shell(f"""
import json
from intents.models import Intent
i = Intent.objects.filter(seeker__phone="{phone}").order_by("id").last()
print(json.dumps([i.pin_seq, i.moment_source, round(i.seen_at.timestamp() * 1000), str(i.session.public_id)]))
""").splitlines()[-1]
    )
    assert stored[0] == int(seq or 0) == known["pins"][1][0]
    assert stored[1] == "player"
    assert abs(stored[2] - known["takes"][0][0] - 85_000) <= 250
    assert stored[3] == session


def test_a_chapter_plays_from_its_moment(page: Page, live_app: LiveApp) -> None:
    session = session_on(live_app)
    known = facts(live_app, session)
    page.goto(f"{live_app.url}/live/{session}/")
    is_ready(page)
    links = page.locator("[data-chapters] [data-at]")
    expect(links).to_have_count(5)
    links.nth(3).click()
    expect(page.locator(".live__pin")).to_have_attribute("data-pin-seq", str(known["pins"][1][0]))
    expect(links.nth(3)).to_have_attribute("aria-current", "true")
    page.locator("[data-replay-player][data-state=playing]").wait_for()
    at, first = page.evaluate(SHOWN)["at"], known["takes"][0][0]
    chapter = int(links.nth(3).get_attribute("data-second") or 0)
    assert -1000 <= at - first - chapter * 1000 < 20_000
    page.locator("#t-chat").click()
    expect(page.locator("[data-talk]")).to_contain_text("80.0 秒")


def test_a_removed_message_stays_removed(page: Page, live_app: LiveApp) -> None:
    session = live_app.shell(
        "from tests.support.recorded_session import recorded;"
        "print(recorded(title='短回放', seconds=8, gap=4))"
    ).splitlines()[-1]
    live_app.shell(f"""
from accounts.actor import Actor
from accounts.models import User
from livestream.models import Message
from livestream.services import remove_message
m = Message.objects.filter(session__public_id="{session}", text="5.0 秒").get()
remove_message(actor=Actor(user=User.objects.filter(is_superuser=True).first()), message=m, reason="测试")
""")
    page.goto(f"{live_app.url}/live/{session}/?t=6")
    is_ready(page)
    page.locator("#t-chat").click()
    lines = page.locator("[data-talk]")
    expect(lines).to_contain_text("4.5 秒")
    expect(lines).not_to_contain_text(re.compile(r"\s5\.0 秒"))


def test_speed_and_sound_only(page: Page, live_app: LiveApp) -> None:
    page.goto(f"{live_app.url}/live/{session_on(live_app)}/")
    is_ready(page)
    plays(page)
    page.locator("[data-replay-speed]").select_option("2")
    before = page.evaluate("() => document.querySelector('[data-player-video]').currentTime")
    page.wait_for_timeout(2000)
    now = page.evaluate("() => document.querySelector('[data-player-video]').currentTime")
    assert now - before > 2.6
    page.locator("[data-replay-sound]").click()
    expect(page.locator("[data-replay-listening]")).to_be_visible()


def test_without_scripts_it_can_be_read(new_page: NewPage, live_app: LiveApp) -> None:
    session = session_on(live_app)
    page = new_page(java_script_enabled=False)
    page.goto(f"{live_app.url}/live/{session}/")
    expect(page.locator("[data-chapters] a")).to_have_count(5)
    expect(page.locator("[data-talk]")).to_contain_text("秒")
    video = page.locator("noscript video, video[controls]").first
    assert re.search(r"/r1/index\.m3u8$", video.get_attribute("src") or "")
    page.locator("[data-chapters] a").nth(3).click()
    expect(page.locator("[data-talk]")).to_contain_text("80.0 秒")
    page.locator("#p-vacancies [data-intent]").first.click()
    expect(page.locator("main")).to_contain_text("手机")


def test_a_long_chat_stays_small(page: Page, live_app: LiveApp) -> None:
    session = live_app.shell(
        "from tests.support.recorded_session import recorded;"
        "print(recorded(title='热闹的回放', seconds=10, gap=2, lines_per_s=600))"
    ).splitlines()[-1]
    page.goto(f"{live_app.url}/live/{session}/")
    is_ready(page)
    page.locator("#t-chat").click()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for second in (3, 18, 9, 20):
        seek(page, second)
        for _wait in range(100):
            page.wait_for_timeout(100)
            shown = page.evaluate(SHOWN)
            if shown["line"] and 0 <= shown["at"] - shown["line"] <= 250:
                break
        assert 0 <= shown["at"] - shown["line"] <= 250
        assert 0 < shown["lines"] <= 200
    segments = [url for url in asked if "/feed/" in url or "/events/" in url]
    assert len(segments) <= 24, len(segments)


def test_axe_finds_nothing(new_context: Callable[..., BrowserContext], live_app: LiveApp) -> None:
    session = session_on(live_app)
    for scheme in ("light", "dark"):
        context = new_context(color_scheme=scheme)
        bring_axe(context)
        page = context.new_page()
        page.goto(f"{live_app.url}/live/{session}/?t=22")
        is_ready(page)
        for tab in ("chapters", "chat", "questions"):
            page.locator(f"#t-{tab}").click()
            assert not violations(page), (scheme, tab)
        sign_in(page, live_app, "+8613800000009", next_path=f"/studio/{session}/replay/")
        assert not violations(page), scheme


@pytest.mark.allow_console("404")
def test_the_crew_cuts_hides_and_shows(page: Page, new_page: NewPage, live_app: LiveApp) -> None:
    session = live_app.shell(
        "from tests.support.recorded_session import recorded;"
        "print(recorded(title='要剪的回放', seconds=12, gap=4))"
    ).splitlines()[-1]
    manage = f"/studio/{session}/replay/"
    visitor = new_page()
    visitor.goto(f"{live_app.url}/live/{session}/?t=9")
    is_ready(visitor)
    sign_in(page, live_app, "+8613800000009", next_path=manage)
    page.locator("[data-preview-at]").filter(has_text=":").wait_for()
    page.locator("[data-replay-preview] video").evaluate("v => { v.currentTime = 7; }")
    page.wait_for_timeout(800)
    page.locator("[data-preview-take='cut-from']").click()
    page.locator("form[action$='/trim/'] button[type=submit]").click()
    expect(page.locator("main")).to_contain_text("已按所选的开头和结尾剪辑")
    page.locator("[data-replay-state=ready]").wait_for()
    # Who had the page before is sent to what is left of the recording, at the same moment.
    visitor.locator("[data-replay-tap]").click()
    visitor.wait_for_url(re.compile("#t=9$"))
    is_ready(visitor)
    assert "/r2/" in (visitor.locator("#replay-boot").text_content() or "")
    plays(visitor)
    first = facts(live_app, session)["takes"][0][0]
    visitor.wait_for_function(
        "(at) => Number(document.querySelector('[data-replay-player]').dataset.at) > at",
        arg=first + 9500,
    )
    shown = visitor.evaluate(SHOWN)
    # The recording has no longer what was cut off.
    assert (shown["at"] - first) / 1000 - shown["position"] > 3
    page.goto(f"{live_app.url}/live/{session}/")
    is_ready(page)
    expect(page.locator("[data-replay-length]")).to_have_text(re.compile("0:1[67]"))
    page.goto(live_app.url + manage)
    page.locator("form[action$='/hide/'] button").click()
    page.goto(f"{live_app.url}/live/{session}/")
    expect(page.locator("[data-replay]")).to_have_count(0)
    page.goto(live_app.url + manage)
    page.locator("form[action$='/show/'] button").click()
    page.goto(f"{live_app.url}/live/{session}/")
    is_ready(page)


def test_a_session_from_elsewhere_is_replayed_as_text(page: Page, live_app: LiveApp) -> None:
    session = live_app.shell("""
from livestream.models import OnAirInterval, Session
from tests.support.recorded_session import record
s = record(title="视频号那一场", seconds=8, gap=4)
OnAirInterval.objects.filter(session=s).update(take=None, source="staff")
Session.objects.filter(pk=s.pk).update(
    video_source="elsewhere", external_url="https://v.example/1", platform_name="视频号",
    status="replay")
print(s.public_id)""").splitlines()[-1]
    page.goto(f"{live_app.url}/live/{session}/")
    is_ready(page)
    expect(page.locator("[data-replay-player] a[href='https://v.example/1']")).to_be_visible()
    expect(page.locator("[data-watch]")).to_have_count(0)
    page.locator("#t-chat").click()
    page.locator("[data-replay-toggle]").click()
    expect(page.locator("[data-talk] [data-seq]").last).to_contain_text("2.0 秒")
    page.locator("#t-chapters").click()
    page.locator("[data-chapters] [data-at]").last.click()
    page.locator("#t-chat").click()
    expect(page.locator("[data-talk]")).to_contain_text("包住吗？（第2段）")
