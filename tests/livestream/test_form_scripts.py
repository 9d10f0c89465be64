"""The scripts of forms, in a browser: asked once before sending, and whom a question goes to."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Dialog, Page, Route, expect

pytestmark = pytest.mark.browser

STATIC = Path(settings.BASE_DIR) / "static"
ORIGIN = "http://forms.test"
PAGE = """<!doctype html><html lang="zh-Hans"><meta charset="utf-8"><title>forms</title>
<link rel="icon" href="data:,">
<form id="publish" method="post" action="/sent" data-busy data-confirm="发布吗？">
<button type="submit">发布回放</button></form>
<form id="ask"><textarea></textarea><select data-ask-about data-text-now="讲解中">
<option value="">主持人</option><option value="v9">别的岗位</option></select></form>
<script type="module" src="/static/js/busy.js"></script>
<script type="module" src="/static/js/room/ask_about.js"></script></html>"""
SHOWN = """(cards) => document.dispatchEvent(new CustomEvent("room:pin", { detail: cards.length
  ? { seq: 1, vacancies: cards.map(([id, name]) => ({ id, title: id, employer: { name } })) }
  : null }))"""


@pytest.fixture
def forms(page: Page) -> Page:
    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN).partition("?")[0]
        if path.startswith("/static/"):
            route.fulfill(path=STATIC / path.removeprefix("/static/"))
        elif path == "/sent":
            route.fulfill(status=204)  # the page stays, as it does while an answer is awaited
        else:
            route.fulfill(content_type="text/html; charset=utf-8", body=PAGE)

    page.route(f"{ORIGIN}/**", answer)
    page.goto(f"{ORIGIN}/")
    return page


def show(page: Page, *cards: tuple[str, str]) -> None:
    page.evaluate(SHOWN, [list(card) for card in cards])


def test_a_second_press_asks_and_sends_nothing(forms: Page) -> None:
    asked: list[str] = []
    sent: list[str] = []

    def confirm(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.accept()

    forms.on("dialog", confirm)
    forms.on("request", lambda request: sent.append(request.url))
    for _press in range(2):
        forms.locator("#publish button").click()
    expect(forms.locator("#publish button")).to_have_attribute("aria-busy", "true")
    assert asked == ["发布吗？"]
    assert sent == [f"{ORIGIN}/sent"]


def test_who_says_no_is_asked_again(forms: Page) -> None:
    asked: list[str] = []

    def refuse(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    forms.on("dialog", refuse)
    for _press in range(2):
        forms.locator("#publish button").click()
    assert len(asked) == 2


def test_a_question_goes_to_the_only_employer_on_the_screen(forms: Page) -> None:
    to = forms.locator("[data-ask-about]")
    show(forms, ("v1", "船厂"), ("v2", "船厂"))
    expect(to).to_have_value("v1")
    show(forms, ("v1", "船厂"), ("v3", "纺织厂"))
    expect(to).to_have_value("")
    show(forms, ("v3", "纺织厂"))
    expect(to).to_have_value("v3")
    show(forms)
    expect(to).to_have_value("")


def test_whom_the_viewer_chose_or_began_to_write_to_stays(forms: Page) -> None:
    to = forms.locator("[data-ask-about]")
    show(forms, ("v1", "船厂"))
    forms.locator("textarea").fill("焊工一个月")
    show(forms, ("v3", "纺织厂"))
    expect(to).to_have_value("v1")
    forms.locator("textarea").fill("")
    to.select_option("")
    show(forms, ("v1", "船厂"))
    expect(to).to_have_value("")
    forms.goto(f"{ORIGIN}/?about=v9")
    to.evaluate("(select) => { select.value = 'v9'; }")  # as the server would, no choice here
    show(forms, ("v1", "船厂"))
    expect(to).to_have_value("v9")
