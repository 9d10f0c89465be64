"""CSV as Excel, WPS and databases write it: UTF-8, UTF-16 or GB18030; comma, semicolon or tab."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final, TextIO

from django.utils.translation import gettext as _

from employers.spreadsheet.errors import SpreadsheetError
from employers.spreadsheet.headers import HEADER_ROWS, score
from employers.spreadsheet.limits import MAX_CELL, MAX_ROWS
from employers.spreadsheet.rows import RawRow, checked, damaged, too_many_rows

_DELIMITERS: Final = (",", "\t", ";", "|")
_CHUNK: Final = 1 << 20
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class CsvSheet:
    """A CSV file. ``file`` stays the caller's; it is rewound for every reading."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._encoding = _encoding(file)
        self._delimiter = max(_DELIMITERS, key=self._headings_with)
        self.size = self._count()

    def rows(self) -> Iterator[RawRow]:
        for number, cells in enumerate(self._records(self._delimiter), 1):
            faults = {
                index: _("A formula; paste its value instead.")
                for index, cell in enumerate(cells)
                if cell.startswith("=") and len(cell) > 1
            }
            yield checked(RawRow(number, cells, faults))

    def check_body(self, header_row: int) -> None:
        """A CSV file has no merged cells: nothing to refuse."""

    def _headings_with(self, delimiter: str) -> int:
        try:
            first = list(itertools.islice(self._records(delimiter), HEADER_ROWS))
        except SpreadsheetError:
            return 0
        return max(map(score, first), default=0)

    def _count(self) -> int:
        count = 0
        for cells in self._records(self._delimiter):
            count += any(cells)
            if count > MAX_ROWS + HEADER_ROWS:
                raise too_many_rows()
        return count

    def _records(self, delimiter: str) -> Iterator[list[str]]:
        with _as_text(self._file, self._encoding) as text:
            try:
                yield from csv.reader(text, delimiter=delimiter)
            except csv.Error as error:
                raise SpreadsheetError(
                    "spreadsheet_bad_csv",
                    _(
                        "A cell holds more than %(n)d characters, or a quotation mark is not "
                        "closed. Save the file again as .xlsx."
                    )
                    % {"n": MAX_CELL},
                ) from error
            except UnicodeError as error:
                raise damaged() from error


@contextmanager
def _as_text(file: BinaryIO, encoding: str) -> Iterator[TextIO]:
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        yield text
    finally:
        text.detach()


def _encoding(file: BinaryIO) -> str:
    """Return the encoding that the whole file is written in, or raise SpreadsheetError."""
    file.seek(0)
    start = file.read(4)
    known = [encoding for bom, encoding in _BOMS if start.startswith(bom)]
    for encoding in known or ["utf-8", "gb18030"]:
        if _decodes(file, encoding):
            return encoding
    raise SpreadsheetError(
        "spreadsheet_unreadable",
        _("Not a spreadsheet that can be read. Use .xlsx, or .csv in UTF-8 or GB18030."),
    )


def _decodes(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while chunk := file.read(_CHUNK):
            if _CONTROL.search(decoder.decode(chunk)):
                return False
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True
