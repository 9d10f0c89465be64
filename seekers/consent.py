"""The words a seeker agreed to when declaring groups, by version (see ``intents.consent``)."""

from __future__ import annotations

from typing import Final

from django.utils.translation import get_language

VERSIONS: Final[dict[str, dict[str, str]]] = {
    "2026-11": {
        "zh": (
            "我自愿说明以上情况，并同意主办方仅将其用于本平台招聘会的人数统计和就业帮扶；"
            "用人单位看不到这些内容。我可以随时取消。"
        ),
        "en": (
            "I state this of my own free will and agree that the organiser uses it only to count "
            "people at its job fairs and to offer employment support; employers do not see it. "
            "I can take it back at any time."
        ),
    },
}
CURRENT: Final = "2026-11"


def sentence(version: str = CURRENT) -> str:
    """Return the consent to the use of group declarations, in the active language."""
    chinese = (get_language() or "zh-hans").startswith("zh")
    return VERSIONS[version]["zh" if chinese else "en"]
