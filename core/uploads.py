"""Uploaded papers and pictures: known by their content, cleaned before they are stored."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import Final

import puremagic
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import Invalid

MAX_BYTES: Final = 10 * 1024 * 1024
MAX_PIXELS: Final = 50_000_000
#: A scan is legible at this length of its longer side.
LONGEST_SIDE: Final = 3000
_FORMATS: Final = {"image/jpeg": "JPEG", "image/png": "PNG"}
_PDF: Final = "application/pdf"
_HEAD: Final = 4096
#: Things in a PDF that act when it is opened or carry other files.
_ACTIVE_PDF: Final = re.compile(rb"/(?:JavaScript|JS|Launch|EmbeddedFile|RichMedia)\b")
#: A letter of a name may be written as its number: ``/J#61vaScript``.
_ESCAPED: Final = re.compile(rb"#([0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class CleanFile:
    """What may be stored: the content, its true type, and a file name suffix that fits it."""

    content: ContentFile[bytes]
    media_type: str


def clean_picture(upload: UploadedFile[bytes]) -> CleanFile:
    """Return a JPEG or PNG drawn anew: no metadata, nothing appended. Raises :class:`Invalid`."""
    return _clean(upload, pdf=False)


def clean_document(upload: UploadedFile[bytes]) -> CleanFile:
    """Return a picture as :func:`clean_picture` does, or a PDF without active content as it is."""
    return _clean(upload, pdf=True)


def _clean(upload: UploadedFile[bytes], *, pdf: bool) -> CleanFile:
    if (upload.size or 0) > MAX_BYTES:
        raise _refusal(_("The file is larger than 10 MB. Take a smaller picture."))
    data = upload.read()
    kind = _kind(data)
    if kind in _FORMATS:
        return _redrawn(data, kind)
    if pdf and kind == _PDF:
        return _checked_pdf(data)
    raise _refusal(
        _("Send a JPEG or PNG picture or a PDF.") if pdf else _("Send a JPEG or PNG picture.")
    )


def _kind(data: bytes) -> str:
    try:
        return str(puremagic.from_string(data[:_HEAD], mime=True))
    except (puremagic.PureError, ValueError):
        return ""


def _redrawn(data: bytes, kind: str) -> CleanFile:
    form = _FORMATS[kind]
    try:
        with Image.open(io.BytesIO(data), formats=[form]) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise _refusal(_("The picture has too many pixels. Take a smaller one."))
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            upright = upright.convert("RGB" if form == "JPEG" else "RGBA")
            upright.info.clear()
            out = io.BytesIO()
            upright.save(out, form, quality=88, optimize=form == "PNG")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise _refusal(_("The picture is damaged. Save it again.")) from None
    suffix = "jpg" if form == "JPEG" else "png"
    return CleanFile(ContentFile(out.getvalue(), name=f"file.{suffix}"), kind)


def _checked_pdf(data: bytes) -> CleanFile:
    if not data.startswith(b"%PDF-") or b"%%EOF" not in data[-2048:]:
        raise _refusal(_("The PDF is damaged. Save it again."))
    if _ACTIVE_PDF.search(_ESCAPED.sub(lambda m: bytes.fromhex(m[1].decode()), data)):
        raise _refusal(_("The PDF contains a program or another file. Print it to a new PDF."))
    return CleanFile(ContentFile(data, name="file.pdf"), _PDF)


def _refusal(message: object) -> Invalid:
    return Invalid("file_refused", str(message), fields={"file": str(message)})
