"""Wording that recruitment rules forbid or that misleads: a warning for staff, never a refusal.

Bases: 就业促进法 art. 26-31 (sex, ethnicity, disability, health, rural workers), 人力资源市场
暂行条例 art. 24 (truthful, no discrimination), 妇女权益保障法 art. 43, 劳动合同法 art. 9
(no deposit).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_AGE = r"(?:1[6-9]|[2-6]\d)"

RULES: Final[tuple[tuple[str, re.Pattern[str], Promise], ...]] = (
    (
        "sex",
        re.compile(
            r"限(?:男|女)|只招(?:男|女)|仅(?:限|招)?(?:男|女)|(?:男|女)性?(?:优先|不限除外)|"
            r"(?:男|女)士优先|要求(?:男|女)性?|性别[::]?(?:男|女)(?![\s/、]?[男女])|已婚已育|未婚未育|"
            r"已育优先|未婚优先|(?:男|女)生优先"
        ),
        _("Names a sex or asks about marriage and children."),
    ),
    (
        "age",
        re.compile(
            rf"{_AGE}(?:周岁|岁)?[-~—–至到]{_AGE}(?:周岁|岁)|{_AGE}(?:周岁|岁)(?:以下|以内|以上)|"
            rf"年龄(?:在|[::])?{_AGE}|年龄不超过|限{_AGE}(?:周岁|岁)"
        ),
        _("States an age limit."),
    ),
    (
        "ethnicity",
        re.compile(
            r"限汉族|只招汉族|仅限汉族|(?:不招|不要|不收)[^,。;]{0,8}(?:族|少数民族)|少数民族(?:勿|不)"
        ),
        _("Excludes by ethnicity."),
    ),
    (
        "region",
        re.compile(
            r"(?:限|只招|仅招|仅限|要求)[^,。;]{0,4}(?:本地人|本地户口|本地户籍|城镇户口)|"
            r"(?:本地|本市|外地)(?:户口|户籍|人)(?:优先|勿|不|除外)|户籍(?:要求|限制)|"
            r"(?:不招|不要|不收)[^,。;]{0,8}(?:省人|籍|外地)"
        ),
        _("Excludes by region or household registration."),
    ),
    (
        "health",
        re.compile(
            r"乙肝|无传染病|无残疾|残疾(?:勿|除外)|身体无缺陷|无纹身|五官端正|相貌|形象气质佳"
        ),
        _("Asks about health or looks without a ground in the work."),
    ),
    (
        "deposit",
        re.compile(
            r"(?<!不收)(?<!不交)(?<!不收取)(?<!任何)(?<![无免零])"
            r"(?:押金|保证金|服装费|培训费|风险金|扣押?身份证|押身份证|入职费|报名费)"
        ),
        _("Mentions a deposit or a fee; the law forbids taking one."),
    ),
    (
        "rebate",
        re.compile(r"返费|返现|入职奖\d|满\d+天返|高返"),
        _("Promises a rebate; state what it depends on."),
    ),
    (
        "boast",
        re.compile(r"高薪|月入(?:过|上)?万|轻松(?:过万|月入)|不封顶|躺赚|日结高|零风险"),
        _("Boasts of pay; state the figures."),
    ),
    (
        "guarantee",
        re.compile(r"包过|包录取|包就业|百分百录用|保证录用|100%录用|内部指标"),
        _("Promises a result that nobody can promise."),
    ),
)


@dataclass(frozen=True, slots=True)
class WordingWarning:
    """One doubtful expression: which rule, the words found, and why they are doubtful."""

    code: str
    words: str
    reason: str


def check_wording(*texts: str) -> list[WordingWarning]:
    """Return a warning for each rule that any of ``texts`` touches, in the order of the rules."""
    joined = "\n".join(texts)
    return [
        WordingWarning(code, found[0], str(reason))
        for code, pattern, reason in RULES
        if (found := pattern.search(joined))
    ]
