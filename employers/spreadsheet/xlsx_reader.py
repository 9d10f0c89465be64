"""xlsx, row by row and suspicious: what is inside is checked before anything is unpacked."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO, Final, NamedTuple

import openpyxl
from django.utils.translation import gettext as _
from openpyxl.packaging.manifest import Manifest
from openpyxl.packaging.relationship import get_dependents, get_rels_path
from openpyxl.reader.excel import _find_workbook_part  # type: ignore[attr-defined]
from openpyxl.utils.cell import range_boundaries
from openpyxl.xml.constants import ARC_CONTENT_TYPES, SHARED_STRINGS
from openpyxl.xml.functions import fromstring

from employers.spreadsheet.errors import SpreadsheetError
from employers.spreadsheet.headers import HEADER_ROWS
from employers.spreadsheet.limits import (
    BOMB_BYTES,
    BOMB_RATIO,
    LAST_ROW,
    MAX_CELLS_IN_ROW,
    MAX_PART_BYTES,
    MAX_PARTS,
    MAX_ROWS,
    MAX_SHEET_BYTES,
    MAX_TEXTS,
    MAX_TEXTS_BYTES,
)
from employers.spreadsheet.rows import RawRow, checked, damaged, too_many_rows

if not openpyxl.DEFUSEDXML:  # pragma: no cover - a broken installation
    raise ImportError("openpyxl must read XML through defusedxml")

_CHUNK: Final = 1 << 18
_MAX_MERGED: Final = 10_000
_MAX_SHEETS: Final = 20
_PICTURES: Final = (
    ".png", ".jpg", ".jpeg", ".gif", ".bmp", ".emf", ".wmf", ".tif", ".tiff", ".svg", ".wdp",
)  # fmt: skip
_TAGS = re.compile(
    rb"<(?:\w+:)?(?P<value>v|is|f)[ >]|(?P<row></(?:\w+:)?row>)"
    rb"|<(?:\w+:)?mergeCell [^>]*?ref=[\"'](?P<merged>[A-Z0-9:$]{2,40})[\"']"
)
_SHAPE = re.compile(rb"<(?:\w+:)?(?:(?P<row>row)|c)[\s/>]")


class XlsxSheet:
    """One worksheet of an open workbook."""

    def __init__(self, worksheet: Any, archive: zipfile.ZipFile, part: str) -> None:
        self._worksheet = worksheet
        self._worksheet.reset_dimensions()  # the declared size is often wrong
        self.size, self._merged = _scan(archive, part)

    def rows(self) -> Iterator[RawRow]:
        for number, cells in enumerate(_guarded(self._worksheet.iter_rows()), 1):
            yield checked(_raw_row(number, cells))

    def check_body(self, header_row: int) -> None:
        """Merged cells are fine in a title above the headings and nowhere else."""
        for area in self._merged:
            try:
                last = range_boundaries(area)[3]
            except (ValueError, TypeError) as error:
                raise damaged() from error
            if last is None or last >= header_row:
                raise SpreadsheetError(
                    "spreadsheet_merged_cells",
                    _("Cells %(area)s are merged. Split merged cells, one vacancy per row.")
                    % {"area": area},
                )


def open_sheets(file: BinaryIO) -> Iterator[XlsxSheet]:
    """Yield the visible worksheets of the workbook in ``file``.

    Raises :class:`SpreadsheetError` for whatever is no plain workbook: other formats, passwords,
    macros, damage, compression bombs. Nothing is executed and nothing is written to disk.
    """
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise damaged() from error
    with archive:
        _check_archive(archive)
        workbook = next(_guarded(_load(file)))
        try:
            visible = [ws for ws in workbook.worksheets if ws.sheet_state == "visible"]
            for worksheet in visible[:_MAX_SHEETS]:
                yield XlsxSheet(worksheet, archive, worksheet._worksheet_path)
        finally:
            workbook.close()


def _load(file: BinaryIO) -> Iterator[Any]:
    file.seek(0)
    yield openpyxl.load_workbook(file, read_only=True, data_only=False, keep_links=False)


def _guarded(steps: Iterator[Any]) -> Iterator[Any]:
    """Yield from openpyxl; its many exceptions all mean a damaged file, its warnings nothing."""
    steps = iter(steps)
    while True:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                step = next(steps)
        except StopIteration:
            return
        except SpreadsheetError:
            raise
        except Exception as error:
            raise damaged() from error
        yield step


def _check_archive(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    names = {part.filename for part in parts}
    if any(part.flag_bits & 1 for part in parts):
        raise encrypted()
    if any(name.endswith("vbaProject.bin") for name in names) or _macro_types(archive, names):
        raise SpreadsheetError(
            "spreadsheet_macros",
            _("The file contains macros. Save it as a plain .xlsx workbook."),
        )
    if "[Content_Types].xml" not in names or not any(n.endswith("workbook.xml") for n in names):
        raise SpreadsheetError(
            "spreadsheet_other_format",
            _("Not an Excel workbook. Open it in Excel or WPS and save it as .xlsx."),
        )
    if len(parts) > MAX_PARTS or any(_too_large(part) for part in parts):
        raise _too_much()
    roles = next(_guarded(_roles(archive)))
    if any(_is_picture(name) for name in roles.read):
        raise damaged()
    named = {name for name in names if name.endswith("sharedStrings.xml")}
    for name in (roles.texts & names) | named:
        if archive.getinfo(name).file_size > MAX_TEXTS_BYTES or _texts(archive, name) > MAX_TEXTS:
            raise _too_much()
    for name in roles.sheets & names:
        _check_shape(archive, name)


class _Roles(NamedTuple):
    """Which parts are what, as the manifest and the relations say and openpyxl will believe.

    No part in ``read`` may bear the name of a picture, whose size nobody checks.
    """

    read: set[str]
    texts: set[str]
    sheets: set[str]


def _roles(archive: zipfile.ZipFile) -> Iterator[_Roles]:
    root: Any = fromstring(archive.read(ARC_CONTENT_TYPES))
    manifest: Any = Manifest.from_tree(root)
    parts = {part.PartName.lstrip("/"): part.ContentType for part in manifest.Override}
    workbook = _find_workbook_part(manifest).PartName.lstrip("/")
    path: str = get_rels_path(workbook)  # type: ignore[no-untyped-call]
    relations = get_dependents(archive, path)
    targets = {rel.target: rel.Type for rel in relations if rel.TargetMode != "External"}
    yield _Roles(
        read={*parts, *targets},
        texts={name for name, kind in parts.items() if kind == SHARED_STRINGS},
        sheets={name for name, kind in targets.items() if kind.endswith("/worksheet")},
    )


def _check_shape(archive: zipfile.ZipFile, part: str) -> None:
    """Refuse a sheet with more rows, or more cells in a row, than a sheet can have.

    Opening it, openpyxl holds every row, and of a row every cell, empty or not.
    """
    rows = cells = 0
    for chunk in _guarded(_whole_tags(archive, part)):
        for tag in _SHAPE.finditer(chunk):
            if tag["row"]:
                rows, cells = rows + 1, 0
            else:
                cells += 1
            if rows > LAST_ROW or cells > MAX_CELLS_IN_ROW:
                raise _too_much()


def _too_much() -> SpreadsheetError:
    return SpreadsheetError(
        "spreadsheet_too_large",
        _("Unpacked, the file is too large. Remove pictures and empty formatted rows."),
    )


def _texts(archive: zipfile.ZipFile, part: str) -> int:
    """Count the shared texts, all of which openpyxl holds in memory."""
    return sum(chunk.count(b"<si") for chunk in _guarded(_whole_tags(archive, part)))


def encrypted() -> SpreadsheetError:
    return SpreadsheetError(
        "spreadsheet_encrypted",
        _("The file is protected by a password. Remove the password and upload it again."),
    )


def _macro_types(archive: zipfile.ZipFile, names: set[str]) -> bool:
    name = "[Content_Types].xml"
    if name not in names or archive.getinfo(name).file_size > MAX_PART_BYTES:
        return False
    try:
        return b"macroEnabled" in archive.read(name)
    except Exception as error:
        raise damaged() from error


def _too_large(part: zipfile.ZipInfo) -> bool:
    limit = MAX_PART_BYTES
    if "/worksheets/" in part.filename:
        limit = MAX_SHEET_BYTES
    elif part.filename.endswith("sharedStrings.xml"):
        limit = MAX_TEXTS_BYTES
    elif _is_picture(part.filename):
        return False  # pictures are never unpacked
    tight = part.file_size > BOMB_RATIO * max(part.compress_size, 1)
    return part.file_size > limit or (part.file_size > BOMB_BYTES and tight)


def _is_picture(name: str) -> bool:
    return "/media/" in name and name.lower().endswith(_PICTURES)


def _scan(archive: zipfile.ZipFile, part: str) -> tuple[int, list[str]]:
    """Count the rows that hold something and list merged areas, without parsing the sheet."""
    rows, filled = 0, False
    merged: list[str] = []
    for chunk in _guarded(_whole_tags(archive, part)):
        for tag in _TAGS.finditer(chunk):
            if tag["value"]:
                filled = True
            elif tag["row"]:
                rows, filled = rows + filled, False
            elif len(merged) < _MAX_MERGED:
                merged.append(tag["merged"].decode().replace("$", ""))
        if rows > MAX_ROWS + HEADER_ROWS:
            raise too_many_rows()
    return rows, merged


def _whole_tags(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """Yield the part in pieces that never cut a tag in two."""
    rest = b""
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            rest += chunk
            cut = rest.rfind(b"<")
            if cut > 0:
                yield rest[:cut]
                rest = rest[cut:]
            if len(rest) > MAX_PART_BYTES:
                raise damaged()
    yield rest


def _raw_row(number: int, cells: tuple[Any, ...]) -> RawRow:
    row = RawRow(number, [])
    for index, cell in enumerate(cells):
        if cell.value is None:
            row.cells.append("")
            continue
        if cell.data_type == "f":
            row.faults[index] = _("A formula; paste its value instead.")
        elif cell.data_type == "e":
            row.faults[index] = _("The cell shows an error (%(value)s).") % {
                "value": str(cell.value)[:20]
            }
        row.cells.append("" if index in row.faults else _text(cell.value))
    return row


def _text(value: object) -> str:
    """Return a cell's value as a person would have typed it: 4500.0 is ``4500``."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return format(value, ".15g") if abs(value) < 1e-4 or abs(value) >= 1e15 else _decimal(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta | int):
        return str(value)
    return str(value)


def _decimal(value: float) -> str:
    text = f"{value:.15g}"
    return f"{value:.0f}" if "e" in text else text
