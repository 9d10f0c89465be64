"""Places of work and their GB/T 2260 codes.

A code is as long as what is known: ``44`` 广东省, ``4401`` 广州市, ``440106`` 天河区, so that a
search by prefix finds everything inside. Town names below the county are kept in the text only.
The table is the one of python-stdnum (``cn/loc``), codes in force only.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from stdnum import numdb

from employers.spreadsheet.text import folded, one_line, words

PROVINCE, PREFECTURE, COUNTY = 2, 4, 6

_ABSENT: Final = words("异地招聘 异地 地点待定 待定 面议 不限 未说明 - / 无")
_ENDED = re.compile(r"\[\d*-\d+\]")
_SINCE = re.compile(r"^\[(?:\d+)?-?\]")
_HEADINGS: Final = frozenset(("市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"))
_FULL_PROVINCE = re.compile(r"(?:特别行政区|特別行政區|(?:壮族|回族|维吾尔)?自治区|省|市)$")
_SUFFIX = re.compile(r"(?:地区|自治州|自治县|自治旗|盟|市|区|县|旗|林区|特区)$")
_PEOPLES = re.compile(
    r"(?:(?:蒙古|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|"
    r"拉祜|水|东乡|纳西|景颇|柯尔克孜|土|达斡尔|仫佬|羌|布朗|撒拉|毛南|仡佬|锡伯|塔吉克|怒|"
    r"鄂温克|德昂|保安|裕固|独龙|鄂伦春|普米|各)族)+$"
)
_SEPARATOR = re.compile(r"[-—–/、,，;；|·>\s]+")


@dataclass(frozen=True, slots=True)
class Place:
    """The place as written and the code of the smallest known area around it, or ``""``.

    An empty ``text`` means that no place is stated (异地招聘 states none).
    """

    text: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class _Table:
    names: dict[str, str]  # code → official name
    codes: dict[str, tuple[str, ...]]  # official or short name → codes
    longest: int


@lru_cache(maxsize=4096)
def parse_place(text: str) -> Place:
    """Return the place that ``text`` names. Never fails: an unknown place has no code."""
    written = one_line(text)
    if folded(written) in _ABSENT:
        return Place()
    return Place(written, place_code(written))


def place_code(text: str) -> str:
    """Return the code of the smallest area that encloses every place named in ``text``.

    ``广州-天河区`` → ``440106``; ``广州、深圳`` → ``44``; ``北京、上海`` and unknown → ``""``.
    """
    found = ""
    others: list[str] = []
    for word in _SEPARATOR.split(folded(text).replace("中国", "")):
        found, restarted = _descend(word, found)
        if restarted:
            others.append(restarted)
    return _enclosing([*others, found]) if found else ""


def area_name(code: str) -> str:
    """Return the official name of the area with this 2, 4 or 6-digit code, or ``""``."""
    return _table().names.get(code, "")


def _descend(word: str, context: str) -> tuple[str, str]:
    """Read the areas that ``word`` begins with, each inside the one before.

    Returns the code reached and, if the word started anew elsewhere, the code it left.
    """
    left = ""
    while word:
        step = _longest(word, context)
        if step is None:
            break
        code, length = step
        if context and not code.startswith(context):
            left = context
        context, word = code, word[length:]
    return context, left


def _longest(word: str, context: str) -> tuple[str, int] | None:
    """Return the area that ``word`` begins with and the length of its name there."""
    table = _table()
    for length in range(min(len(word), table.longest), 1, -1):
        codes = table.codes.get(word[:length], ())
        code = _choose(codes, context)
        if code:
            return code, length
        if codes and not context:
            return None  # an ambiguous name (朝阳区) is not shortened until it fits (朝阳)
    return None


def _choose(codes: tuple[str, ...], context: str) -> str:
    """Return the one of ``codes`` meant within ``context``, or ``""``."""
    if any(context.startswith(code) for code in codes if context):
        return context  # 广州-广州市天河区: named twice
    inside = [code for code in codes if code.startswith(context)]
    if inside or not context:
        return _unique(inside)
    # A second place in one cell is a province or city: towns share their names with counties.
    return _unique([code for code in codes if len(code) < COUNTY])


def _unique(codes: list[str]) -> str:
    """Return the one code meant: the largest area of that name, if it is alone of its size."""
    if not codes:
        return ""
    size = min(map(len, codes))
    largest = [code for code in codes if len(code) == size]
    return largest[0] if len(largest) == 1 else ""


def _enclosing(codes: list[str]) -> str:
    first = codes[0]
    lengths = (COUNTY, PREFECTURE, PROVINCE)
    shared = (first[:n] for n in lengths if all(code.startswith(first[:n]) for code in codes))
    return next(shared, "")


@cache
def _table() -> _Table:
    names: dict[str, str] = {}
    for _length, province, _high, properties, children in numdb.get("cn/loc").prefixes:
        names[province] = properties["province"]
        for _size, rest, _end, inner, _none in children:
            name = _in_force(inner.get("county", ""))
            code = province + (rest.removesuffix("00") if rest != "0000" else "")
            if name and name not in _HEADINGS:
                names[code] = name
    codes: dict[str, list[str]] = defaultdict(list)
    for code, name in names.items():
        for spelling in _spellings(code, name):
            codes[spelling].append(code)
    return _Table(names, {k: tuple(v) for k, v in codes.items()}, max(map(len, codes)))


def _in_force(history: str) -> str:
    """``[-1985]甲县,[1985-]甲市`` → 甲市; ``""`` if the code has lapsed."""
    current = [name for name in history.split(",") if not _ENDED.match(name)]
    return _SINCE.sub("", current[-1]) if current else ""


def _spellings(code: str, name: str) -> set[str]:
    short = (_FULL_PROVINCE if len(code) == PROVINCE else _SUFFIX).sub("", name)
    without_people = _PEOPLES.sub("", short)
    spellings = {name, short, without_people if len(without_people) > 1 else short}
    return {word for word in spellings if len(word) > 1}
