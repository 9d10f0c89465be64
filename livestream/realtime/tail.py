"""A room's tail of the log in one process: everything once, in order, encoded once."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from livestream.enums import EventKind, RoomRole
from livestream.realtime import frames

#: Entries kept in memory, so that a reconnect costs no query: a minute and a half of a fast chat.
RING = 2000

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """A public log entry and its JSON. ``chat`` may be left out where chat is too fast to read."""

    seq: int
    kind: str
    at: str
    text: str
    chat: bool


def entry_of(event: Event) -> Entry:
    """The entry for a public event."""
    viewers_own = event.get("by", {}).get("role", RoomRole.SEEKER) == RoomRole.SEEKER
    chat = event["kind"] == EventKind.MESSAGE and viewers_own
    return Entry(event["seq"], event["kind"], event["at"], frames.encode(event), chat)


class Tail:
    """The events after ``head`` arrive in any order, twice or never; each is handed out once."""

    def __init__(self, head: int = 0) -> None:
        self.head = head
        self._ring: deque[Entry] = deque(maxlen=RING)
        self._early: dict[int, Event] = {}

    @property
    def has_gap(self) -> bool:
        """Whether something later than the next entry has arrived."""
        return bool(self._early)

    def take(self, events: Iterable[Event]) -> bool:
        """Keep what is new; whether something was."""
        before = len(self._early)
        for event in events:
            if event["seq"] > self.head:
                self._early[event["seq"]] = event
        return len(self._early) > before

    def advance(self) -> list[Entry]:
        """Move ``head`` over everything known without a gap; what it passed, in order."""
        ready = []
        while (event := self._early.pop(self.head + 1, None)) is not None:
            self.head += 1
            ready.append(entry_of(event))
            self._ring.append(ready[-1])
            if event["kind"] == EventKind.REMOVED:
                self._redact(event["data"].get("ref"))
        return ready

    def forget_early(self) -> None:
        """Drop what is beyond a gap that the log itself does not fill (yet)."""
        self._early.clear()

    def after(self, seq: int) -> Sequence[Entry] | None:
        """The entries after ``seq``, or None where memory does not reach back so far."""
        missing = self.head - seq
        if missing <= 0:
            return ()
        if missing > len(self._ring):
            return None
        return list(self._ring)[-missing:]

    def _redact(self, seq: object) -> None:
        """Take a removed entry's text out of memory, for those who reconnect later."""
        for place, entry in enumerate(self._ring):
            if entry.seq == seq:
                kept = {"seq": entry.seq, "kind": entry.kind, "at": entry.at}
                self._ring[place] = entry_of({**kept, "data": {"hidden": "removed"}})
                return
