"""How texts are compared with listed words: what looks the same is the same.

A text is folded to a row of units: every Chinese character is one, every run of letters is one,
every run of digits is one. Full and half width, case, traditional and simplified characters,
accents, invisible characters, spaces and punctuation make no difference. So a Chinese word is
found however it is spread out, and ``ass`` is not found in ``class``. docs/adr/0012 says why.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Generic, TypeVar

T = TypeVar("T")

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_LETTER = rf"[^\W\d_{_HAN}]"
_UNITS = re.compile(rf"[{_HAN}]|{_LETTER}+|\d+")
#: Single Latin letters with something between them: ``v x``, ``v.x``.
_SPREAD = re.compile(rf"(?<!{_LETTER})[a-z](?:[\W_]+[a-z](?!{_LETTER}))+")
_BETWEEN = re.compile(r"[\W_]+")
#: Marks over and around letters, soft hyphens, joiners, directions, variation selectors.
_DROPPED = (
    (0x00AD, 0x00AD), (0x0300, 0x036F), (0x180B, 0x180F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF),
    (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x20D0, 0x20FF), (0x3099, 0x309A),
    (0xFE00, 0xFE0F), (0xFE20, 0xFE2F), (0xFEFF, 0xFEFF),
)  # fmt: skip
_NOTHING = "\0"

Units = tuple[str, ...]


@cache
def _table() -> str:
    """What the character with each number becomes, or NUL for nothing.

    Simplified characters by OpenCC's table. A string, because it is a third of the size of a
    dictionary and twice as fast in ``str.translate``, which leaves what lies beyond its end.
    """
    source = resources.files("opencc") / "dictionary" / "TSCharacters.txt"
    pairs = [line.split() for line in source.read_text(encoding="utf-8").splitlines()]
    simpler = {ord(pair[0]): pair[1] for pair in pairs if len(pair[0]) == len(pair[1]) == 1}
    table = [simpler.get(code, chr(code)) for code in range(max(simpler) + 1)]
    for first, last in _DROPPED:
        table[first : last + 1] = _NOTHING * (last + 1 - first)
    return "".join(table)


def _plain(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).casefold()
    return plain.translate(_table()).replace(_NOTHING, "")


def fold(text: str) -> Units:
    """The units of ``text``; letters that were spread out (``v x``) are one unit."""
    return _units(_together(_plain(text)))


def _units(plain: str) -> Units:
    return tuple(_UNITS.findall(plain))


def _together(plain: str) -> str:
    return _SPREAD.sub(lambda found: _BETWEEN.sub("", found.group()), plain)


class Matcher(Generic[T]):
    """Finds which of many folded words a text holds, in time that grows with the text alone."""

    def __init__(self, words: Mapping[Units, T]) -> None:
        self._words = dict(words)
        lengths: dict[str, set[int]] = {}
        for units in words:
            lengths.setdefault(units[0], set()).add(len(units))
        self._lengths = {first: tuple(sorted(found)) for first, found in lengths.items()}

    def find(self, text: str) -> Iterator[T]:
        """The values of the words in ``text``, by where they begin."""
        if not self._words:
            return
        plain = _plain(text)
        yield from self._find(_units(plain))
        together = _together(plain)
        if together != plain:
            yield from self._find(_units(together))

    def _find(self, units: Units) -> Iterator[T]:
        lengths, words = self._lengths, self._words
        for place in [n for n, unit in enumerate(units) if unit in lengths]:
            for length in lengths[units[place]]:
                part = units[place : place + length]
                if part in words:
                    yield words[part]
