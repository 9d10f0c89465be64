"""What stands on the picture can be read whatever the picture shows."""

from __future__ import annotations

import re

import pytest
from django.conf import settings

SHEET = settings.BASE_DIR / "static" / "css" / "components" / "player.css"
TEXT = 255


def luminance(grey: float) -> float:
    """Relative luminance of a grey from 0 to 255 (WCAG 2.2)."""
    part = grey / 255
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def contrast(one: float, other: float) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("picture", [0, 255], ids=["black", "white"])
@pytest.mark.parametrize("state", ["", ":hover"])
def test_the_buttons_words_stand_out_from_any_picture(state, picture):
    rule = re.search(
        rf"^\.player__controls \.btn{state} \{{[^}}]*background: rgba\(([\d., ]+)\)",
        SHEET.read_text(),
        re.MULTILINE,
    )
    assert rule, "the button has no backdrop of its own"
    *colour, opacity = (float(part) for part in rule[1].split(","))
    lightest = max(colour) * opacity + picture * (1 - opacity)
    assert contrast(TEXT, lightest) >= 4.5
