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
from livestream.media.adapters.base import Adapter, Source
from livestream.models import Take

_FOLDER: Final = "livestream.media.adapters"
#: MEDIA_SERVER: what takes encoders. Browsers are always received by ourselves.
SERVERS: Final[dict[str, str]] = {
    "embedded": f"{_FOLDER}.embedded.Embedded",
    "nginx-rtmp": f"{_FOLDER}.rtmp.NginxRtmp",
    "tencent": f"{_FOLDER}.tencent.Tencent",
    "aliyun": f"{_FOLDER}.aliyun.Aliyun",
}
#: Received on our own machines whatever MEDIA_SERVER says by now.
_HERE: Final[dict[str, str]] = {
    PublishPath.BROWSER: "embedded",
    PublishPath.RTMP: "nginx-rtmp",
}
_SOURCES: Final[dict[str, str]] = {
    VideoSource.TEST: f"{_FOLDER}.testing.TestChannel",
    VideoSource.EXTERNAL_HLS: f"{_FOLDER}.external.ExternalHls",
    VideoSource.EMBED: f"{_FOLDER}.external.Embed",
    VideoSource.ELSEWHERE: f"{_FOLDER}.external.Elsewhere",
}


def source_of(session: Any) -> Source:
    """Where a session's picture comes from: for a hosted one the way it is published now, else
    that of encoders (``session.on_air_path`` comes from ``selectors.session_for``).
    """
    if session.video_source in _SOURCES:
        return cast(Source, _made(_SOURCES[session.video_source]))
    return by_path(getattr(session, "on_air_path", None) or "")


def adapter_of(take: Take) -> Adapter:
    """The adapter that a take comes in by."""
    return by_path(take.path)


def for_encoders() -> Adapter:
    """The adapter of the server that takes encoders here."""
    return cast(Adapter, _made(SERVERS[settings.MEDIA_SERVER]))


def by_path(path: str) -> Adapter:
    """The adapter of a way in."""
    return cast(Adapter, _made(SERVERS[_HERE[path]])) if path in _HERE else for_encoders()


@cache
def _made(name: str) -> object:
    made: object = import_string(name)()
    return made
