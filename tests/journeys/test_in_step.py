"""Everything in step with a picture that is published here, on a page that was open before it.

The picture is the wall clock, so that the screen itself says which moment the viewer sees.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.support.burnt_clock import Reader, Size
from tests.support.journeys import eventually
from tests.support.live import LiveApp
from tests.support.publishing import SocketPublisher

pytestmark = pytest.mark.browser
SIZE = Size(width=320, height=180, rate=12)
PREPARE = """
import json
from livestream.enums import KeyKind, SessionStatus, VideoSource
from livestream.media.ingest import tickets
from livestream.services.stream_keys import issue_key
from tests.factories import SessionCrewFactory, SessionFactory, UserFactory, actor, open_vacancy
session = SessionFactory(
    video_source=VideoSource.HOSTED, status=SessionStatus.SCHEDULED, segment_s=1, title="同步专场"
)
crew = UserFactory(phone="+8613811118701")
SessionCrewFactory(session=session, person=crew)
vacancies = [open_vacancy(session.fair, title=title) for title in ("氩弧焊工", "数控车工")]
keys = [issue_key(actor=actor(crew), session=session, kind=KeyKind.BROWSER).secret for _ in "ab"]
address = tickets.address(session.public_id, "")
print(json.dumps([str(session.public_id), keys, [str(one.public_id) for one in vacancies], address]))
"""
#: What the crew does, in one process; prints the moment as the log has it, in milliseconds.
CREW = """
from accounts.models import User
from employers.models import Vacancy
from livestream import services
from livestream.models import RoomEvent, Session
from livestream.services.captions import add_caption
from tests.factories import actor
crew = actor(User.objects.get(phone="+8613811118701"))
session = Session.objects.get(public_id="{session}")
{do}
event = RoomEvent.objects.filter(session=session).latest("seq")
print(event.seq, int(event.at.timestamp() * 1000))
"""
PIN = "services.pin_vacancies(actor=crew, session=session, vacancies=Vacancy.objects.filter(public_id__in={}))"
CAPTION = "add_caption(actor=crew, session=session, text='大家好', language='zh-hans')"
#: Notes the programme time at which each card, and each caption, came up on the page.
NOTE = """() => {
  window.noted = [];
  window.loaded = true;
  const note = (what) => window.noted.push([what, window.burntProgramme().getTime()]);
  document.addEventListener("room:pin", (event) => event.detail && note(String(event.detail.seq)));
  new MutationObserver(() => {
    const line = document.querySelector("[data-captions]");
    if (!line.hidden && line.textContent) note(line.textContent);
  }).observe(document.querySelector("[data-captions]"), {
    attributes: true, childList: true, characterData: true, subtree: true });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-intent]")) note("tap");
  }, true);
}"""


@pytest.fixture
def room(live_app: LiveApp) -> tuple[str, list[str], list[str], str]:
    session, keys, vacancies, address = json.loads(live_app.shell(PREPARE).splitlines()[-1])
    return session, keys, vacancies, address


@pytest.fixture
def publish(
    live_app: LiveApp, room: Any, tmp_path: Path
) -> Iterator[Callable[[str], SocketPublisher]]:
    running: list[SocketPublisher] = []

    def start(key: str) -> SocketPublisher:
        url = live_app.ws_url + room[3]
        running.append(SocketPublisher(url, key, tmp_path / "encoder.log", size=SIZE))
        return running[-1]

    yield start
    for one in running:
        one.stop()


def noted(page: Page, what: str) -> int | None:
    found: list[list[Any]] = page.evaluate("() => window.noted")
    return next((at for name, at in reversed(found) if name == what), None)


def tapped(page: Page, vacancy: str) -> dict[str, str]:
    """Tap 我要报名 on the card of a vacancy; what the page asks the server with."""
    with page.expect_request(lambda request: "/intents/new/" in request.url) as caught:
        page.locator(f".live__pin [data-vacancy='{vacancy}'] [data-intent]").first.click()
    query = {name: values[0] for name, values in parse_qs(urlsplit(caught.value.url).query).items()}
    page.keyboard.press("Escape")
    expect(page.locator("#intent-sheet")).not_to_have_attribute("open", re.compile(".*"))
    return query


def ms(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp() * 1000)


def test_cards_captions_and_wishes_keep_to_the_picture(
    page: Page,
    live_app: LiveApp,
    room: tuple[str, list[str], list[str], str],
    publish: Callable[[str], SocketPublisher],
) -> None:
    session, (first_key, second_key), (welder, turner), _address = room
    stage = page.locator("[data-stage]")

    def crew(do: str) -> tuple[str, int]:
        said = live_app.shell(CREW.format(session=session, do=do)).splitlines()[-1].split()
        return said[0], int(said[1])

    page.goto(f"{live_app.url}/live/{session}/")
    expect(stage).to_have_attribute("data-stage", "wait")
    page.evaluate("() => { window.stayed = true; }")
    host = publish(first_key)
    expect(stage).to_have_attribute("data-stage", "video", timeout=30_000)
    expect(stage).to_have_attribute("data-state", "playing", timeout=30_000)
    reader = Reader(page)
    reader.start()
    page.evaluate(NOTE)

    # The card and the caption come up when their moment is on the screen, not when they arrive.
    seq, at = crew(PIN.format([welder, turner]))
    eventually(page, lambda: noted(page, seq) is not None, "the card comes up", timeout_s=20)
    late = noted(page, seq) - at  # type: ignore[operator]
    assert 0 <= late <= 300
    seq, at = crew(CAPTION)
    eventually(page, lambda: noted(page, "大家好") is not None, "the caption", timeout_s=20)
    late = noted(page, "大家好") - at  # type: ignore[operator]
    assert 0 <= late <= 300

    # A wish names the moment on the screen at the tap; the screen itself says which one that was.
    asked = tapped(page, welder)
    tap = noted(page, "tap")
    assert tap is not None
    assert abs(ms(asked["seen_at"]) - tap) <= 20
    samples = reader.seen()
    burnt = min(samples, key=lambda sample: abs((sample.told or 0) - tap))
    assert abs(ms(asked["seen_at"]) - burnt.burnt) <= 150

    # Paused, the picture keeps its moment, and so does a wish; the newer card waits for the picture.
    old_pin = asked["pin_seq"]
    page.click("[data-player-toggle]")
    expect(stage).to_have_attribute("data-state", "paused")
    stands = page.evaluate("() => window.burntProgramme().getTime()")
    newer, _at = crew(PIN.format([turner]))
    page.wait_for_timeout(1500)
    asked = tapped(page, turner)
    assert asked["pin_seq"] == old_pin != newer
    assert abs(ms(asked["seen_at"]) - stands) <= 20
    page.click("[data-player-toggle]")
    expect(stage).to_have_attribute("data-state", "playing")
    eventually(page, lambda: noted(page, newer) is not None, "the newer card", timeout_s=20)

    # The host drops: the page says so and goes on by itself with the next take.
    host.drop()
    expect(stage).to_have_attribute("data-stage", "break", timeout=40_000)
    expect(page.locator("[data-air-why=drop]")).to_be_visible()
    host = publish(second_key)
    expect(stage).to_have_attribute("data-stage", "video", timeout=40_000)
    expect(stage).to_have_attribute("data-state", "playing", timeout=30_000)
    crew("services.end_session(actor=crew, session=session)")
    expect(stage).to_have_attribute("data-stage", "over", timeout=40_000)
    assert page.evaluate("() => window.stayed") is True

    # Ended by mistake: also a page that knows only the end comes back by itself, to wait for the host.
    page.reload()
    expect(stage).to_have_attribute("data-stage", "over")
    expect(page.locator("[data-air-why=break]")).to_have_count(0)
    crew("services.resume_session(actor=crew, session=session)")
    expect(page.locator("[data-air-why=break]")).to_be_visible(timeout=20_000)
