"""Stored files under ASGI: no answer is a synchronous stream, of which Django warns each time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from channels.testing import HttpCommunicator
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.handlers.asgi import ASGIHandler
from django.http import StreamingHttpResponse

from core.serve import download, private_file
from employers.models import EmployerDocument

LARGE = bytes(range(256)) * 256 * 40  # 2.5 MB


async def sent(response: Any) -> bytes:
    """What Django's handler sends of a response."""
    if isinstance(response, StreamingHttpResponse):
        return b"".join([piece async for piece in response])
    return response.content


@pytest.mark.parametrize("content", [b"", b"short", LARGE], ids=["empty", "short", "large"])
async def test_downloads(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    response = download(path, accel="", filename="回放 1.mp4", media_type="video/mp4")
    assert response["Content-Length"] == str(len(content))
    assert response["Content-Type"] == "video/mp4"
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''%E5%9B%9E")
    assert response["Cache-Control"] == "private, no-store"
    assert await sent(response) == content


@pytest.mark.parametrize("content", [b"short", LARGE], ids=["short", "large"])
async def test_private_files(settings: Any, content: bytes) -> None:
    settings.PRIVATE_FILES_ACCEL = ""
    name = storages["private"].save("test.pdf", ContentFile(content))
    file = EmployerDocument(file=name).file
    response = private_file(file, media_type="application/pdf", filename="a.pdf")
    assert response["Content-Length"] == str(len(content))
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'attachment; filename="a.pdf"'
    assert "sandbox" in response["Content-Security-Policy"]
    assert await sent(response) == content


async def test_our_own_files(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    (tmp_path / "a.js").write_text("0123456789")
    site = ASGIHandler()

    async def asked(method: str = "GET", **headers: str) -> tuple[int, dict[bytes, bytes], bytes]:
        named = [(name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()]
        call = HttpCommunicator(site, method, "/static/a.js", headers=named)
        answer = await call.get_response()
        await call.wait()
        return answer["status"], dict(answer["headers"]), answer["body"]

    status, headers, body = await asked()
    assert (status, body) == (200, b"0123456789")
    assert headers[b"Content-Type"].startswith(b"text/javascript")
    assert headers[b"Content-Length"] == b"10"
    status, part, body = await asked(range="bytes=2-4")
    assert (status, body, part[b"Content-Range"]) == (206, b"234", b"bytes 2-4/10")
    assert (await asked(range="bytes=20-"))[0] == 416
    status, unchanged, body = await asked(if_none_match=headers[b"ETag"].decode())
    assert (status, body) == (304, b"")
    assert b"Content-Type" not in unchanged
    status, head, body = await asked("HEAD")
    assert (status, body, head[b"Content-Length"]) == (200, b"", b"10")
