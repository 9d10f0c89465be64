"""Workbook and CSV of a report. Aggregates only: no person is in them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from io import BytesIO, StringIO
from typing import Final

import xlsxwriter
from django.utils.translation import gettext as _

from core.templatetags.fmt import moment
from insights.records import LEVELS
from insights.report import SMALLEST_CELL, Cell, Report, level_name, told
from insights.watch_report import WatchRow, WatchTable

_FORMULA_STARTS: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
Value = str | int
Sheet = tuple[str, list[list[Value]]]


def sheets_of(report: Report) -> Iterator[Sheet]:
    """The report as named tables of plain values, the summary first."""
    yield _("Summary"), _summary(report)
    for watching in report.watching:
        yield watching.words.title, _watching(watching, report)
    head: list[Value] = [_("Name")]
    for level in LEVELS:
        head += [
            _("%(level)s, people") % {"level": level_name(level)},
            _("%(level)s, intents") % {"level": level_name(level)},
        ]
    for table in report.tables:
        rows: list[list[Value]] = [head]
        rows += [[row.label, *_spread(row.cells)] for row in table.rows]
        yield table.title, rows


def _watching(table: WatchTable, report: Report) -> list[list[Value]]:
    words = table.words
    counts: list[Value] = [
        words.views,
        words.viewers,
        words.effective,
        words.effective_viewers,
    ]
    head: list[Value] = [_("Name"), *counts]
    head += [_("%(time)s, minutes") % {"time": words.time}, words.peak, _("at")]
    rows = [head]
    rows += [_watch_row(row, report) for row in (table.net, table.gross, *table.sessions)]
    if table.channels:
        rows += [[], [_("By entry channel"), *counts]]
        rows += [_watch_row(row, report)[:5] for row in table.channels]
    return [*rows, [], [words.note]]


def _watch_row(row: WatchRow, report: Report) -> list[Value]:
    if report.public and 0 < row.fewest < SMALLEST_CELL:
        return [row.label, f"<{SMALLEST_CELL}"]
    views = row.views
    counts: list[Value] = [
        views.views,
        views.viewers,
        views.effective_views,
        views.effective_viewers,
    ]
    return [row.label, *counts, row.minutes, row.watched.peak, moment(row.peak_at)]


def _summary(report: Report) -> list[list[Value]]:
    figures, supply, talk = report.statistics, report.statistics.supply, report.statistics.talk
    rows: list[list[Value]] = [
        [report.fair.name],
        [report.headline],
        [_("As of"), moment(figures.as_of)],
        [],
        [_("Step"), _("People"), _("Intents"), _("People, gross"), _("Intents, gross")],
    ]
    rows += [[name, *_spread((net, gross))] for name, net, gross in report.funnel]
    rows.append([])
    for label, count in report.ended:
        rows.append([label, _number(count, report)])
    rows += [
        [],
        [_("Employers"), supply.employers],
        [_("Vacancies"), supply.vacancies],
        [_("Openings with a number"), supply.headcount],
        [_("Vacancies with “several” openings"), supply.unnumbered],
        [_("Trades"), supply.trades],
        [],
        [_("Messages"), _number(talk.messages, report)],
        [_("People who wrote"), _number(talk.senders, report)],
        [_("Questions"), _number(talk.questions, report)],
        [_("People who asked"), _number(talk.askers, report)],
        [_("Questions answered"), _number(talk.answered, report)],
    ]
    if report.public:
        rows += [[], [_("Cells of fewer than %(n)s people are left out.") % {"n": SMALLEST_CELL}]]
    return rows


def _number(value: int, report: Report) -> Value:
    """The number itself, or what is told of a small one outside the house."""
    shown = told(value, public=report.public)
    return value if shown == f"{value:,}" else shown


def _spread(cells: Iterable[Cell]) -> list[Value]:
    values: list[Value] = []
    for cell in cells:
        if cell.persons is None or cell.rows is None:
            values += [f"<{SMALLEST_CELL}", ""]
        else:
            values += [cell.persons, cell.rows]
    return values


def workbook(report: Report) -> bytes:
    """The report as .xlsx; text is never read as a formula or a link."""
    buffer = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        bold = book.add_format({"bold": True})
        for title, rows in sheets_of(report):
            sheet = book.add_worksheet(title[:31])
            sheet.set_column(0, 0, 36)
            sheet.set_column(1, 2 * len(LEVELS), 14)
            for place, row in enumerate(rows):
                sheet.write_row(place, 0, row, bold if place == 0 else None)
    return buffer.getvalue()


def csv_text(report: Report) -> str:
    """The report as CSV with a byte order mark, so that spreadsheets read it as UTF-8."""
    buffer = StringIO()
    writer = csv.writer(buffer)
    for title, rows in sheets_of(report):
        writer.writerow([_harmless(title)])
        for row in rows:
            writer.writerow([_harmless(value) for value in row])
        writer.writerow([])
    return "\ufeff" + buffer.getvalue()


def _harmless(value: Value) -> Value:
    """Text that a spreadsheet would run, after white space too, gets an apostrophe in front."""
    if isinstance(value, str) and value.lstrip().startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value
