"""What both readers hand out: numbered rows of plain text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from django.utils.translation import gettext as _

from employers.spreadsheet.errors import SpreadsheetError
from employers.spreadsheet.limits import LAST_ROW, MAX_CELL, MAX_COLUMNS, MAX_ROWS


@dataclass(slots=True)
class RawRow:
    """One row: its number as the spreadsheet program shows it, and its cells as text.

    ``faults`` maps the index of a cell that cannot be used to the reason.
    """

    number: int
    cells: list[str]
    faults: dict[int, str] = field(default_factory=dict)

    @property
    def blank(self) -> bool:
        return not self.faults and not any(cell.strip() for cell in self.cells)


class Sheet(Protocol):
    """One table of a file, readable more than once."""

    #: Rows that hold something, headings included; for progress.
    size: int

    def rows(self) -> Iterator[RawRow]:
        """Yield the rows from the top, blank ones too. Raises SpreadsheetError."""
        ...

    def check_body(self, header_row: int) -> None:
        """Raise SpreadsheetError if the rows below the headings cannot be read row by row."""
        ...


def damaged() -> SpreadsheetError:
    return SpreadsheetError(
        "spreadsheet_damaged",
        _("The file is damaged or not a spreadsheet. Save it again as .xlsx or .csv."),
    )


def too_many_rows() -> SpreadsheetError:
    return SpreadsheetError(
        "spreadsheet_too_many_rows",
        _("More than %(n)d rows. Split the file and import the parts.") % {"n": MAX_ROWS},
    )


def cell_too_long(row: int, column: int) -> SpreadsheetError:
    return SpreadsheetError(
        "spreadsheet_cell_too_long",
        _("Row %(row)d, column %(column)d: a cell holds more than %(n)d characters.")
        % {"row": row, "column": column, "n": MAX_CELL},
    )


def checked(row: RawRow) -> RawRow:
    """Return the row if its width, its position and its cells are within the limits."""
    if row.number > LAST_ROW:
        raise damaged()
    if len(row.cells) > MAX_COLUMNS and any(row.cells[MAX_COLUMNS:]):
        raise SpreadsheetError(
            "spreadsheet_too_many_columns",
            _("Row %(row)d has more than %(n)d columns.") % {"row": row.number, "n": MAX_COLUMNS},
        )
    for index, cell in enumerate(row.cells):
        if len(cell) > MAX_CELL:
            raise cell_too_long(row.number, index + 1)
    return row
