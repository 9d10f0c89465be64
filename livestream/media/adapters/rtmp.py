"""nginx with its RTMP module on this machine (``manage.py media``), for OBS and switchers.

The picture ends up in the same folders as a browser's, so everything after the connection is as
with the embedded way in.
"""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from livestream.enums import PublishPath
from livestream.media.adapters.base import IngestAddress
from livestream.media.adapters.embedded import Embedded
from livestream.models import Session

_USUAL_PORT = 1935


class NginxRtmp(Embedded):
    """Encoders publish to ``rtmp://host/live`` with ``<session>?key=<secret>`` as stream key."""

    path: ClassVar[PublishPath] = PublishPath.RTMP

    def ingest_urls(self, session: Session, secret: str) -> list[IngestAddress]:
        host = settings.RTMP_PUBLIC_HOST or urlsplit(settings.SITE_URL).hostname or "localhost"
        port = "" if settings.RTMP_PORT == _USUAL_PORT else f":{settings.RTMP_PORT}"
        key = f"{session.public_id.hex}?key={secret}"
        return [IngestAddress(_("OBS or a switcher"), f"rtmp://{host}{port}/live", key)]
