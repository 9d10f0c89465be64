from __future__ import annotations

from datetime import date

import pytest

from employers.enums import Board, Education, PayUnit, Shift
from employers.spreadsheet.headers import SYNONYMS, Header
from employers.spreadsheet.reader import SheetRow
from employers.spreadsheet.vacancy_rows import VacancyRow, import_key, read_row
from employers.spreadsheet.wording import RULES, check_wording


def row(**cells: str) -> VacancyRow:
    values = {"title": "焊工", "employer": "广州某某公司", **cells}
    headings = tuple(SYNONYMS[name][0] for name in values)
    header = Header(1, {name: index for index, name in enumerate(values)}, headings, ())
    return read_row(SheetRow(7, values), header)


def test_a_row_of_the_real_workbook():
    found = row(
        place="广州-天河区",
        pay="0.8-1.3万/月",
        requirements="\xa0\xa02年经验\xa0\xa0|\xa0\xa0大专\xa0\xa0|\xa0\xa0招1人\xa0\xa0|",
        duties="岗位职责：写代码\r\n\r\n\r\n\r\n职能类别：\n软件工程师",
        source_url="https://jobs.example.com/1.html?s=01&t=0",
        posted_on="08-30",
    )
    assert found.problems == []
    assert found.fields == {
        "title": "焊工", "trade": "软件工程师", "place_text": "广州-天河区", "place_code": "440106",
        "pay_text": "0.8-1.3万/月", "pay_min_fen": 800_000, "pay_max_fen": 1_300_000,
        "pay_unit": PayUnit.MONTH, "pay_negotiable": False, "pay_monthly_min_fen": 800_000,
        "pay_monthly_max_fen": 1_300_000, "requirements": "2年经验 · 大专",
        "education": Education.COLLEGE, "experience_years": 2, "headcount": 1,
        "headcount_stated": True, "duties": "岗位职责：写代码\n\n职能类别：\n软件工程师",
        "source_url": "https://jobs.example.com/1.html?s=01&t=0",
        "source_name": "jobs.example.com",
    }  # fmt: skip


def test_an_empty_cell_states_nothing():
    found = row(place="异地招聘", pay="", requirements="", headcount="", shift="", couple_room="")
    assert set(found.fields) == {"title"}


def test_every_fault_of_a_row_is_named_with_its_column():
    found = row(
        title="", pay="很高", headcount="3-5人", education="聪明", valid_until="年底",
        credit_code="123", source_url="javascript:alert(1)", shuttle="再议", experience="丰富",
    )  # fmt: skip
    assert {problem.column for problem in found.problems} == {
        "职位名称", "薪资", "招聘人数", "学历要求", "有效期", "统一社会信用代码", "来源链接", "班车", "工作经验",
    }  # fmt: skip
    assert all(problem.reason for problem in found.problems)


def test_what_does_not_fit_the_database_is_a_fault():
    found = row(title="焊" * 101, employer="公司" * 61, place="路" * 121)
    assert {problem.column for problem in found.problems} == {"职位名称", "公司名称", "工作地点"}


def test_repeated_headings_are_no_vacancy():
    assert row(title="职位名称").problems[0].column == "职位名称"


def test_own_columns_win_over_the_requirements_cell():
    found = row(
        requirements="2年经验 | 大专 | 招1人", education="本科", experience="5年", headcount="若干"
    )
    assert (found.fields["education"], found.fields["experience_years"]) == (Education.BACHELOR, 5)
    assert (found.fields["headcount"], found.fields["headcount_stated"]) == (None, True)


def test_requirements_from_their_own_columns():
    assert row(education="大专", experience="3年经验").fields["requirements"] == "3年经验 · 大专"


def test_choices_and_what_fits_none_of_them():
    found = row(
        shift="长白班", board="包吃住", couple_room="有", duties="焊接", employment_form="面谈"
    )
    assert (found.fields["shift"], found.fields["board"]) == (Shift.DAY, Board.BOTH)
    assert found.fields["couple_room"] is True
    assert found.fields["duties"] == "焊接\n用工形式:面谈"


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        ("4500", "6000", (450_000, 600_000)),
        ("4500", "", (450_000, None)),
        ("", "6000", (None, 600_000)),
        ("5000", "5000", (500_000, 500_000)),
    ],
)
def test_pay_in_two_columns(low, high, expected):
    fields = row(pay_min=low, pay_max=high).fields
    assert (fields["pay_min_fen"], fields["pay_max_fen"]) == expected


def test_credit_codes():
    assert row(credit_code="91440101ma59k2q78l").credit_code == "91440101MA59K2Q78L"
    assert row(credit_code="91440101ma59k2q78l").notes
    assert row(credit_code="91110000600037341L").notes == []


@pytest.mark.parametrize("link", ["http://[::1/x", "ftp://a.example/1", "https://a b"])
def test_links_that_lead_nowhere(link):
    found = row(source_url=link)
    assert found.problems or "source_name" not in found.fields


def test_a_headcount_of_nobody():
    assert row(requirements="招0人").problems[0].column == "任职要求"


def test_a_date():
    assert row(valid_until="2026-12-31").fields["valid_until"] == date(2026, 12, 31)


def test_the_key_is_the_link_else_title_place_and_pay():
    linked = row(source_url="https://a.example/1")
    assert linked.key == row(source_url="https://a.example/1", title="电工", pay="面议").key
    assert row(pay="面议").key == row(pay=" 面议\xa0", requirements="本科").key
    assert len({row().key, row(title="电工").key, row(pay="面议").key, row(place="广州").key}) == 4
    assert len(linked.key) == 64
    assert linked.key == import_key(source_url="https://a.example/1", title="", place="", pay="")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("限男性", "sex"), ("只招女工", "sex"), ("已婚已育优先", "sex"), ("18-35周岁", "age"),
        ("年龄45岁以下", "age"), ("限汉族", "ethnicity"), ("本地户籍优先", "region"),
        ("不招外地人", "region"), ("无乙肝", "health"), ("五官端正", "health"),
        ("入职交押金200元", "deposit"), ("返费3000", "rebate"), ("高薪诚聘", "boast"),
        ("面试包过", "guarantee"),
    ],
)  # fmt: skip
def test_doubtful_wording(text, code):
    assert [warning.code for warning in check_wording("普工", text)] == [code]
    assert check_wording(text)[0].words in text


@pytest.mark.parametrize(
    "text",
    [
        "不收押金",
        "无押金",
        "3-5年经验",
        "男女不限",
        "8-12小时",
        "五险一金",
        "不收取任何押金",
        "20-30人的团队",
        "男厕保洁",
    ],
)
def test_innocent_wording(text):
    assert check_wording(text) == []


def test_rules_have_reasons():
    assert len({code for code, _pattern, _reason in RULES}) == len(RULES)
