"""From an uploaded file to rows of named values. The one door for vacancies in bulk."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Final

from django.utils.translation import gettext as _

from employers.spreadsheet.csv_reader import CsvSheet
from employers.spreadsheet.errors import RowProblem, SpreadsheetError
from employers.spreadsheet.headers import HEADER_ROWS, Header, find_header
from employers.spreadsheet.limits import MAX_FILE_BYTES, MAX_ROWS
from employers.spreadsheet.rows import RawRow, Sheet, too_many_rows
from employers.spreadsheet.xlsx_reader import encrypted, open_sheets

_OLE_MAGIC: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED_STREAM: Final = "EncryptedPackage".encode("utf-16-le")
REQUIRED: Final = ("title", "employer")


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One vacancy as written: its row number in the sheet and its cells by field.

    ``values`` has an entry for every column that the sheet has, also for empty cells.
    """

    number: int
    values: dict[str, str]
    problems: tuple[RowProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """An open spreadsheet: its headings and, read on demand, its rows."""

    header: Header
    sheet: Sheet

    @property
    def size(self) -> int:
        """About how many vacancies there are; for progress."""
        return max(self.sheet.size - 1, 0)

    def rows(self) -> Iterator[SheetRow]:
        """Yield the rows below the headings that hold anything.

        Raises :class:`SpreadsheetError` where the file turns out damaged or too large midway.
        """
        count = 0
        for raw in self.sheet.rows():
            if raw.number <= self.header.row or raw.blank:
                continue
            count += 1
            if count > MAX_ROWS:
                raise too_many_rows()
            yield self._named(raw)

    def _named(self, raw: RawRow) -> SheetRow:
        values = {
            field: raw.cells[index] if index < len(raw.cells) else ""
            for field, index in self.header.columns.items()
        }
        problems = tuple(
            RowProblem(self.header.heading(field), raw.faults[index])
            for field, index in self.header.columns.items()
            if index in raw.faults
        )
        return SheetRow(raw.number, values, problems)


@contextmanager
def open_table(
    file: BinaryIO, filename: str, *, required: Collection[str] = REQUIRED
) -> Iterator[Table]:
    """Open a spreadsheet of vacancies; xlsx or csv is told from the content, not from the name.

    ``file`` is a seekable binary file that stays open. Everything that can be wrong with the
    file as a whole raises :class:`SpreadsheetError`, most of it before the first row is read.
    """
    with open_file(file, filename) as sheets:
        yield _first_table(sheets, required)


@contextmanager
def open_file(file: BinaryIO, filename: str) -> Iterator[Iterator[Sheet]]:
    """Open any spreadsheet and hand out its sheets; see :func:`open_table` for the guarantees."""
    _check_size(file, filename)
    start = _start(file)
    if start.startswith(_OLE_MAGIC):
        raise _old_format(file)
    if not start.startswith(b"PK"):
        if start.lstrip().startswith(b"<"):
            raise _web_page()
        yield iter((CsvSheet(file),))
        return
    sheets = open_sheets(file)
    try:
        yield sheets
    finally:
        sheets.close()  # type: ignore[attr-defined]


def _first_table(sheets: Iterator[Sheet], required: Collection[str]) -> Table:
    """Return the first sheet with usable headings; else say what the first one lacks."""
    failure: SpreadsheetError | None = None
    for sheet in sheets:
        try:
            return Table(_header(sheet, required), sheet)
        except SpreadsheetError as error:
            if failure is None or error.code != "spreadsheet_no_header":
                failure = failure if failure and failure.code != "spreadsheet_no_header" else error
    raise failure or _empty()


def _header(sheet: Sheet, required: Collection[str]) -> Header:
    first = itertools.islice(sheet.rows(), HEADER_ROWS)
    top = [(raw.number, raw.cells) for raw in first if not raw.blank]
    if not top:
        raise _empty()
    header = find_header(top, required=required)
    sheet.check_body(header.row)
    return header


def _start(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read(512)


def _check_size(file: BinaryIO, filename: str) -> None:
    size = file.seek(0, 2)
    if size == 0:
        raise _empty()
    if size > MAX_FILE_BYTES:
        raise SpreadsheetError(
            "spreadsheet_too_large",
            _("%(name)s is larger than %(n)d MB. Split it and import the parts.")
            % {"name": filename, "n": MAX_FILE_BYTES // 1024 // 1024},
        )


def _empty() -> SpreadsheetError:
    return SpreadsheetError("spreadsheet_empty", _("The file is empty."))


def _web_page() -> SpreadsheetError:
    return SpreadsheetError(
        "spreadsheet_other_format",
        _("This is a web page with a spreadsheet's name. Open it in Excel and save it as .xlsx."),
    )


def _old_format(file: BinaryIO) -> SpreadsheetError:
    """Office wraps a password-protected xlsx into the container that old .xls files use."""
    file.seek(0)
    tail = b""
    while chunk := file.read(1 << 20):
        if _ENCRYPTED_STREAM in tail + chunk:
            return encrypted()
        tail = chunk[-len(_ENCRYPTED_STREAM) :]
    return SpreadsheetError(
        "spreadsheet_other_format",
        _("The old .xls format is not supported. Save the file as .xlsx."),
    )
