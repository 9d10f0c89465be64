"""A crew with OBS: the page's key goes into the encoder, the page says what arrives, all without
a reload.
"""

from __future__ import annotations

import json
import re
from uuid import UUID

import pytest
from playwright.sync_api import expect

from livestream.media.rtmp import server
from tests.livestream.media.rtmp_site import MediaSite
from tests.support.journeys import sign_in

try:
    server.find()
    missing = ""
except server.MissingError as error:
    missing = str(error)

pytestmark = [pytest.mark.browser, pytest.mark.skipif(bool(missing), reason=missing)]

PHONE = "13900004104"
PLANNED = f"""
import json
from tests.factories import SessionCrewFactory, SessionFactory, UserFactory
from livestream.enums import SessionStatus, VideoSource
from fairs.models import Fair
session = SessionFactory(
    fair=Fair.objects.first(), title="OBS 推流场", status=SessionStatus.SCHEDULED,
    video_source=VideoSource.HOSTED,
)
SessionCrewFactory(session=session, person=UserFactory(phone="+86{PHONE}"))
print(json.dumps(str(session.public_id)))
"""


@pytest.fixture
def planned(live_app) -> UUID:
    return UUID(json.loads(live_app.shell(PLANNED).splitlines()[-1]))


@pytest.fixture
def media(live_app, tmp_path):
    media_dir = live_app.var_dir / "media"
    site = MediaSite(tmp_path, environment=live_app.environment, media_dir=media_dir)
    yield site
    site.end()


def test_the_page_carries_a_crew_from_the_key_to_on_air(page, live_app, planned, media):
    sign_in(page, live_app, PHONE, next_path=f"/studio/{planned}/encoder/")
    head = page.locator(".arrival__head")
    expect(head).to_contain_text("等待推流")
    expect(page.locator(".arrival")).to_contain_text("make media")
    media.start()
    expect(page.locator(".arrival")).not_to_contain_text("make media", timeout=8000)

    page.get_by_role("button", name="生成推流码").click()
    key = page.get_by_label("推流码", exact=True).input_value()
    assert re.fullmatch(rf"{planned.hex}\?key=[a-z0-9]{{32}}", key)
    publisher = media.publish_to(f"rtmp://127.0.0.1:{media.port}/live/{key}")
    expect(head).to_contain_text("直播中", timeout=20000)
    expect(page.locator(".arrival__facts")).to_contain_text("320×180", timeout=5000)
    expect(page.locator(".arrival__facts")).to_contain_text("kbit/s", timeout=5000)
    # Refreshing by itself has not taken the key away.
    assert page.get_by_label("推流码", exact=True).input_value() == key

    page.goto(f"{live_app.url}/studio/{planned}/encoder/")
    expect(page.locator("#rtmp-key")).to_contain_text(key[-4:])
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="作废").click()
    expect(head).to_contain_text("等待推流", timeout=8000)
    assert not publisher.running or publisher.process.wait(5)
