"""Going live from a browser: device check, on air, drops, the crew's cut, and who cannot."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from jobfair.demo.people import OPERATOR
from jobfair.demo.seed import SLUG
from tests.support.axe import bring_axe, violations
from tests.support.browser import Contexts
from tests.support.journeys import eventually, plays, sign_in
from tests.support.live import LiveApp
from tests.support.processes import converters

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]

MAKE = f"""
from datetime import timedelta
from django.utils import timezone
from accounts.models import User
from fairs.models import Fair
from livestream.models import Session, SessionCrew
now = timezone.now()
session = Session.objects.create(
    fair=Fair.objects.get(slug="{SLUG}"), title="焊工专场：从学徒到大国工匠", starts_at=now,
    ends_at=now + timedelta(hours=1), video_source="hosted", segment_s=1)
person = User.objects.get(phone="{OPERATOR.phone}")
SessionCrew.objects.create(session=session, person=person, role="operator")
print(session.public_id)
"""
STATE = """
import json
from livestream.models import RoomEvent, Session, Take
session = Session.objects.get(public_id="{}")
takes = [[t.end, bool(t.up_at)] for t in Take.objects.filter(session=session).order_by("number")]
air = RoomEvent.objects.filter(session=session, kind__in=["on_air", "off_air"]).order_by("seq")
print(json.dumps({{"takes": takes, "status": session.status,
    "air": [[e.kind, e.refs.get("why", "")] for e in air]}}))
"""
CUT = """
from accounts.actor import Actor
from accounts.models import User
from livestream.models import Session
from livestream.services import takes
from tests.factories import actor
takes.cut(actor=actor(User.objects.get(phone="{phone}")),
          session=Session.objects.get(public_id="{session}"))
"""
REFUSE = """navigator.mediaDevices.getUserMedia = () =>
  Promise.reject(new DOMException("no", "{}"));"""


class Studio:
    """The page of one session, and what the server knows of it."""

    def __init__(self, live_app: LiveApp) -> None:
        self.app = live_app
        self.session = live_app.shell(MAKE)
        self.path = f"/studio/{self.session}/live/"

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.app.shell(STATE.format(self.session)))
        return found

    def open(self, page: Page) -> Page:
        """The page for the operator, with camera and microphone allowed."""
        sign_in(page, self.app, OPERATOR.phone)
        page.goto(self.app.url + self.path)
        expect(root(page)).to_have_attribute("data-state", "check")
        return page

    def go(self, page: Page) -> Page:
        """On air, by a press and a count of three."""
        page.locator("[data-press=go]").click()
        expect(root(page)).to_have_attribute("data-state", "counting")
        expect(root(page)).to_have_attribute("data-state", "live", timeout=40_000)
        return page


@pytest.fixture
def studio(live_app: LiveApp) -> Studio:
    return Studio(live_app)


def root(page: Page) -> Locator:
    return page.locator("[data-broadcast]")


def stop(page: Page) -> None:
    page.locator("[data-press=stop]").click()
    page.locator("[data-stop-now]").click()
    expect(root(page)).to_have_attribute("data-state", "over")


def test_on_air_in_under_a_minute_and_seen(page: Page, new_page: NewPage, studio: Studio) -> None:
    began = time.monotonic()
    studio.open(page)
    expect(page.locator("[data-bc=line]")).to_have_attribute("data-grade", "good")
    studio.go(page)
    assert time.monotonic() - began < 60
    expect(page.locator("[data-bc=badge]")).to_have_text("直播中")
    viewer = new_page()
    viewer.goto(f"{studio.app.url}/live/{studio.session}/")
    plays(viewer, beyond_s=2)
    expect(page.locator("[data-bc=viewers]")).not_to_have_text("0", timeout=30_000)
    expect(page.locator("[data-bc=kbps]")).not_to_have_text("0")
    # The slide and the microphone change in the middle of the take.
    page.locator("[data-press=slide]").click()
    expect(page.locator("[data-bc=note]")).to_contain_text("马上回来")
    page.locator("[data-press=slide]").click()
    page.locator("[data-press=mute]").click()
    expect(page.locator("[data-bc=note]")).to_have_text("麦克风已静音。")
    page.locator("[data-press=mute]").click()
    page.locator("[data-press=stop]").click()
    page.locator("#bc-stop .sheet__body [data-sheet-close]").click()
    expect(root(page)).to_have_attribute("data-state", "live")
    stop(page)
    expect(page.locator("[data-bc=over-title]")).to_have_text("已下播")
    expect(page.locator("[data-bc=badge]")).to_have_text("下播")
    state = studio.state()
    assert state["takes"] == [["stopped", True]]
    assert state["air"] == [["on_air", ""], ["off_air", "break"]]
    assert state["status"] == "live"


@pytest.mark.allow_console("ERR_INTERNET_DISCONNECTED")
def test_the_line_drops_and_comes_back(page: Page, studio: Studio) -> None:
    studio.go(studio.open(page))
    page.context.set_offline(True)
    expect(root(page)).to_have_attribute("data-state", "retry")
    expect(page.locator("[data-bc=veil]")).to_be_visible()
    page.context.set_offline(False)
    expect(root(page)).to_have_attribute("data-state", "live", timeout=40_000)
    eventually(page, lambda: len(studio.state()["takes"]) >= 2, "a new take")
    stop(page)
    state = studio.state()
    assert state["takes"][0] == ["dropped", True]
    assert state["takes"][-1] == ["stopped", True]
    assert state["air"][:3] == [["on_air", ""], ["off_air", "drop"], ["on_air", ""]]


@pytest.mark.allow_console("ERR_CONNECTION_REFUSED", "WebSocket connection to", "Failed to load")
def test_the_server_is_restarted(page: Page, fresh_live_app: LiveApp) -> None:
    studio = Studio(fresh_live_app)
    studio.go(studio.open(page))
    assert converters(fresh_live_app.var_dir)
    fresh_live_app.restart()
    expect(root(page)).to_have_attribute("data-state", "live", timeout=60_000)
    eventually(page, lambda: len(studio.state()["takes"]) >= 2, "a new take")
    stop(page)
    takes = studio.state()["takes"]
    assert takes[0][0] in {"dropped", "lost"}
    assert takes[-1] == ["stopped", True]
    eventually(page, lambda: not converters(fresh_live_app.var_dir), "no converter is left")


@pytest.mark.allow_console("WebSocket connection to")
def test_a_page_whose_ticket_is_over_is_given_another(page: Page, studio: Studio) -> None:
    told: list[str] = []

    def once_over(route: Route) -> None:
        answer = route.fetch()
        now = answer.json()
        if not told:
            now["socket"] = now["socket"].partition("=")[0] + "=over"
        told.append(now["socket"])
        route.fulfill(response=answer, json=now)

    page.route("**/live/state/", once_over)
    studio.go(studio.open(page))
    assert len(told) == 2
    stop(page)


def test_a_slow_line_gets_a_smaller_picture(page: Page, studio: Studio) -> None:
    page.add_init_script(
        "window.waiting = 0; Object.defineProperty(WebSocket.prototype, 'bufferedAmount',"
        " {get: () => window.waiting});"
    )
    studio.go(studio.open(page))
    page.evaluate("window.waiting = 600000")
    expect(page.locator("[data-bc=note]")).to_contain_text("上行偏慢")
    page.evaluate("window.waiting = 3000000")
    expect(page.locator("[data-bc=note]")).to_have_text("上行太慢，已改用 360p。")
    page.evaluate("window.waiting = 0")
    eventually(page, lambda: len(studio.state()["takes"]) == 2, "a new take")
    expect(root(page)).to_have_attribute("data-state", "live", timeout=40_000)
    height = page.locator("[data-bc=canvas]").evaluate("canvas => canvas.height")
    assert height == 360
    stop(page)


def test_the_crew_cuts_and_the_host_comes_back_by_hand(page: Page, studio: Studio) -> None:
    studio.go(studio.open(page))
    began = time.monotonic()
    studio.app.shell(CUT.format(phone=OPERATOR.phone, session=studio.session))
    expect(root(page)).to_have_attribute("data-state", "over")
    assert time.monotonic() - began < 6
    expect(page.locator("[data-bc=over-title]")).to_have_text("现场团队已断播")
    expect(page.locator("[data-bc=badge]")).to_have_text("已断播")
    page.locator("[data-press=anew]").click()
    studio.go(page)
    stop(page)
    assert studio.state()["takes"] == [["cut", True], ["stopped", True]]


def test_somebody_is_on_air_and_is_relieved(page: Page, new_page: NewPage, studio: Studio) -> None:
    studio.go(studio.open(page))
    second = new_page()
    sign_in(second, studio.app, OPERATOR.phone)
    second.goto(studio.app.url + studio.path)
    expect(root(second)).to_have_attribute("data-state", "taken")
    expect(second.locator("[data-bc=taken-by]")).to_contain_text("浏览器")
    second.locator("[data-press=over]").click()
    second.locator("[data-over-now]").click()
    expect(root(second)).to_have_attribute("data-state", "live", timeout=40_000)
    expect(root(page)).to_have_attribute("data-state", "over")
    stop(second)
    assert studio.state()["takes"] == [["cut", True], ["stopped", True]]


def test_a_count_that_is_called_off(page: Page, studio: Studio) -> None:
    studio.open(page)
    page.locator("[data-press=go]").click()
    page.locator("[data-press=cancel]").click()
    expect(root(page)).to_have_attribute("data-state", "check")
    page.wait_for_timeout(3500)
    expect(root(page)).to_have_attribute("data-state", "check")
    assert studio.state()["takes"] == []


def test_another_size_and_shape(page: Page, studio: Studio) -> None:
    studio.open(page)
    canvas = page.locator("[data-bc=canvas]")
    page.get_by_label("竖屏 9:16").check()
    page.get_by_label("省流量 360p").check()
    size = canvas.evaluate("canvas => [canvas.width, canvas.height]")
    assert size == [360, 640]
    page.reload()
    expect(root(page)).to_have_attribute("data-state", "check")
    assert canvas.evaluate("canvas => [canvas.width, canvas.height]") == [360, 640]


def test_a_remembered_camera_that_is_gone(page: Page, studio: Studio) -> None:
    page.add_init_script(
        'localStorage.setItem(\'jobfair.broadcast\', \'{"camera": "gone", "microphone": "gone"}\')'
    )
    studio.open(page)
    expect(page.locator("[data-bc=camera]")).not_to_have_value("gone")


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("NotAllowedError", "没有允许使用摄像头和麦克风"),
        ("NotReadableError", "摄像头被占用"),
        ("NotFoundError", "没有找到麦克风"),
    ],
)
def test_devices_that_do_not_open(page: Page, studio: Studio, name: str, title: str) -> None:
    page.add_init_script(REFUSE.format(name))
    sign_in(page, studio.app, OPERATOR.phone)
    page.goto(studio.app.url + studio.path)
    expect(page.locator("[data-bc=trouble-title]")).to_have_text(title)
    expect(page.get_by_role("button", name="再试一次")).to_be_visible()


@pytest.mark.parametrize(
    ("script", "title"),
    [
        ("Object.defineProperty(window, 'isSecureContext', {value: false})", "安全连接"),
        ("delete window.MediaRecorder", "这个浏览器不能开播"),
    ],
)
def test_browsers_that_cannot(page: Page, studio: Studio, script: str, title: str) -> None:
    page.add_init_script(script)
    sign_in(page, studio.app, OPERATOR.phone)
    page.goto(studio.app.url + studio.path)
    expect(page.locator("[data-bc=trouble-title]")).to_contain_text(title)


def test_inside_wechat(new_context: Contexts, studio: Studio) -> None:
    agent = "Mozilla/5.0 (Linux; Android 12) AppleWebKit/537.36 MicroMessenger/8.0.40"
    page = new_context(user_agent=agent).new_page()
    sign_in(page, studio.app, OPERATOR.phone)
    page.goto(studio.app.url + studio.path)
    expect(page.locator("[data-bc=trouble-title]")).to_have_text("请在浏览器打开")
    expect(page.get_by_role("button", name="复制链接")).to_be_visible()


def test_without_scripts(new_page: NewPage, page: Page, studio: Studio) -> None:
    sign_in(page, studio.app, OPERATOR.phone)
    bare = new_page(java_script_enabled=False)
    bare.context.add_cookies(page.context.cookies())  # type: ignore[arg-type]
    bare.goto(studio.app.url + studio.path)
    expect(bare.get_by_role("heading", name="开播需要 JavaScript")).to_be_visible()
    expect(bare.get_by_role("link", name="去控制台").first).to_be_visible()
    expect(bare.get_by_role("link", name="OBS").first).to_be_visible()


def test_strangers_and_sessions_that_take_no_picture(page: Page, studio: Studio) -> None:
    sign_in(page, studio.app, OPERATOR.phone)
    studio.app.shell(
        "from livestream.models import Session\n"
        f"Session.objects.filter(public_id='{studio.session}').update(video_source='test')"
    )
    page.goto(studio.app.url + studio.path)
    expect(page.get_by_text("这一场的画面不从本站推出")).to_be_visible()
    sign_in(page, studio.app, "+8613811110009")
    for path in (studio.path, studio.path + "state/"):
        assert page.request.get(studio.app.url + path).status == 404


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_is_accessible(new_page: NewPage, studio: Studio, scheme: str) -> None:
    page = new_page(color_scheme=scheme)
    bring_axe(page.context)
    studio.open(page)
    assert violations(page) == []
    studio.go(page)
    assert violations(page) == []
    page.locator("[data-press=stop]").click()
    page.wait_for_timeout(500)  # until the sheet stands still
    assert violations(page) == []
    page.locator("[data-stop-now]").click()
    expect(root(page)).to_have_attribute("data-state", "over")
    assert violations(page) == []
