"""What can be wrong with a spreadsheet, and where."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise

from core.errors import Invalid


class SpreadsheetError(Invalid):
    """The whole file cannot be used; ``message`` says why and what to do about it."""


class CellError(ValueError):
    """One cell cannot be understood; the row it stands in is rejected."""

    def __init__(self, message: str | Promise) -> None:
        super().__init__(str(message))
        self.message = str(message)


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One reason why a row is rejected: the column as the sheet heads it, and what is wrong."""

    column: str
    reason: str
