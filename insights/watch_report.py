"""The figures of watching with words around them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from core.waiting import length
from fairs.models import EntryChannel
from insights.records import Views, Watched, WatchFigures
from livestream.enums import WatchKind
from livestream.models import Session

_NOTHING: Final = WatchFigures()


@dataclass(frozen=True, slots=True)
class WatchWords:
    """What the figures of one kind are called; 观看 and 在房 are never one column."""

    title: str
    note: str
    views: str
    viewers: str
    effective: str
    effective_viewers: str
    time: str
    peak: str


@dataclass(frozen=True, slots=True)
class WatchRow:
    """One room, one channel, or the whole fair. ``watched`` has no time and peak for a channel."""

    key: str
    label: str
    watched: Watched

    @property
    def views(self) -> Views:
        return self.watched.views

    @property
    def time(self) -> str:
        """The watch time in words."""
        return length(timedelta(milliseconds=self.watched.watched_ms))

    @property
    def minutes(self) -> int:
        return self.watched.watched_ms // 60_000

    @property
    def hours(self) -> float:
        return round(self.watched.watched_ms / 3_600_000, 1)

    @property
    def time_each(self) -> str:
        """The watch time per viewer in words."""
        viewers = max(1, self.views.viewers)
        return length(timedelta(milliseconds=self.watched.watched_ms // viewers))

    @property
    def peak_at(self) -> datetime | None:
        """When the fullest minute began, in local time."""
        if not self.watched.peak:
            return None
        minute = datetime.fromtimestamp(self.watched.peak_minute * 60, UTC)
        return timezone.localtime(minute)

    @property
    def fewest(self) -> int:
        """The smallest number of persons that the row tells of, 0 if it tells of none."""
        told = (self.views.viewers, self.views.effective_viewers, self.watched.peak)
        return min((number for number in told if number), default=0)


@dataclass(frozen=True, slots=True)
class WatchTable:
    """观看 or 在房."""

    kind: str
    words: WatchWords
    net: WatchRow
    gross: WatchRow
    sessions: tuple[WatchRow, ...]
    channels: tuple[WatchRow, ...]


def watch_tables(figures: Mapping[str, WatchFigures]) -> tuple[WatchTable, ...]:
    """Put words to the kinds that were reported at all; two queries for the names."""
    sessions, channels = _names(figures)
    return tuple(
        WatchTable(
            kind=kind,
            words=words,
            net=WatchRow("", _("Whole fair"), found.net),
            gross=WatchRow("", _("Whole fair, gross"), found.gross),
            sessions=tuple(
                WatchRow(key, label, found.by_session[key])
                for key, label in sessions.items()
                if key in found.by_session
            ),
            channels=tuple(
                WatchRow(key, label, Watched(found.by_channel[key]))
                for key, label in channels.items()
                if found.by_channel.get(key, Views()).views
            ),
        )
        for kind, words in _words().items()
        if (found := figures.get(kind, _NOTHING)).gross.watched_ms
    )


def _names(figures: Mapping[str, WatchFigures]) -> tuple[dict[str, str], dict[str, str]]:
    """Titles of the sessions in their order and names of the channels, by public id."""
    rooms = {key for found in figures.values() for key in found.by_session}
    ways = {key for found in figures.values() for key in found.by_channel}
    sessions = Session.objects.filter(public_id__in=rooms).order_by("starts_at", "pk")
    channels = EntryChannel.objects.filter(public_id__in=ways).order_by("name", "pk")
    return (
        {str(key): title for key, title in sessions.values_list("public_id", "title")},
        {str(key): name for key, name in channels.values_list("public_id", "name")},
    )


def _words() -> dict[str, WatchWords]:
    return {
        WatchKind.MEDIA.value: WatchWords(
            title=_("Watching here"),
            note=_("People whose picture really ran on this site."),
            views=_("Views"),
            viewers=_("Viewers"),
            effective=_("Effective views"),
            effective_viewers=_("Effective viewers"),
            time=_("Watch time"),
            peak=_("Most at once"),
        ),
        WatchKind.ROOM.value: WatchWords(
            title=_("In the room while the picture is elsewhere"),
            note=_("People who had this page open while watching on another platform."),
            views=_("Visits to the room"),
            viewers=_("People in the room"),
            effective=_("Effective visits"),
            effective_viewers=_("Effective visitors"),
            time=_("Time in the room"),
            peak=_("Most in the room at once"),
        ),
        WatchKind.RERUN.value: WatchWords(
            title=_("Watching the replay"),
            note=_("People who watched afterwards. Never added to those who watched live."),
            views=_("Views of the replay"),
            viewers=_("Viewers of the replay"),
            effective=_("Effective views"),
            effective_viewers=_("Effective viewers"),
            time=_("Watch time"),
            peak=_("Most at once"),
        ),
    }
