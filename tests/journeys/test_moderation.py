"""Journey 8: a moderator keeps order in a room; whoever is concerned is told, and loses no text."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from jobfair.demo.people import MANAGER
from jobfair.demo.seed import SLUG
from tests.support.journeys import sign_in
from tests.support.live import LiveApp

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]
ROOM_OF_ITS_OWN = f"""
from datetime import timedelta
from django.utils import timezone
from fairs.models import Fair
from livestream.models import Session
now = timezone.now()
print(Session.objects.create(
    fair=Fair.objects.get(slug="{SLUG}"), title="发言规则专场", video_source="test", status="live",
    starts_at=now, ends_at=now + timedelta(hours=1), slow_mode_s=6,
).public_id)
"""
PHONE = {"width": 360, "height": 740}


def line(page: Page, text: str) -> Locator:
    return page.locator("[data-chat-list] [data-seq]").filter(has_text=text)


def test_order_in_a_room(page: Page, new_page: NewPage, live_app: LiveApp) -> None:
    """Slow mode counts down and keeps the text; a removal reaches all, its reason the author."""
    room = f"/live/{live_app.shell(ROOM_OF_ITS_OWN).strip()}/"
    viewer, moderator = new_page(), new_page(viewport=PHONE)
    viewer.goto(f"{live_app.url}{room}")
    sign_in(page, live_app, "+8613811110018", next_path=room)
    field, wait = page.locator(".composer__input"), page.locator("[data-chat-wait]")
    expect(field).to_have_attribute("placeholder", "每 6 秒可发一条")
    field.fill("加群领红包")
    field.press("Enter")
    expect(wait).to_have_text(re.compile("[1-6]"), timeout=15_000)
    field.fill("夜班有补贴吗")
    field.press("Enter")
    expect(page.locator("[data-chat-hint]")).to_contain_text("文字已为您保留")
    expect(field).to_have_value("夜班有补贴吗")
    expect(wait).to_be_hidden(timeout=15_000)
    field.press("Enter")
    expect(line(viewer, "夜班有补贴吗")).to_be_visible()

    sign_in(moderator, live_app, MANAGER.phone, next_path=room)
    line(moderator, "加群领红包").locator("[data-line-more]").click()
    moderator.locator("#moderate-words").fill("请勿拉群")
    moderator.get_by_role("button", name="移除这条消息").click()
    expect(line(viewer, "加群领红包")).to_have_count(0)
    expect(line(page, "加群领红包")).to_contain_text("原因：请勿拉群")
    moderator.locator(".toast").get_by_role("button", name="撤销").click()
    expect(line(viewer, "加群领红包")).to_be_visible()
    expect(line(page, "加群领红包")).not_to_contain_text("原因")
