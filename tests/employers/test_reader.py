from __future__ import annotations

import datetime as dt
import io
import re
import zipfile

import msoffcrypto.format.ooxml
import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import DomainError
from employers.spreadsheet import limits
from employers.spreadsheet.reader import open_table
from employers.spreadsheet.template import template_workbook
from employers.spreadsheet.vacancy_rows import read_row

HEAD = ["职位名称", "公司名称", "薪资"]
ROW = ["焊工", "广州某某公司", "6-8千/月"]


def xlsx(*rows, sheets=None) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"strings_to_formulas": False, "in_memory": True}) as book:
        for name, content in (sheets or {"Sheet1": rows}).items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(content):
                for column, value in enumerate(row):
                    sheet.write(number, column, value)
    return out.getvalue()


def edited(content: bytes, part: str, old: bytes, new: bytes, **extra: bytes) -> bytes:
    """The same archive with ``old`` replaced in ``part`` and further parts added."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            data = source.read(name)
            if name == part:
                assert old in data
                data = data.replace(old, new)
            target.writestr(name, data)
        for name, data in extra.items():
            target.writestr(name.replace("__", "/"), data)
    return out.getvalue()


def read(content: bytes, name: str = "list.xlsx", **options):
    with open_table(io.BytesIO(content), name, **options) as table:
        return list(table.rows())


def refusal(content: bytes, name: str = "list.xlsx") -> DomainError:
    with pytest.raises(DomainError) as caught:
        read(content, name)
    assert str(caught.value.message)
    return caught.value


def test_rows_carry_their_number_and_blank_ones_are_skipped():
    rows = read(xlsx(["招聘岗位表"], [], HEAD, ROW, [], ROW))
    assert [row.number for row in rows] == [4, 6]
    assert rows[0].values == {"title": "焊工", "employer": "广州某某公司", "pay": "6-8千/月"}


def test_numbers_and_dates_read_as_typed():
    out = io.BytesIO()
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["职位名称", "公司名称", "薪资", "有效期至", "招聘人数", "信用代码", "底薪"])
    sheet.append(["焊工", 13800138000.0, 4500.0, dt.datetime(2026, 12, 31), 5, True, 0.1 + 0.2])
    sheet.append(["焊工", "A", dt.datetime(2026, 4, 6, 8, 30), dt.time(8), 5.5, 1e-7, 1e20])
    book.save(out)
    first, second = read(out.getvalue())
    assert first.values == {
        "title": "焊工", "employer": "13800138000", "pay": "4500", "valid_until": "2026-12-31",
        "headcount": "5", "credit_code": "TRUE", "base_pay_text": "0.3",
    }  # fmt: skip
    assert second.values["pay"] == "2026-04-06 08:30:00"
    assert (second.values["valid_until"], second.values["headcount"]) == ("08:00:00", "5.5")


def test_the_first_sheet_with_headings_is_read():
    rows = read(xlsx(sheets={"说明": [["请先阅读"], ["一行一个岗位"]], "岗位": [HEAD, ROW]}))
    assert len(rows) == 1


def test_a_wrong_declared_size_changes_nothing():
    content = edited(
        xlsx(HEAD, ROW, ROW), "xl/worksheets/sheet1.xml", b'<dimension ref="A1:C3"/>', b'<dimension ref="A1"/>'
    )  # fmt: skip
    assert len(read(content)) == 2


def test_an_employer_needs_no_employer_column():
    assert read(xlsx(["职位名称", "薪资"], ["焊工", ""]), required=("title",))


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [
        ("utf-8", ","), ("utf-8-sig", ","), ("gb18030", ","), ("utf-16", "\t"), ("utf-8", ";"),
        ("gb18030", "\t"),
    ],
)  # fmt: skip
def test_csv_in_the_encodings_of_the_trade(encoding, delimiter):
    text = "\r\n".join(delimiter.join(cells) for cells in (HEAD, ROW, ["", "", ""], ROW))
    rows = read(text.encode(encoding), "list.csv")
    assert [row.number for row in rows] == [2, 4]
    assert rows[0].values["title"] == "焊工"


def test_csv_with_quoted_lines_counts_records():
    text = '职位名称,公司名称,职位描述\n焊工,甲,"一行\n又一行, 带逗号"\n车工,乙,短\n'
    rows = read(text.encode(), "list.csv")
    assert [(row.number, row.values["duties"]) for row in rows] == [
        (2, "一行\n又一行, 带逗号"),
        (3, "短"),
    ]


def test_a_formula_is_a_problem_of_its_row():
    out = io.BytesIO()
    book = openpyxl.Workbook()
    book.active.append(HEAD)
    book.active.append(["=A1", "甲", "面议"])
    book.active.append(["焊工", "甲", "面议"])
    book.active.append(["焊工", "#N/A", "面议"])
    book.active["B4"].data_type = "e"
    book.save(out)
    bad, good, error = read(out.getvalue())
    assert [p.column for p in bad.problems] == ["职位名称"]
    assert good.problems == ()
    assert [p.column for p in error.problems] == ["公司名称"]
    (row,) = read("职位名称,公司名称\n=1+1,甲\n".encode(), "list.csv")
    assert row.problems[0].column == "职位名称"


def test_text_that_begins_like_a_formula_is_text():
    assert read(xlsx(HEAD, ["=1+1 焊工", "甲", ""]))[0].values["title"] == "=1+1 焊工"


def test_merged_cells_among_the_vacancies_are_refused_and_a_merged_title_is_not():
    def merged(area: str) -> bytes:
        book = openpyxl.Workbook()
        for row in (["招聘岗位表"], HEAD, ROW, ROW):
            book.active.append(row)
        book.active.merge_cells(area)
        out = io.BytesIO()
        book.save(out)
        return out.getvalue()

    assert len(read(merged("A1:C1"))) == 2
    error = refusal(merged("B3:B4"))
    assert error.code == "spreadsheet_merged_cells"
    assert "B3:B4" in str(error.message)


def test_a_file_with_a_password():
    out = io.BytesIO()
    plain = io.BytesIO(xlsx(HEAD, ROW))
    msoffcrypto.format.ooxml.OOXMLFile(plain).encrypt("secret", out)
    assert refusal(out.getvalue()).code == "spreadsheet_encrypted"
    content = bytearray(xlsx(HEAD, ROW))
    for found in re.finditer(b"PK\x01\x02", bytes(content)):
        content[found.start() + 8] |= 1
    assert refusal(bytes(content)).code == "spreadsheet_encrypted"


def test_macros_and_other_formats():
    plain = xlsx(HEAD, ROW)
    types = "[Content_Types].xml"
    macro = edited(plain, types, b"<Types", b"<Types", **{"xl__vbaProject.bin": b"x"})
    assert refusal(macro).code == "spreadsheet_macros"
    renamed = edited(plain, types, b"spreadsheetml.sheet.main+xml", b"sheet.macroEnabled.main+xml")
    assert refusal(renamed).code == "spreadsheet_macros"
    assert (
        refusal(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)).code == "spreadsheet_other_format"
    )
    assert refusal(b"<html><table></table></html>").code == "spreadsheet_other_format"
    word = io.BytesIO()
    with zipfile.ZipFile(word, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<w/>")
    assert refusal(word.getvalue()).code == "spreadsheet_other_format"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 nothing",
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b"%PDF-1.7 \x00\x01",
        b"\x00" * 100,
        b"\xff\xff",
    ],
)
def test_what_is_no_spreadsheet(content):
    assert refusal(content).code.startswith("spreadsheet_")


def test_damaged_archives():
    plain = xlsx(HEAD, ROW)
    assert refusal(plain[: len(plain) // 2]).code == "spreadsheet_damaged"
    sheet = "xl/worksheets/sheet1.xml"
    assert refusal(edited(plain, sheet, b"</sheetData>", b"</sheet")).code == "spreadsheet_damaged"
    assert refusal(edited(plain, "xl/workbook.xml", b"<sheets>", b"<x>")).code.startswith(
        "spreadsheet"
    )


def test_entities_are_never_expanded():
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "x">]>'
    content = edited(xlsx(HEAD, ROW), "xl/sharedStrings.xml", b"<sst", bomb + b"<sst")
    content = edited(
        content,
        "xl/sharedStrings.xml",
        b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n',
        b"",
    )
    assert refusal(content).code == "spreadsheet_damaged"


def test_a_compression_bomb_is_refused_unread():
    content = edited(
        xlsx(HEAD, ROW), "xl/worksheets/sheet1.xml", b"</sheetData>", b"</sheetData>" + b" " * 40_000_000
    )  # fmt: skip
    assert len(content) < 100_000
    assert refusal(content).code == "spreadsheet_too_large"


def test_too_many_shared_texts_are_refused_unread(monkeypatch):
    monkeypatch.setattr("employers.spreadsheet.xlsx_reader.MAX_TEXTS", 5)
    assert refusal(xlsx(HEAD, ROW)).code == "spreadsheet_too_large"


def test_texts_are_counted_whatever_their_part_is_called(monkeypatch):
    def renamed(to: bytes) -> bytes:
        part = b"/xl/sharedStrings.xml"
        content = edited(xlsx(HEAD, ROW), "[Content_Types].xml", part, b"/" + to)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            texts = archive.read("xl/sharedStrings.xml")
        return edited(content, "xl/workbook.xml", b"", b"", **{to.decode(): texts})

    assert len(read(renamed(b"xl/worksheets/texts.xml"))) == 1
    assert refusal(renamed(b"xl/media/texts.png")).code == "spreadsheet_damaged"
    monkeypatch.setattr("employers.spreadsheet.xlsx_reader.MAX_TEXTS", 5)
    assert refusal(renamed(b"xl/worksheets/texts.xml")).code == "spreadsheet_too_large"
    assert refusal(renamed(b"xl/media/texts.xml")).code == "spreadsheet_too_large"


def test_a_sheet_disguised_as_a_picture_is_refused():
    content = edited(
        xlsx(HEAD, ROW), "xl/_rels/workbook.xml.rels", b"worksheets/sheet1.xml", b"media/a.png"
    )
    assert refusal(content).code == "spreadsheet_damaged"


def test_only_pictures_may_be_large():
    huge = b" " * (limits.BOMB_BYTES + 1)
    content = edited(xlsx(HEAD, ROW), "xl/workbook.xml", b"", b"", **{"xl/media/a.png": huge})
    assert len(read(content)) == 1
    content = edited(xlsx(HEAD, ROW), "xl/workbook.xml", b"", b"", **{"xl/media/a.xml": huge})
    assert refusal(content).code == "spreadsheet_too_large"


def test_a_row_of_a_million_empty_cells_is_refused_unread():
    row = b'<row r="3">' + b"<c/>" * (limits.MAX_CELLS_IN_ROW + 1) + b"</row>"
    content = edited(
        xlsx(HEAD, ROW), "xl/worksheets/sheet1.xml", b"</sheetData>", row + b"</sheetData>"
    )
    assert refusal(content).code == "spreadsheet_too_large"


def test_parts_that_cannot_be_unpacked():
    plain = bytearray(xlsx(HEAD, ROW))
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        at = archive.getinfo("[Content_Types].xml").header_offset
    plain[at + 40 : at + 80] = bytes(40)
    assert refusal(bytes(plain)).code == "spreadsheet_damaged"


def test_a_hundred_thousand_rows_are_refused_before_they_are_read():
    content = xlsx(HEAD, *([ROW] * (limits.MAX_ROWS + 50)))
    assert refusal(content).code == "spreadsheet_too_many_rows"
    lines = ("\n".join([",".join(HEAD), *([",".join(ROW)] * 100_000)])).encode()
    assert refusal(lines, "list.csv").code == "spreadsheet_too_many_rows"


def test_empty_formatted_rows_do_not_count():
    rows = b"".join(
        b'<row r="%d" ht="20"><c r="A%d" s="0"/></row>' % (n, n) for n in range(3, 30_000)
    )
    content = edited(
        xlsx(HEAD, ROW), "xl/worksheets/sheet1.xml", b"</sheetData>", rows + b"</sheetData>"
    )
    assert len(read(content)) == 1


@pytest.mark.no_cover  # a long loop inside openpyxl
def test_a_row_number_beyond_every_sheet():
    content = edited(
        xlsx(HEAD, ROW), "xl/worksheets/sheet1.xml", b"</sheetData>",
        b'<row r="1999999999"><c r="A1999999999"><v>1</v></c></row></sheetData>',
    )  # fmt: skip
    assert refusal(content).code == "spreadsheet_damaged"


def test_a_cell_of_one_megabyte():
    content = edited(
        xlsx(HEAD, ["LONG", "甲", ""]), "xl/sharedStrings.xml", b"<t>LONG", b"<t>" + b"x" * 1_048_576
    )  # fmt: skip
    error = refusal(content)
    assert error.code == "spreadsheet_cell_too_long"
    assert "2" in str(error.message)
    assert (
        refusal(b"title,company\n" + b"x" * 1_048_576 + b",A\n", "a.csv").code
        == "spreadsheet_bad_csv"
    )
    assert refusal(b'title,company\n"' + b"x,y\n" * 200_000, "a.csv").code == "spreadsheet_bad_csv"
    assert (
        refusal(b"title,company\n" + b"x" * 40_000 + b",A\n", "a.csv").code
        == "spreadsheet_cell_too_long"
    )


def test_too_many_columns():
    wide = ["x"] * (limits.MAX_COLUMNS + 2)
    assert refusal(xlsx(HEAD, wide)).code == "spreadsheet_too_many_columns"


def test_a_file_too_large_is_refused_by_its_size(monkeypatch):
    monkeypatch.setattr("employers.spreadsheet.reader.MAX_FILE_BYTES", 100)
    assert refusal(xlsx(HEAD, ROW)).code == "spreadsheet_too_large"


def test_the_template_reads_back_without_a_problem():
    for options in ({}, {"without_employer": True}):
        content = template_workbook(**options)
        with open_table(io.BytesIO(content), "template.xlsx", required=("title",)) as table:
            (row,) = [read_row(row, table.header) for row in table.rows()]
        assert row.problems == []
        assert row.title == "电焊工"
        assert row.fields["headcount"] == 5
        assert row.fields["couple_room"] is True


@settings(max_examples=300)
@given(st.binary(max_size=400))
def test_random_bytes_never_crash(content):
    try:
        read(content, "noise.csv")
    except DomainError as error:
        assert error.code.startswith("spreadsheet_")


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_workbook_with_random_damage_never_crashes(data):
    content = bytearray(WORKBOOK)
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        read(bytes(content))
    except DomainError as error:
        assert error.code.startswith("spreadsheet_")


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_sheet_with_random_xml_never_crashes(data):
    with zipfile.ZipFile(io.BytesIO(WORKBOOK)) as archive:
        part = data.draw(st.sampled_from(archive.namelist()))
        xml = bytearray(archive.read(part))
    at = data.draw(st.integers(0, len(xml)))
    xml[at : at + data.draw(st.integers(0, 30))] = data.draw(
        st.one_of(
            st.binary(max_size=20),
            st.sampled_from([b"<row r='x'>", b"<c r='ZZZZ9'>", b"-1", b"<v>"]),
        )
    )
    with zipfile.ZipFile(io.BytesIO(WORKBOOK)) as archive:
        old = archive.read(part)
    try:
        read(edited(WORKBOOK, part, old, bytes(xml)))
    except DomainError as error:
        assert error.code.startswith("spreadsheet_")


WORKBOOK = xlsx(HEAD, ROW, [1, 2.5, True], ROW)
