"""The demo's vacancies, written as the workbook an organiser would collect.

Run ``python -m jobfair.demo.workbook`` to write ``vacancies.xlsx`` anew after a change here. All
companies are invented; so is their city of Lingzhou (岭州). Places are real, so that the filter by
place has something to do.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

import xlsxwriter

from jobfair.demo.trades import TRADES

WORKBOOK: Final = Path(__file__).with_name("vacancies.xlsx")
HEADINGS: Final = (
    "公司名称", "职位名称", "工种", "招聘人数", "工作地点", "薪资", "底薪", "综合工资", "计薪方式",
    "学历要求", "工作经验", "班次", "用工形式", "食宿", "夫妻间", "五险一金", "班车", "证书要求",
    "押金/体检费", "岗位职责", "任职要求",
)  # fmt: skip


class Firm(NamedTuple):
    """An invented employer, where it works and what its shop-floor jobs have in common."""

    name: str
    place: str
    board: str
    form: str
    jobs: tuple[tuple[str, str, str, str], ...]
    """Title, key into TRADES, headcount, pay."""


FIRMS: Final = (
    Firm("岭州恒越精密机械有限公司", "佛山-顺德区", "包吃住", "直招", (
        ("数控车床操作工", "turner", "12", "7-9.5千/月"), ("数控铣床编程员", "cnc", "4", "0.9-1.3万/月"),
        ("普车车工(老师傅优先)", "turner", "5", "8千-1.1万/月"), ("磨床工", "grinder", "3", "7-9千/月"),
        ("氩弧焊工", "welder", "8", "0.8-1.2万/月"), ("质检员(三坐标)", "inspector", "3", "6-8千/月"),
        ("设备维修电工", "electrician", "4", "7.5千-1万/月"), ("机械工程师", "engineer", "2", "1.2-1.8万/月"),
        ("学徒工(师带徒)", "apprentice", "20", "5-6千/月"), ("仓库管理员", "warehouse", "2", "5-6.5千/月"),
    )),
    Firm("岭州南粤船舶工程有限公司", "广州-南沙区", "包吃住", "直招", (
        ("船体装配工", "fitter", "15", "0.9-1.4万/月"), ("CO2气保焊工", "welder", "30", "300-420元/天"),
        ("管系焊工(持证)", "welder", "10", "1-1.5万/月"), ("起重工", "crane", "6", "8千-1.1万/月"),
        ("船舶电工", "electrician", "8", "0.8-1.2万/月"), ("涂装工", "painter", "12", "280-350元/天"),
        ("安全员", "safety", "3", "7-9千/月"), ("钳工", "fitter", "6", "8千-1万/月"),
        ("普工", "general", "若干", "6-7.5千/月"),
    )),
    Firm("岭州佳禾家用电器有限公司", "中山市", "包吃住", "直招", (
        ("装配线普工", "general", "120", "5.5-7.5千/月"), ("注塑机操作工", "injection", "18", "6-8千/月"),
        ("空调装配工(计件)", "piece", "60", "3.5元/件"), ("夜班普工", "general_night", "40", "24元/小时"),
        ("品质检验员", "inspector", "10", "5.5-7千/月"), ("叉车司机", "forklift", "6", "6.5-8千/月"),
        ("模具钳工", "fitter", "4", "0.9-1.2万/月"), ("班组长", "foreman", "5", "7.5-9.5千/月"),
        ("人事专员", "hr", "2", "6-8千/月"), ("生产计划员", "planner", "2", "6.5-8.5千/月"),
    )),
    Firm("岭州云锦服饰有限公司", "东莞市", "包吃住", "直招", (
        ("缝纫车工(计件)", "sewing", "80", "0.6-1万/月"), ("裁剪工", "cutter", "10", "7-9千/月"),
        ("整烫工", "ironing", "12", "6-8千/月"), ("样衣师傅", "sample", "3", "0.9-1.3万/月"),
        ("尾部包装工", "piece", "30", "0.35元/件"), ("服装设计师", "designer", "2", "1-1.6万/月"),
        ("跟单员", "merchandiser", "3", "6-8千/月"), ("机修工", "mechanic", "2", "7-9千/月"),
    )),
    Firm("岭州安禾家政服务有限公司", "广州-越秀区", "包吃住", "直招", (
        ("住家保姆", "housekeeper", "40", "6-8.5千/月"), ("月嫂", "maternity", "25", "1-1.6万/月"),
        ("养老护理员", "carer", "30", "6-8千/月"), ("医院护工", "carer", "35", "220-280元/天"),
        ("钟点保洁", "cleaner", "若干", "40-50元/小时"), ("育婴师", "maternity", "15", "8千-1.2万/月"),
        ("客户经理", "sales", "4", "6千-1.2万/月"),
    )),
    Firm("岭州康宁护理院", "佛山-禅城区", "包吃", "直招", (
        ("护士", "nurse", "12", "6-9千/月"), ("护理员(学徒可)", "carer", "20", "5-6.5千/月"),
        ("康复治疗师", "therapist", "4", "7千-1万/月"), ("厨师", "cook", "3", "6.5-8.5千/月"),
        ("社工", "social", "2", "5.5-7千/月"), ("前台接待", "reception", "2", "4.5-5.5千/月"),
        ("护理主管", "nurse_lead", "1", "0.9-1.2万/月"),
    )),
    Firm("岭州速达物流有限公司", "广州-白云区", "包住", "直招", (
        ("货车司机(B2)", "driver", "25", "0.8-1.2万/月"), ("分拣员(夜班)", "sorter", "60", "22-26元/小时"),
        ("装卸工", "loader", "30", "250-320元/天"), ("快递员", "courier", "50", "7千-1.2万/月"),
        ("叉车司机", "forklift", "8", "7-8.5千/月"), ("仓储主管", "foreman", "2", "0.8-1.1万/月"),
        ("调度员", "planner", "4", "6-7.5千/月"), ("客服专员", "service", "6", "5-6.5千/月"),
    )),
    Firm("岭州启明光电科技有限公司", "深圳-光明区", "包吃住", "直招", (
        ("无尘车间操作员", "cleanroom", "90", "6-8千/月"), ("SMT技术员", "smt", "10", "7-9.5千/月"),
        ("设备工程师", "engineer", "5", "1-1.5万/月"), ("测试工程师", "tester", "4", "1-1.6万/月"),
        ("嵌入式软件工程师", "software", "3", "1.5-2.5万/月"), ("工艺工程师", "engineer", "3", "1.1-1.6万/月"),
        ("采购专员", "buyer", "2", "7-9千/月"), ("储备干部(应届)", "graduate", "15", "6-7.5千/月"),
        ("暑期实习生", "intern", "20", "150元/天"),
    )),
    Firm("岭州城市轨道运营有限公司", "广州-番禺区", "包吃", "直招", (
        ("站务员", "station", "40", "6-7.5千/月"), ("信号检修工", "signal", "12", "7-9.5千/月"),
        ("车辆检修工", "mechanic", "15", "7-9.5千/月"), ("电客车司机", "train", "10", "0.9-1.3万/月"),
        ("供电检修电工", "electrician", "10", "7.5千-1万/月"), ("安检员(外包)", "guard", "60", "4.8-5.8千/月"),
        ("综合文员", "clerk", "2", "5.5-7千/月"),
    )),
    Firm("岭州绿源新能源有限公司", "惠州市", "包吃住", "直招", (
        ("电池装配工", "general", "150", "6-8千/月"), ("激光焊接技术员", "welder", "12", "8千-1.1万/月"),
        ("涂布机操作工", "operator", "20", "6.5-8.5千/月"), ("高压电工", "electrician", "6", "8千-1.1万/月"),
        ("电气工程师", "engineer", "4", "1.2-1.8万/月"), ("质量工程师", "qe", "3", "1-1.5万/月"),
        ("EHS专员", "safety", "2", "7-9千/月"), ("财务会计", "accountant", "2", "7-9千/月"),
        ("行政司机", "driver_c", "1", "6-7千/月"),
    )),
    Firm("岭州百味餐饮管理有限公司", "广州-天河区", "包吃住", "直招", (
        ("中餐厨师", "cook", "12", "7千-1万/月"), ("点心师傅", "cook", "5", "7-9.5千/月"),
        ("服务员", "waiter", "40", "4.5-6千/月"), ("门店店长", "store", "6", "7千-1万/月"),
        ("洗碗工", "cleaner", "15", "4-4.8千/月"), ("中央厨房操作工", "general", "25", "5-6.5千/月"),
        ("配送司机", "driver_c", "8", "6.5-8千/月"),
    )),
    Firm("岭州建设安装工程有限公司", "佛山-南海区", "包住", "直招", (
        ("钢结构焊工", "welder", "20", "350-480元/天"), ("钢筋工", "rebar", "30", "320-400元/天"),
        ("木工", "carpenter", "25", "330-420元/天"), ("水电安装工", "plumber", "15", "300-380元/天"),
        ("塔吊司机", "crane", "4", "0.9-1.2万/月"), ("施工员", "site", "4", "8千-1.2万/月"),
        ("资料员", "clerk", "2", "5.5-7千/月"), ("预算员", "budget", "2", "8千-1.3万/月"),
    )),
    Firm("岭州同心人力资源有限公司", "东莞市", "包吃住", "派遣", (
        ("电子厂普工(派遣)", "general", "200", "24-26元/小时"), ("包装工(派遣)", "general", "80", "23元/小时"),
        ("仓库分拣(派遣)", "sorter", "60", "22-25元/小时"), ("客服外包专员", "service", "30", "5-7千/月"),
        ("保安(外包)", "guard", "20", "5-6千/月"), ("招聘专员", "hr", "4", "6千-1万/月"),
    )),
    Firm("岭州智行软件有限公司", "广州-黄埔区", "", "直招", (
        ("Python开发工程师", "software", "4", "1.2-2万/月"), ("前端开发工程师", "software", "3", "1.2-1.8万/月"),
        ("测试工程师", "tester", "3", "0.9-1.4万/月"), ("实施工程师", "support", "6", "0.8-1.2万/月"),
        ("产品经理", "product", "1", "1.5-2.2万/月"), ("运维工程师", "support", "2", "1-1.5万/月"),
        ("商务专员", "sales", "3", "面议"), ("行政前台", "reception", "1", "5-6.5千/月"),
    )),
    Firm("岭州桥头社区便民服务中心", "广州-海珠区", "", "直招", (
        ("社区电工", "electrician", "2", "6-7.5千/月"), ("绿化养护工", "gardener", "6", "4.5-5.5千/月"),
        ("物业管理员", "clerk", "3", "5-6千/月"), ("保洁员", "cleaner", "10", "3.5-4.2千/月"),
        ("小区门岗", "guard", "8", "4.5-5.2千/月"), ("水电维修工", "plumber", "3", "6-7.5千/月"),
    )),
)  # fmt: skip


def rows() -> list[tuple[str, ...]]:
    """One row per vacancy, in the order of ``HEADINGS``."""
    return [_row(firm, number, *job) for firm in FIRMS for number, job in enumerate(firm.jobs)]


def _row(
    firm: Firm, number: int, title: str, key: str, headcount: str, pay: str
) -> tuple[str, ...]:
    trade = TRADES[key]
    form = next((word for word in ("派遣", "外包") if word in title), firm.form)
    piecework = "计件" if "/件" in pay or "计件" in title else ""
    scheme = piecework or ("计时" if "/小时" in pay else "月薪")
    base, total = trade.base_and_total if number % 2 == 0 else ("", "")
    return (
        firm.name, title, trade.name, headcount, firm.place, pay, base, total, scheme,
        trade.education, trade.experience, trade.shift, form, firm.board,
        "有" if trade.shop_floor and firm.board == "包吃住" and number % 3 == 0 else "",
        "有" if form == "直招" else "", "有" if trade.shop_floor and number % 2 else "",
        trade.certificates, "不收押金，体检费入职后报销" if number % 4 == 0 else "",
        trade.duties, trade.requirements,
    )  # fmt: skip


def write(path: Path = WORKBOOK) -> None:
    """Write the workbook; cells that look like formulas stay text."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with xlsxwriter.Workbook(path, options) as book:
        sheet = book.add_worksheet("岗位征集表")
        sheet.freeze_panes(1, 2)
        sheet.set_column(0, len(HEADINGS), 16)
        for number, row in enumerate((HEADINGS, *rows())):
            sheet.write_row(number, 0, row)


if __name__ == "__main__":
    write()
