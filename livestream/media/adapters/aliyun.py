"""Aliyun ApsaraVideo Live 阿里云视频直播.

Addresses: https://help.aliyun.com/zh/live/user-guide/url-signing-demos, signed in their type A,
https://help.aliyun.com/document_detail/85113.html (with the example that the tests use).
Callbacks: https://help.aliyun.com/en/live/developer-reference/callback-format-description, signed
as https://help.aliyun.com/en/live/developer-reference/usage-notes-for-callback-authentication
says. No published example gives the digest of a callback, so that is tested on the formula.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import Final
from urllib.parse import parse_qs

from django.conf import settings
from django.http import HttpRequest

from livestream.enums import PublishPath
from livestream.media.adapters.cloud import (
    Cloud,
    Notice,
    first_value,
    moment_of,
    refused,
    stream_of,
)
from livestream.models import Take
from livestream.services.stream_keys import digest

#: Callbacks older or younger than this are not believed (their advice).
HOLDS_S: Final = 300


class Aliyun(Cloud):
    """Signs with ``auth_key``; callbacks come by GET."""

    def push_arguments(self, stream: str, expires: int) -> str:
        return signed(settings.CLOUD_PUSH_KEY, f"/{settings.CLOUD_APP}/{stream}", expires)

    def play_path(self, stream: str, expires: int) -> str:
        path = f"/{settings.CLOUD_APP}/{stream}.m3u8"
        return f"{path}?{signed(settings.CLOUD_PLAY_KEY, path, expires)}"

    def notice(self, request: HttpRequest) -> Notice | None:
        told = request.GET
        if not _is_theirs(
            request.headers.get("ALI-LIVE-SIGNATURE", ""),
            request.headers.get("ALI-LIVE-TIMESTAMP", ""),
        ):
            raise refused()
        stream, at = stream_of(told.get("id")), moment_of(told.get("time"))
        action = told.get("action")
        if action not in {"publish", "publish_done"} or stream is None or at is None:
            return None
        key = first_value(parse_qs(told.get("usrargs", "")), "key")
        ip = told.get("ip", "")[:45]
        return Notice(
            stream=stream,
            begins=action == "publish",
            at=at,
            key=key,
            connection_id=f"aliyun:{int(at.timestamp())}:{ip}",
            once=f"{stream.hex}:{action}:{int(at.timestamp())}:{ip}",
            whole=f"{stream.hex}:{digest(key)}",
        )

    def ended_by(self, notice: Notice) -> Take | None:
        """Aliyun does not name connections: the end belongs to the open take with the same key
        unless it happened before that take began.
        """
        found = (
            Take.objects.select_related("key")
            .filter(session__public_id=notice.stream, path=PublishPath.CLOUD, ended_at=None)
            .first()
        )
        if found is None or found.key is None or found.key.digest != digest(notice.key):
            return None
        began = moment_of(found.connection_id.split(":")[1])
        return found if began is not None and began <= notice.at else None


def signed(key: str, path: str, expires: int) -> str:
    """``auth_key`` for a path until ``expires`` (Unix seconds): timestamp-rand-uid-md5, where the
    MD5 is that of ``path-timestamp-rand-uid-key``.
    """
    text = f"{path}-{expires}-0-0-{key}"
    digest_ = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    return f"auth_key={expires}-0-0-{digest_}"


def callback_signature(domain: str, timestamp: str, key: str) -> str:
    """``MD5(domain|timestamp|key)``; the domain is the one encoders publish to."""
    text = f"{domain}|{timestamp}|{key}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _is_theirs(signature: str, timestamp: str) -> bool:
    at = moment_of(timestamp)
    if at is None or not signature.isascii():
        return False
    expected = callback_signature(
        settings.CLOUD_PUSH_DOMAIN, timestamp, settings.CLOUD_CALLBACK_KEY
    )
    is_young = abs(time.time() - at.timestamp()) <= HOLDS_S
    return hmac.compare_digest(expected, signature.lower()) and is_young
