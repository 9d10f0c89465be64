"""Pay as it is shown: ``8千–1.2万/月`` in Chinese, ``CNY 8,000–12,000 a month`` in English."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from django.utils.translation import get_language

_CHINESE_UNITS: Final = {
    "month": "/月", "year": "/年", "day": "/天", "hour": "/小时", "piece": "/件",
}  # fmt: skip
_ENGLISH_UNITS: Final = {
    "month": " a month", "year": " a year", "day": " a day", "hour": " an hour",
    "piece": " a piece",
}  # fmt: skip
_SHORTENED: Final = frozenset({"month", "year"})


def format_pay(
    min_fen: int | None,
    max_fen: int | None,
    unit: str | None,
    *,
    negotiable: bool = False,
    language: str | None = None,
) -> str:
    """Return pay for people, in ``language`` or the active one.

    Amounts are fen per ``unit``. Without any amount: 面议 if ``negotiable``, else 未说明.
    """
    chinese = (language or get_language() or "zh-hans").startswith("zh")
    if not unit or (min_fen is None and max_fen is None):
        if chinese:
            return "面议" if negotiable else "未说明"
        return "Negotiable" if negotiable else "Not stated"
    return _chinese(min_fen, max_fen, unit) if chinese else _english(min_fen, max_fen, unit)


def _chinese(low: int | None, high: int | None, unit: str) -> str:
    amounts = [fen for fen in (low, high) if fen is not None]
    short = unit in _SHORTENED and all(_is_short(fen) for fen in amounts)
    words = [_chinese_amount(fen, short=short) for fen in dict.fromkeys(amounts)]
    per = _CHINESE_UNITS[unit]
    if low is None or high is None:
        return f"{words[0]}{'以上' if high is None else '以下'}{per}"
    if len(words) == 2 and words[0][-1] == words[1][-1]:
        words[0] = words[0][:-1]
    return "–".join(words) + per


def _is_short(fen: int) -> bool:
    """True where 千 or 万 with at most two decimals says the amount exactly."""
    return fen >= 1_000_00 and fen % (100_00 if fen >= 10_000_00 else 10_00) == 0


def _chinese_amount(fen: int, *, short: bool) -> str:
    if not short:
        return f"{_plain(Decimal(fen) / 100)}元"
    if fen >= 10_000_00:
        return f"{_plain(Decimal(fen) / 10_000_00)}万"
    return f"{_plain(Decimal(fen) / 1_000_00)}千"


def _plain(amount: Decimal) -> str:
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _english(low: int | None, high: int | None, unit: str) -> str:
    words = [_english_amount(fen) for fen in dict.fromkeys((low, high)) if fen is not None]
    per = _ENGLISH_UNITS[unit]
    if low is None or high is None:
        return f"{'from' if high is None else 'up to'} CNY {words[0]}{per}"
    return f"CNY {'–'.join(words)}{per}"


def _english_amount(fen: int) -> str:
    whole, part = divmod(fen, 100)
    return f"{whole:,}.{part:02d}" if part else f"{whole:,}"
