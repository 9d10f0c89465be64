"""Journey 4: an employer registers, brings vacancies, and answers people who apply."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page, expect

from employers.rules import check_character
from jobfair.demo.people import EMPLOYER, RECRUITER, REVIEWER
from jobfair.demo.seed import CLAIMABLE, SHIPYARD
from tests.support.journeys import sign_in
from tests.support.live import LiveApp

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]
DESK = {"width": 1280, "height": 900}
CODE = "91440000MAEXAMP40"
ARRIVAL_MS = 20_000  # the inbox looks every four seconds


def console(page: Page, live_app: LiveApp, phone: str, place: str = "") -> None:
    """Be in the console of one's only employer, at ``place`` under it."""
    sign_in(page, live_app, phone)
    page.goto(f"{live_app.url}/employer/")
    page.goto(re.sub(r"(/employer/[^/]+/).*", rf"\1{place}", page.url))


def licence() -> FilePayload:
    picture = io.BytesIO()
    Image.new("RGB", (60, 40), "#f4e9d8").save(picture, "PNG")
    return {"name": "营业执照.png", "mimeType": "image/png", "buffer": picture.getvalue()}


def fill_vacancy(page: Page, title: str) -> None:
    page.locator("[name=title]").fill(title)
    page.locator("[name=trade]").fill("焊工")
    page.locator("[name=headcount]").fill("6")
    page.locator("[name=duties]").fill("船厂管系焊接，按图施工。")
    page.locator("[name=pay_text]").fill("9-12千/月")
    page.locator("[name=requirements]").fill("会氩弧焊，肯吃苦。")
    page.locator("[name=place_text]").fill("广州-南沙区")


def open_by_staff(staff: Page, live_app: LiveApp, title: str) -> None:
    """A reviewer opens what waits under ``title``."""
    sign_in(staff, live_app, REVIEWER.phone)
    staff.goto(f"{live_app.url}/desk/vacancies/?status=submitted&q={title}")
    waiting = staff.locator("[data-queue-item]").filter(has_text=title)
    waiting.locator("button[value=open]").click()
    expect(staff.locator("[data-queue-item]").filter(has_text=title)).to_have_count(0)


def test_register_claim_and_be_verified(page: Page, new_page: NewPage, live_app: LiveApp) -> None:
    staff = new_page(viewport=DESK)
    sign_in(page, live_app, "+8613811110041", next_path="/employer/")
    page.locator("main a[href$='/employer/new/']").click()
    page.locator("[name=name]").fill("岭州桥头便民服务中心")
    page.locator("[name=credit_code]").fill(CODE + check_character(CODE))
    page.locator("main form button[type=submit]").click()

    page.wait_for_url("**/setup/")
    send = page.locator("form[action$='/setup/submit/'] button")
    expect(send).to_be_disabled()
    page.locator("input[type=file]").set_input_files(licence())
    page.locator("form[action$='/setup/licence/'] button").click()
    expect(page.locator("a[href*='/employer/documents/']")).to_be_visible()
    page.locator("#claims [name=q]").fill("桥头社区")
    page.locator("#claims form.search button").click()
    offered = page.locator("#claims form.split").filter(has_text=CLAIMABLE)
    offered.locator("button").click()
    expect(page.locator("#claims .badge--wait")).to_be_visible()
    send.click()
    expect(page.locator(".page-head .badge--wait")).to_be_visible()

    sign_in(staff, live_app, REVIEWER.phone, next_path="/desk/employers/")
    staff.get_by_role("link", name="岭州桥头便民服务中心").click()
    staff.locator("button[value=verify]").click()
    expect(staff.locator(".page-head .badge--ok")).to_be_visible()
    staff.goto(f"{live_app.url}/desk/claims/")
    staff.on("dialog", lambda dialog: dialog.accept())
    claim = staff.locator("[data-queue-item]").filter(has_text=CLAIMABLE)
    claim.locator("button[value=approve]").click()
    expect(claim).to_have_count(0)

    page.reload()
    expect(page.locator(".page-head .badge--ok")).to_be_visible()
    page.locator("nav a[href$='/vacancies/']").click()
    expect(page.locator("tbody tr").first).to_contain_text("广州-海珠区")


def test_a_colleague_is_invited_by_phone(page: Page, new_page: NewPage, live_app: LiveApp) -> None:
    colleague, phone = new_page(), "+8613811110044"
    console(page, live_app, EMPLOYER.phone, "team/")
    page.locator("[name=phone]").fill("138 1111 0044")
    page.locator("[name=role]").select_option("recruiter")
    page.locator("form:has([name=phone]) button[type=submit]").click()
    expect(page.locator("main")).to_contain_text("138****0044")
    console(colleague, live_app, phone)
    expect(colleague.locator(".console__who")).to_contain_text(SHIPYARD)
    expect(colleague.locator("[data-inbox]")).to_be_visible()


def test_a_vacancy_by_form_is_opened_and_a_material_edit_is_reviewed_again(
    page: Page, new_page: NewPage, live_app: LiveApp
) -> None:
    staff, seeker = new_page(viewport=DESK), new_page()
    title = "管系焊工（旅程四）"
    console(page, live_app, EMPLOYER.phone, "vacancies/new/")
    fill_vacancy(page, title)
    page.locator("button[name=submit]").click()
    expect(page.locator(".page-head .badge--wait")).to_be_visible()
    open_by_staff(staff, live_app, title)

    page.reload()
    expect(page.locator(".page-head .badge--ok")).to_be_visible()
    public = page.locator(".page-head__actions a").get_attribute("href")
    seeker.goto(f"{live_app.url}{public}")
    expect(seeker.locator(".vpage__apply [data-intent]")).to_be_visible()

    page.locator("[name=pay_text]").fill("1-1.3万/月")
    page.locator(".form__actions button").first.click()
    expect(page.locator(".page-head .badge--wait")).to_be_visible()
    seeker.reload()
    expect(seeker.locator(".vpage__apply [data-intent]")).to_have_count(0)
    open_by_staff(staff, live_app, title)
    seeker.goto(f"{live_app.url}{public}")
    expect(seeker.locator("main")).to_contain_text("1–1.3万/月")
    expect(seeker.locator(".vpage__apply [data-intent]")).to_be_visible()
    revisions = live_app.shell(
        "from employers.models import VacancyRevision as R; "
        f"print(R.objects.filter(vacancy__title='{title}').count())"
    )
    assert revisions == "2"


def test_a_spreadsheet_with_rows_of_another_employer(page: Page, live_app: LiveApp) -> None:
    console(page, live_app, RECRUITER.phone, "import/")
    page.locator("[name=fair]").select_option(label="春送岗位 2026 直播招聘会")
    rows = (
        "公司名称,职位名称,招聘人数,工作地点,薪资,任职要求,岗位职责\n"
        f"{SHIPYARD},船台电焊工（表格）,4,广州-南沙区,8-10千/月,会二保焊,分段焊接\n"
        "岭州速达物流有限公司,分拣员（表格）,9,广州-白云区,6千/月,能上夜班,分拣\n"
    )
    page.locator("input[type=file]").set_input_files(
        {"name": "岗位.csv", "mimeType": "text/csv", "buffer": rows.encode("gb18030")}
    )
    page.locator("main form[enctype] button").click()
    rejected = page.locator(".fate-row--bad")
    expect(rejected).to_have_count(1)
    expect(rejected).to_contain_text("分拣员（表格）")
    with page.expect_navigation():
        page.locator("form[action$='/confirm/'] button").click()
    page.locator("main a[href$='/vacancies/']").last.click()
    expect(page.locator("tbody")).to_contain_text("船台电焊工（表格）")
    expect(page.locator("tbody")).not_to_contain_text("分拣员")


def shipyard_vacancy(live_app: LiveApp) -> str:
    """Address of an open vacancy of the shipyard that nobody of the demo applied for."""
    return live_app.shell(
        "from employers.models import Vacancy; "
        f"print(Vacancy.objects.public().filter(employer__name='{SHIPYARD}')"
        ".order_by('-id').first().get_absolute_url())"
    )


def apply(seeker: Page, live_app: LiveApp, phone: str, vacancy: str, name: str) -> None:
    """Apply in one tap and give the four answers."""
    sign_in(seeker, live_app, phone, next_path=vacancy)
    seeker.locator(".vpage__apply [data-intent]").click()
    sheet = seeker.locator("#intent-sheet")
    sheet.locator("button[aria-describedby=intent-consent]").click()
    expect(sheet.locator("[data-intent-result]")).to_be_visible()
    sheet.locator("[name=display_name]").fill(name)
    sheet.locator("[name=trade]").fill("焊工")
    sheet.locator("[name=years]").fill("11")
    sheet.locator("[name=certificates]").fill("焊工证（高级）")
    sheet.locator("form:has([name=display_name]) button[type=submit]").click()
    expect(sheet.locator("[name=display_name]")).to_have_count(0)


def test_an_intent_arrives_is_accepted_and_the_phone_is_shown_once_asked_for(
    page: Page, new_page: NewPage, live_app: LiveApp
) -> None:
    seeker, phone = new_page(), "+8613811110042"
    console(page, live_app, EMPLOYER.phone)
    page.evaluate("window.stayed = true")
    apply(seeker, live_app, phone, shipyard_vacancy(live_app), "钟师傅")
    arrived = page.locator("[data-inbox-item]").filter(has_text="钟师傅")
    expect(arrived).to_be_visible(timeout=ARRIVAL_MS)
    assert page.evaluate("window.stayed")

    arrived.click()
    for fact in ("钟师傅", "焊工", "11", "焊工证（高级）"):
        expect(page.locator(".answers")).to_contain_text(fact)
    assert phone[-8:] not in page.content()
    accept = page.locator("[data-accept] button")
    undo = page.locator("form[action$='/undo/'] button")
    accept.click()
    expect(undo).to_be_visible()
    assert phone[-8:] not in page.content()
    undo.click()
    accept.click()
    reveal(page, live_app, phone, undo)
    seeker.goto(f"{live_app.url}/me/")
    expect(seeker.locator(".intent").first).to_have_attribute("data-level", "2")


def reveal(page: Page, live_app: LiveApp, phone: str, undo: Locator) -> None:
    """查看电话: the number shows, it is recorded, and nothing can be undone any more."""
    page.locator("form[action$='/phone/'] button").click()
    expect(page.locator("[data-phone] a")).to_have_attribute("href", f"tel:{phone}")
    expect(undo).to_have_count(0)
    page.goto(page.url.replace("/phone/", "/"))
    assert phone[-8:] not in page.content()
    expect(undo).to_have_count(0)
    recorded = live_app.shell(
        "from accounts.models import AuditEvent; from intents.models import Intent; "
        f"i = Intent.objects.get(seeker__phone='{phone}', outcome='live'); "
        "print(*AuditEvent.objects.filter(object_id=i.public_id)"
        ".values_list('action', 'actor__phone'))"
    )
    assert f"('intent.contact_revealed', '{EMPLOYER.phone}')" in recorded


def test_a_decline_says_why(page: Page, new_page: NewPage, live_app: LiveApp) -> None:
    seeker = new_page()
    apply(seeker, live_app, "+8613811110043", shipyard_vacancy(live_app), "阿芬")
    console(page, live_app, EMPLOYER.phone)
    page.locator("[data-inbox-item]").filter(has_text="阿芬").click()
    page.locator("[data-decline] summary").click()
    page.locator("#decline-other").fill("这批名额已满，欢迎留意下周的岗位。")
    page.locator("[data-decline] form button").click()
    expect(page.locator(".steps__step.is-bad")).to_contain_text("名额已满")
    seeker.goto(f"{live_app.url}/me/")
    expect(seeker.locator(".intent").first).to_contain_text("这批名额已满，欢迎留意下周的岗位。")
