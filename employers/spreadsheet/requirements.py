"""What a vacancy asks for: ``3-4年经验 | 本科 | 招2人`` and its relatives."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from employers.enums import Education
from employers.spreadsheet.errors import CellError
from employers.spreadsheet.text import folded, many_lines, one_line, words

MAX_HEADCOUNT: Final = 100_000
MAX_YEARS: Final = 50

_EDUCATION: Final[dict[str, Education]] = {
    **dict.fromkeys(("不限", "学历不限", "不限学历", "无要求", "无学历要求", "any"), Education.ANY),
    **dict.fromkeys(("小学", "初中", "初中及以下", "middleschool"), Education.MIDDLE),
    **dict.fromkeys(
        ("高中", "中专", "中技", "中职", "职高", "技校", "高中/中专", "中专/高中", "中专/中技",
         "高中/中技/中专", "highschool", "vocational"),
        Education.SECONDARY,
    ),
    **dict.fromkeys(
        ("大专", "专科", "高职", "高技", "大学专科", "college", "associate"), Education.COLLEGE
    ),
    **dict.fromkeys(
        ("本科", "学士", "大学本科", "大学", "统招本科", "bachelor"), Education.BACHELOR
    ),
    **dict.fromkeys(("硕士", "研究生", "硕士研究生", "mba", "master"), Education.MASTER),
    **dict.fromkeys(("博士", "博士研究生", "博士后", "doctor", "phd"), Education.DOCTOR),
}  # fmt: skip
_EDUCATION_TAIL = re.compile(
    r"(?:学历)?(?:及以上|或以上|以上)?(?:学历|文化程度|文化|毕业)?(?:优先)?$"
)
_SEVERAL: Final = words("若干 若干人 若干名 不限 不限人数 人数不限 数名 多名 several")
_HEADCOUNT = re.compile(r"^(?:招聘?|需求?)?([\d,]{1,9}|若干|数|多)(?:人|名|位|个)?$")
_HEADCOUNT_PART = re.compile(r"^(?:招聘?|需求?)([\d,]{1,9}|若干|数|多)(?:人|名|位|个)$")
_NO_EXPERIENCE: Final = words(
    "无工作经验 无经验 无需经验 不需要经验 经验不限 不限经验 无经验要求 应届 应届生 "
    "应届毕业生 在校生/应届生 在校生 noexperience"
)
_EXPERIENCE = re.compile(
    r"^(?:工作|相关)?(?:经验|年限)?(?:要求)?:?(\d{1,2})(?:[-~—–至到](\d{1,2}))?年"
    r"(?:及?以上|或以上|以上)?(?:以下|以内)?(?:的)?(?:相关)?(?:工作)?(?:经验|经历)?(?:以上)?$"
)
_BARE_YEARS = re.compile(r"^(\d{1,2})(?:[-~—–至到]\d{1,2})?\+?$")
_NOISE = re.compile(r"^\d{1,2}-\d{1,2}发布$")
_PART = re.compile(r"\s*[|｜]\s*")


@dataclass(frozen=True, slots=True)
class Requirements:
    """A requirements cell taken apart. ``text`` holds everything but the headcount.

    ``headcount_stated`` with ``headcount`` None is 若干. ``education`` and ``experience_years``
    are None where the cell says nothing about them; 0 years is 无工作经验.
    """

    text: str = ""
    education: Education | None = None
    experience_years: int | None = None
    headcount: int | None = None
    headcount_stated: bool = False


def parse_requirements(text: str) -> Requirements:
    """Take a requirements cell apart; what is not recognised stays in the text. Never fails."""
    kept: list[str] = []
    education: Education | None = None
    years: int | None = None
    headcount: int | None = None
    stated = False
    for part in _PART.split(many_lines(text)):
        if not part or _NOISE.match(folded(part)):
            continue
        found = _HEADCOUNT_PART.match(folded(part))
        if found:
            headcount, stated = _count(found[1]), True
            continue
        kept.append(part)
        education = _education(part) if education is None else education
        years = _years(part) if years is None else years
    return Requirements(" · ".join(kept), education, years, headcount, stated)


def parse_headcount(text: str) -> tuple[int | None, bool]:
    """Return (number or None for 若干, whether anything is stated). Raises CellError."""
    cell = folded(text)
    if not cell:
        return None, False
    if cell in _SEVERAL:
        return None, True
    found = _HEADCOUNT.match(cell)
    count = _count(found[1]) if found else 0
    if count is not None and not 0 < count <= MAX_HEADCOUNT:
        raise CellError(_("Write the headcount as one number, for example 5, or as 若干."))
    return count, True


def parse_education(text: str) -> Education | None:
    """Return the rung of the ladder, None for an empty cell. Raises CellError."""
    if not folded(text):
        return None
    rung = _education(text)
    if rung is None:
        raise CellError(
            _("Unknown education. Use 不限, 初中, 高中, 中专, 大专, 本科, 硕士 or 博士.")
        )
    return rung


def parse_experience(text: str) -> int | None:
    """Return the least years of experience, None for an empty cell. Raises CellError."""
    cell = folded(text)
    if not cell:
        return None
    bare = _BARE_YEARS.match(cell)
    years = 0 if cell == "不限" else int(bare[1]) if bare else _years(text)
    if years is None or years > MAX_YEARS:
        raise CellError(_("Write experience as years, for example 3年经验 or 无工作经验."))
    return years


def _count(word: str) -> int | None:
    digits = word.replace(",", "")
    if not digits.isdecimal():
        return None
    return int(digits)


def _education(part: str) -> Education | None:
    cell = folded(part).removeprefix("学历").lstrip(":")
    return _EDUCATION.get(cell, _EDUCATION.get(_EDUCATION_TAIL.sub("", cell)))


def _years(part: str) -> int | None:
    cell = folded(part)
    if cell in _NO_EXPERIENCE:
        return 0
    found = _EXPERIENCE.match(cell)
    if not found:
        return None
    return 0 if "以下" in cell or "以内" in cell else min(int(found[1]), MAX_YEARS)


def first_trade(duties: str) -> str:
    """Return the trade a job board appends to the duties (``职能类别：`` and a line), or ``""``."""
    found = re.search(r"职能类别[:：]\s*([^\n]{1,60})", duties)
    return one_line(found[1]) if found else ""
