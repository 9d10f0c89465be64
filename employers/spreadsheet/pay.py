"""Pay as people write it: ``0.8-1.3万/月``, ``150元/天``, ``8k-12k·13薪``, ``面议``.

The text stays as written; beside it stand the bounds in fen per the stated unit. What cannot be
read is an error that shows accepted spellings, never a guess.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Final

from django.utils.translation import gettext as _

from employers.enums import PayUnit
from employers.pay_format import format_pay
from employers.spreadsheet.errors import CellError
from employers.spreadsheet.text import folded, one_line, words

# Paid days a month (21.75) and paid hours a month (21.75 × 8 = 174) of the ministry's notice
# 劳社部发〔2008〕3号 (关于职工全年月平均工作时间和工资折算问题的通知). Work by the piece has no
# monthly equivalent.
MONTHS_PER_UNIT: Final[dict[str, Decimal]] = {
    PayUnit.MONTH: Decimal(1),
    PayUnit.YEAR: 1 / Decimal(12),
    PayUnit.DAY: Decimal("21.75"),
    PayUnit.HOUR: Decimal(174),
}

MAX_FEN: Final = 10_000_000_00
# A number without a unit is monthly pay only where it can hardly be anything else.
BARE_MONTHLY_FEN: Final = range(1_000_00, 100_000_00 + 1)

_UNITS: Final[dict[str, PayUnit]] = {
    **dict.fromkeys(("月", "个月", "month", "mo", "mon"), PayUnit.MONTH),
    **dict.fromkeys(("年", "year", "yr", "annum"), PayUnit.YEAR),
    **dict.fromkeys(("天", "日", "工日", "day"), PayUnit.DAY),
    **dict.fromkeys(("小时", "时", "钟头", "hour", "hr", "h"), PayUnit.HOUR),
    **dict.fromkeys(("件", "piece", "pc", "pcs"), PayUnit.PIECE),
}
_PREFIX_UNITS: Final[dict[str, PayUnit]] = {
    **dict.fromkeys(("月薪", "月工资", "月收入", "每月"), PayUnit.MONTH),
    **dict.fromkeys(("年薪", "年收入", "每年"), PayUnit.YEAR),
    **dict.fromkeys(("日薪", "每天", "每日"), PayUnit.DAY),
    **dict.fromkeys(("时薪", "每小时"), PayUnit.HOUR),
    **dict.fromkeys(("计件", "每件"), PayUnit.PIECE),
}
_NEGOTIABLE: Final = words(
    "面议 面谈 电议 薪资面议 工资面议 薪酬面议 待遇面议 月薪面议 年薪面议 工资面谈 "
    "薪资面谈 negotiable tobediscussed bynegotiation"
)
_ABSENT: Final = words("- -- — / 无 暂无 未说明 未填写 n/a na none null")
_FACTORS: Final[dict[str, int]] = {
    "": 1, "百": 100, "千": 1_000, "k": 1_000, "万": 10_000, "萬": 10_000, "w": 10_000,
}  # fmt: skip

_DASHES = re.compile(r"\s*(?:[-‐‑‒–—―−~∼〜~﹣]+|至|到|to)\s*")
_PREFIX = re.compile(
    "^(?:(" + "|".join(sorted(_PREFIX_UNITS, key=len, reverse=True)) + ")"
    "|底薪|综合|薪资|薪酬|工资|待遇|收入|约|人民币|rmb|cny|税前|税后)[::]?"
)
_UNIT_WORDS = "|".join(sorted(_UNITS, key=len, reverse=True))
_UNIT = re.compile(rf"(?:/|每|per|a)(?:一|1)?(?:个)?({_UNIT_WORDS})(?![a-z])")
_EXTRA_MONTHS = re.compile(r"[·•.*x×,,、+/]?\(?(1[2-9]|2[0-4])(?:个月)?薪\)?$")
_MAY_NEGOTIATE = re.compile(r"[,,;(]?(?:可|或|另)?(?:面议|面谈|negotiable)\)?$")
_BONUS = re.compile(
    r"\+(?:(?:高)?(?:提成|绩效|奖金|年终奖|补贴|补助|全勤|全勤奖|计件|加班费|福利|分红|餐补|房补)"
    r"[+、和及]?)+$"
)
_AROUND = re.compile(r"(?:左右|上下|税前|税后|元整)$")
_AT_LEAST = re.compile(r"(?:及?以上|起|\+)$|^(?:不低于|最低|≥|>=|from|over)")
_AT_MOST = re.compile(r"(?:及?以下|以内|封顶)$|^(?:不超过|最高|≤|<=|upto)")
_CURRENCY = r"(?:元人民币|人民币|元|块钱|块|圆|rmb|cny|yuan|¥)?"
_NUMBER = r"¥?(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(百|千|万|萬|k|w)?" + _CURRENCY
_AMOUNT = re.compile(rf"^{_NUMBER}(?:-{_NUMBER})?$")


@dataclass(frozen=True, slots=True)
class Pay:
    """Pay as written, and its bounds in fen per ``unit``; a bound that is not stated is None.

    ``negotiable``: the text says 面议. ``months``: paid months a year where stated (13薪); the
    monthly equivalent does not count the extra ones.
    """

    text: str = ""
    min_fen: int | None = None
    max_fen: int | None = None
    unit: PayUnit | None = None
    negotiable: bool = False
    months: int | None = None

    @property
    def stated(self) -> bool:
        """True if the row says anything about pay; 面议 says something."""
        return self.negotiable or self.unit is not None

    @property
    def monthly_min_fen(self) -> int | None:
        return monthly(self.min_fen, self.unit)

    @property
    def monthly_max_fen(self) -> int | None:
        return monthly(self.max_fen, self.unit)


def monthly(fen: int | None, unit: str | None) -> int | None:
    """Return the monthly equivalent in fen, rounded half up; None for piece work or no amount.

    A year counts 12 months, a month 21.75 paid days or 174 paid hours (劳社部发〔2008〕3号).
    """
    rate = MONTHS_PER_UNIT.get(unit or "")
    if fen is None or rate is None:
        return None
    return int((fen * rate).quantize(Decimal(1), ROUND_HALF_UP))


@lru_cache(maxsize=4096)
def parse_pay(text: str, *, hint: str = "") -> Pay:
    """Return what ``text`` says about pay.

    ``hint`` is the column's heading: 薪资(万元/年) lends its unit to bare numbers, and the text
    kept then says so by itself. Raises :class:`CellError` for what cannot be read.
    """
    pay = _read(one_line(text), hint)
    if not hint or pay.unit is None or _reads_alone(pay):
        return pay
    shown = format_pay(pay.min_fen, pay.max_fen, pay.unit, language="zh-hans")
    return replace(pay, text=shown)


def _reads_alone(pay: Pay) -> bool:
    try:
        return _read(pay.text, "") == pay
    except CellError:
        return False


def _read(written: str, hint: str) -> Pay:
    rest = folded(written)
    if not rest or rest in _ABSENT:
        return Pay()
    if rest in _NEGOTIABLE:
        return Pay(text=written, negotiable=True)
    rest, negotiable = _cut(_MAY_NEGOTIATE, rest)
    rest, months = _extra_months(rest)
    rest, unit = _take_unit(rest)
    rest, bonus = _cut(_BONUS, rest)
    low, high = _bounds(_without(_AROUND, rest), open_ended=bonus, factor=_hinted_factor(hint))
    if unit is None:
        unit = _hinted_unit(hint) or _bare_unit(low, high)
    return Pay(written, low, high, unit, negotiable, months)


def _cut(pattern: re.Pattern[str], text: str) -> tuple[str, bool]:
    shorter = pattern.sub("", text, count=1)
    return shorter, shorter != text


def _without(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub("", text, count=1)


def _extra_months(text: str) -> tuple[str, int | None]:
    found = _EXTRA_MONTHS.search(text)
    return (text[: found.start()], int(found[1])) if found else (text, None)


def _take_unit(text: str) -> tuple[str, PayUnit | None]:
    """Cut unit words before and after the amount; they must agree."""
    units = set()
    while found := _PREFIX.match(text):
        text = text[found.end() :]
        if found[1]:
            units.add(_PREFIX_UNITS[found[1]])
    for word in _UNIT.findall(text):
        units.add(_UNITS[word])
    if len(units) > 1:
        raise CellError(_("Two different pay units in one cell; state one."))
    return _UNIT.sub("", text), units.pop() if units else None


def _bounds(text: str, *, open_ended: bool, factor: int) -> tuple[int | None, int | None]:
    text, at_least = _cut(_AT_LEAST, text)
    text, at_most = _cut(_AT_MOST, text)
    found = _AMOUNT.match(_DASHES.sub("-", text))
    if not found or (at_least and at_most):
        raise CellError(
            _("This pay cannot be read. Write for example 6-8千/月, 15-20万/年, 150元/天 or 面议.")
        )
    first, first_factor, second, second_factor = found.groups()
    if second is None:
        amount = _fen(first, first_factor or "", factor)
        return _single(amount, at_least=at_least or open_ended, at_most=at_most)
    if at_least or at_most:
        raise CellError(_("A range cannot also say “at least” or “at most”."))
    high = _fen(second, second_factor or "", factor)
    low = _low_fen(first, first_factor, second_factor or "", high, factor)
    if low > high:
        raise CellError(_("The lower pay is above the upper one."))
    return low, high


def _single(amount: int, *, at_least: bool, at_most: bool) -> tuple[int | None, int | None]:
    return (None if at_most else amount), (None if at_least else amount)


def _low_fen(number: str, own: str | None, shared: str, high: int, factor: int) -> int:
    """``6-8千``: both in thousands; ``6000-1万``: the lower one is plainly in yuan."""
    if own:
        return _fen(number, own, factor)
    if shared and Decimal(number.replace(",", "")) >= 100:
        plain = _fen(number, "", factor)
        if plain <= high:
            return plain
    return _fen(number, shared, factor)


def _fen(number: str, letter: str, factor: int) -> int:
    fen = Decimal(number.replace(",", "")) * _FACTORS[letter] * 100
    if not letter:
        fen *= factor
    if fen != fen.to_integral_value():
        raise CellError(_("Pay cannot be finer than one fen (0.01 yuan)."))
    if not 0 < fen <= MAX_FEN:
        raise CellError(_("Pay must be above 0 and at most 10 million yuan."))
    return int(fen)


def _bare_unit(low: int | None, high: int | None) -> PayUnit:
    """``4500-6000`` is monthly pay by usage; ``150`` or ``200000`` could be anything."""
    if all(amount in BARE_MONTHLY_FEN for amount in (low, high) if amount is not None):
        return PayUnit.MONTH
    raise CellError(_("Say what the pay is for: 元/月, 元/年, 元/天, 元/小时 or 元/件."))


def _hinted_unit(hint: str) -> PayUnit | None:
    heading = folded(hint)
    found = _UNIT.search(heading)
    if found:
        return _UNITS[found[1]]
    units = {unit for word, unit in _PREFIX_UNITS.items() if word in heading}
    return units.pop() if len(units) == 1 else None


def _hinted_factor(hint: str) -> int:
    heading = folded(hint)
    if "万元" in heading:
        return _FACTORS["万"]
    return _FACTORS["千"] if "千元" in heading else 1
