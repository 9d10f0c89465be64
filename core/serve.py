"""Hands out files from private storage; the view that calls it has authorised the reader."""

from __future__ import annotations

from urllib.parse import quote

from django.conf import settings
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, HttpResponse, HttpResponseBase


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
