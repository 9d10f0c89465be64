from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from employers.enums import Board, Education, EmploymentForm, PayScheme, Shift
from employers.spreadsheet import choices
from employers.spreadsheet.errors import CellError
from employers.spreadsheet.requirements import (
    Requirements,
    first_trade,
    parse_education,
    parse_experience,
    parse_headcount,
    parse_requirements,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "\xa0\xa03-4年经验\xa0\xa0|\xa0\xa0本科\xa0\xa0|\xa0\xa0招2人\xa0\xa0|",
            Requirements("3-4年经验 · 本科", Education.BACHELOR, 3, 2, True),
        ),
        (
            "无工作经验 | 大专 | ",
            Requirements("无工作经验 · 大专", Education.COLLEGE, 0, None, False),
        ),
        ("招若干人", Requirements("", None, None, None, True)),
        (
            "10年以上经验 | 博士 | 招若干人",
            Requirements("10年以上经验 · 博士", Education.DOCTOR, 10, None, True),
        ),
        (
            "1年经验 | 英语良好 | 会计学",
            Requirements("1年经验 · 英语良好 · 会计学", None, 1, None, False),
        ),
        ("2年经验 | 08-30发布", Requirements("2年经验", None, 2, None, False)),
        ("", Requirements()),
        ("持有焊工证,能看图纸", Requirements("持有焊工证,能看图纸")),
    ],
)
def test_requirements_cell(text, expected):
    assert parse_requirements(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5", (5, True)),
        ("招聘10人", (10, True)),
        ("3名", (3, True)),
        ("若干", (None, True)),
        ("招若干人", (None, True)),
        ("不限", (None, True)),
        ("", (None, False)),
    ],
)
def test_headcount(text, expected):
    assert parse_headcount(text) == expected


@pytest.mark.parametrize("text", ["0", "3-5人", "很多", "-1", "999999999"])
def test_headcount_is_not_guessed(text):
    with pytest.raises(CellError):
        parse_headcount(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("本科", Education.BACHELOR),
        ("本科及以上", Education.BACHELOR),
        ("大专以上学历", Education.COLLEGE),
        ("学历不限", Education.ANY),
        ("不限", Education.ANY),
        ("高中/中专", Education.SECONDARY),
        ("初中及以下", Education.MIDDLE),
        ("硕士研究生", Education.MASTER),
        ("", None),
    ],
)
def test_education(text, expected):
    assert parse_education(text) == expected


def test_education_is_not_guessed():
    with pytest.raises(CellError):
        parse_education("聪明")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3-5年", 3),
        ("2年经验", 2),
        ("3年以上工作经验", 3),
        ("无经验", 0),
        ("不限", 0),
        ("2", 2),
        ("", None),
    ],
)
def test_experience(text, expected):
    assert parse_experience(text) == expected


def test_experience_is_not_guessed():
    with pytest.raises(CellError):
        parse_experience("丰富")


def test_trade_that_a_job_board_appends():
    assert first_trade("写代码\n\n职能类别：\n软件工程师\n高级软件工程师") == "软件工程师"
    assert first_trade("写代码") == ""


@pytest.mark.parametrize(
    ("parse", "text", "expected"),
    [
        (choices.parse_shift, "长白班", Shift.DAY),
        (choices.parse_shift, "12小时两班倒", Shift.TWO_SHIFT),
        (choices.parse_shift, "四班三运转", Shift.THREE_SHIFT),
        (choices.parse_shift, "8:00-17:00", None),
        (choices.parse_board, "包吃住", Board.BOTH),
        (choices.parse_board, "提供食宿", Board.BOTH),
        (choices.parse_board, "包吃不包住", Board.MEALS),
        (choices.parse_board, "提供宿舍", Board.LODGING),
        (choices.parse_board, "不包吃住", Board.NONE),
        (choices.parse_board, "面谈", None),
        (choices.parse_employment_form, "直招", EmploymentForm.DIRECT),
        (choices.parse_employment_form, "劳务派遣", EmploymentForm.DISPATCH),
        (choices.parse_pay_scheme, "计件工资", PayScheme.PIECEWORK),
        (choices.parse_pay_scheme, "", None),
    ],
)
def test_choices(parse, text, expected):
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("有", True),
        ("五险一金", True),
        ("是", True),
        ("TRUE", True),
        ("无", False),
        ("不提供", False),
        ("", None),
    ],
)
def test_yes_or_no(text, expected):
    assert choices.parse_yes_no(text) is expected


def test_yes_or_no_is_not_guessed():
    with pytest.raises(CellError):
        choices.parse_yes_no("再议")


@pytest.mark.parametrize(
    "text", ["2026-12-31", "2026/12/31", "2026.12.31", "2026年12月31日", "2026-12-31 00:00:00"]
)
def test_dates(text):
    assert choices.parse_date(text) == date(2026, 12, 31)


@pytest.mark.parametrize("text", ["12-31", "2026-13-01", "年底", "31/12/2026"])
def test_dates_are_not_guessed(text):
    with pytest.raises(CellError):
        choices.parse_date(text)


def test_no_end_is_no_date():
    assert choices.parse_date("长期有效") is None


@given(st.text(max_size=60))
def test_a_requirements_cell_never_fails(text):
    found = parse_requirements(text)
    assert found.headcount is None or found.headcount_stated


@given(st.text(alphabet="0123456789年月日-/.招若干人名以上经验本科学历不限 ", max_size=16))
def test_cells_give_a_value_or_a_clear_error(text):
    for parse in (parse_headcount, parse_education, parse_experience, choices.parse_date):
        try:
            parse(text)
        except CellError as error:
            assert error.message
