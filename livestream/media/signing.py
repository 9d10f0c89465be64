"""Signed addresses of pictures: one prefix per folder and time bucket, the same for everybody.

``/media/hls/<expires>/<signature>/<tree>/…``: the token stands in the path, so relative addresses
in playlists carry it along, and a CDN keeps one copy for all viewers. A *tree* is what one
signature opens: the live picture of a session (``<session>``), one revision of its replay
(``<session>/r2``), or that revision uncut, for its crew (``<session>/r2.whole``). Who has the one
has none of the others. The scheme is that of nginx's ``secure_link_md5``: nginx serves in
production what a view serves in the demo.
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

#: What is served, and nothing else: the names are listed in ``livestream.media.folders`` and
#: ``livestream.media.packaging``. Lists of single takes and parts are not, but for the crew.
PATH: Final = re.compile(
    r"(?P<tree>[0-9a-f]{32}(?:/r\d{1,6}(?:\.whole)?)?)/(?P<file>(?:live|index|video|audio)\.m3u8"
    r"|poster\.jpg"
    r"|t\d{1,6}/[va](?:-init\.mp4|\d{5,9}\.m4s)"
    r"|p\d{1,6}/[va]\.mp4|(?<=\.whole/)p\d{1,6}/v\.m3u8)",
    re.ASCII,
)


def prefix(session: UUID, folder: str = "") -> str:
    """The signed prefix of a session's live picture, or of a ``folder`` of its recordings.

    With its slash; on ``MEDIA_ORIGIN`` where set.
    """
    tree = f"{session.hex}/{folder}" if folder else session.hex
    expires = (int(time.time()) // BUCKET_S + 2) * BUCKET_S
    return f"{settings.MEDIA_ORIGIN}/media/hls/{expires}/{signature(tree, expires)}/{tree}/"


def replay_url(session: UUID, revision: int) -> str:
    """Where a revision of the session's replay is watched."""
    return f"{prefix(session, f'r{revision}')}index.m3u8"


def front(tree: str) -> str:
    """The list that a tree is played from. Without it the tree is closed: no address works."""
    return "index.m3u8" if "/" in tree else "live.m3u8"


def signature(tree: str, expires: int) -> str:
    """The signature of a tree until ``expires`` (Unix seconds), as nginx computes it.

    MD5 with a secret behind the text is what nginx has. Forging needs the secret; that MD5 has
    collisions does not help, because nobody has us sign a text of their own.
    """
    text = f"{expires}/{tree} {settings.MEDIA_SIGNING_KEY}".encode()
    digest = hashlib.md5(text, usedforsecurity=False).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def holds(tree: str, expires: int, given: str) -> bool:
    """Whether an address is signed by us and has not expired."""
    ours = signature(tree, expires).encode()
    return hmac.compare_digest(ours, given.encode()) and expires >= time.time()
