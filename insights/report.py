"""The figures with words around them: what the page, the API and the workbook show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.db.models import Model
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from core.templatetags.fmt import moment
from employers.models import Employer, Vacancy
from fairs.models import EntryChannel, Fair
from insights.records import LEVELS, Count, Line, Statistics
from insights.watch_report import WatchTable, watch_tables
from intents.enums import Level, Outcome
from livestream.models import Guest, Session

#: Cells of fewer persons are suppressed in what leaves the house.
SMALLEST_CELL: Final = 5


@dataclass(frozen=True, slots=True)
class Cell:
    """人数 and 人次 as shown; ``None`` where so few persons are not told."""

    persons: int | None
    rows: int | None


@dataclass(frozen=True, slots=True)
class Row:
    """A value of a dimension by name, with its counts at L1 … L7."""

    key: str
    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One dimension."""

    name: str
    title: str
    note: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A fair's figures, ready to be read. ``public`` ones have small cells suppressed."""

    fair: Fair
    statistics: Statistics
    public: bool
    headline: str
    funnel: tuple[tuple[str, Cell, Cell], ...]
    tables: tuple[Table, ...]
    ended: tuple[tuple[str, int], ...]
    watching: tuple[WatchTable, ...]


def report_of(fair: Fair, statistics: Statistics, *, public: bool = False) -> Report:
    """Put words to ``statistics``; one query per dimension for the names."""
    return Report(
        fair=fair,
        statistics=statistics,
        public=public,
        headline=headline(statistics, public=public),
        funnel=tuple(
            (level_name(level), cell(net, public=public), cell(gross, public=public))
            for level, net, gross in zip(LEVELS, statistics.net, statistics.gross, strict=True)
        ),
        tables=tuple(
            Table(name, *words, _rows(name, statistics.lines[name], public=public))
            for name, words in _dimensions().items()
        ),
        ended=tuple(
            (str(Outcome(outcome).label), rows) for outcome, rows in statistics.ended.items()
        ),
        watching=watch_tables(statistics.watched),
    )


def headline(statistics: Statistics, *, public: bool = False) -> str:
    """The sentence of the evening: matched persons beside applied persons, and as of when."""
    return _sentence() % _numbers(statistics, public=public)


def headline_html(statistics: Statistics) -> SafeString:
    """The same sentence with the persons in bold."""
    numbers = _numbers(statistics, public=False)
    for name in ("matched", "applied"):
        numbers[name] = format_html("<b>{}</b>", numbers[name])
    return mark_safe(escape(_sentence()) % numbers)  # noqa: S308 (our words and numbers)


def _sentence() -> str:
    return _(
        "As of %(when)s, %(matched)s people reached an employment intent (%(matched_rows)s "
        "intents), out of %(applied)s who applied (%(applied_rows)s applications)."
    )


def _numbers(statistics: Statistics, *, public: bool) -> dict[str, str]:
    matched, applied = statistics.at(Level.MATCHED), statistics.at(Level.EXPRESSED)
    return {
        "when": moment(statistics.as_of),
        "matched": told(matched.persons, public=public),
        "matched_rows": told(matched.rows, public=public),
        "applied": told(applied.persons, public=public),
        "applied_rows": told(applied.rows, public=public),
    }


def level_name(level: Level) -> str:
    """The ladder's words, short."""
    return {
        Level.EXPRESSED: _("Applied"),
        Level.MATCHED: _("Intent reached"),
        Level.INTERVIEW_BOOKED: _("Interview booked"),
        Level.INTERVIEWED: _("Interviewed"),
        Level.OFFERED: _("Offered"),
        Level.HIRED: _("Hired"),
        Level.RETAINED: _("Still employed"),
    }[level]


def told(number: int, *, public: bool) -> str:
    """A number for people; a small one stays in the house."""
    if public and 0 < number < SMALLEST_CELL:
        return f"<{SMALLEST_CELL}"
    return f"{number:,}"


def cell(count: Count, *, public: bool) -> Cell:
    """The count as it may be told."""
    if public and 0 < count.persons < SMALLEST_CELL:
        return Cell(None, None)
    return Cell(count.persons, count.rows)


def _dimensions() -> dict[str, tuple[str, str]]:
    return {
        "session": (_("By session"), _("Applications made outside a session are in no line.")),
        "guest": (
            _("By guest"),
            _(
                "Who presented the card at the first tap; all guests of the session where nobody "
                "is named. One application can count for several guests."
            ),
        ),
        "employer": (_("By employer"), ""),
        "vacancy": (_("By vacancy"), ""),
        "channel": (_("By entry channel"), _("Only applications that came through a link.")),
    }


def _rows(name: str, lines: Iterable[Line], *, public: bool) -> tuple[Row, ...]:
    kept = list(lines)
    names = _names(name, [line.key for line in kept])
    return tuple(
        Row(
            line.key,
            names.get(line.key, ""),
            tuple(cell(count, public=public) for count in line.levels),
        )
        for line in kept
    )


_NAMED: Final[dict[str, tuple[type[Model], str]]] = {
    "session": (Session, "title"),
    "guest": (Guest, "name"),
    "employer": (Employer, "name"),
    "channel": (EntryChannel, "name"),
}


def _names(name: str, keys: list[str]) -> dict[str, str]:
    """The names of a dimension's values by public id, in one query."""
    if name == "vacancy":
        rows = Vacancy.objects.filter(public_id__in=keys).select_related("employer")
        return {str(row.public_id): f"{row.title} · {row.employer.name}" for row in rows}
    model, field = _NAMED[name]
    pairs = model._default_manager.filter(public_id__in=keys).values_list("public_id", field)
    return {str(key): str(text) for key, text in pairs}
