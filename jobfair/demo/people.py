"""The demo's people, all invented, and the phone numbers they sign in with."""

from __future__ import annotations

from typing import Final, NamedTuple

from livestream.enums import HonourLevel


class Person(NamedTuple):
    """An account of the demo."""

    phone: str
    name: str
    role: str


class Worker(NamedTuple):
    """A guest of the demo, with honours as (level, title, year, issuer)."""

    name: str
    trade: str
    years: int
    firm: str
    headline: str
    story: str
    honours: tuple[tuple[HonourLevel, str, int, str], ...]


MANAGER: Final = Person("+8613800000001", "黄主任", "staff: manager")
REVIEWER: Final = Person("+8613800000002", "小林", "staff: reviewer")
OPERATOR: Final = Person("+8613800000003", "许航", "crew: operator")
HOST: Final = Person("+8613800000004", "周敏", "crew: host")
EMPLOYER: Final = Person("+8613800000005", "王经理", "employer: owner")
RECRUITER: Final = Person("+8613800000006", "小赵", "employer: recruiter")
SEEKER: Final = Person("+8613800000007", "阿强", "seeker")
NEWCOMER: Final = Person("+8613800000008", "", "new here: no account yet")
ADMIN: Final = Person("+8613800000009", "管理员", "superuser")
PEOPLE: Final = (MANAGER, REVIEWER, OPERATOR, HOST, EMPLOYER, RECRUITER, SEEKER, ADMIN)

WORKERS: Final = (
    Worker(
        "梁振邦", "焊工", 31, "岭州南粤船舶工程有限公司", "一条焊缝，管三十年",
        "十九岁进船厂，从打磨学徒做起。师傅只教一句话：焊花看得懂，铁水才听话。"
        "三十一年里焊过一百二十多条船，带出四十六个徒弟，其中九个拿了高级技师。"
        "今天想跟大家讲讲，零基础学焊接头三个月最难过的是什么。",
        ((HonourLevel.NATIONAL, "全国技术能手", 2019, "人力资源和社会保障部"),
         (HonourLevel.PROVINCIAL, "广东省劳动模范", 2015, "广东省人民政府")),
    ),
    Worker(
        "何秀芬", "养老护理员", 17, "岭州康宁护理院", "把别人的父母，当自己的父母",
        "四十二岁从纺织厂转岗，考下护理员证。她说这一行不看年龄，看的是心细。",
        ((HonourLevel.CITY, "岭州工匠", 2022, "岭州市总工会"),),
    ),
    Worker(
        "罗启明", "数控车工", 22, "岭州恒越精密机械有限公司", "误差，是可以商量的吗？",
        "技校毕业，从普车到五轴。车间里有一台以他名字命名的工作室机床。",
        ((HonourLevel.PROVINCIAL, "广东省五一劳动奖章", 2021, "广东省总工会"),),
    ),
    Worker(
        "邓小燕", "缝纫工", 14, "岭州云锦服饰有限公司", "一分钟，七十二针",
        "从流水线到样衣师傅，靠的是下班后多做的那一件。",
        ((HonourLevel.COUNTY, "区技术标兵", 2023, "岭州市城东区总工会"),),
    ),
)  # fmt: skip

#: 称呼, trade, years of the demo's further seekers.
SEEKERS: Final = (
    ("李师傅", "焊工", 8), ("陈大姐", "缝纫工", 12), ("小何", "", None), ("老周", "电工", 15),
    ("阿珍", "护理员", 3), ("小吴同学", "", 0), ("刘哥", "叉车司机", 6), ("梅姐", "家政服务员", 5),
    ("阿辉", "车工", 10), ("小谢", "普工", 1), ("冯师傅", "钳工", 18), ("阿丽", "质检员", 4),
)  # fmt: skip

CHAT: Final = (
    "老师好，来学习了", "梁师傅讲得实在", "没证能进厂学吗？", "夫妻两个人一起去，有夫妻间吗",
    "离地铁近不近", "上夜班补贴多少？", "已报名，等电话", "四十五岁还招吗", "计件是日结还是月结",
    "宿舍几个人一间", "五险一金从第一个月就交吗", "谢谢主持人",
)  # fmt: skip

#: Asked in the live room: text, whether of the shipyard, votes, the answer ("on air" where it was
#: given aloud, empty where it waits).
QUESTIONS: Final = (
    ("试用期工资打折吗？", True, 4, "不打折，试用期和转正后一样，劳动合同里写明。"),
    ("焊工旺季一个月到手能有多少钱，底薪多少？", True, 9, ""),
    ("没有焊工证，厂里带着考要多久？", False, 7, ""),
    ("梁师傅，焊铝和焊钢哪个先学？", False, 3, "on air"),
    ("外地来面试，报销车票吗？", False, 2, ""),
)
ON_SCREEN: Final = "没有焊工证，厂里带着考要多久？"
