"""Pictures of other sites: their HLS in our player, their player on our page, or a link to them.

Nothing publishes to us and nothing is fetched by us; staff mark when they are on air.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from livestream.enums import SessionStatus, TakeEnd
from livestream.media.adapters.base import NOTHING, IngestAddress, Playback
from livestream.models import Session, Take
from livestream.services.stream_keys import wrong_key


class Foreign:
    """What all sources have in common that nobody publishes to."""

    def authorize(self, *, stream: UUID, token: str, ip: str, connection_id: str) -> Take:
        raise wrong_key()

    def up(self, *, take: Take, first_at: datetime) -> bool:
        return False

    def down(self, *, stream: UUID, connection_id: str, reason: TakeEnd) -> Take | None:
        return None

    def recorded(self, *, take: Take) -> Path | None:
        return None

    def kick(self, take: Take) -> None:
        return None

    def ingest_urls(self, session: Session, secret: str) -> list[IngestAddress]:
        return []

    def playback_url(self, session: Any) -> Playback:
        return NOTHING


class ExternalHls(Foreign):
    """HLS of another site, in our player while staff say it is on air."""

    def playback_url(self, session: Any) -> Playback:
        return Playback("hls", session.external_url) if is_on_air(session) else NOTHING


class Embed(Foreign):
    """Another site's player in a frame, while staff say it is on air."""

    def playback_url(self, session: Any) -> Playback:
        return Playback("embed", session.external_url) if is_on_air(session) else NOTHING


class Elsewhere(Foreign):
    """A link to another platform, while staff say it is on air there."""

    def playback_url(self, session: Any) -> Playback:
        return Playback("link", session.external_url) if is_on_air(session) else NOTHING


def is_on_air(session: Any) -> bool:
    """Whether a session from ``selectors.session_for`` is on air."""
    return session.status == SessionStatus.LIVE and session.on_air_since is not None
