"""The desk in a real browser: keys, lists to tick from, and nothing in anybody's way."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.axe import bring_axe, violations
from tests.support.journeys import sign_in
from tests.support.live import LiveApp

pytestmark = pytest.mark.browser

MANAGER = "13800000001"
PAGES = """
import json
from employers.models import Employer, Vacancy
from fairs.models import Fair
from livestream.models import Guest, Session
from fairs.selectors import vacancies_at
fair = Fair.objects.get(slug="spring-2026")
session = Session.objects.filter(fair=fair).first()
employer = Employer.objects.filter(status="submitted").first()
draft = Vacancy.objects.filter(status="draft").first()
shown = vacancies_at(fair).first()
base = f"/desk/fairs/{fair.slug}/"
print(json.dumps([
    "/desk/", base, base + "edit/", base + "import/", base + "intents/new/",
    base + f"intents/new/{shown.public_id}/", f"/desk/sessions/{session.public_id}/",
    "/desk/booths/", "/desk/employers/", f"/desk/employers/{employer.public_id}/",
    "/desk/employers/batch/", "/desk/claims/", "/desk/vacancies/",
    "/desk/vacancies/?status=draft", f"/desk/vacancies/{draft.public_id}/edit/",
    "/desk/honours/", "/desk/guests/", f"/desk/guests/{Guest.objects.first().public_id}/",
    "/desk/intents/unanswered/", "/desk/messages/?status=shown",
]))
"""


def addresses(live_app: LiveApp) -> list[str]:
    import json

    found: list[str] = json.loads(live_app.shell(PAGES).splitlines()[-1])
    return found


def test_queues_are_cleared_by_keyboard(page: Page, live_app: LiveApp) -> None:
    sign_in(page, live_app, MANAGER, next_path="/desk/vacancies/")
    items = page.locator("[data-queue-item]")
    page.keyboard.press("j")
    expect(items.nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(items.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(items.nth(0)).to_be_focused()
    box = items.nth(0).locator("input[name=vacancy]")
    page.keyboard.press("x")
    expect(box).to_be_checked()
    page.focus("[data-queue] input[name=reason] >> nth=0")
    page.keyboard.type("jkx")
    expect(page.locator("[data-queue] input[name=reason]").first).to_have_value("jkx")
    items.nth(0).focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/desk/vacancies/[-0-9a-f]+/edit/$"))


def test_all_on_the_page_are_ticked_at_once(page: Page, live_app: LiveApp) -> None:
    sign_in(page, live_app, MANAGER, next_path="/desk/vacancies/")
    boxes = page.locator("input[name=vacancy]")
    every = page.locator("[data-check-all]")
    every.check()
    assert all(box.is_checked() for box in boxes.all())
    boxes.nth(0).uncheck()
    expect(every).not_to_be_checked()
    assert every.evaluate("box => box.indeterminate")


def test_a_long_list_is_narrowed_by_typing(page: Page, live_app: LiveApp) -> None:
    address = next(a for a in addresses(live_app) if "/sessions/" in a)
    sign_in(page, live_app, MANAGER, next_path=address)
    page.click("#run-sheet .more-form > summary")
    labels = page.locator("#run-sheet .pick__list label")
    assert labels.count() > 10
    labels.nth(0).click()
    page.fill("#run-sheet [data-pick-find]", "焊 船舶")
    shown = [label for label in labels.all() if label.is_visible()]
    assert 1 < len(shown) < 10
    expect(labels.nth(0)).to_be_visible()
    page.fill("#run-sheet [data-pick-find]", "没有这样的岗位")
    assert sum(label.is_visible() for label in labels.all()) == 1, "the ticked one stays"


@pytest.mark.parametrize(
    "look",
    [
        {"viewport": {"width": 360, "height": 740}},
        {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark", "locale": "en"},
    ],
    ids=["phone", "wide dark English"],
)
def test_nothing_in_the_way_of_anybody(
    new_page: Callable[..., Page], live_app: LiveApp, look: dict[str, object]
) -> None:
    """Nothing sticks out; tests/journeys/test_axe.py has looked at phones with axe already."""
    page, wide = new_page(**look), "locale" in look
    if wide:
        bring_axe(page.context)
    sign_in(page, live_app, MANAGER, next_path="/desk/")
    if wide:
        page.context.add_cookies([{"name": "django_language", "value": "en", "url": live_app.url}])
    for address in addresses(live_app):
        page.goto(f"{live_app.url}{address}")
        for summary in page.locator(".more-form > summary").all():
            summary.click()
        if wide:
            found = violations(page)
            assert not found, "\n".join([address, *found])
        width = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert width <= 0, f"{address} is {width} px too wide"


def test_without_scripts_forms_still_work(new_page: Callable[..., Page], live_app: LiveApp) -> None:
    page = new_page(java_script_enabled=False)
    sign_in(page, live_app, MANAGER, next_path="/desk/fairs/spring-2026/")
    page.click("text=添加来源")
    page.fill("input[name=name]", "无脚本来源")
    page.fill("input[name=code]", "noscript")
    page.click("form[action$='/channels/'] button")
    expect(page.locator("main")).to_contain_text("?c=noscript")


def test_only_of_a_voice_is_asked_whose_it_is(page: Page, live_app: LiveApp) -> None:
    session = live_app.shell(
        "from livestream.models import Session\n"
        "print(Session.objects.filter(fair__slug='spring-2026').first().public_id)"
    ).split()[-1]
    sign_in(page, live_app, MANAGER, next_path=f"/desk/sessions/{session}/")
    page.locator("[aria-labelledby=h-crew] .more-form summary").click()
    whose = page.locator("select[name=employer]")
    expect(whose).to_be_hidden()
    page.select_option("[aria-labelledby=h-crew] select[name=role]", "employer_voice")
    expect(whose).to_be_visible()
    page.select_option("[aria-labelledby=h-crew] select[name=role]", "host")
    expect(whose).to_be_hidden()
