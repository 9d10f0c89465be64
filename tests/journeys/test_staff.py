"""Journey 5: staff prepare a fair, clear what waits, speak for others, and count."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from jobfair.demo.people import MANAGER, REVIEWER
from jobfair.demo.seed import SHIPYARD, SLUG, WAITING
from tests.support.accounts import totp_code
from tests.support.journeys import enter_room, live_session, sign_in
from tests.support.live import LiveApp

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]
DESK = {"width": 1280, "height": 900}


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "#f4e9d8").save(out, "PNG")
    return out.getvalue()


def file(name: str, content: bytes, media_type: str) -> FilePayload:
    return {"name": name, "mimeType": media_type, "buffer": content}


def local(**later: int) -> str:
    """A moment as the browser's picker writes it."""
    return (timezone.localtime() + timedelta(**later)).strftime("%Y-%m-%dT%H:%M")


@pytest.fixture
def desk(new_page: NewPage) -> Page:
    """A page on the wide screen of an office."""
    page = new_page(viewport=DESK)
    page.on("dialog", lambda dialog: dialog.accept())
    return page


def test_a_fair_with_a_session_crew_and_run_sheet(desk: Page, live_app: LiveApp) -> None:
    sign_in(desk, live_app, MANAGER.phone, next_path="/desk/")
    desk.goto(f"{live_app.url}/desk/fairs/new/")
    desk.locator("[name=name]").fill("秋聚英才 2026 直播招聘会")
    desk.locator("[name=slug]").fill("autumn-2026")
    desk.locator("[name=starts_at]").fill(local(days=30))
    desk.locator("[name=ends_at]").fill(local(days=33))
    desk.locator(".form__actions button").click()
    desk.wait_for_url("**/desk/fairs/autumn-2026/")
    expect(desk.locator("h1")).to_have_text("秋聚英才 2026 直播招聘会")

    desk.locator("a[href$='/sessions/new/']").click()
    desk.locator("[name=title]").fill("第一场：装备制造")
    desk.locator("[name=starts_at]").fill(local(days=30, hours=1))
    desk.locator("[name=ends_at]").fill(local(days=30, hours=3))
    desk.locator("[name=video_source][value=elsewhere]").check()
    desk.locator("[name=platform_name]").fill("视频号")
    desk.locator("[name=external_url]").fill("https://live.example.com/autumn")
    desk.locator(".form__actions button").click()
    expect(desk.locator("h1")).to_have_text("第一场：装备制造")

    form = desk.locator("form[action$='/crew/']")
    desk.locator("details", has=form).locator("summary").click()
    form.locator("[name=phone]").fill("138 1111 0051")
    form.locator("[name=role]").select_option("operator")
    form.locator("button").click()
    expect(desk.locator("section[aria-labelledby=h-crew]")).to_contain_text("138****0051")

    form = desk.locator("form[action$='/items/']")
    if not form.locator("[name=title]").is_visible():
        desk.locator("#run-sheet details > summary").last.click()
    form.locator("[name=title]").fill("开场：主持人介绍")
    form.locator("[name=kind]").select_option("opening")
    form.locator("button[type=submit]").click()
    expect(desk.locator("#run-sheet .sheet-list__item")).to_have_count(1)

    desk.goto(f"{live_app.url}/desk/fairs/autumn-2026/")
    with desk.expect_navigation():
        desk.locator("form[action$='/move/']:has([value=published]) button").click()
    desk.goto(f"{live_app.url}/fairs/autumn-2026/")
    expect(desk.locator(".timeline").first).to_contain_text("第一场：装备制造")
    withdraw(live_app)


def withdraw(live_app: LiveApp) -> None:
    """Leave one current fair, so that the front door leads straight to it again."""
    live_app.shell(
        "from fairs.models import Fair; Fair.objects.filter(slug='autumn-2026')"
        ".update(status='draft')"
    )


def test_employers_in_a_batch(desk: Page, live_app: LiveApp) -> None:
    sign_in(desk, live_app, REVIEWER.phone, next_path="/desk/employers/batch/")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as folder:
        folder.writestr(f"执照/{WAITING}.png", picture())
    rows = f"单位名称,统一社会信用代码,审核结果,原因\n{WAITING},,通过,\n岭州没有这家单位,,通过,\n"
    desk.locator("[name=sheet]").set_input_files(file("审核.csv", rows.encode(), "text/csv"))
    desk.locator("[name=licences]").set_input_files(
        file("执照.zip", packed.getvalue(), "application/zip")
    )
    desk.locator("main form[enctype] button").click()
    fate = desk.locator("tbody tr").filter(has_text=WAITING)
    expect(fate).to_contain_text(f"{WAITING}.png")
    expect(desk.locator("tbody tr").filter(has_text="岭州没有这家单位")).to_be_visible()
    desk.locator("button[value=confirm]").click()
    expect(fate.locator(".badge--ok").last).to_be_visible()
    fate.get_by_role("link", name=WAITING).click()
    expect(desk.locator(".page-head .badge--ok")).to_be_visible()


def test_an_honour_is_confirmed_and_shows(desk: Page, live_app: LiveApp) -> None:
    sign_in(desk, live_app, REVIEWER.phone, next_path="/desk/honours/")
    waiting = desk.locator("[data-queue-item]").filter(has_text="区技术标兵")
    guest = waiting.locator("h2 a").get_attribute("href")
    desk.goto(f"{live_app.url}{guest}")
    expect(desk.locator("main")).not_to_contain_text("区技术标兵")
    desk.go_back()
    waiting.locator("button[value=approved]").click()
    expect(waiting).to_have_count(0)
    desk.goto(f"{live_app.url}{guest}")
    expect(desk.locator("main")).to_contain_text("区技术标兵")


def test_acting_for_an_employer(desk: Page, live_app: LiveApp) -> None:
    sign_in(desk, live_app, MANAGER.phone, next_path="/desk/employers/?status=verified")
    desk.goto(f"{live_app.url}/desk/employers/?status=verified&q={SHIPYARD}")
    desk.get_by_role("link", name=SHIPYARD).click()
    desk.locator("form[action$='/act-for/'] button").click()
    desk.wait_for_url("**/employer/**")
    expect(desk.locator(".acting")).to_contain_text(SHIPYARD)
    desk.locator(".console__nav a[href$='/profile/']").click()
    desk.locator("[name=intro]").fill("建厂六十年，船台就在江边；欢迎来厂里看看。")
    with desk.expect_navigation():
        desk.locator(".console__main form .form__actions button").click()
    expect(desk.locator(".acting")).to_be_visible()
    recorded = live_app.shell(
        "from accounts.models import AuditEvent as A; "
        f"print(A.objects.filter(actor__phone='{MANAGER.phone}', "
        "action__startswith='employer.', on_behalf_of__isnull=False).exists())"
    )
    assert recorded == "True"
    desk.locator(".acting button").click()
    expect(desk.locator(".acting")).to_have_count(0)


def test_an_intent_given_by_phone(desk: Page, page: Page, live_app: LiveApp) -> None:
    phone = "+8613811110052"
    sign_in(desk, live_app, MANAGER.phone, next_path=f"/desk/fairs/{SLUG}/intents/new/")
    desk.locator("[name=q]").fill("养老护理员")
    with desk.expect_navigation():
        desk.locator("form[role=search] button").click()
    desk.locator("[data-queue-item] a").first.click()
    desk.locator("[name=phone]").fill("138 1111 0052")
    desk.locator("[name=name]").fill("罗大姐")
    desk.locator("[name=trade]").fill("护理员")
    desk.locator("[name=agreed]").check()
    desk.locator("[name=evidence]").fill("14:20 打进热线，2 号坐席")
    desk.locator(".form__actions button").click()
    expect(desk.locator(".messages")).to_be_visible()
    recorded = live_app.shell(
        "from intents.models import IntentEvent as E; e = E.objects.get("
        f"intent__seeker__phone='{phone}', kind='expressed'); print(e.channel, e.actor.phone, "
        "e.on_behalf_of == e.intent.seeker.public_id)"
    )
    assert recorded == f"phone {MANAGER.phone} True"
    sign_in(page, live_app, phone)
    expect(page.locator(".intent").first).to_contain_text("养老护理员")


def test_an_invited_manager_shows_a_second_factor_before_a_number(
    desk: Page, new_page: NewPage, live_app: LiveApp
) -> None:
    sign_in(desk, live_app, MANAGER.phone, next_path=f"/desk/fairs/{SLUG}/")
    form = desk.locator(f"form[action='/desk/fairs/{SLUG}/staff/']")
    desk.locator("details", has=form).locator("summary").click()
    form.locator("[name=phone]").fill("138 1111 0054")
    form.locator("[name=role]").select_option("manager")
    form.locator("button").click()
    expect(desk.locator("section[aria-labelledby=h-staff]")).to_contain_text("138****0054")

    invited = new_page(viewport=DESK)
    unanswered = "/desk/intents/unanswered/"
    sign_in(invited, live_app, "+8613811110054", next_path=unanswered)
    ask = invited.locator("[data-queue-item] form[action$='/phone/'] button").first
    expect(ask).to_be_visible()
    assert not re.search(r"1\d{10}", invited.locator("main").inner_text())
    ask.click()
    invited.wait_for_url("**/2fa/totp/activate/**")
    secret = invited.locator(".auth__secret code").text_content()
    invited.locator("[name=code]").fill(totp_code(secret or ""))
    invited.locator("main form button[type=submit]").click()
    invited.wait_for_url("**/2fa/recovery-codes/**")
    invited.locator(f"main a[href$='{unanswered}']").click()
    ask.click()
    expect(invited.locator("a[href^='tel:+86']")).to_be_visible()


def test_a_removed_message_leaves_an_open_page(
    desk: Page, page: Page, new_page: NewPage, live_app: LiveApp
) -> None:
    author, bad = new_page(), "加微信办证，包过"
    enter_room(page, live_app)
    sign_in(author, live_app, "+8613811110053", next_path=f"/live/{live_session(live_app)}/")
    author.locator("[data-chat-form] [name=text]").fill(bad)
    author.locator("[data-chat-form] [name=text]").press("Enter")
    shown = page.locator("[data-chat-list]").get_by_text(bad)
    expect(shown).to_be_visible()
    sign_in(desk, live_app, REVIEWER.phone, next_path="/desk/messages/")
    desk.goto(f"{live_app.url}/desk/messages/?status=shown&q=办证")
    item = desk.locator("[data-queue-item]").filter(has_text=bad)
    item.locator("button[value=remove]").click()
    expect(shown).to_have_count(0)
    own = author.locator("[data-chat-list] [data-own]").filter(has_text=bad)
    expect(own).to_have_attribute("data-state", "removed")
    page.reload()
    expect(page.locator("[data-chat-list]")).not_to_contain_text(bad)


def test_the_statistics_say_what_the_log_says(desk: Page, live_app: LiveApp) -> None:
    sign_in(desk, live_app, MANAGER.phone, next_path=f"/desk/fairs/{SLUG}/statistics/")
    applied, matched = live_app.shell(
        "from intents.models import Intent; from django.db.models import Q; "
        "rows = Intent.objects.filter(fair__slug='spring-2026').exclude(outcome='withdrawn'); "
        "people = lambda found: found.values('seeker').distinct().count(); "
        "print(people(rows), people(rows.filter(outcome='live', level__gte=2)))"
    ).split()
    funnel = desk.locator(".funnel li .num")
    expect(funnel.nth(0)).to_have_text(applied)
    expect(funnel.nth(1)).to_have_text(matched)
    expect(desk.locator("[data-headline]")).to_contain_text(applied)
    expect(desk.locator("[data-headline]")).to_contain_text(matched)
    expect(desk.locator("[data-table]").first).to_be_visible()
    with desk.expect_download() as download:
        desk.locator("a[href*='/export/'], a[href*='xlsx']").first.click()
    assert download.value.suggested_filename.endswith(".xlsx")
