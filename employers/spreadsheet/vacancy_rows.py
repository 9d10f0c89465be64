"""One row of a spreadsheet as one vacancy: every column read, every fault named."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from employers.models import Employer, Vacancy
from employers.rules import code_fits, credit_code, has_code_shape
from employers.spreadsheet import choices
from employers.spreadsheet.errors import CellError, RowProblem
from employers.spreadsheet.headers import Header, field_of
from employers.spreadsheet.pay import Pay, parse_pay
from employers.spreadsheet.places import parse_place
from employers.spreadsheet.reader import SheetRow
from employers.spreadsheet.requirements import (
    first_trade,
    parse_education,
    parse_experience,
    parse_headcount,
    parse_requirements,
)
from employers.spreadsheet.text import folded, many_lines, one_line

_WEB_ADDRESS = re.compile(r"^https?://[^\s<>\"'\\]+$", re.IGNORECASE)
_PLAIN_TEXT: Final = (
    "title", "trade", "certificates", "base_pay_text", "total_pay_text", "deposit_text",
    "source_name",
)  # fmt: skip
_CHOICES: Final[dict[str, Callable[[str], str | None]]] = {
    "employment_form": choices.parse_employment_form,
    "shift": choices.parse_shift,
    "board": choices.parse_board,
    "pay_scheme": choices.parse_pay_scheme,
}
_YES_NO: Final = ("couple_room", "social_insurance", "shuttle")


@dataclass(slots=True)
class VacancyRow:
    """What one row says. ``fields`` holds the vacancy's fields that it states, and no others.

    A row with ``problems`` is rejected. ``notes`` are warnings that do not stop it.
    """

    number: int
    employer_name: str = ""
    credit_code: str = ""
    key: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    problems: list[RowProblem] = field(default_factory=list)
    notes: list[RowProblem] = field(default_factory=list)

    @property
    def title(self) -> str:
        return str(self.fields.get("title", ""))


def read_row(row: SheetRow, header: Header) -> VacancyRow:
    """Return the vacancy that the row describes, or the reasons why it cannot be used."""
    return _RowReader(row, header).read()


def import_key(*, source_url: str, title: str, place: str, pay: str) -> str:
    """Return what makes a vacancy the same one at the next import, within its employer.

    The source link if there is one, else title, place and pay as written; a SHA-256 in hex.
    """
    parts = (
        ["link", source_url] if source_url else ["post", folded(title), folded(place), folded(pay)]
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


class _RowReader:
    """Reads the columns of one row into a VacancyRow."""

    def __init__(self, row: SheetRow, header: Header) -> None:
        self._cells = row.values
        self._header = header
        self._out = VacancyRow(row.number, problems=list(row.problems))
        self._left_over: list[str] = []

    def read(self) -> VacancyRow:
        if field_of(self._cell("title")) == "title":
            self._fault("title", _("This row repeats the headings."))
            return self._out
        self._read_employer()
        for name in _PLAIN_TEXT:
            self._store(name, one_line(self._cell(name)))
        if not self._out.title:
            self._fault("title", _("The title is empty."))
        self._read_place_and_pay()
        self._read_requirements()
        self._read_choices()
        self._read_duties()
        self._read_link()
        self._out.key = import_key(
            source_url=str(self._out.fields.get("source_url", "")),
            title=self._out.title,
            place=self._cell("place"),
            pay=self._pay_text(),
        )
        self._check_lengths()
        return self._out

    def _cell(self, name: str) -> str:
        return self._cells.get(name, "")

    def _store(self, name: str, value: object) -> None:
        """Keep a stated value; an empty cell states nothing and erases nothing."""
        if value not in ("", None):
            self._out.fields[name] = value

    def _fault(self, name: str, reason: str) -> None:
        column = self._header.heading(name)
        if all(problem.column != column for problem in self._out.problems):
            self._out.problems.append(RowProblem(column, reason))

    def _try(self, name: str, parse: Callable[[str], Any]) -> Any:
        try:
            return parse(self._cell(name))
        except CellError as error:
            self._fault(name, error.message)
            return None

    def _read_employer(self) -> None:
        self._out.employer_name = one_line(self._cell("employer"))
        code = credit_code(self._cell("credit_code"))
        if not code:
            return
        if not has_code_shape(code):
            self._fault("credit_code", _("A unified social credit code has 18 characters."))
            return
        self._out.credit_code = code
        if not code_fits(code):
            reason = _("The check character does not fit; compare with the licence.")
            self._out.notes.append(RowProblem(self._header.heading("credit_code"), reason))

    def _read_place_and_pay(self) -> None:
        place = parse_place(self._cell("place"))
        if place.text:
            self._out.fields.update(place_text=place.text, place_code=place.code)
        pay = self._pay()
        if pay is not None and pay.stated:
            self._out.fields.update(
                pay_text=pay.text,
                pay_min_fen=pay.min_fen,
                pay_max_fen=pay.max_fen,
                pay_unit=pay.unit or "",
                pay_negotiable=pay.negotiable,
                pay_monthly_min_fen=pay.monthly_min_fen,
                pay_monthly_max_fen=pay.monthly_max_fen,
            )

    def _pay(self) -> Pay | None:
        name = "pay" if self._cell("pay").strip() else "pay_min"
        try:
            return parse_pay(self._pay_text(), hint=self._header.heading(name))
        except CellError as error:
            self._fault(name, error.message)
            return None

    def _pay_text(self) -> str:
        """One pay column, or a lower and an upper one."""
        if self._cell("pay").strip():
            return one_line(self._cell("pay"))
        low, high = (one_line(self._cell(name)) for name in ("pay_min", "pay_max"))
        if low and high and low != high:
            return f"{low}-{high}"
        if low and high:
            return low
        return f"{low}以上" if low else f"{high}以下" if high else ""

    def _read_requirements(self) -> None:
        asked = parse_requirements(self._cell("requirements"))
        education = self._try("education", parse_education)
        years = self._try("experience", parse_experience)
        count, stated = self._try("headcount", parse_headcount) or (None, False)
        if not stated:
            count, stated = asked.headcount, asked.headcount_stated
        if count == 0:
            self._fault("requirements", _("Write the headcount as one number, for example 5."))
        if stated:
            self._out.fields.update(headcount=count, headcount_stated=True)
        words = (one_line(self._cell(name)) for name in ("experience", "education"))
        self._store("requirements", asked.text or " · ".join(word for word in words if word))
        self._store("education", asked.education if education is None else education)
        self._store("experience_years", asked.experience_years if years is None else years)
        self._store("valid_until", self._try("valid_until", choices.parse_date))

    def _read_choices(self) -> None:
        for name, parse in _CHOICES.items():
            text = one_line(self._cell(name))
            choice = parse(text) if text else None
            self._store(name, choice)
            if text and choice is None:
                self._left_over.append(f"{self._header.heading(name)}:{text}")
        for name in _YES_NO:
            self._store(name, self._try(name, choices.parse_yes_no))

    def _read_duties(self) -> None:
        """Answers that fit no choice are not lost: they close the duties."""
        duties = many_lines(self._cell("duties"))
        self._store("duties", "\n".join(filter(None, [duties, *self._left_over])))
        if "trade" not in self._out.fields:
            self._store("trade", first_trade(duties))

    def _read_link(self) -> None:
        link = one_line(self._cell("source_url"))
        if link and not _WEB_ADDRESS.match(link):
            self._fault("source_url", _("A link begins with http:// or https://."))
            return
        self._store("source_url", link)
        if link and "source_name" not in self._out.fields:
            self._store("source_name", _host(link))

    def _check_lengths(self) -> None:
        for name, value in self._out.fields.items():
            limit = getattr(Vacancy._meta.get_field(name), "max_length", None)
            if limit and isinstance(value, str) and len(value) > limit:
                self._fault(_COLUMN_OF.get(name, name), _too_long(limit))
        limit = Employer._meta.get_field("name").max_length or 0
        if len(self._out.employer_name) > limit:
            self._fault("employer", _too_long(limit))


#: Fields whose column has another name.
_COLUMN_OF: Final = {"place_text": "place", "pay_text": "pay", "pay_unit": "pay"}


def _host(link: str) -> str:
    try:
        return (urlsplit(link).hostname or "").removeprefix("www.")[:80]
    except ValueError:
        return ""


def _too_long(limit: int) -> str:
    return _("Longer than %(n)d characters.") % {"n": limit}
