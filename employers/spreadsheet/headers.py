"""Which column is which: headings matched by synonyms, in any order."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from employers.spreadsheet.errors import SpreadsheetError
from employers.spreadsheet.text import folded, one_line

#: Rows at the top in which the headings may stand, below a title or a note.
HEADER_ROWS: Final = 10

#: Field → accepted headings; the first one is what templates and messages use. An English
#: heading is written without spaces here, because headings are compared without them.
SYNONYMS: Final[dict[str, tuple[str, ...]]] = {
    "title": (
        "职位名称", "岗位名称", "职位", "岗位", "招聘岗位", "招聘职位", "需求岗位", "岗位名",
        "title", "jobtitle", "position", "vacancy",
    ),
    "employer": (
        "公司名称", "单位名称", "用人单位", "企业名称", "招聘单位", "用人单位名称", "公司", "企业",
        "单位", "招聘企业", "employer", "company", "companyname", "employername",
    ),
    "credit_code": (
        "统一社会信用代码", "社会信用代码", "信用代码", "统一信用代码", "creditcode", "uscc",
        "unifiedsocialcreditcode",
    ),
    "place": (
        "工作地点", "工作地址", "工作城市", "上班地点", "工作地", "地点", "工作区域", "地区",
        "place", "location", "placeofwork", "city", "workplace",
    ),
    "pay": (
        "薪资", "薪资待遇", "工资", "薪酬", "月薪", "年薪", "待遇", "薪资范围", "工资待遇",
        "薪酬待遇", "月工资", "薪水", "薪资水平", "pay", "salary", "wage",
    ),
    "pay_min": ("最低薪资", "薪资下限", "最低月薪", "月薪下限", "最低工资", "paymin", "salarymin"),
    "pay_max": ("最高薪资", "薪资上限", "最高月薪", "月薪上限", "最高工资", "paymax", "salarymax"),
    "headcount": (
        "招聘人数", "人数", "需求人数", "招聘数量", "拟招人数", "名额", "headcount", "openings",
        "numberofopenings",
    ),
    "requirements": (
        "任职要求", "岗位要求", "职位要求", "招聘要求", "任职条件", "要求", "任职资格", "录用条件",
        "requirements", "requirement",
    ),
    "duties": (
        "职位描述", "岗位职责", "工作内容", "岗位描述", "职责", "工作职责", "职位职责", "岗位内容",
        "duties", "description", "jobdescription",
    ),
    "trade": (
        "工种", "职业类别", "职位类别", "岗位类别", "职能类别", "职业", "trade", "occupation",
    ),
    "education": ("学历要求", "学历", "最低学历", "文化程度", "education"),
    "experience": ("工作经验", "经验要求", "工作年限", "经验", "experience", "yearsofexperience"),
    "certificates": ("证书要求", "证书", "职业资格", "资格证书", "技能证书", "certificates"),
    "valid_until": (
        "有效期", "有效期至", "截止日期", "招聘截止日期", "截止时间", "有效日期", "validuntil",
        "closingdate", "deadline",
    ),
    "employment_form": ("用工形式", "用工性质", "用工方式", "工作性质", "employmentform"),
    "shift": ("班次", "班制", "工作班次", "上班时间", "工作时间", "shift", "shifts"),
    "pay_scheme": ("计薪方式", "计薪", "计酬方式", "工资形式", "payscheme"),
    "base_pay_text": ("底薪", "基本工资", "basepay"),
    "total_pay_text": ("综合工资", "综合薪资", "综合收入", "综合", "totalpay"),
    "board": ("食宿", "食宿情况", "吃住", "包吃住", "食宿安排", "board", "boardandlodging"),
    "couple_room": ("夫妻间", "夫妻房", "夫妻宿舍", "coupleroom", "roomforcouples"),
    "social_insurance": ("五险一金", "社保", "五险", "社会保险", "socialinsurance"),
    "shuttle": ("班车", "通勤车", "厂车", "shuttle", "shuttlebus"),
    "deposit_text": ("押金/体检费", "押金", "体检费", "费用", "deposit", "depositormedicalfee"),
    "source_url": (
        "来源链接", "链接", "职位链接", "岗位链接", "网址", "来源网址", "sourcelink", "sourceurl",
        "url", "link",
    ),
    "source_name": ("来源", "信息来源", "数据来源", "source"),
    "posted_on": ("发布日期", "发布时间", "更新日期", "posted", "postedon"),
}  # fmt: skip

_FIELDS: Final[dict[str, str]] = {
    heading: field for field, headings in SYNONYMS.items() for heading in headings
}
_BRACKETS = re.compile(r"[(\[【{《].*?[)\]】}》]")
_DECORATION = re.compile(r"[*:;,.、!?“”\"'_\-]|必填|选填|可选")


@dataclass(frozen=True, slots=True)
class Header:
    """The row of headings: where it stands, which column holds which field, what is not used."""

    row: int
    columns: dict[str, int]
    headings: tuple[str, ...]
    ignored: tuple[str, ...]

    def heading(self, field: str) -> str:
        """Return the heading of the field's column as the sheet writes it, else ours."""
        index = self.columns.get(field)
        return SYNONYMS[field][0] if index is None else self.headings[index]


def field_of(heading: str) -> str | None:
    """Return the field that a heading names, or None. ``*薪资（元/月）`` names the pay."""
    key = folded(heading)
    return _FIELDS.get(_DECORATION.sub("", key)) or _FIELDS.get(
        _DECORATION.sub("", _BRACKETS.sub("", key))
    )


def score(cells: Sequence[str]) -> int:
    """Return how many different fields a row of cells names."""
    return len({field for cell in cells if (field := field_of(cell))})


def find_header(
    rows: Sequence[tuple[int, Sequence[str]]], *, required: Collection[str] = ("title", "employer")
) -> Header:
    """Return the headings found in the first rows, given as (row number, cells).

    Raises :class:`SpreadsheetError` that names every missing required column with its accepted
    headings, or two columns that mean the same.
    """
    candidates = rows[:HEADER_ROWS]
    best = max(candidates, key=lambda row: score(row[1]), default=None)
    if best is None or score(best[1]) == 0:
        raise SpreadsheetError(
            "spreadsheet_no_header",
            _("No row of headings in the first %(n)d rows. %(expected)s")
            % {"n": HEADER_ROWS, "expected": _missing_text(sorted(required))},
        )
    number, cells = best
    columns = _columns(cells)
    missing = _missing(columns, required)
    if missing:
        raise SpreadsheetError(
            "spreadsheet_missing_column",
            _("Row %(row)d has the headings, but a column is missing. %(expected)s")
            % {"row": number, "expected": _missing_text(missing)},
        )
    headings = tuple(one_line(cell) for cell in cells)
    ignored = tuple(h for i, h in enumerate(headings) if h and i not in columns.values())
    return Header(number, columns, headings, ignored)


def _columns(cells: Sequence[str]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for index, cell in enumerate(cells):
        field = field_of(cell)
        if field is None:
            continue
        if field in columns:
            raise SpreadsheetError(
                "spreadsheet_duplicate_column",
                _("The columns “%(first)s” and “%(second)s” mean the same; keep one of them.")
                % {"first": one_line(cells[columns[field]]), "second": one_line(cell)},
            )
        columns[field] = index
    return columns


def _missing(columns: dict[str, int], required: Collection[str]) -> list[str]:
    """An employer may be named by its credit code instead of its name."""
    return [
        field
        for field in required
        if field not in columns and not (field == "employer" and "credit_code" in columns)
    ]


def _missing_text(fields: Collection[str]) -> str:
    lines = [
        _("Needed: %(heading)s (also accepted: %(others)s).")
        % {"heading": SYNONYMS[field][0], "others": "、".join(SYNONYMS[field][1:])}
        for field in fields
    ]
    return " ".join(lines)
