"""What cloud live of every provider has in common.

The encoder publishes to the provider with an address we signed, the provider tells us by a
callback, and viewers play from the provider with an address we sign. The stream is named after
the session; our own key rides along in the encoder's address, comes back in the callback, and
decides whether the session goes on air. The picture never touches this machine: there is no
recording here, and on air follows the callbacks (docs/media.md).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext as _

from core.errors import NotAllowed
from core.moments import read_unix
from livestream.enums import PublishPath, SessionStatus
from livestream.media.adapters.base import NOTHING, IngestAddress, Playback
from livestream.media.adapters.receiving import Receiving
from livestream.media.signing import BUCKET_S
from livestream.models import Session, Take


@dataclass(frozen=True, slots=True)
class Notice:
    """A callback whose signature was right: a stream began or ended."""

    stream: UUID
    begins: bool
    at: datetime
    #: The secret in the encoder's address; empty where it gave none.
    key: str
    #: Names the connection where the provider does; the same in both callbacks of one.
    connection_id: str
    #: Names the callback: the same one again has the same.
    once: str
    #: Names what its end ends: the beginning of the same connection has the same.
    whole: str


class Cloud(Receiving):
    """A provider. Subclasses sign addresses and read callbacks."""

    path: ClassVar[PublishPath] = PublishPath.CLOUD

    def push_arguments(self, stream: str, expires: int) -> str:
        """The signed part of the address an encoder publishes to, without ``?``."""
        raise NotImplementedError

    def play_path(self, stream: str, expires: int) -> str:
        """Path and signature of the address viewers play from."""
        raise NotImplementedError

    def notice(self, request: HttpRequest) -> Notice | None:
        """Read a callback. ``None``: it tells of nothing that concerns us.

        Raises :class:`NotAllowed` where the signature is wrong or its time is over.
        """
        raise NotImplementedError

    def ended_by(self, notice: Notice) -> Take | None:
        """The open take that the end of a stream names; an older connection's end names none."""
        open_takes = Take.objects.filter(
            session__public_id=notice.stream, path=PublishPath.CLOUD, ended_at=None
        )
        return open_takes.filter(connection_id=notice.connection_id).first()

    def remember_end(self, notice: Notice) -> None:
        """An end that ended nothing may have overtaken its beginning."""
        at = max(notice.at.timestamp(), _ended_at(notice))
        cache.set(_end(notice), at, _ENDS_KEPT_S)

    def is_over(self, notice: Notice) -> bool:
        """Whether a beginning is told of after its end."""
        return notice.at.timestamp() <= _ended_at(notice)

    def kick(self, take: Take) -> None:
        """Nothing: viewers here are sent to the standby picture; the encoder is stopped in the
        provider's console.
        """

    def ingest_urls(self, session: Session, secret: str) -> list[IngestAddress]:
        stream = session.public_id.hex
        expires = int(time.time()) + settings.CLOUD_PUSH_HOURS * 3600
        url = f"rtmp://{settings.CLOUD_PUSH_DOMAIN}/{settings.CLOUD_APP}"
        key = f"{stream}?{self.push_arguments(stream, expires)}&key={secret}"
        return [IngestAddress(_("Cloud live"), url, key)]

    def playback_url(self, session: Any) -> Playback:
        if session.status != SessionStatus.LIVE or session.on_air_since is None:
            return NOTHING
        # The same for everybody within a bucket, so that a CDN keeps one copy.
        expires = (int(time.time()) // BUCKET_S + 2) * BUCKET_S
        path = self.play_path(session.public_id.hex, expires)
        return Playback("hls", f"https://{settings.CLOUD_PLAY_DOMAIN}{path}")


_LEEWAY_S: Final = 60
#: Longer than any provider goes on telling of a beginning.
_ENDS_KEPT_S: Final = 24 * 3600


def _end(notice: Notice) -> str:
    return f"cloud-live:end:{notice.whole}"


def _ended_at(notice: Notice) -> float:
    return float(cache.get(_end(notice), 0))


def is_first(notice: Notice, provider: str, keep_s: int) -> bool:
    """Whether this callback has not been worked on; providers repeat what is not answered."""
    return bool(cache.add(_name(notice, provider), 1, keep_s + _LEEWAY_S))


def forget(notice: Notice, provider: str) -> None:
    """It could not be worked on: the provider's next try counts."""
    cache.delete(_name(notice, provider))


def _name(notice: Notice, provider: str) -> str:
    return f"cloud-live:{provider}:{notice.once}"


def stream_of(raw: object) -> UUID | None:
    """The session a stream is named after; other streams of the account are none of ours."""
    if not isinstance(raw, str) or len(raw) != 32 or not set(raw) <= set("0123456789abcdef"):
        return None
    return UUID(raw)


def moment_of(raw: object) -> datetime | None:
    """Unix seconds, as number or text; ``None`` for anything else."""
    return read_unix(str(raw))


def refused() -> NotAllowed:
    """The answer to a callback that is not the provider's."""
    return NotAllowed("callback_signature", _("This callback is not signed as it should be."))


def first_value(values: Mapping[str, list[str]], name: str) -> str:
    """The first value of a field from ``parse_qs``."""
    return values.get(name, [""])[0]
