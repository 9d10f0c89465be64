"""What people upload: known by its content, stored clean, never run by a browser."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from pathlib import Path
from struct import pack
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from core.uploads import MAX_BYTES
from employers.enums import EmployerRole
from employers.models import Employer, EmployerDocument
from livestream.models import Guest, Honour
from tests.factories import (
    EmployerFactory,
    EmployerMemberFactory,
    FairStaffFactory,
    GuestFactory,
    UserFactory,
)
from tests.support.accounts import signed_in

pytestmark = pytest.mark.django_db

SCRIPT = b"<script>alert(document.domain)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'


def picture(kind: str = "PNG", **info: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (24, 24), "red").save(out, kind, **info)
    return out.getvalue()


def bomb() -> bytes:
    """A small PNG that says it is 40,000 × 40,000."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))

    head = pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 100_000)
    png = b"\x89PNG\r\n\x1a\n"
    return png + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def pdf(inner: bytes = b"") -> bytes:
    return b"%PDF-1.4\n1 0 obj<<" + inner + b">>endobj\ntrailer<<>>\n%%EOF\n"


REFUSED = {
    "svg": ("a.svg", SVG, "image/svg+xml"),
    "svg called png": ("a.png", SVG, "image/png"),
    "html called pdf": ("a.pdf", b"<html>" + SCRIPT, "application/pdf"),
    "html called jpg": ("a.jpg", SCRIPT, "image/jpeg"),
    "gif": ("a.gif", b"GIF89a/*" + SCRIPT + b"*/=1;", "image/gif"),
    "bomb": ("a.png", bomb(), "image/png"),
    "truncated": ("a.png", picture()[:60], "image/png"),
    "too large": ("a.png", picture() + b"\0" * MAX_BYTES, "image/png"),
    "macro": ("a.pdf", b"PK\x03\x04vbaProject.bin", "application/pdf"),
    "elf": ("a.jpg", b"\x7fELF" + b"\0" * 64, "image/jpeg"),
    "pdf with a script": ("a.pdf", pdf(b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>"), "application/pdf"),
    "pdf that launches": ("a.pdf", pdf(b"/S/Launch/F(cmd.exe)"), "application/pdf"),
    "pdf with a file": ("a.pdf", pdf(b"/EmbeddedFile"), "application/pdf"),
    "pdf behind html": ("a.pdf", SCRIPT + pdf(), "application/pdf"),
    "pdf hiding a name": ("a.pdf", pdf(b"/S/J#61vaScript/#4a#53(app.alert(1))"), "application/pdf"),
    "empty": ("a.png", b"", "image/png"),
}  # fmt: skip
NAMES = ["../../../etc/passwd.png", "a.png/../../x.html", "..\\..\\x.png", "x.php\0.png", "x.html"]


@pytest.fixture
def owner(client: Client) -> tuple[Client, Employer]:
    member = EmployerMemberFactory(
        role=EmployerRole.OWNER, employer=EmployerFactory(status="draft", verified_at=None)
    )
    return signed_in(client, member.person), member.employer


@pytest.fixture
def manager(client: Client) -> Client:
    return signed_in(client, FairStaffFactory(person=UserFactory()).person)


def hand_in(owner: tuple[Client, Employer], name: str, content: bytes, media_type: str) -> Any:
    browser, employer = owner
    file = SimpleUploadedFile(name, content, content_type=media_type)
    return browser.post(
        f"/employer/{employer.public_id}/setup/licence/",
        {"kind": "business_licence", "file": file},
    )


def stored(storage: str) -> set[str]:
    root = Path(storages[storage].path(""))
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_a_licence_that_is_none_is_refused(
    owner: tuple[Client, Employer], case: tuple[str, bytes, str]
) -> None:
    before = stored("private")
    assert hand_in(owner, *case).status_code == 302
    assert not EmployerDocument.objects.exists()
    assert stored("private") == before


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_a_portrait_that_is_none_is_refused(manager: Client, case: tuple[str, bytes, str]) -> None:
    name, content, media_type = case
    before = stored("default")
    file = SimpleUploadedFile(name, content, content_type=media_type)
    answer = manager.post("/desk/guests/new/", {"name": "李师傅", "portrait": file})
    assert answer.status_code == 200
    assert not Guest.objects.exists()
    assert stored("default") == before


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_evidence_that_is_none_is_refused(manager: Client, case: tuple[str, bytes, str]) -> None:
    guest = GuestFactory()
    name, content, media_type = case
    before = stored("private")
    manager.post(
        f"/desk/guests/{guest.public_id}/honours/",
        {
            "level": "city",
            "title": "工匠",
            "year": "2020",
            "issuer": "市总工会",
            "evidence": SimpleUploadedFile(name, content, content_type=media_type),
        },
    )
    assert not Honour.objects.exists()
    assert stored("private") == before


def appended(kind: str) -> bytes:
    return picture(kind) + SCRIPT + b"PK\x03\x04"


def in_a_comment(kind: str) -> bytes:
    return picture("JPEG", comment=SCRIPT, exif=b"Exif\0\0" + SCRIPT)


@pytest.mark.parametrize("make", [appended, in_a_comment])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_what_a_picture_carries_besides_is_left_behind(
    owner: tuple[Client, Employer], make: Callable[[str], bytes], kind: str
) -> None:
    hand_in(owner, "a.html", make(kind), "text/html")
    document = EmployerDocument.objects.get()
    with document.file.open() as file:
        content = file.read()
    assert b"script" not in content
    assert b"PK" not in content
    assert document.media_type in {"image/png", "image/jpeg"}
    assert document.file.name.endswith((".png", ".jpg"))


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_a_file_leads_nowhere(owner: tuple[Client, Employer], name: str) -> None:
    before = stored("private")
    hand_in(owner, name, picture(), "image/png")
    (new,) = stored("private") - before
    assert new.startswith("employers.employerdocument/")
    assert new.endswith(".png")
    assert ".." not in new
    assert "passwd" not in new


def test_a_licence_is_a_download_that_nothing_runs(owner: tuple[Client, Employer]) -> None:
    browser, _employer = owner
    hand_in(owner, "执照.png", picture(), "image/png")
    answer = browser.get(f"/employer/documents/{EmployerDocument.objects.get().public_id}/")
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Cache-Control"] == "private, no-store"
    b"".join(answer)


def test_a_portrait_is_a_picture_for_everybody(manager: Client) -> None:
    file = SimpleUploadedFile("me.html", appended("PNG"), content_type="text/html")
    manager.post("/desk/guests/new/", {"name": "李师傅", "portrait": file})
    url = Guest.objects.get().portrait.url
    answer = Client().get(url)
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert SCRIPT not in answer.content
    assert Image.open(io.BytesIO(answer.content)).size == (24, 24)


@pytest.mark.parametrize(
    "path",
    [
        "../private/secret.png", "..%2fprivate%2fsecret.png", "%2e%2e/private/secret.png",
        "/etc/passwd.png", "%00.png", "a.html", "a.svg", "livestream.guest/", "a.PNG",
    ],
)  # fmt: skip
def test_public_files_are_pictures_of_the_public_directory(path: str) -> None:
    secret = Path(storages["private"].path("secret.png"))
    secret.parent.mkdir(parents=True, exist_ok=True)
    secret.write_bytes(picture())
    assert Client().get(f"/files/{path}").status_code == 404
