"""Spreadsheets of LibreOffice and WPS: what is read of them, and what is refused before a reader sees it."""

from __future__ import annotations

import io
import zipfile

import pytest

from node.connectors.spreadsheets import catalogues, files, opendocuments, tables
from node.connectors.spreadsheets.faults import Refused, SheetFault
from node.connectors.spreadsheets.tables import Broken, Moment
from tests.node.spreadsheets import makers

OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
SPACES = " ".join(f'xmlns:{name}="{OASIS}{name}:1.0"' for name in ("office", "table", "text", "style", "manifest"))
CALC = 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
EDGE = '<table:table-cell table:number-columns-repeated="16382"/>'
HIDDEN = (
    '<style:style style:name="t" style:family="table"><style:table-properties table:display="false"/></style:style>'
)


def text(value: str, more: str = "") -> str:
    return f'<table:table-cell office:value-type="string"{more}><text:p>{value}</text:p></table:table-cell>'


def figure(value: str, more: str = "") -> str:
    typed = f'office:value-type="float" office:value="{value}"'
    return f"<table:table-cell {typed}{more}><text:p>{value}</text:p></table:table-cell>"


def row(*cells: str, more: str = "") -> str:
    return f"<table:table-row{more}>{''.join(cells)}</table:table-row>"


def repeated(count: int, what: str = "rows") -> str:
    return f' table:number-{what}-repeated="{count}"'


def ods(
    *sheets: str, styles: str = "", manifest: str = "", doctype: str = "", kind: bytes = opendocuments.KINDS[0]
) -> bytes:
    """A workbook of these sheets."""
    body = "".join(sheets)
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?>{doctype}<office:document-content {SPACES} {CALC}>'
        f"<office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:spreadsheet>{body}</office:spreadsheet></office:body></office:document-content>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(opendocuments.MIMETYPE, kind, zipfile.ZIP_STORED)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", f"<manifest:manifest {SPACES}>{manifest}</manifest:manifest>")
    return out.getvalue()


def sheet(*rows: str, name: str = "商品", more: str = "") -> str:
    return f'<table:table table:name="{name}"{more}>{"".join(rows)}</table:table>'


TALL = row(text("a", repeated(20, "columns")), more=repeated(150_000))
"""Three million cells."""


def faults_of(data: bytes) -> list[SheetFault]:
    with pytest.raises(Refused) as refused:
        files.read(data)
    return refused.value.faults


def test_cells_keep_their_kind_and_place_and_empty_edges_cost_nothing() -> None:
    date = '<table:table-cell office:value-type="date" office:date-value="2026-11-24"/>'
    data = ods(
        sheet(
            row("<table:table-cell/>", text("sku"), text("n"), EDGE),
            row("<table:table-cell/>", more=repeated(2)),
            row("<table:table-cell/>", text("007"), figure("12.5"), date),
            row(EDGE, more=repeated(1_048_000)),
        )
    )
    (table,) = files.read(data)
    assert table.name == "商品"
    assert list(table.rows) == [["", "sku", "n"], [], [], ["", "007", 12.5, Moment("2026-11-24")]]


def test_a_catalogue_of_libreoffice_is_taken_in_like_any_other() -> None:
    data = ods(
        sheet(
            row(text("商品编码"), text("商品名称"), text("供货价")),
            row(text("0012"), text("青花碗"), figure("12.5")),
            row(figure("6901234567892"), text("杯"), figure("8")),
        )
    )
    read = catalogues.read(data, makers.CNY)
    assert [(one.sku, one.titles["zh"], one.price_minor) for one in read.rows] == [
        ("0012", "青花碗", 1250),
        ("6901234567892", "杯", 800),
    ]


def test_F04_errors_do_not_vanish_and_formulas_are_not_evaluated() -> None:
    error = ' calcext:value-type="error" table:formula="of:=1/0"'
    data = ods(
        sheet(
            row(figure("7", ' table:formula="of:=1+1"'), figure("0", error)),
            row(text("x", error + repeated(2, "columns"))),
        )
    )
    (table,) = files.read(data)
    broken = Broken("an error such as #N/A")
    assert list(table.rows) == [[7.0, broken], [broken, broken]]


def test_hidden_sheets_are_left_out_and_merged_cells_lead_to_their_first_row() -> None:
    data = ods(
        sheet(row(text("a")), name="a", more=' table:style-name="t"'),
        sheet(
            row(text("k", ' table:number-rows-spanned="2"'), text("l")), row("<table:covered-table-cell/>", text("m"))
        ),
        styles=HIDDEN,
    )
    (table,) = files.read(data)
    assert (table.name, list(table.rows), table.merged) == ("商品", [["k", "l"], ["", "m"]], {(2, 0): 1})


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (ods(sheet(row(text("a"), more=repeated(tables.ROWS_MAX + 1)))), "sheet.rows"),
        (ods(sheet(row("<table:table-cell/>", more=repeated(1_000_000)), row(text("a")))), "sheet.rows"),
        (ods(sheet(row(text("a", repeated(tables.COLUMNS_MAX + 1, "columns"))))), "sheet.columns"),
        (ods(sheet(row(EDGE, text("a")))), "sheet.columns"),
        (ods(sheet(row(text("a", repeated(200, "columns")), more=repeated(150_000)))), "sheet.area"),
        (ods(*(sheet(TALL, name=name) for name in "ab")), "sheet.area"),
        (ods(sheet(row(text("a"), more=' table:number-rows-repeated="-1"'))), "sheet.unreadable"),
        (ods(sheet(row(text("a"), more=repeated(10**12)))), "sheet.unreadable"),
        (ods(sheet(row(text("a"))), doctype='<!DOCTYPE x [<!ENTITY e "x">]>'), "sheet.archive"),
        (ods(sheet(row("<a>" * 70 + "</a>" * 70))), "sheet.bomb"),
        (ods(sheet(row(text("a"))), manifest="<manifest:encryption-data/>"), "sheet.password"),
        (ods(sheet(row(text("a"))), kind=b"application/vnd.oasis.opendocument.text"), "sheet.format"),
        (ods(), "sheet.format"),
        (ods("<broken>"), "sheet.unreadable"),
    ],
)  # fmt: skip
def test_F04_what_would_cost_too_much_or_is_none_is_refused_before_it_is_read(data: bytes, code: str) -> None:
    assert len(data) < 4_096
    assert [fault.code.value for fault in faults_of(data)] == [code]


def test_F05_the_archive_of_an_ods_is_judged_like_that_of_an_xlsx() -> None:
    out = io.BytesIO(ods(sheet(row(text("a")))))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("../../evil", "x")
    assert [fault.code.value for fault in faults_of(out.getvalue())] == ["sheet.archive"]
    out = io.BytesIO(ods(sheet(row(text("a")))))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Pictures/big.png", bytes(300 * 1024 * 1024 // 2))
    assert [fault.code.value for fault in faults_of(out.getvalue())] == ["sheet.bomb"]
