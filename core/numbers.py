"""Whole numbers as forms, addresses and other systems write them."""

from __future__ import annotations

from typing import Final

#: The largest whole number that every script and every JSON reader holds exactly (ECMA-262, 6.1.6).
MOST_EXACT: Final = 2**53 - 1


def whole_number(text: str, most: int) -> int | None:
    """Return the number from 0 to ``most`` in plain ASCII digits, or ``None`` if it is none.

    Text longer than ``most`` is written is refused unread.
    """
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(most))):
        return None
    number = int(text)
    return number if number <= most else None
