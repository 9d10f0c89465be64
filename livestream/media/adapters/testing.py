"""The test channel: a card with a clock, computed from the wall clock; nobody publishes."""

from __future__ import annotations

from typing import Any

from livestream.media.adapters.base import NOTHING, Playback
from livestream.media.adapters.external import is_on_air
from livestream.media.testchannel import playlist_url


class TestChannel:
    """Plays from the moment staff mark the session on air."""

    __test__ = False  # no test class

    def playback_url(self, session: Any) -> Playback:
        if not is_on_air(session):
            return NOTHING
        return Playback("hls", playlist_url(since=session.on_air_since))
