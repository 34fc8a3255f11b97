"""Bytes of any spreadsheet into tables of cells: CSV is cut here, a workbook goes to a child process with limits."""

from __future__ import annotations

from node.connectors.spreadsheets import sandboxes, tables, texts, workbooks
from node.connectors.spreadsheets.faults import FaultCode, refused


def read(data: bytes, encoding: str | None = None, delimiter: str | None = None) -> list[tables.Table]:
    """Every visible sheet that holds anything, in the order of the workbook; `Refused` with the faults of the file.

    Blocks: call it in a thread. `encoding` and `delimiter` are for CSV, see `texts.read`.
    """
    if len(data) > tables.FILE_BYTES_MAX:
        raise refused(FaultCode.TOO_BIG, f"at most {tables.FILE_BYTES_MAX} bytes", len(data))
    if data.startswith((workbooks.ZIP, workbooks.OLE)):
        found = sandboxes.read(data)
    elif data.startswith((b"PK", b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"\x1f\x8b", b"Rar!", b"{\\rtf")):
        raise refused(FaultCode.FORMAT, "CSV, XLSX, XLS or ODS", "another kind of file")
    else:
        found = [texts.read(data, encoding, delimiter)]
    kept = [table for table in found if any(cell != "" for row in table.rows for cell in row)]
    if not kept:
        raise refused(FaultCode.EMPTY, "a heading line and rows", "nothing")
    return kept
