"""Pictures of other sites: their HLS in our player, their player on our page, or a link to them.

Nothing publishes to us and nothing is fetched by us; staff mark when they are on air.
"""

from __future__ import annotations

from typing import Any

from livestream import rules
from livestream.enums import SessionStatus
from livestream.media.adapters.base import NOTHING, Kind, Playback


class ExternalHls:
    """HLS of another site, in our player while staff say it is on air."""

    def playback_url(self, session: Any) -> Playback:
        return Playback("hls", session.external_url) if is_on_air(session) else NOTHING


class Embed:
    """Another site's player in a frame, while staff say it is on air; not listed now: a link."""

    def playback_url(self, session: Any) -> Playback:
        kind: Kind = "embed" if rules.may_be_framed(session.external_url) else "link"
        return Playback(kind, session.external_url) if is_on_air(session) else NOTHING


class Elsewhere:
    """A link to another platform, while staff say it is on air there."""

    def playback_url(self, session: Any) -> Playback:
        return Playback("link", session.external_url) if is_on_air(session) else NOTHING


def is_on_air(session: Any) -> bool:
    """Whether a session from ``selectors.session_for`` is on air."""
    return session.status == SessionStatus.LIVE and session.on_air_since is not None
