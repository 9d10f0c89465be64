"""The blank workbook that employers and staff download and fill in."""

from __future__ import annotations

import io
from typing import Any, Final

import xlsxwriter
from django.utils.translation import gettext as _

from employers.spreadsheet.headers import SYNONYMS

#: Columns of the template, with the example row that shows how to fill them.
EXAMPLE: Final[dict[str, str]] = {
    "title": "电焊工", "employer": "示例机械制造有限公司", "credit_code": "",
    "place": "广州-黄埔区", "pay": "6-8千/月", "headcount": "5",
    "requirements": "2年经验 | 中专 | 持有焊工证", "duties": "钢结构件焊接,按图施工,自检焊缝。",
    "trade": "焊工", "education": "中专", "experience": "2年经验", "certificates": "焊工证",
    "valid_until": "2026-12-31", "employment_form": "直招", "shift": "长白班",
    "pay_scheme": "计件", "base_pay_text": "3000元/月", "total_pay_text": "7000元左右/月",
    "board": "包吃住", "couple_room": "有", "social_insurance": "有", "shuttle": "无",
    "deposit_text": "无", "source_url": "",
}  # fmt: skip
REQUIRED_COLUMNS: Final = ("title", "employer")
_WIDE: Final = {"duties": 48, "requirements": 32, "employer": 28, "source_url": 28}


def template_workbook(*, employer_name: str = "", without_employer: bool = False) -> bytes:
    """Return the blank workbook as xlsx: headings, one example row, and a sheet of notes.

    An employer's own template needs no employer columns (``without_employer``).
    """
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        _fill(book, _columns(without_employer=without_employer), employer_name)
        _explain(book)
    return out.getvalue()


def _columns(*, without_employer: bool) -> list[str]:
    left_out = {"employer", "credit_code"} if without_employer else set()
    return [name for name in EXAMPLE if name not in left_out]


def _fill(book: Any, columns: list[str], employer_name: str) -> None:
    sheet = book.add_worksheet("岗位")
    head = book.add_format({"bold": True, "bg_color": "#E8EEF7", "bottom": 1, "text_wrap": True})
    needed = book.add_format({"bold": True, "bg_color": "#FCE8D9", "bottom": 1, "text_wrap": True})
    text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    for index, name in enumerate(columns):
        sheet.set_column(index, index, _WIDE.get(name, 14), text)
        sheet.write_string(
            0, index, SYNONYMS[name][0], needed if name in REQUIRED_COLUMNS else head
        )
        value = employer_name if name == "employer" and employer_name else EXAMPLE[name]
        sheet.write_string(1, index, value, text)
    sheet.freeze_panes(1, 1)


def _explain(book: Any) -> None:
    sheet = book.add_worksheet("填写说明")
    sheet.set_column(0, 0, 110, book.add_format({"text_wrap": True, "valign": "top"}))
    notes = [
        _("One vacancy per row. Delete the example row before you upload."),
        _("Orange headings are required. Columns may be moved or left out."),
        _("Pay: 6-8千/月, 15-20万/年, 150元/天, 20元/小时, 3.5元/件, 3万以上/月 or 面议."),
        _("Headcount: one number, or 若干."),
        _("Education: 不限, 初中, 高中, 中专, 大专, 本科, 硕士 or 博士, at least."),
        _("Place: city and district, for example 广州-天河区."),
        _("Without a closing date a vacancy is valid until the fair ends."),
        _("No formulas, no merged cells, no macros, no password."),
        _("Uploading the same list again changes nothing; a changed row updates its vacancy."),
    ]
    for index, note in enumerate(notes):
        sheet.write_string(index, 0, note)
