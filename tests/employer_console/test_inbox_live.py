"""Journey 4's inbox in a browser: an application arrives by itself, keys answer it, no number leaks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.journeys import sign_in
from tests.support.live import LiveApp

pytestmark = pytest.mark.browser

PREPARE = """
import json
from employers.models import Employer, EmployerMember, Vacancy
from fairs.models import Booth, BoothVacancy, Fair
from accounts.models import User
from tests.factories import EmployerFactory, VacancyFactory, bring
fair = Fair.objects.filter(status="live").first()
employer = EmployerFactory(name="收件箱测试厂{n}")
person, _made = User.objects.get_or_create(phone="{phone}", defaults={{"display_name": "钱经理"}})
EmployerMember.objects.create(employer=employer, person=person, role="owner")
vacancy = VacancyFactory(employer=employer, title="收件箱焊工")
bring(vacancy, fair)
print(json.dumps({{"employer": str(employer.public_id), "vacancy": str(vacancy.public_id)}}))
"""
EXPRESS = """
from accounts.models import User
from employers.models import Vacancy
from seekers.models import SeekerProfile
from tests.factories import express
seeker, _made = User.objects.get_or_create(phone="{phone}", defaults={{"display_name": "{name}"}})
SeekerProfile.objects.get_or_create(person=seeker, defaults={{"trade": "焊工", "years": 8}})
express(seeker, Vacancy.objects.get(public_id="{vacancy}"))
"""


def prepare(live_app: LiveApp, n: int) -> dict[str, str]:
    things: dict[str, str] = json.loads(
        live_app.shell(PREPARE.format(n=n, phone=f"+861390000410{n}")).strip().splitlines()[-1]
    )
    return things


def arrive(live_app: LiveApp, vacancy: str, name: str, phone: str) -> None:
    live_app.shell(EXPRESS.format(vacancy=vacancy, name=name, phone=phone))


def test_arrives_by_itself_is_accepted_by_key_and_the_number_shows_once_asked(
    page: Page, live_app: LiveApp
) -> None:
    things = prepare(live_app, 1)
    sign_in(page, live_app, "+8613900004101", next_path=f"/employer/{things['employer']}/")
    expect(page.locator("[data-inbox-rows]")).to_contain_text("没有待回复的报名")
    arrive(live_app, things["vacancy"], "阿强师傅", "+8613900004211")
    item = page.locator("[data-inbox-item]")
    expect(item).to_contain_text("阿强师傅", timeout=15_000)  # without reloading
    expect(page).to_have_title("(1) 报名 · 收件箱测试厂1 · 直播招聘会")
    page.keyboard.press("j")
    page.wait_for_url("**/intents/**")
    expect(page.locator(".answers")).to_contain_text("焊工")
    assert "4211" not in page.content()
    page.keyboard.press("a")
    reveal = page.get_by_role("button", name="查看电话")
    expect(reveal).to_be_visible()
    assert "4211" not in page.content()
    reveal.click()
    expect(page.locator("[data-phone]")).to_contain_text("139 0000 4211")
    expect(page.get_by_role("button", name="撤销接受")).to_have_count(0)


def test_declined_by_key_with_a_reason(page: Page, live_app: LiveApp) -> None:
    things = prepare(live_app, 2)
    arrive(live_app, things["vacancy"], "阿芳", "+8613900004212")
    sign_in(page, live_app, "+8613900004102", next_path=f"/employer/{things['employer']}/")
    page.locator("[data-inbox-item]").first.click()
    page.wait_for_url("**/intents/**")
    page.keyboard.press("d")
    page.keyboard.press("ArrowDown")
    page.get_by_role("button", name="婉拒并告知求职者").click()
    expect(page.locator("main")).to_contain_text("已婉拒")
    expect(page.locator(".steps")).to_contain_text("更多年")


def test_without_javascript(new_page: Any, live_app: LiveApp) -> None:
    things = prepare(live_app, 3)
    arrive(live_app, things["vacancy"], "阿珍", "+8613900004213")
    page: Page = new_page(java_script_enabled=False)
    phone = "+8613900004103"
    page.goto(f"{live_app.url}/sign-in/?next=/employer/{things['employer']}/")
    page.fill("input[name=phone]", phone)
    page.click("main button[type=submit]")
    page.fill("input[name=code]", live_app.sms.code(phone))
    page.locator("main form:has(input[name=code]) button[type=submit]").first.click()
    page.locator("[data-inbox-item]").first.click()
    page.get_by_role("button", name="接受").click()
    expect(page.locator("main")).to_contain_text("已接受")
    with page.expect_navigation():
        page.get_by_role("button", name="撤销接受").click()
    page.locator("[data-decline] summary").click()
    page.get_by_role("button", name="婉拒并告知求职者").click()
    expect(page.locator("main")).to_contain_text("已婉拒")
