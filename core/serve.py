"""Hands out stored files.

Private ones only to whom the calling view has authorised; public ones are pictures that the site
drew anew under random names. Nothing a person uploaded is ever run by a browser from here.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

from core.errors import NotFound

_PICTURES: Final = {"jpg": "image/jpeg", "png": "image/png"}
_YEAR_S: Final = 365 * 24 * 3600


def private_file(file: FieldFile, *, media_type: str, filename: str) -> HttpResponseBase:
    """Return the file as a download that no browser runs or keeps.

    With ``PRIVATE_FILES_ACCEL`` (an internal location of nginx) nginx sends the bytes.
    """
    response: HttpResponseBase
    if settings.PRIVATE_FILES_ACCEL:
        response = HttpResponse(content_type=media_type)
        response["X-Accel-Redirect"] = settings.PRIVATE_FILES_ACCEL + quote(file.name or "")
        response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(filename)}"
    else:
        response = FileResponse(
            file.open("rb"), as_attachment=True, filename=filename, content_type=media_type
        )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@require_safe
def public_file(request: HttpRequest, name: str) -> HttpResponse:
    """A picture of the public storage. Names are random and never used again: cached for ever.

    On a real installation the web server in front answers these addresses from the directory.
    """
    del request
    media_type = _PICTURES.get(name.rpartition(".")[2])
    try:
        if media_type is None or not default_storage.exists(name):
            raise NotFound
        with default_storage.open(name) as file:
            content = file.read()
    except (SuspiciousFileOperation, OSError, ValueError):
        raise NotFound from None
    response = HttpResponse(content, content_type=media_type)
    response["Cache-Control"] = f"public, max-age={_YEAR_S}, immutable"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
