"""Whether a question is about pay: the one that job fairs leave unanswered most often."""

from __future__ import annotations

from typing import Final

from livestream.folding import fold

_WORDS: Final = (
    "工资", "薪", "多少钱", "几多钱", "待遇", "底薪", "工钱", "收入", "报酬", "计件", "计时",
    "奖金", "提成", "补贴", "津贴", "加班费", "到手", "年终", "多少一个月", "一个月多少",
    "一天多少", "一小时多少", "公积金", "五险",
)  # fmt: skip
_LATIN: Final = frozenset({"pay", "salary", "wage", "wages", "paid", "bonus", "allowance"})


def asks_about_pay(text: str) -> bool:
    """Whether ``text`` has a word of pay in it, however it is written and spaced."""
    units = fold(text)
    together = "".join(units)
    return not _LATIN.isdisjoint(units) or any(word in together for word in _WORDS)
