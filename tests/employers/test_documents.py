"""Licences: known by their content, cleaned, private."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from core.errors import Conflict, Invalid
from core.uploads import clean_document, clean_picture
from employers import services
from employers.enums import DocumentKind, EmployerStatus
from employers.models import EmployerDocument
from tests.factories import EmployerFactory, actor

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def picture(form: str = "PNG", size: tuple[int, int] = (40, 30)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, form)
    return out.getvalue()


def upload(data: bytes, name: str = "执照.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_pictures_are_drawn_anew(form: str) -> None:
    hidden = b"<script>alert(1)</script>PK\x03\x04"
    clean = clean_document(upload(picture(form) + hidden, "x.html"))
    data = clean.content.read()
    assert hidden not in data
    assert clean.media_type == f"image/{form.lower()}"
    with Image.open(io.BytesIO(data)) as drawn:
        assert drawn.size == (40, 30)


def test_large_scans_are_made_smaller() -> None:
    clean = clean_document(upload(picture("JPEG", (6000, 3000))))
    with Image.open(clean.content) as drawn:
        assert drawn.size == (3000, 1500)


def test_a_plain_pdf_is_kept_as_it_is() -> None:
    clean = clean_document(upload(PDF))
    assert (clean.content.read(), clean.media_type) == (PDF, "application/pdf")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"GIF89a" + b"\0" * 40,
        b"<html>%PDF-1.4 %%EOF",
        PDF.replace(b"<<>>endobj", b"<</OpenAction<</S/JavaScript/JS(1)>>>>endobj"),
        b"%PDF-1.4\nno end",
        picture("PNG")[:60],
        b"PK\x03\x04" + b"\0" * 60,
    ],
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        clean_document(upload(data))
    assert "file" in refused.value.fields


def test_size_and_pixels_are_bounded() -> None:
    with pytest.raises(Invalid):
        clean_document(upload(PDF + b"\0" * (10 * 1024 * 1024)))
    with pytest.raises(Invalid):
        clean_picture(upload(picture("PNG", (8000, 8000))))
    with pytest.raises(Invalid):
        clean_picture(upload(PDF))


@pytest.mark.django_db
def test_a_licence_goes_to_private_storage_under_a_random_name() -> None:
    employer = EmployerFactory(status=EmployerStatus.DRAFT)
    document = services.attach_document(
        actor=actor(),
        employer=employer,
        kind=DocumentKind.BUSINESS_LICENCE,
        upload=upload(picture(), "../../etc/执照.php"),
    )
    path = Path(document.file.path)
    assert path.is_relative_to(Path(django_settings.VAR_DIR) / "private")
    assert path.suffix == ".png"
    assert "执照" not in document.file.name
    with pytest.raises(Invalid):
        services.attach_document(
            actor=actor(), employer=employer, kind="passport", upload=upload(PDF)
        )
    employer.status = EmployerStatus.SUBMITTED
    with pytest.raises(Conflict):
        services.attach_document(
            actor=actor(), employer=employer, kind="hr_licence", upload=upload(PDF)
        )
    assert EmployerDocument.objects.count() == 1
