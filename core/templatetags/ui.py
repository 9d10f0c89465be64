"""Template tags for the look of pages: inline icons, and initials on a tint for avatars."""

from __future__ import annotations

import re
import zlib
from functools import cache

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

TINTS = 6
_SYMBOL = re.compile(r'<symbol id="([\w-]+)"[^>]*>(.*?)</symbol>', re.DOTALL)


@cache
def _symbols() -> dict[str, SafeString]:
    sprite = (settings.BASE_DIR / "static" / "icons" / "icons.svg").read_text(encoding="utf-8")
    return {name: mark_safe(body) for name, body in _SYMBOL.findall(sprite)}  # noqa: S308 (our own file)


@register.simple_tag
def icon(name: str, size: int = 20, label: str = "") -> SafeString:
    """Return the icon as inline SVG; without ``label`` it is hidden from assistive technology.

    Raises ``KeyError`` for a name that ``static/icons/icons.svg`` does not hold.
    """
    meaning = (
        format_html('role="img" aria-label="{}"', label)
        if label
        else mark_safe('aria-hidden="true"')
    )
    return format_html(
        '<svg class="icon" width="{0}" height="{0}" viewBox="0 0 24 24" {1}>{2}</svg>',
        size,
        meaning,
        _symbols()[name],
    )


@register.filter
def initials(name: object) -> str:
    """Return what stands for a picture: a first Chinese character, or one or two initials.

    For a masked number, which is all there is of a person without a name, its last two digits.
    """
    words = str(name or "").split()
    if not words:
        return "?"
    if "*" in words[0]:
        return words[0][-2:]
    if ord(words[0][0]) > 0x2E7F:
        return words[0][0]
    return "".join(word[0] for word in words[:2]).upper()


@register.filter
def tint(name: object) -> int:
    """Return a number from 1 to 6 that stays the same for the same name."""
    return zlib.crc32(str(name or "").encode()) % TINTS + 1
