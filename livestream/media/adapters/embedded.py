"""This site itself: browsers publish over a socket, and we package and serve the picture."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, ClassVar

from livestream.enums import PublishPath, SessionStatus, TakeEnd
from livestream.media import folders, signing
from livestream.media.adapters.base import NOTHING, IngestAddress, Playback
from livestream.media.adapters.receiving import Receiving
from livestream.media.packaging import PackagingError, mark_cut
from livestream.models import Session, Take


class Embedded(Receiving):
    """What other servers that leave their picture in our folders build on."""

    path: ClassVar[PublishPath] = PublishPath.BROWSER

    def kick(self, take: Take) -> None:
        """List no more of what was cut or revoked.

        The next beat of the socket, or of the relay, is refused within two seconds: it hangs up.
        """
        if take.end in {TakeEnd.CUT, TakeEnd.REVOKED}:
            with suppress(PackagingError):  # then it is the beat that ends it
                mark_cut(folders.take_folder(take.session.public_id, take.number))

    def ingest_urls(self, session: Session, secret: str) -> list[IngestAddress]:
        return []  # a browser needs no address; encoders need another server

    def playback_url(self, session: Any) -> Playback:
        if session.status != SessionStatus.LIVE or session.on_air_since is None:
            return NOTHING
        return Playback("hls", f"{signing.prefix(session.public_id)}live.m3u8")
