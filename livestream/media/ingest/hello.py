"""The first frame of a publisher, validated like a form."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from livestream.media.ingest.limits import MAX_HELLO

_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
#: ``video/mp4;codecs=avc1,mp4a`` and what else browsers call what they record.
_MIME = re.compile(r"[a-z]+/[a-z0-9.+-]+(?: *; *codecs *= *\"?[A-Za-z0-9., -]+\"?)?")


class BadHelloError(ValueError):
    """Not the hello of a publisher."""


@dataclass(frozen=True, slots=True)
class Hello:
    """Who wants to publish, by the secret of a stream key, and in which format."""

    key: str
    mime: str


def parse(text: str | None) -> Hello:
    """The hello in a text frame (``None``: a binary one); raises :class:`BadHelloError`."""
    frame = _object(text)
    if frame.keys() != {"type", "key", "mime"} or frame["type"] != "hello":
        raise BadHelloError
    key, mime = frame["key"], frame["mime"]
    if not (isinstance(key, str) and isinstance(mime, str) and len(mime) <= 120):
        raise BadHelloError
    if not (_KEY.fullmatch(key) and _MIME.fullmatch(mime)):
        raise BadHelloError
    return Hello(key, mime)


def is_stop(text: str) -> bool:
    """Whether a later text frame is the publisher's goodbye."""
    try:
        return _object(text) == {"type": "stop"}
    except BadHelloError:
        return False


def is_beginning(text: str) -> bool:
    """Whether a text frame says that the recording begins now."""
    try:
        return _object(text) == {"type": "began"}
    except BadHelloError:
        return False


def _object(text: str | None) -> dict[str, Any]:
    if text is None or len(text) > MAX_HELLO:
        raise BadHelloError
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        raise BadHelloError from None
    if not isinstance(frame, dict):
        raise BadHelloError
    return frame
