"""This site itself: browsers publish over a socket, and we package and serve the picture."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

from livestream.enums import PublishPath, SessionStatus, TakeEnd
from livestream.media import folders, signing
from livestream.media.adapters.base import NOTHING, IngestAddress, Playback
from livestream.models import Session, Take
from livestream.services import takes


class Embedded:
    """What other servers that leave their picture in our folders build on."""

    path: ClassVar[PublishPath] = PublishPath.BROWSER

    def authorize(self, *, stream: UUID, token: str, ip: str, connection_id: str) -> Take:
        return takes.begin_take(
            session=stream, secret=token, connection_id=connection_id, path=self.path
        )

    def up(self, *, take: Take, first_at: datetime) -> bool:
        return takes.take_up(take=take, first_at=first_at)

    def down(self, *, stream: UUID, connection_id: str, reason: TakeEnd) -> Take | None:
        return takes.end_connection(session=stream, connection_id=connection_id, reason=reason)

    def recorded(self, *, take: Take) -> Path | None:
        folder = folders.take_folder(take.session.public_id, take.number)
        return folder if folder.is_dir() else None

    def kick(self, take: Take) -> None:
        """Nothing to do: the socket's next beat is refused, within two seconds."""

    def ingest_urls(self, session: Session, secret: str) -> list[IngestAddress]:
        return []  # a browser needs no address; encoders need another server

    def playback_url(self, session: Any) -> Playback:
        if session.status != SessionStatus.LIVE or session.on_air_since is None:
            return NOTHING
        return Playback("hls", f"{signing.prefix(session.public_id)}live.m3u8")
