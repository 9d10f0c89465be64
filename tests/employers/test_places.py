from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from employers.spreadsheet.places import Place, area_name, parse_place, place_code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("广州-天河区", "440106"),
        ("广州", "4401"),
        ("广州-增城", "440118"),
        ("广东省佛山市顺德区", "440606"),
        ("广州市天河区珠江新城", "440106"),
        ("广州-广州市天河区", "440106"),
        ("顺德区", "440606"),
        ("北京-朝阳区", "110105"),
        ("上海市浦东新区", "310115"),
        ("重庆市渝中区", "500103"),
        ("东莞市长安镇", "4419"),
        ("东莞-南城区", "4419"),
        ("苏州-昆山", "320583"),
        ("湖北-仙桃", "429004"),
        ("恩施", "4228"),
        ("湖北省恩施土家族苗族自治州恩施市", "422801"),
        ("内蒙古呼和浩特市", "1501"),
        ("广西南宁", "4501"),
        ("香港", "81"),
        ("吉林市", "2202"),
        ("吉林", "22"),
        ("南京鼓楼区", "320106"),
        ("广州、深圳", "44"),
        ("佛山·南海区/广州·荔湾区", "44"),
        ("北京、上海", ""),
        ("鼓楼区", ""),  # there are four of them
        ("朝阳区", ""),  # not 朝阳市
        ("全国", ""),
        ("Mars", ""),
        ("", ""),
    ],
)
def test_codes(text, code):
    assert place_code(text) == code


@pytest.mark.parametrize("text", ["异地招聘", "", "\xa0", "待定"])
def test_no_place_is_stated(text):
    assert parse_place(text) == Place()


def test_the_text_stays_where_the_code_is_unknown():
    assert parse_place(" 海边\xa0工地 ") == Place("海边 工地", "")


def test_names_of_codes():
    assert [area_name(code) for code in ("44", "4401", "440106", "99")] == [
        "广东省", "广州市", "天河区", "",
    ]  # fmt: skip


@given(st.text(max_size=40))
def test_any_text_gives_a_known_area_or_none(text):
    code = place_code(text)
    assert code == "" or area_name(code)
