"""Spreadsheets for the tests: CSV by hand, XLSX by openpyxl (a writer that the product does not use)."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Sequence

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from node.connectors.spreadsheets import orders, sources
from node.connectors.spreadsheets.faults import SheetFault

CNY = sources.Source(shop="示例小店", currency="CNY")
USD = sources.Source(shop="Sample Shop", currency="USD")


def csv(*rows: Sequence[str], delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    """Rows as CSV, every cell quoted."""
    lines = (delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    return "".join(line + "\r\n" for line in lines).encode(encoding)


def xlsx(*rows: Sequence[object], name: str = "Sheet1", merged: Sequence[str] = ()) -> bytes:
    """Rows as a workbook with one sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = name
    fill(sheet, rows)
    for area in merged:
        sheet.merge_cells(area)
    return saved(book)


def fill(sheet: Worksheet, rows: Sequence[Sequence[object]]) -> None:
    """Write rows from A1 on; None leaves a cell out."""
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row, start=1):
            if value is not None:
                sheet.cell(number, column).value = value  # type: ignore[assignment]


def saved(book: openpyxl.Workbook) -> bytes:
    """The bytes of a workbook."""
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def parts(data: bytes) -> dict[str, bytes]:
    """The parts of an XLSX file by name."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(contents: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Parts as an archive again."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in contents.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, method)
    return out.getvalue()


def lying(name: str, content: bytes, claimed: int) -> bytes:
    """An archive with one deflated entry that claims another size than it has."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = deflater.compress(content) + deflater.flush()
    crc = zlib.crc32(content[:claimed])
    encoded = name.encode()
    sizes = struct.pack("<3I", crc, len(body), claimed)
    local = b"PK\x03\x04" + struct.pack("<5H", 20, 0, 8, 0, 33) + sizes + struct.pack("<2H", len(encoded), 0) + encoded
    central = b"PK\x01\x02" + struct.pack("<6H", 20, 20, 0, 8, 0, 33) + sizes
    central += struct.pack("<5H2I", len(encoded), 0, 0, 0, 0, 0, 0) + encoded
    start = len(local) + len(body)
    return local + body + central + b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, 1, 1, len(central), start, 0)


def codes(faults: Sequence[SheetFault]) -> list[str]:
    """The codes of faults, in their order."""
    return [fault.code.value for fault in faults]


def places(faults: Sequence[SheetFault]) -> list[tuple[int, str, str]]:
    """Row, column and code of faults, in their order."""
    return [(fault.row, fault.column, fault.code.value) for fault in faults]


def content_of(order: orders.SheetOrder) -> object:
    """Everything that an order says, but for its place in the file."""
    goods = sorted((line.sku, line.supplier or "", line.quantity, line.price_minor or 0) for line in order.lines)
    return order.currency, order.recipient, goods
