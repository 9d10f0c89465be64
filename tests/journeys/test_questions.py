"""Journey: a question about a vacancy, from the asker's phone over the screen to its employer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from jobfair.demo import people
from tests.support.journeys import enter_room, live_session, sign_in
from tests.support.live import LiveApp

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]
ASKED = "学徒期一个月发多少钱？"
EMPLOYER = people.WORKERS[0].firm


def test_a_question_is_asked_shown_on_screen_and_answered(
    page: Page, new_page: NewPage, live_app: LiveApp
) -> None:
    sign_in(page, live_app, "+8613811110041")
    enter_room(page, live_app)
    page.locator("#t-questions").click()
    # By name: which card is on the screen, and so first, is other journeys' business.
    theirs = page.locator("[data-ask-about] option").filter(has_text=EMPLOYER).first
    page.locator("[data-ask-about]").select_option(theirs.get_attribute("value"))
    page.fill("#ask-text", ASKED)
    page.locator("form[data-ask] button[type=submit]").click()
    own = page.locator("[data-own-question]").filter(has_text=ASKED)
    expect(own).to_contain_text("待回答")
    listed = page.locator("[data-questions] [data-question]").filter(has_text=ASKED)
    expect(listed).to_have_count(1)
    expect(listed.locator(".q__vote")).to_be_disabled()

    studio = new_page(viewport={"width": 1440, "height": 900})
    sign_in(studio, live_app, people.OPERATOR.phone, next_path=f"/studio/{live_session(live_app)}/")
    row = studio.locator("#r-questions .q").filter(has_text=ASKED)
    expect(row).to_contain_text("问薪资")
    row.locator("form[action$='/screen/'] button").click()
    expect(page.locator("[data-asked]")).to_contain_text(ASKED)

    employer = new_page()
    sign_in(employer, live_app, people.EMPLOYER.phone)
    employer.goto(f"{live_app.url}/employer/")
    employer.locator(".console__nav a[href$='/questions/']").click()
    card = employer.locator(".asks__one").filter(has_text=ASKED)
    card.locator("textarea").fill("学徒期 5500 元，另有餐补。")
    card.locator("button[type=submit]").click()
    expect(employer.locator(".asks__one").filter(has_text=ASKED)).to_have_count(0)

    expect(own).to_contain_text("已回答")
    expect(listed).to_contain_text("学徒期 5500 元，另有餐补。")
    page.goto(f"{live_app.url}/me/questions/")
    expect(page.locator("[data-own-question]").first).to_contain_text("学徒期 5500 元")


def test_hearts_are_counted(page: Page, live_app: LiveApp) -> None:
    """Also of visitors; shown only where there is a socket."""
    enter_room(page, live_app)
    heart = page.locator("[data-react]")
    expect(heart).to_be_visible()
    sent: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda data: sent.append(str(data))))
    page.reload()
    expect(heart).to_be_visible()
    for _ in range(3):
        heart.click()
    expect(page.locator("[data-react-total]")).to_be_visible()
    page.wait_for_timeout(2300)
    assert [frame for frame in sent if '"react"' in frame] == ['{"type":"react","n":3}']
