from __future__ import annotations

import datetime
import io
import pathlib
import zipfile

import openpyxl
import pytest
import xlsxwriter  # type: ignore[import-untyped]

from node.connectors.spreadsheets import archives, files, sandboxes, tables, workbooks, worksheets
from node.connectors.spreadsheets.faults import Refused, SheetFault
from node.connectors.spreadsheets.tables import Broken, Moment
from tests.node.spreadsheets import makers

SAMPLES = pathlib.Path(__file__).parent / "samples"
SMALL = makers.xlsx(("a", "b"), (1, 2))


def faults_of(data: bytes) -> list[SheetFault]:
    with pytest.raises(Refused) as refused:
        files.read(data)
    return refused.value.faults


def sheet_of(content: str) -> bytes:
    """A workbook whose only sheet has this XML as its data."""
    contents = makers.parts(SMALL)
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    contents["xl/worksheets/sheet1.xml"] = (
        f'<worksheet xmlns="{space}"><sheetData>{content}</sheetData></worksheet>'.encode()
    )
    return makers.packed(contents)


def test_cells_keep_their_kind_and_place() -> None:
    data = makers.xlsx(
        (None, None, None),
        (None, "sku", "n"),
        (None, "007", 12.5),
        (None, None, None),
        (None, True, datetime.date(2024, 1, 2)),
        (None, 13800000000, datetime.time(3, 4)),
        name="订单",
    )
    (table,) = files.read(data)
    assert table.name == "订单"
    assert list(table.rows) == [
        [],
        ["", "sku", "n"],
        ["", "007", 12.5],
        [],
        ["", True, Moment("2024-01-02")],
        ["", 13800000000.0, Moment("03:04:00")],
    ]


def test_F04_formulas_are_not_evaluated_and_errors_do_not_vanish() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_formula(0, 0, "=1+1", value=7)
        sheet.write_formula(0, 1, "=1/0", value="#DIV/0!")
        sheet.write_formula(1, 2, "=cmd|'/c calc'!A0", value="#N/A")
        sheet.write_string(1, 0, "=1+1")
    (table,) = files.read(out.getvalue())
    broken = Broken("an error such as #N/A")
    assert list(table.rows) == [[7.0, broken], ["=1+1", "", broken]]


def test_hidden_and_empty_sheets_are_left_out() -> None:
    book = openpyxl.Workbook()
    book.create_sheet("second").append(["x"])
    hidden = book.create_sheet("hidden")
    hidden.append(["y"])
    hidden.sheet_state = "hidden"
    assert [table.name for table in files.read(makers.saved(book))] == ["second"]


def test_ranges_merged_within_a_column_lead_to_their_first_row() -> None:
    (table,) = files.read(makers.xlsx(("a", "b"), (1, 2), (None, 3), (None, 4), merged=("A2:A4", "A1:B1")))
    assert table.merged == {(3, 0): 2, (4, 0): 2}


def test_xls_is_read() -> None:
    (table,) = files.read((SAMPLES / "orders.xls").read_bytes())
    assert table.name == "订单"
    assert list(table.rows[1][:6]) == ["X-1001", "示例小店", "TW-001-W", 2.0, "王示例", 15400001234.0]


@pytest.mark.parametrize(
    "data",
    [b"%PDF-1.7", b"\x89PNG\r\n\x1a\n", b"PK\x05\x06" + bytes(18), b"\x1f\x8b\x08", b"{\\rtf1}", b"Rar!\x1a\x07"],
)
def test_other_kinds_of_files_are_refused(data: bytes) -> None:
    assert makers.codes(faults_of(data)) == ["sheet.format"]


def test_a_word_document_is_no_workbook() -> None:
    assert makers.codes(faults_of(makers.packed({"word/document.xml": b"<w/>"}))) == ["sheet.format"]


@pytest.mark.parametrize("data", [b"", b"\n\n", b",,\n,,\n", makers.xlsx()])
def test_a_file_without_anything_is_refused(data: bytes) -> None:
    assert makers.codes(faults_of(data)) == ["sheet.empty"]


def test_F02_a_file_beyond_the_limit_is_not_looked_at() -> None:
    assert makers.codes(faults_of(b"x" * (tables.FILE_BYTES_MAX + 1))) == ["sheet.too-big"]


@pytest.mark.parametrize("data", [SMALL[:-30], SMALL[: len(SMALL) // 2], b"PK\x03\x04" + b"junk" * 50])
def test_damaged_archives_are_refused(data: bytes) -> None:
    assert makers.codes(faults_of(data)) == ["sheet.archive"]


def test_a_flipped_byte_is_noticed_or_harmless() -> None:
    for place in range(0, len(SMALL), 97):
        data = bytearray(SMALL)
        data[place] ^= 0x55
        try:
            found = workbooks.parse(bytes(data))
        except Refused as refused:
            assert refused.faults
        else:
            assert len(found) <= 1


def test_damaged_xls_and_locked_workbooks_are_refused() -> None:
    damaged = (SAMPLES / "orders.xls").read_bytes()[:1500]
    assert makers.codes(faults_of(damaged)) == ["sheet.unreadable"]


# --- F04: bombs


def test_F04_claimed_cells_are_refused_before_anything_is_allocated() -> None:
    corner = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    data = sheet_of(corner)
    assert len(data) < 6_000
    assert makers.places(faults_of(data)) == [(1048576, "", "sheet.rows")]


def test_F04_too_many_columns_are_refused_with_their_letter() -> None:
    assert makers.places(faults_of(sheet_of('<row r="1"><c r="XFD1"><v>1</v></c></row>'))) == [
        (0, "XFD", "sheet.columns")
    ]


def test_F04_a_sparse_sheet_within_the_limits_of_rows_and_columns_may_still_be_too_large() -> None:
    data = sheet_of('<row r="1"><c r="A1"><v>1</v></c></row><row r="200000"><c r="IV200000"><v>1</v></c></row>')
    assert makers.codes(faults_of(data)) == ["sheet.area"]


def test_F04_cells_without_references_are_counted_too() -> None:
    data = sheet_of("<row>" + "<c/>" * 300 + "<c><v>1</v></c></row>")
    assert makers.codes(faults_of(data)) == ["sheet.columns"]
    rows = sheet_of("".join(f'<row ht="{n * 7919 % 9973}"/>' for n in range(200_001)) + "<row><c><v>1</v></c></row>")
    assert makers.codes(faults_of(rows)) == ["sheet.rows"]


def test_empty_formatted_cells_far_away_do_no_harm() -> None:
    data = sheet_of(
        '<row r="1"><c r="A1"><v>1</v></c><c r="XFD1" s="0"/></row><row r="1048576"><c r="A1048576"/></row>'
    )
    (table,) = files.read(data)
    assert list(table.rows) == [[1.0]]


def test_F04_a_zip_bomb_is_refused_by_its_directory() -> None:
    contents = makers.parts(SMALL)
    contents["xl/media/image1.png"] = bytes(200 * 1024 * 1024)
    data = makers.packed(contents)
    assert len(data) < 1024 * 1024
    assert makers.codes(faults_of(data)) == ["sheet.bomb"]


def test_F04_a_bomb_that_lies_about_its_size_is_stopped_while_it_inflates() -> None:
    data = makers.lying("xl/workbook.xml", b"<a>" + bytes(50 * 1024 * 1024), claimed=1000)
    (entry,) = archives.entries(data)
    assert entry.file_size == 1000
    with pytest.raises(Refused) as refused:
        list(archives.chunks(data, entry, archives.INFLATED_BYTES_MAX))
    assert makers.codes(refused.value.faults) == ["sheet.bomb"]


def test_F04_a_part_shorter_than_claimed_is_refused() -> None:
    data = makers.lying("xl/workbook.xml", b"<a/>", claimed=1000)
    with pytest.raises(Refused) as refused:
        worksheets.survey(data, archives.entries(data))
    assert makers.codes(refused.value.faults) == ["sheet.archive"]


def test_F04_many_small_parts_may_not_add_up() -> None:
    contents = {f"xl/media/{number}.bin": bytes(1000 * 1024) for number in range(263)}
    assert makers.codes(faults_of(makers.packed(contents))) == ["sheet.bomb"]


def test_F04_one_text_shared_by_all_cells_is_bounded() -> None:
    book = io.BytesIO()
    with xlsxwriter.Workbook(book, {"in_memory": True}) as writer:
        sheet = writer.add_worksheet()
        for row in range(2_100):
            sheet.write_string(row, 0, "x" * tables.CELL_CHARACTERS_MAX)
    assert len(book.getvalue()) < 64 * 1024
    assert makers.codes(faults_of(book.getvalue())) == ["sheet.too-big"]


def test_F04_document_types_entities_and_deep_nesting_are_refused() -> None:
    contents = makers.parts(SMALL)
    bomb = b'<!DOCTYPE a [<!ENTITY x "xxxxxxxx"><!ENTITY y "&x;&x;">]><a>&y;</a>'
    assert makers.codes(faults_of(makers.packed({**contents, "docProps/app.xml": bomb}))) == ["sheet.archive"]
    deep = b"<a>" * 100 + b"</a>" * 100
    assert makers.codes(faults_of(makers.packed({**contents, "docProps/app.xml": deep}))) == ["sheet.bomb"]
    assert makers.codes(faults_of(makers.packed({**contents, "docProps/app.xml": b"<a><b></a>"}))) == [
        "sheet.unreadable"
    ]


@pytest.mark.parametrize("reference", ["A", "1", "AAAA1", "A12345678", "A-1", ""])
def test_F04_cell_references_that_are_none(reference: str) -> None:
    assert makers.codes(faults_of(sheet_of(f'<row r="1"><c r="{reference}"><v>1</v></c></row>'))) == [
        "sheet.unreadable"
    ]


# --- F05: archives


@pytest.mark.parametrize("name", ["../evil.xml", "/etc/passwd", "C:/x", "a\\b.xml", "xl/../../x", "./x", "x" * 300])
def test_F05_unsafe_names_are_refused(name: str) -> None:
    assert makers.codes(faults_of(makers.packed({**makers.parts(SMALL), name: b"x"}))) == ["sheet.archive"]


def test_F05_too_many_parts_are_refused() -> None:
    contents = {f"x{number}": b"" for number in range(archives.ENTRIES_MAX)}
    assert makers.codes(faults_of(makers.packed({**makers.parts(SMALL), **contents}))) == ["sheet.bomb"]


def test_F05_nested_archives_are_refused() -> None:
    contents = {**makers.parts(SMALL), "xl/embeddings/book.xlsx": SMALL}
    assert makers.codes(faults_of(makers.packed(contents))) == ["sheet.archive"]


def test_F05_links_are_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in makers.parts(SMALL).items():
            archive.writestr(name, content)
        link = zipfile.ZipInfo("xl/link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert makers.codes(faults_of(out.getvalue())) == ["sheet.archive"]


def test_F05_parts_twice_under_one_name_are_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in makers.parts(SMALL).items():
            archive.writestr(name, content)
        archive.writestr("XL/workbook.xml", b"<other/>")
    assert makers.codes(faults_of(out.getvalue())) == ["sheet.archive"]


def test_F05_overlapping_parts_are_refused() -> None:
    data = bytearray(makers.packed({"a.xml": b"<a/>", "b.xml": b"<b/>"}, zipfile.ZIP_STORED))
    second = data.index(b"PK\x03\x04", 4)
    directory = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4)
    offset = directory + 42
    assert int.from_bytes(data[offset : offset + 4], "little") == second
    data[offset : offset + 4] = bytes(4)
    data[directory + 46 : directory + 51] = b"a.xml"
    assert makers.codes(faults_of(bytes(data))) == ["sheet.archive"]


def test_F05_locked_and_strangely_packed_parts_are_refused() -> None:
    strange = makers.packed(makers.parts(SMALL), zipfile.ZIP_BZIP2)
    assert makers.codes(faults_of(strange)) == ["sheet.archive"]
    locked = bytearray(makers.packed({"xl/workbook.xml": b"<a/>"}, zipfile.ZIP_STORED))
    locked[6] |= 1
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    assert makers.codes(faults_of(bytes(locked))) == ["sheet.password"]


# --- the child process


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("import os; os.abort()", "sheet.bomb"),
        (f"import sys; sys.exit({sandboxes.OUT_OF_MEMORY})", "sheet.bomb"),
        ("raise RuntimeError", "sheet.unreadable"),
    ],
)
def test_F04_a_reader_that_dies_takes_nobody_with_it(program: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        sandboxes.read(SMALL, program)
    assert makers.codes(refused.value.faults) == [code]


def test_F04_the_child_has_little_memory_and_may_not_write_files() -> None:
    probe = (
        "import sys, resource; sys.path.insert(0, sys.argv[1]); "
        "from node.connectors.spreadsheets import sandboxes as s; s.limit(); "
        "ok = resource.getrlimit(resource.RLIMIT_AS)[0] == s.MEMORY_BYTES_MAX "
        "and resource.getrlimit(resource.RLIMIT_FSIZE)[0] == 0 "
        "and resource.getrlimit(resource.RLIMIT_CPU)[0] == s.CPU_SECONDS_MAX; sys.exit(0 if ok else 3)"
    )
    assert sandboxes.run(probe, b"").returncode == 0


def test_the_child_process_and_this_one_read_the_same() -> None:
    data = makers.xlsx(("a", 1.5, True), ("b", None, datetime.date(2024, 5, 6)), merged=("A1:A2",))
    assert sandboxes.read(data) == workbooks.parse(data)
