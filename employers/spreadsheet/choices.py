"""Columns with few possible answers: shifts, board, form of employment, yes or no."""

from __future__ import annotations

import re
from datetime import date
from typing import Final, TypeVar

from django.utils.translation import gettext as _

from employers.enums import Board, EmploymentForm, PayScheme, Shift
from employers.spreadsheet.errors import CellError
from employers.spreadsheet.text import folded, words

C = TypeVar("C", Shift, Board, EmploymentForm, PayScheme)

# The first pattern found decides; a cell that fits none keeps its words (see vacancy_rows).
_SHIFTS: Final = (
    (re.compile(r"三班|3班|四班三|三运转"), Shift.THREE_SHIFT),
    (re.compile(r"两班|二班|2班|白夜班|倒班"), Shift.TWO_SHIFT),
    (re.compile(r"长白班|常白班|白班|dayshift"), Shift.DAY),
    (re.compile(r"夜班|nightshift"), Shift.NIGHT),
    (re.compile(r"弹性|不定时|flexible"), Shift.FLEXIBLE),
)
_BOARDS: Final = (
    (re.compile(r"^(?:无|不包|不包吃住|不包食宿|自理|食宿自理|不提供|none|no)$"), Board.NONE),
    (re.compile(r"^(?:包吃不包住|包吃|包餐|管饭|提供工作餐|工作餐|包午餐|meals)$"), Board.MEALS),
    (re.compile(r"^(?:包住不包吃|包住|住宿|提供住宿|提供宿舍|包住宿|lodging)$"), Board.LODGING),
    (
        re.compile(r"^(?:免费)?(?:提供|包|管|供)?(?:吃住|食宿|吃包住|boardandlodging|both)$"),
        Board.BOTH,
    ),
)
_FORMS: Final = (
    (re.compile(r"派遣|dispatch"), EmploymentForm.DISPATCH),
    (re.compile(r"外包|outsourc"), EmploymentForm.OUTSOURCED),
    (re.compile(r"实习|intern"), EmploymentForm.INTERN),
    (re.compile(r"兼职|临时|小时工|parttime|part-time"), EmploymentForm.PART_TIME),
    (re.compile(r"直招|直签|直聘|自招|正式工|directhire|direct"), EmploymentForm.DIRECT),
)
_SCHEMES: Final = (
    (re.compile(r"计件|piece"), PayScheme.PIECEWORK),
    (re.compile(r"小时|计时|时薪|hour"), PayScheme.HOURLY),
    (re.compile(r"月薪|月结|固定|month"), PayScheme.MONTHLY),
)
_YES = re.compile(r"^(?:有|是|提供|可|能|缴|交|购|五险|六险|社保|入职|免费|√|✓|y$|yes|true|1$)")
_NO = re.compile(r"^(?:无|没|否|不|×|✗|n$|no$|false|0$)")
_DATE = re.compile(
    r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[\s t]?\d{1,2}:\d{2}(?::\d{2})?)?$"
)
_OPEN_END: Final = words("长期 长期有效 招满为止 招满即止 常年 -")


def parse_shift(text: str) -> Shift | None:
    return _first(_SHIFTS, text)


def parse_board(text: str) -> Board | None:
    return _first(_BOARDS, text)


def parse_employment_form(text: str) -> EmploymentForm | None:
    return _first(_FORMS, text)


def parse_pay_scheme(text: str) -> PayScheme | None:
    return _first(_SCHEMES, text)


def _first(table: tuple[tuple[re.Pattern[str], C], ...], text: str) -> C | None:
    cell = folded(text)
    return next((choice for pattern, choice in table if pattern.search(cell)), None)


def parse_yes_no(text: str) -> bool | None:
    """Return the answer, None for an empty cell. Raises CellError for anything else."""
    cell = folded(text)
    if not cell:
        return None
    if _NO.match(cell):
        return False
    if _YES.match(cell):
        return True
    raise CellError(_("Write 有 or 无 (yes or no)."))


def parse_date(text: str) -> date | None:
    """Return the date, None for an empty cell or 长期. Raises CellError."""
    cell = folded(text)
    if not cell or cell in _OPEN_END:
        return None
    found = _DATE.match(cell)
    try:
        if found:
            return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        pass
    raise CellError(_("Write the date with its year, for example 2026-12-31."))
