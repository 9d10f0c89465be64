"""Chinese full-text search by bigrams.

Chinese is written without spaces; cutting it into overlapping pairs of characters finds every
two-character word, which word-segmenting dictionaries do not.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

_WORDS = re.compile(r"[a-z0-9+#.]+|[\u3400-\u9fff\uf900-\ufaff]+")
#: A Latin word is known by its beginning: an index entry may not be of any length.
_WORD_LENGTH: Final = 64


def normalise(text: str) -> str:
    """Fold full-width forms and case: ``ＣＮＣ`` and ``cnc`` are the same word."""
    return unicodedata.normalize("NFKC", text).lower()


@dataclass(frozen=True, slots=True)
class Phrase:
    """Neighbouring tokens to look for; with ``open_ended`` the last one is only a beginning."""

    tokens: tuple[str, ...]
    open_ended: bool


def bigrams(text: str) -> str:
    """Return the search form of ``text``: Latin words whole, Chinese runs as overlapping pairs.

    The last character of a Chinese run also stands alone, so that every character begins a
    token and can be found by that beginning. Tokens are separated by one space, runs by ``|``
    so that a phrase does not match across them.
    """
    return " | ".join(" ".join(_tokens(word)) for word in _WORDS.findall(normalise(text)))


def phrases(query: str) -> list[Phrase]:
    """Return what must all be found in a text's :func:`bigrams` for ``query`` to be in it.

    Latin words and single Chinese characters match by their beginning. An empty list means that
    the query holds nothing to look for.
    """
    found = []
    for word in _WORDS.findall(normalise(query)):
        pairs = _tokens(word)
        if _is_latin(word) or len(word) == 1:
            found.append(Phrase(tuple(pairs), open_ended=True))
        else:
            found.append(Phrase(tuple(pairs[:-1]), open_ended=False))
    return found


def _is_latin(word: str) -> bool:
    return word[0] < "\u3400"


def _tokens(word: str) -> list[str]:
    if _is_latin(word):
        return [word[:_WORD_LENGTH]]
    return [word[i : i + 2] for i in range(len(word))]
