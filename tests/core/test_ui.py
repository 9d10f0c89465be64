"""The template tags behind icons and avatars."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

from core.templatetags.ui import TINTS, icon, initials, tint

TEMPLATES = Path(settings.BASE_DIR) / "templates"


def test_an_icon_is_hidden_unless_it_says_something() -> None:
    assert 'aria-hidden="true"' in icon("check")
    labelled = icon("verified", 16, '"Verified" & true')
    assert 'aria-label="&quot;Verified&quot; &amp; true"' in labelled
    assert 'width="16"' in labelled


def test_an_unknown_icon_is_an_error() -> None:
    with pytest.raises(KeyError):
        icon("no-such-icon")


def test_every_icon_that_templates_name_exists() -> None:
    for template in TEMPLATES.rglob("*.html"):
        for name in re.findall(r'{% icon "([\w-]+)"', template.read_text(encoding="utf-8")):
            assert icon(name), template


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("周建国", "周"),
        ("Ann Lee Smith", "AL"),
        ("bob", "B"),
        ("139****0123", "23"),
        ("", "?"),
        (None, "?"),
    ],
)
def test_initials_stand_for_a_picture(name: str | None, expected: str) -> None:
    assert initials(name) == expected


def test_a_name_keeps_its_tint() -> None:
    tints = {tint(f"王师傅{n}") for n in range(200)}
    assert tints == set(range(1, TINTS + 1))
    assert tint("周建国") == tint("周建国")
