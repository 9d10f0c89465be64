"""The small scripts of every page, in a real browser, on a page made of the components."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.template import engines
from django.test import RequestFactory
from django.utils import translation
from playwright.sync_api import BrowserContext, Page, Route, expect

pytestmark = pytest.mark.browser

STATIC = Path(settings.BASE_DIR) / "static"
ORIGIN = "http://ui.test"
GALLERY = """
{% extends "base.html" %}{% load ui %}
{% block content %}
  <h1>Gallery</h1>
  <button type="button" id="open" data-sheet-open="#wish">open</button>
  {% include "components/sheet.html" with id="wish" title="Wish" body_template="components/empty.html" %}
  <div role="tablist" data-tabs class="tabs" aria-label="parts">
    <button type="button" class="tabs__tab" role="tab" id="t1" aria-controls="p1">one</button>
    <button type="button" class="tabs__tab" role="tab" id="t2" aria-controls="p2">two</button>
  </div>
  <div id="p1" role="tabpanel" aria-labelledby="t1">first</div>
  <div id="p2" role="tabpanel" aria-labelledby="t2">second</div>
  <div data-dismissible id="note"><button type="button" data-dismiss>away</button></div>
  <form data-busy action="/nowhere" id="form"><button type="submit" id="send">send</button></form>
  <form data-confirm="Sure?" action="/asked" id="asked"><button type="submit">drop</button></form>
{% endblock %}
"""


def gallery_html() -> str:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    with translation.override("zh-hans"):
        return engines["django"].from_string(GALLERY).render({"title": "Nothing here"}, request)


@pytest.fixture
def gallery(new_context: Callable[..., BrowserContext]) -> Page:
    """The gallery, opened; every other address of the site answers from ``static/``."""
    html = gallery_html()

    def serve(route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN).partition("?")[0]
        file = STATIC / path.removeprefix("/static/")
        if path.startswith("/static/") and file.is_file():
            kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            route.fulfill(body=file.read_bytes(), content_type=kind)
        elif path == "/nowhere":
            route.fulfill(status=204)  # the page stays
        else:
            route.fulfill(body=html, content_type="text/html; charset=utf-8")

    context = new_context()
    context.route(f"{ORIGIN}/**", serve)
    page = context.new_page()
    page.goto(f"{ORIGIN}/")
    return page


def test_theme_and_text_size_are_kept(gallery: Page) -> None:
    root = gallery.locator("html")
    gallery.locator("details[data-menu] > summary").first.click()
    gallery.locator('[data-choice="theme"] [data-value="dark"]').click()
    gallery.locator('[data-choice="type"] [data-value="large"]').click()
    expect(root).to_have_attribute("data-theme", "dark")
    assert gallery.evaluate("getComputedStyle(document.documentElement).fontSize") == "20px"
    gallery.reload()
    expect(root).to_have_attribute("data-theme", "dark")
    expect(root).to_have_attribute("data-type", "large")
    pressed = gallery.locator('[data-choice="theme"] [data-value="dark"]')
    expect(pressed).to_have_attribute("aria-pressed", "true")


def test_menu_closes_on_escape_and_elsewhere(gallery: Page) -> None:
    menu = gallery.locator("details[data-menu]").first
    menu.locator("summary").click()
    gallery.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(menu.locator("summary")).to_be_focused()
    menu.locator("summary").click()
    gallery.mouse.click(5, 800)
    expect(menu).not_to_have_attribute("open", "")


def test_sheet_takes_the_focus_and_gives_it_back(gallery: Page) -> None:
    sheet = gallery.locator("#wish")
    gallery.locator("#open").click()
    expect(sheet).to_be_visible()
    gallery.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(gallery.locator("#open")).to_be_focused()
    gallery.locator("#open").click()
    sheet.locator("[data-sheet-close]").click()
    expect(sheet).to_be_hidden()
    expect(gallery.locator("html")).not_to_have_class("sheet-open")


def test_tabs_move_by_arrow_keys(gallery: Page) -> None:
    expect(gallery.locator("#p2")).to_be_hidden()
    gallery.locator("#t1").focus()
    gallery.keyboard.press("ArrowRight")
    expect(gallery.locator("#p2")).to_be_visible()
    expect(gallery.locator("#p1")).to_be_hidden()
    expect(gallery.locator("#t2")).to_be_focused()
    gallery.keyboard.press("Home")
    expect(gallery.locator("#p1")).to_be_visible()


def test_a_message_goes_away(gallery: Page) -> None:
    gallery.locator("[data-dismiss]").click()
    expect(gallery.locator("#note")).to_have_count(0)


def test_a_form_is_sent_once_and_shows_the_wait(gallery: Page) -> None:
    sent: list[str] = []
    gallery.on("request", lambda request: sent.append(request.url))
    gallery.locator("#send").click()
    expect(gallery.locator("#send")).to_have_attribute("aria-busy", "true")
    gallery.locator("#send").click()
    assert len([url for url in sent if "/nowhere" in url]) == 1


def test_a_form_that_asks_waits_for_yes(gallery: Page) -> None:
    asked: list[str] = []

    def refuse(dialog: object) -> None:
        asked.append(dialog.message)  # type: ignore[attr-defined]
        dialog.dismiss()  # type: ignore[attr-defined]

    gallery.once("dialog", refuse)
    gallery.locator("#asked button").click()
    assert asked == ["Sure?"]
    assert gallery.url == f"{ORIGIN}/"
    gallery.once("dialog", lambda dialog: dialog.accept())
    gallery.locator("#asked button").click()
    gallery.wait_for_url(f"{ORIGIN}/asked?")


def test_a_toast_can_be_undone(gallery: Page) -> None:
    gallery.evaluate(
        """async () => {
            const {toast} = await import("/static/js/toast.js");
            toast("Accepted", {kind: "ok", undo: {label: "Undo", run: () => {
                document.title = "undone";
            }}});
        }"""
    )
    expect(gallery.locator(".toast")).to_contain_text("Accepted")
    gallery.get_by_role("button", name="Undo").click()
    expect(gallery).to_have_title("undone")
    expect(gallery.locator(".toast")).to_have_count(0)
