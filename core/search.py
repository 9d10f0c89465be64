"""Chinese full-text search by bigrams.

Chinese is written without spaces; cutting it into overlapping pairs of characters finds every
two-character word, which word-segmenting dictionaries do not.
"""

from __future__ import annotations

import re
import unicodedata

_WORDS = re.compile(r"[a-z0-9+#.]+|[\u3400-\u9fff\uf900-\ufaff]+")


def normalise(text: str) -> str:
    """Fold full-width forms and case: ``ＣＮＣ`` and ``cnc`` are the same word."""
    return unicodedata.normalize("NFKC", text).lower()


def bigrams(text: str) -> str:
    """Return the search form of ``text``: Latin words whole, Chinese runs as overlapping pairs.

    A single Chinese character stands alone. Tokens are separated by one space, runs by ``|``
    so that a phrase does not match across them.
    """
    runs = []
    for word in _WORDS.findall(normalise(text)):
        if word[0] < "\u3400" or len(word) == 1:
            runs.append(word)
        else:
            runs.append(" ".join(word[i : i + 2] for i in range(len(word) - 1)))
    return " | ".join(runs)
