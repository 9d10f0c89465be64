"""Hands out stored files.

Private ones only to whom the calling view has authorised; public ones are pictures that the site
drew anew under random names. Nothing a person uploaded is ever run by a browser from here.
Recordings are sent in parts, as players ask for them.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any, BinaryIO, Final, cast
from urllib.parse import quote

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.db.models.fields.files import FieldFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe
from whitenoise.middleware import WhiteNoiseMiddleware

from core.errors import NotFound

_PICTURES: Final = {"jpg": "image/jpeg", "png": "image/png"}
_YEAR_S: Final = 365 * 24 * 3600
#: Up to this much is read and sent at once; more goes out in pieces.
_AT_ONCE: Final = 2 * 1024 * 1024
_RANGE: Final = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


def private_file(file: FieldFile, *, media_type: str, filename: str) -> HttpResponseBase:
    """Return the file as a download that no browser runs or keeps.

    With ``PRIVATE_FILES_ACCEL`` (an internal location of nginx) nginx sends the bytes.
    """
    if settings.PRIVATE_FILES_ACCEL:
        response = _sent_by_nginx(settings.PRIVATE_FILES_ACCEL + quote(file.name or ""))
    else:
        response = _whole(cast(BinaryIO, file.open("rb")))
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return _as_download(response, filename, media_type)


def download(path: Path, *, accel: str, filename: str, media_type: str) -> HttpResponseBase:
    """Return a file that the calling view has authorised, as a download that nobody keeps.

    ``accel`` is the internal location of nginx over its folder's parent, or empty.
    """
    if accel:
        response = _sent_by_nginx(accel + quote(f"{path.parent.name}/{path.name}"))
    else:
        try:
            response = _whole(path.open("rb"))
        except OSError:
            raise NotFound from None
    return _as_download(response, filename, media_type)


def _sent_by_nginx(address: str) -> HttpResponseBase:
    return HttpResponse(headers={"X-Accel-Redirect": address})


def _whole(file: BinaryIO) -> HttpResponseBase:
    size = file.seek(0, os.SEEK_END)
    response = _bytes_of(file, 0, size)
    response["Content-Length"] = str(size)
    return response


def _as_download(response: HttpResponseBase, filename: str, media_type: str) -> HttpResponseBase:
    response["Content-Type"] = media_type
    response["Content-Disposition"] = content_disposition_header(True, filename)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


class StaticFiles(WhiteNoiseMiddleware):
    """WhiteNoise for a server that speaks ASGI.

    Its own answer is a synchronous stream: Django reads all of it there too, but warns each time.
    """

    @staticmethod
    def serve(static_file: Any, request: HttpRequest) -> HttpResponse:
        """Answer with one of our own files; none is larger than a script."""
        found = static_file.get_response(request.method, request.META)
        with found.file or nullcontext() as file:
            response = HttpResponse(file.read() if file else b"", status=int(found.status))
        del response["Content-Type"]
        for name, value in found.headers:
            response[name] = value
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


def file_or_part(request: HttpRequest, path: Path, *, media_type: str) -> HttpResponseBase:
    """Answer with the file at ``path``, or with the one range of bytes that was asked for.

    Conditional by its time and size. Raises :class:`NotFound`. What is large goes out in pieces
    read beside the event loop: it needs a server that speaks ASGI.
    """
    try:
        file = path.open("rb")
        stat = path.stat()
    except OSError:
        raise NotFound from None
    etag = f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None:
        file.close()
        return unchanged
    span = _asked_range(request, etag, stat.st_size)
    start, end = span or (0, stat.st_size)
    response = _bytes_of(file, start, end)
    if span is not None:
        response.status_code = 206 if start < end else 416
        whole = f"{start}-{end - 1}" if start < end else "*"
        response["Content-Range"] = f"bytes {whole}/{stat.st_size}"
    response["Content-Type"] = media_type
    response["Content-Length"] = str(end - start)
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = etag
    return response


def _asked_range(request: HttpRequest, etag: str, size: int) -> tuple[int, int] | None:
    """First byte and the one behind the last of what was asked for; ``None``: everything.

    ``(0, 0)`` where nothing of the file is in the range. Several ranges at once get everything.
    """
    asked = _RANGE.fullmatch(request.headers.get("Range", ""))
    if asked is None or asked.group() == "bytes=-":
        return None
    if request.headers.get("If-Range", etag) != etag:
        return None
    first, last = asked.groups()
    if not first:  # the last so many bytes
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1 if last else size)
    return (start, end) if start < end else (0, 0)


def _bytes_of(file: BinaryIO, start: int, end: int) -> HttpResponse | StreamingHttpResponse:
    file.seek(start)
    if end - start <= _AT_ONCE:
        with file:
            return HttpResponse(file.read(end - start))
    return StreamingHttpResponse(_pieces(file, end - start))


async def _pieces(file: BinaryIO, left: int) -> AsyncIterator[bytes]:
    with file:
        while left > 0:
            piece = await asyncio.to_thread(file.read, min(left, _AT_ONCE // 4))
            if not piece:
                return
            left -= len(piece)
            yield piece
