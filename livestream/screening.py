"""Whether a text holds a word of the list that its room has.

The list is kept in each process, so that a message costs no query; an edit reaches every process
within ``FRESH_S`` seconds, and the one that made it at once.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.db.models import Q

from livestream.enums import WordAction
from livestream.folding import Matcher, Units
from livestream.models import BlockedWord

#: A list that was read this long ago is read again when the next text comes.
FRESH_S = 3.0
#: Between the units of ``BlockedWord.folded``.
SEPARATOR = " "


@dataclass(frozen=True, slots=True)
class Hit:
    """A listed word in a text: ``action`` is "hold" or "refuse", ``word`` as it was listed."""

    action: str
    word: str


@dataclass(frozen=True, slots=True)
class _List:
    rows: list[tuple[str, str, str]]
    matcher: Matcher[Hit]
    read_at: float


_lists: dict[int, _List] = {}


def screen(fair_id: int, text: str) -> Hit | None:
    """The listed word that decides about ``text`` in a room of the fair, or None.

    Of several the first one that refuses, else the first one that holds. Reads the list at most
    every ``FRESH_S`` seconds; to be called from a thread, not from an event loop.
    """
    found = None
    for hit in _list(fair_id).matcher.find(text):
        if hit.action == WordAction.REFUSE:
            return hit
        found = found or hit
    return found


def forget() -> None:
    """Read every list again with the next text."""
    _lists.clear()


def _list(fair_id: int) -> _List:
    known, now = _lists.get(fair_id), time.monotonic()
    if known is not None and now - known.read_at < FRESH_S:
        return known
    words = BlockedWord.objects.filter(Q(fair=fair_id) | Q(fair=None), ended_at=None)
    # A word that is on both lists does the stronger thing: "refuse" comes after "hold".
    rows = list(words.order_by("action", "pk").values_list("folded", "action", "word"))
    if known is None or known.rows != rows:
        matcher = Matcher({units_of(folded): Hit(action, word) for folded, action, word in rows})
    else:
        matcher = known.matcher
    fresh = _lists[fair_id] = _List(rows, matcher, now)
    return fresh


def units_of(folded: str) -> Units:
    """The units of a stored ``BlockedWord.folded``."""
    return tuple(folded.split(SEPARATOR))
