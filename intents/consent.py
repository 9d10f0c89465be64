"""The words a seeker agreed to, by version.

A version's words never change after it has been shown to anybody: an Intent's consent names the
version, and years later the exact text must still be found. That is why both languages stand here
and not in the translation catalogue. A new wording is a new version at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.errors import Invalid


@dataclass(frozen=True, slots=True)
class ConsentText:
    """One version: ``{employer}`` and ``{vacancy}`` are filled in when it is shown."""

    zh: str
    en: str

    def shown(self, *, employer: str, vacancy: str, language: str | None = None) -> str:
        """Return the sentence in ``language`` or the active one."""
        chinese = (language or get_language() or "zh-hans").startswith("zh")
        return (self.zh if chinese else self.en).format(employer=employer, vacancy=vacancy)


VERSIONS: Final[dict[str, ConsentText]] = {
    "2026-11": ConsentText(
        zh=(
            "我同意将我的称呼、工种、年限、证书提供给“{employer}”，用于联系我商谈“{vacancy}”岗位；"
            "对方接受我的报名后，可以查看我的手机号码。我可以随时在“我的报名”中撤回。"
        ),
        en=(
            "I agree that “{employer}” receives the name I gave, my trade, years of experience "
            "and certificates in order to contact me about “{vacancy}”; once it has accepted my "
            "application it may see my phone number. I can withdraw at any time under "
            "“My applications”."
        ),
    ),
}
CURRENT: Final = "2026-11"


def require_current(version: str) -> None:
    """Raise :class:`Invalid` unless ``version`` is the wording shown today."""
    if version != CURRENT:
        raise Invalid(
            "consent_outdated",
            _("The consent text has changed. Please read it again and confirm."),
            fields={"consent_version": _("This is not the current version.")},
        )


def sentence(*, employer: str, vacancy: str, version: str = CURRENT) -> str:
    """Return the consent sentence of ``version`` naming recipient, purpose and data."""
    return VERSIONS[version].shown(employer=employer, vacancy=vacancy)
