from __future__ import annotations

import pytest

from employers.spreadsheet.errors import SpreadsheetError
from employers.spreadsheet.headers import SYNONYMS, field_of, find_header
from employers.spreadsheet.text import folded

REAL = ["发布日期", "职位名称", "公司名称", "工作地点", "薪资", "任职要求", "职位描述", "来源链接"]


def test_every_synonym_is_written_as_it_is_compared_and_names_one_field():
    seen = [heading for headings in SYNONYMS.values() for heading in headings]
    assert len(seen) == len(set(seen))
    assert all(folded(heading) == heading for heading in seen)
    for field, headings in SYNONYMS.items():
        assert {field_of(heading) for heading in headings} == {field}


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("*职位名称", "title"),
        ("薪资（元/月）", "pay"),
        ("招聘人数（必填）", "headcount"),
        (" 公司\xa0名称 ", "employer"),
        ("Job Title", "title"),
        ("押金/体检费", "deposit_text"),
        ("岗位名称：", "title"),
        ("备注", None),
        ("", None),
    ],
)
def test_headings_as_people_write_them(heading, field):
    assert field_of(heading) == field


def test_the_real_headings_below_a_title_in_any_order():
    rows = [(1, ["招聘岗位汇总表", "", ""]), (3, list(reversed(REAL))), (4, ["x"] * 8)]
    header = find_header(rows)
    assert header.row == 3
    assert header.columns["title"] == 6
    assert header.heading("pay") == "薪资"
    assert header.ignored == ()


def test_unknown_columns_are_named():
    assert find_header([(1, ["职位名称", "单位名称", "备注", "联系人"])]).ignored == (
        "备注",
        "联系人",
    )


def test_a_credit_code_names_the_employer_too():
    assert find_header([(1, ["岗位名称", "统一社会信用代码"])]).columns.keys() >= {"credit_code"}


def test_a_missing_column_is_named_with_what_is_accepted():
    with pytest.raises(SpreadsheetError) as caught:
        find_header([(2, ["公司名称", "薪资"])])
    assert caught.value.code == "spreadsheet_missing_column"
    for word in ("职位名称", "岗位名称", "jobtitle"):
        assert word in str(caught.value.message)


def test_no_headings_at_all():
    with pytest.raises(SpreadsheetError) as caught:
        find_header([(1, ["1", "2"]), (2, ["3", "4"])])
    assert caught.value.code == "spreadsheet_no_header"


def test_two_columns_of_one_meaning():
    with pytest.raises(SpreadsheetError) as caught:
        find_header([(1, ["职位名称", "岗位名称", "公司名称"])])
    assert caught.value.code == "spreadsheet_duplicate_column"
    assert "岗位名称" in str(caught.value.message)
