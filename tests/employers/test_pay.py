from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from employers.enums import PayUnit
from employers.pay_format import format_pay
from employers.spreadsheet.errors import CellError
from employers.spreadsheet.pay import MAX_FEN, Pay, monthly, parse_pay

MONTH, YEAR, DAY, HOUR, PIECE = (
    PayUnit.MONTH,
    PayUnit.YEAR,
    PayUnit.DAY,
    PayUnit.HOUR,
    PayUnit.PIECE,
)


@pytest.mark.parametrize(
    ("text", "low", "high", "unit"),
    [
        ("0.8-1.3万/月", 8000, 13000, MONTH),
        ("6-8千/月", 6000, 8000, MONTH),
        ("15-20万/年", 150_000, 200_000, YEAR),
        ("150元/天", 150, 150, DAY),
        ("20元/小时", 20, 20, HOUR),
        ("3.5元/件", 3.5, 3.5, PIECE),
        ("2千以下/月", None, 2000, MONTH),
        ("2千/月以下", None, 2000, MONTH),
        ("3万以上/月", 30_000, None, MONTH),
        ("3万+/月", 30_000, None, MONTH),
        ("8000起", 8000, None, MONTH),
        ("4500-6000", 4500, 6000, MONTH),
        ("8k-12k", 8000, 12000, MONTH),
        ("15-25K·13薪", 15000, 25000, MONTH),
        ("6000元", 6000, 6000, MONTH),
        ("5000-8000元/月", 5000, 8000, MONTH),
        ("８０００～１２０００元／月", 8000, 12000, MONTH),
        ("8000—12000元每月", 8000, 12000, MONTH),
        ("5千至8千", 5000, 8000, MONTH),
        ("\xa06-8千/月\xa0", 6000, 8000, MONTH),
        ("4,500-6,000元/月", 4500, 6000, MONTH),
        ("6000-1万", 6000, 10000, MONTH),
        ("8千-1.2万/月", 8000, 12000, MONTH),
        ("底薪3000元/月+提成", 3000, None, MONTH),
        ("月薪6000", 6000, 6000, MONTH),
        ("年薪：15-20万", 150_000, 200_000, YEAR),
        ("时薪18-22元", 18, 22, HOUR),
        ("日薪150-200", 150, 200, DAY),
        ("¥200/天", 200, 200, DAY),
        ("5000元左右", 5000, 5000, MONTH),
        ("20 yuan/hour", 20, 20, HOUR),
        ("CNY 8,000-12,000 a month", 8000, 12000, MONTH),
    ],
)
def test_forms_people_write(text, low, high, unit):
    pay = parse_pay(text)
    assert (pay.min_fen, pay.max_fen, pay.unit) == (
        None if low is None else round(low * 100),
        None if high is None else round(high * 100),
        unit,
    )
    assert pay.stated


def test_text_stays_as_written_apart_from_spaces():
    assert parse_pay("\xa0 0.8-1.3万/月 ").text == "0.8-1.3万/月"


def test_negotiable_counts_as_stated():
    pay = parse_pay("面议")
    assert (pay.negotiable, pay.stated, pay.unit) == (True, True, None)
    both = parse_pay("5000-8000元/月（可面议）")
    assert (both.negotiable, both.min_fen, both.max_fen) == (True, 500_000, 800_000)


@pytest.mark.parametrize("text", ["", "  ", "\xa0", "-", "无", "N/A", "未说明"])
def test_nothing_said(text):
    assert parse_pay(text) == Pay()
    assert not parse_pay(text).stated


@pytest.mark.parametrize(
    "text",
    [
        "1.3-0.8万/月",  # upside down
        "150",  # of what?
        "20万",
        "15-20万",
        "abc",
        "高薪",
        "2026-04-06",  # what Excel makes of 4-6
        "5000元/周",
        "5000元/月/天",
        "月薪5000/天",
        "0",
        "0-5000",
        "100000000/年",
        "0.035元/件",
        "5000以上以下",
        "5000-6000以上",
        "$500/月",
        "1-2-3千",
    ],
)
def test_what_cannot_be_read_is_an_error(text):
    with pytest.raises(CellError) as caught:
        parse_pay(text)
    assert caught.value.message


def test_the_heading_lends_its_unit():
    assert parse_pay("15-20", hint="年薪（万元）").max_fen == 20_000_000
    assert parse_pay("150", hint="薪资(元/天)").unit == DAY
    assert parse_pay("6-8千/月", hint="薪资（元/月）").max_fen == 800_000
    assert parse_pay("15-20", hint="年薪（万元）").text == "15–20万/年"
    assert parse_pay("4500-6000", hint="月薪").text == "4500-6000"


def test_extra_months_are_known_and_not_counted():
    pay = parse_pay("10k·14薪")
    assert (pay.months, pay.monthly_max_fen) == (14, 1_000_000)


@pytest.mark.parametrize(
    ("fen", "unit", "expected"),
    [
        (600_000, MONTH, 600_000),
        (15_000_000, YEAR, 1_250_000),
        (15_000, DAY, 326_250),
        (2_000, HOUR, 348_000),
        (350, PIECE, None),
        (None, MONTH, None),
        (100, None, None),
        (100, YEAR, 8),
    ],
)
def test_monthly_equivalent(fen, unit, expected):
    assert monthly(fen, unit) == expected


@pytest.mark.parametrize(
    ("low", "high", "unit", "chinese", "english"),
    [
        (800_000, 1_200_000, MONTH, "8千–1.2万/月", "CNY 8,000–12,000 a month"),
        (600_000, 800_000, MONTH, "6–8千/月", "CNY 6,000–8,000 a month"),
        (455_500, 600_000, MONTH, "4555–6000元/月", "CNY 4,555–6,000 a month"),
        (15_000_000, 20_000_000, YEAR, "15–20万/年", "CNY 150,000–200,000 a year"),
        (15_000, 15_000, DAY, "150元/天", "CNY 150 a day"),
        (2_000, 2_000, HOUR, "20元/小时", "CNY 20 an hour"),
        (350, 350, PIECE, "3.5元/件", "CNY 3.50 a piece"),
        (None, 200_000, MONTH, "2千以下/月", "up to CNY 2,000 a month"),
        (3_000_000, None, MONTH, "3万以上/月", "from CNY 30,000 a month"),
    ],
)
def test_shown_pay(low, high, unit, chinese, english):
    assert format_pay(low, high, unit, language="zh-hans") == chinese
    assert format_pay(low, high, unit, language="en") == english


def test_shown_without_amounts():
    assert format_pay(None, None, "", negotiable=True, language="zh-hans") == "面议"
    assert format_pay(None, None, "", language="zh-hans") == "未说明"
    assert format_pay(None, None, None, negotiable=True, language="en") == "Negotiable"
    assert format_pay(None, None, None, language="en") == "Not stated"


@given(
    st.text(alphabet="0123456789.-~万千kw元/月年天小时件以上下面议+, ()·薪x\xa0约每至", max_size=20)
)
@example("/")
@example("+")
def test_any_text_is_pay_or_a_clear_error(text):
    try:
        pay = parse_pay(text)
    except CellError as error:
        assert error.message
        return
    assert pay.min_fen is None or 0 < pay.min_fen <= MAX_FEN
    assert pay.min_fen is None or pay.max_fen is None or pay.min_fen <= pay.max_fen
    assert (pay.unit is not None) == (pay.min_fen is not None or pay.max_fen is not None)


@given(
    st.sampled_from(PayUnit),
    st.integers(1, MAX_FEN),
    st.integers(1, MAX_FEN),
    st.sampled_from(["range", "least", "most"]),
)
def test_what_is_shown_reads_back_the_same(unit, one, other, form):
    low, high = min(one, other), max(one, other)
    if form != "range":
        low, high = (low, None) if form == "least" else (None, high)
    pay = parse_pay(format_pay(low, high, unit, language="zh-hans"))
    assert (pay.min_fen, pay.max_fen, pay.unit) == (low, high, unit)
