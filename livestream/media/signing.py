"""Signed addresses of pictures: one prefix per session and time bucket, the same for everybody.

``/media/hls/<expires>/<signature>/<session>/…``: the token stands in the path, so relative
addresses in playlists carry it along, and a CDN keeps one copy for all viewers. The scheme is that
of nginx's ``secure_link_md5``: nginx serves in production what a view serves in the demo.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from typing import Final
from uuid import UUID

from django.conf import settings

#: An address is the same for so long, and holds for one to two of these.
BUCKET_S: Final = 6 * 3600

_LISTS = r"(?:live|video|audio)\.m3u8"
_FILES = r"[va](?:\.m3u8|-init\.mp4|\.mp4|\d{5,9}\.m4s)"
#: The files of a session that are served, and no others: the names are listed in
#: ``livestream.media.folders`` and ``livestream.media.packaging``.
PATH: Final = re.compile(
    rf"(?:{_LISTS}|t\d{{1,6}}/{_FILES}"
    rf"|r\d{{1,6}}/(?:(?:index|video|audio)\.m3u8|p\d{{1,6}}/{_FILES}))",
    re.ASCII,
)


def prefix(session: UUID) -> str:
    """The signed prefix of a session's pictures, with its slash; on ``MEDIA_ORIGIN`` where set."""
    expires = (int(time.time()) // BUCKET_S + 2) * BUCKET_S
    sign = signature(session.hex, expires)
    return f"{settings.MEDIA_ORIGIN}/media/hls/{expires}/{sign}/{session.hex}/"


def replay_url(session: UUID, revision: int) -> str:
    """Where a revision of the session's replay is watched."""
    return f"{prefix(session)}r{revision}/index.m3u8"


def signature(name: str, expires: int) -> str:
    """The signature of a session's folder until ``expires`` (Unix seconds), as nginx computes it.

    MD5 with a secret behind the text is what nginx has. Forging needs the secret; that MD5 has
    collisions does not help, because nobody has us sign a text of their own.
    """
    text = f"{expires}/{name} {settings.MEDIA_SIGNING_KEY}".encode()
    digest = hashlib.md5(text, usedforsecurity=False).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def holds(name: str, expires: int, given: str) -> bool:
    """Whether an address is signed by us and has not expired."""
    ours = signature(name, expires).encode()
    return hmac.compare_digest(ours, given.encode()) and expires >= time.time()
