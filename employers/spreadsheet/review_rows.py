"""The sheet with which staff verify employers in a batch: who, yes or no, and why not."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from employers.rules import credit_code, has_code_shape
from employers.spreadsheet.errors import SpreadsheetError
from employers.spreadsheet.headers import HEADER_ROWS, SYNONYMS
from employers.spreadsheet.reader import open_file
from employers.spreadsheet.rows import RawRow, Sheet
from employers.spreadsheet.text import folded, one_line, words

#: Employers in one batch.
MAX_REVIEWS: Final = 500
_HEADINGS: Final[dict[str, tuple[str, ...]]] = {
    "code": SYNONYMS["credit_code"],
    "name": SYNONYMS["employer"],
    "decision": (
        *("审核结果", "审核结论", "结论", "结果", "是否通过", "审核意见"),
        *("decision", "result"),
    ),
    "reason": ("原因", "退回原因", "理由", "备注", "说明", "reason", "note"),
}
_FIELDS: Final = {word: field for field, known in _HEADINGS.items() for word in known}


class Decision(TextChoices):
    """What the sheet says of an employer."""

    VERIFY = "verify", pgettext_lazy("batch", "Verify")
    REJECT = "reject", pgettext_lazy("batch", "Send back")


_WORDS: Final[dict[str, Decision]] = {
    **dict.fromkeys(
        words("通过 审核通过 同意 合格 是 verify verified approve approved yes"), Decision.VERIFY
    ),
    **dict.fromkeys(
        words("退回 不通过 审核不通过 驳回 不同意 不合格 否 reject rejected no"), Decision.REJECT
    ),
}


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One row as written; ``problem`` says why it cannot be used."""

    number: int
    name: str
    code: str
    decision: Decision | None
    reason: str
    problem: str = ""


def read_reviews(file: BinaryIO, filename: str) -> list[ReviewRow]:
    """Read the rows. Raises :class:`SpreadsheetError` for a file that cannot be used."""
    with open_file(file, filename) as sheets:
        for sheet in sheets:
            found = _header(sheet)
            if found is not None:
                return _rows(sheet, *found)
    raise SpreadsheetError(
        "spreadsheet_no_header",
        _("The sheet needs the headings 统一社会信用代码 or 单位名称, and 审核结果."),
    )


def _header(sheet: Sheet) -> tuple[int, dict[str, int]] | None:
    for raw in itertools.islice(sheet.rows(), HEADER_ROWS):
        columns = _columns(raw.cells)
        if "decision" in columns and ("code" in columns or "name" in columns):
            sheet.check_body(raw.number)
            return raw.number, columns
    return None


def _columns(cells: Sequence[str]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for index, cell in enumerate(cells):
        field = _FIELDS.get(folded(cell))
        if field:
            columns.setdefault(field, index)
    return columns


def _rows(sheet: Sheet, header: int, columns: dict[str, int]) -> list[ReviewRow]:
    rows: list[ReviewRow] = []
    for raw in sheet.rows():
        if raw.number <= header or raw.blank:
            continue
        if len(rows) == MAX_REVIEWS:
            raise SpreadsheetError(
                "spreadsheet_too_many_rows",
                _("More than %(n)d rows. Split the file and import the parts.")
                % {"n": MAX_REVIEWS},
            )
        rows.append(_row(raw, columns))
    return rows


def _row(raw: RawRow, columns: dict[str, int]) -> ReviewRow:
    values = {
        field: one_line(raw.cells[index]) if index < len(raw.cells) else ""
        for field, index in columns.items()
    }
    code = credit_code(values.get("code", ""))
    word = values.get("decision", "")
    decision = _WORDS.get(folded(word))
    row = ReviewRow(
        raw.number, values.get("name", ""), code, decision, values.get("reason", "")[:300]
    )
    problem = _problem(row, word) or next(
        (raw.faults[index] for index in columns.values() if index in raw.faults), ""
    )
    return ReviewRow(row.number, row.name, code, decision, row.reason, problem)


def _problem(row: ReviewRow, word: str) -> str:
    if not row.code and not row.name:
        return _("The row names no employer.")
    if row.code and not has_code_shape(row.code):
        return _("A unified social credit code has 18 characters.")
    if row.decision is None:
        return _("The decision “%(word)s” is neither 通过 nor 退回.") % {"word": word[:20]}
    if row.decision == Decision.REJECT and not row.reason:
        return _("Whoever is sent back reads a reason; the row gives none.")
    return ""
