"""Setting up a session: facts, crew, guests, run-sheet."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.models import Invitation
from livestream.enums import CrewRole, HonourStatus, ItemStatus
from livestream.models import Guest, Session
from tests.desk.people import Scene, audited, browser, staff_of
from tests.factories import FairFactory, GuestFactory, SessionCrewFactory, SessionFactory

pytestmark = pytest.mark.django_db


def picture(kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 40), "red").save(out, kind)
    return out.getvalue()


def session_form(**fields: str) -> dict[str, str]:
    start = timezone.localtime() + timedelta(days=1)
    return {
        "title": "护理专场",
        "starts_at": f"{start:%Y-%m-%dT%H:%M}",
        "ends_at": f"{start + timedelta(hours=2):%Y-%m-%dT%H:%M}",
        "video_source": "hosted",
        "declared_delay_s": "0",
        **fields,
    }


def test_plan_a_session() -> None:
    fair = FairFactory()
    answer = browser(staff_of(fair)).post(
        reverse("desk-session-new", args=[fair.slug]), session_form()
    )
    session = Session.objects.get(fair=fair)
    assert answer["Location"] == reverse("desk-session", args=[session.public_id])


def test_a_picture_from_elsewhere_needs_its_link() -> None:
    fair = FairFactory()
    form = session_form(video_source="elsewhere")
    page = browser(staff_of(fair)).post(reverse("desk-session-new", args=[fair.slug]), form)
    assert "field__error" in page.content.decode()
    assert "session_external_has_link" not in page.content.decode()
    assert not Session.objects.filter(fair=fair).exists()


def test_fields_of_a_source(settings) -> None:
    settings.FRAME_ORIGINS = ["https://player.example.org"]
    session = SessionFactory(video_source="hosted")
    address = reverse("desk-session-edit", args=[session.public_id])
    client = browser(staff_of(session.fair))
    page = client.get(address).content.decode()
    assert 'data-sources="hosted"' in page
    assert "https://player.example.org" in page
    client.post(address, session_form(segment_s="1", stop_contact="张导播 010-12345678"))
    session.refresh_from_db()
    assert (session.segment_s, session.stop_contact) == (1, "张导播 010-12345678")
    link = {"video_source": "embed", "external_url": "https://evil.example.net/1"}
    page = client.post(address, session_form(**link)).content.decode()
    assert "field__error" in page
    link["external_url"] = "https://player.example.org/live/1"
    assert client.post(address, session_form(**link)).status_code == 302
    session.refresh_from_db()
    assert session.video_source == "embed"
    link = {"video_source": "external_hls", "external_url": "https://hls.example.org/live.m3u8"}
    page = client.post(address, session_form(**link)).content.decode()
    assert "field__error" in page
    assert "MEDIA_ORIGINS" in page
    settings.MEDIA_ORIGINS = ["https://hls.example.org"]
    assert client.post(address, session_form(**link)).status_code == 302


def test_players_of_other_sites_are_offered_where_any_is_allowed() -> None:
    fair = FairFactory()
    page = browser(staff_of(fair)).get(reverse("desk-session-new", args=[fair.slug]))
    assert 'value="elsewhere"' in page.content.decode()
    assert 'value="embed"' not in page.content.decode()


def test_edit_a_session() -> None:
    session = SessionFactory()
    address = reverse("desk-session-edit", args=[session.public_id])
    browser(staff_of(session.fair)).post(address, session_form(title="改名专场"))
    session.refresh_from_db()
    assert session.title == "改名专场"


def test_crew_is_invited_shown_masked_and_ended() -> None:
    session = SessionFactory()
    client = browser(staff_of(session.fair))
    client.post(
        reverse("desk-crew", args=[session.public_id]),
        {"phone": "13912345678", "role": "operator"},
    )
    invitation = Invitation.objects.get()
    home = reverse("desk-session", args=[session.public_id])
    assert "139****5678" in client.get(home).content.decode()
    revoke = reverse("desk-crew-revoke", args=[session.public_id])
    client.post(revoke, {"invitation": invitation.public_id})
    invitation.refresh_from_db()
    assert invitation.revoked_at is not None
    assert client.post(revoke, {"invitation": "nonsense"}).status_code == 404

    held = SessionCrewFactory(session=session, role=CrewRole.OPERATOR)
    end = reverse("desk-crew-end", args=[session.public_id])
    client.post(end, {"person": held.person.public_id, "role": "operator"})
    held.refresh_from_db()
    assert held.ended_at is not None
    answer = client.post(end, {"person": held.person.public_id, "role": "operator"})
    assert answer.status_code == 404


def test_announce_guests() -> None:
    session, first, second = SessionFactory(), GuestFactory(), GuestFactory()
    address = reverse("desk-session-guests", args=[session.public_id])
    browser(staff_of(session.fair)).post(address, {"guests": [first.public_id, second.public_id]})
    assert session.guest_list.count() == 2


def test_build_a_run_sheet() -> None:
    scene = Scene.build()
    vacancy, session = scene.intent.vacancy, scene.session
    client = browser(staff_of(scene.fair))
    client.post(
        reverse("desk-item-new", args=[session.public_id]),
        {
            "kind": "employer",
            "title": "企业讲解",
            "planned_minutes": "15",
            "vacancies": [vacancy.public_id],
        },
    )
    added = session.run_sheet.get(title="企业讲解")
    assert added.employer == vacancy.employer
    assert list(added.vacancies.all()) == [vacancy]
    moves = reverse("desk-item", args=[session.public_id, added.public_id])
    client.post(moves, {"move": "up"})
    assert session.run_sheet.first() == added
    client.post(moves, {"move": "down"})
    assert session.run_sheet.last() == added
    client.post(moves, {"move": "skip"})
    added.refresh_from_db()
    assert added.status == ItemStatus.SKIPPED
    client.post(moves, {"move": "restore"})
    added.refresh_from_db()
    assert added.status == ItemStatus.PLANNED
    assert client.post(moves, {"move": "sideways"}).status_code == 404


def test_a_step_without_a_title_is_explained_on_the_page() -> None:
    session = SessionFactory()
    address = reverse("desk-item-new", args=[session.public_id])
    form = {"kind": "opening", "title": "  ", "planned_minutes": "5"}
    page = browser(staff_of(session.fair)).post(address, form)
    assert page.status_code == 200
    assert "field__error" in page.content.decode()


def test_the_run_sheet_tells_when_each_step_is_due() -> None:
    scene = Scene.build()
    start = timezone.localtime(scene.session.starts_at)
    page = browser(staff_of(scene.fair)).get(
        reverse("desk-session", args=[scene.session.public_id])
    )
    assert f"{start:%H:%M}" in page.content.decode()
    assert page.context["minutes"] == scene.item.planned_minutes


def test_a_guest_with_a_portrait_drawn_anew() -> None:
    client = browser(staff_of(FairFactory()))
    upload = SimpleUploadedFile("me.jpg", picture() + b"<script>trailing</script>")
    client.post(
        "/desk/guests/new/",
        {"name": "梁师傅", "trade": "焊工", "years": "31", "portrait": upload},
    )
    guest = Guest.objects.get(name="梁师傅")
    with guest.portrait.open() as file:
        assert b"trailing" not in file.read()
    address = reverse("desk-guest", args=[guest.public_id])
    client.post(address, {"name": "梁振邦", "trade": "焊工"})
    guest.refresh_from_db()
    assert guest.name == "梁振邦"
    assert guest.portrait, "saving without a new picture keeps the old one"


def test_a_portrait_that_is_no_picture_is_refused() -> None:
    upload = SimpleUploadedFile("me.svg", b"<svg onload='alert(1)'/>")
    page = browser(staff_of(FairFactory())).post(
        "/desk/guests/new/", {"name": "梁师傅", "portrait": upload}
    )
    assert "field__error" in page.content.decode()
    assert not Guest.objects.filter(name="梁师傅").exists()


def test_an_honour_is_entered_read_and_confirmed() -> None:
    fair, guest = FairFactory(), GuestFactory()
    client = browser(staff_of(fair))
    evidence = SimpleUploadedFile("证书.png", picture("PNG"))
    client.post(
        reverse("desk-guest-honour", args=[guest.public_id]),
        {
            "level": "city",
            "title": "岭州工匠",
            "year": "2020",
            "issuer": "市总工会",
            "evidence": evidence,
        },
    )
    honour = guest.honours.get()
    assert honour.status == HonourStatus.SUBMITTED
    paper = client.get(reverse("desk-honour-evidence", args=[honour.public_id]))
    assert paper["Content-Type"] == "image/png"
    assert "attachment" in paper["Content-Disposition"]
    assert audited("honour.evidence_read") == 1
    assert paper.content.startswith(b"\x89PNG")
    client.post(reverse("desk-honour", args=[honour.public_id]), {"decision": "approved"})
    honour.refresh_from_db()
    assert honour.status == HonourStatus.APPROVED


def test_an_honour_needs_a_reason_to_be_rejected_or_revoked() -> None:
    scene = Scene.build()
    client = browser(staff_of(scene.fair))
    address = reverse("desk-honour", args=[scene.honour.public_id])
    client.post(address, {"decision": "rejected"})
    scene.honour.refresh_from_db()
    assert scene.honour.status == HonourStatus.SUBMITTED
    client.post(address, {"decision": "approved"})
    client.post(address, {"decision": "revoked", "reason": "名单中没有"})
    scene.honour.refresh_from_db()
    assert (scene.honour.status, scene.honour.status_reason) == (HonourStatus.REVOKED, "名单中没有")
    assert client.post(address, {"decision": "submitted"}).status_code == 404


def test_evidence_is_for_reviewers_only() -> None:
    scene = Scene.build()
    address = reverse("desk-honour-evidence", args=[scene.honour.public_id])
    assert browser(staff_of(scene.fair)).get(address).status_code == 404, "there is none"


def test_a_future_honour_is_explained() -> None:
    guest = GuestFactory()
    form = {"level": "city", "title": "未来工匠", "year": "2090", "issuer": "市总工会"}
    page = browser(staff_of(FairFactory())).post(
        reverse("desk-guest-honour", args=[guest.public_id]), form
    )
    assert "field__error" in page.content.decode()
    assert not guest.honours.exists()
