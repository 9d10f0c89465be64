"""White space and width, as spreadsheets and web pages leave them."""

from __future__ import annotations

import re
import unicodedata

_SPACES = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r"\n{3,}")
_INVISIBLE = re.compile(
    "[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
)


def one_line(text: str) -> str:
    """Return ``text`` on one line: every run of white space, also non-breaking, is one space."""
    return " ".join(_INVISIBLE.sub("", text).split()) if text else ""


def many_lines(text: str) -> str:
    """Return ``text`` with its lines kept, spaces joined and at most one blank line in a row."""
    text = _INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    lines = (_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def folded(text: str) -> str:
    """Return ``text`` for comparison: half-width, lower case, without any white space."""
    if not text:
        return ""
    return "".join(unicodedata.normalize("NFKC", one_line(text)).lower().split())


def words(text: str) -> frozenset[str]:
    """Return the set of words in ``text``; a table of synonyms reads better on one line."""
    return frozenset(text.split())
