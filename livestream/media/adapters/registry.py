"""Which adapter is responsible: by where a session's picture comes from, and by which way in.

Adapters are named by path and imported at first use: they call services, which ask here for the
one to throw a publisher out.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final, cast

from django.conf import settings
from django.utils.module_loading import import_string

from livestream.enums import PublishPath, VideoSource
from livestream.media.adapters.base import Adapter
from livestream.models import Take

_FOLDER: Final = "livestream.media.adapters"
#: MEDIA_SERVER: what takes encoders. Browsers are always received by ourselves.
SERVERS: Final[dict[str, str]] = {
    "embedded": f"{_FOLDER}.embedded.Embedded",
    "nginx-rtmp": f"{_FOLDER}.rtmp.NginxRtmp",
    "tencent": f"{_FOLDER}.tencent.Tencent",
    "aliyun": f"{_FOLDER}.aliyun.Aliyun",
}
_SOURCES: Final[dict[str, str]] = {
    VideoSource.TEST: f"{_FOLDER}.testing.TestChannel",
    VideoSource.EXTERNAL_HLS: f"{_FOLDER}.external.ExternalHls",
    VideoSource.EMBED: f"{_FOLDER}.external.Embed",
    VideoSource.ELSEWHERE: f"{_FOLDER}.external.Elsewhere",
}


def adapter_for(session: Any) -> Adapter:
    """The adapter of a session: for a hosted one that of the way it is published now, else of
    encoders (``session.on_air_path`` comes from ``selectors.session_for``).
    """
    if session.video_source in _SOURCES:
        return _made(_SOURCES[session.video_source])
    return _by_path(getattr(session, "on_air_path", None) or "")


def adapter_of(take: Take) -> Adapter:
    """The adapter that a take comes in by."""
    return _by_path(take.path)


def for_encoders() -> Adapter:
    """The adapter of the server that takes encoders here."""
    return _made(SERVERS[settings.MEDIA_SERVER])


def _by_path(path: str) -> Adapter:
    if path == PublishPath.BROWSER:
        return _made(SERVERS["embedded"])
    return for_encoders()


@cache
def _made(name: str) -> Adapter:
    return cast(Adapter, import_string(name)())
