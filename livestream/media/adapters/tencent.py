"""Tencent Cloud Streaming Services 腾讯云直播.

Addresses: https://intl.cloud.tencent.com/document/product/267/31560 (``txSecret``, with the
example that the tests use) and https://intl.cloud.tencent.com/document/product/267/38393.
Callbacks: https://www.tencentcloud.com/document/product/267/38081.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Final
from urllib.parse import parse_qs

from django.conf import settings
from django.http import HttpRequest

from livestream.media.adapters.cloud import (
    Cloud,
    Notice,
    first_value,
    moment_of,
    refused,
    stream_of,
)

_BEGINS: Final = 1
_ENDS: Final = 0
#: Their callbacks hold for ten minutes.
HOLDS_S: Final = 600


class Tencent(Cloud):
    """Signs with ``txSecret`` and ``txTime``; callbacks are JSON by POST."""

    def push_arguments(self, stream: str, expires: int) -> str:
        return signed(settings.CLOUD_PUSH_KEY, stream, expires)

    def play_path(self, stream: str, expires: int) -> str:
        arguments = signed(settings.CLOUD_PLAY_KEY, stream, expires)
        return f"/{settings.CLOUD_APP}/{stream}.m3u8?{arguments}"

    def notice(self, request: HttpRequest) -> Notice | None:
        try:
            told = json.loads(request.body)
        except (ValueError, RecursionError):
            raise refused() from None
        if not isinstance(told, dict) or not _is_theirs(told.get("sign"), told.get("t")):
            raise refused()
        stream, at = stream_of(told.get("stream_id")), moment_of(told.get("event_time"))
        kind, sequence = told.get("event_type"), str(told.get("sequence", ""))
        key = first_value(parse_qs(str(told.get("stream_param", ""))), "key")
        if kind not in (_BEGINS, _ENDS) or stream is None or at is None or not sequence:
            return None
        if not (sequence + key).isascii():
            return None
        return Notice(
            stream=stream,
            begins=kind == _BEGINS,
            at=at,
            key=key,
            connection_id=f"tencent:{sequence[:60]}",
            once=f"{stream.hex}:{sequence[:60]}:{kind}",
            whole=f"{stream.hex}:{sequence[:60]}",
        )


def signed(key: str, stream: str, expires: int) -> str:
    """``txSecret`` and ``txTime`` for a stream until ``expires`` (Unix seconds).

    ``txSecret = MD5(key + StreamName + txTime)``, ``txTime`` in upper-case hexadecimal.
    """
    tx_time = f"{expires:X}"
    digest = hashlib.md5(f"{key}{stream}{tx_time}".encode(), usedforsecurity=False).hexdigest()
    return f"txSecret={digest}&txTime={tx_time}"


def callback_sign(key: str, expires: object) -> str:
    """``sign = MD5(key + t)`` of a callback; it does not cover what the callback says."""
    return hashlib.md5(f"{key}{expires}".encode(), usedforsecurity=False).hexdigest()


def _is_theirs(sign: object, expires: object) -> bool:
    until = moment_of(expires)
    if not isinstance(sign, str) or not sign.isascii() or until is None:
        return False
    now = time.time()
    holds = now <= until.timestamp() <= now + 2 * HOLDS_S
    expected = callback_sign(settings.CLOUD_CALLBACK_KEY, int(until.timestamp()))
    return hmac.compare_digest(expected, sign.lower()) and holds
