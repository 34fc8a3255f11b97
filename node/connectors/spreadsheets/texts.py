"""CSV: bytes into rows of texts, with the exact place of whatever is wrong (RFC 4180, and what people really send)."""

from __future__ import annotations

import codecs
import itertools
import re

from node.connectors.spreadsheets import tables
from node.connectors.spreadsheets.faults import FaultCode, Faults, Refused, letters, refused

ENCODINGS = ("utf-8", "utf-16", "gb18030", "big5", "shift_jis", "euc_kr", "cp1252", "iso8859-15", "cp1251")
"""Character sets a merchant may name for a sender; only the first three are ever tried without being named."""

PAIRS_MAX = 200_000
"""Two-byte characters looked at to tell Chinese from Western European text."""

DELIMITERS = (",", ";", "\t")

_FIELDS = {
    delimiter: re.compile(
        rf'(?:"(?P<quoted>[^"]*+(?:""[^"]*+)*+)"|(?P<bare>="[0-9]*"|[^"{delimiter}\r\n]*+))(?P<end>{delimiter}|\r\n|\r|\n|\Z)'
    )
    for delimiter in DELIMITERS
}
_QUOTED = re.compile(r'"[^"]*+(?:""[^"]*+)*+"')
_NEUTRALISED = re.compile(r"'+\s*[=+\-@\t\r\n＝＋－＠]")
_SEP_LINE = re.compile(r"sep=([,;\t])(?:\r\n|\r|\n)", re.IGNORECASE)
_HIGH_PAIR = re.compile(rb"[\x81-\xfe](?:([\xa1-\xfe])|([\x40-\x7e\x80-\xa0]))")


def read(data: bytes, encoding: str | None = None, delimiter: str | None = None) -> tables.Table:
    """The rows of a CSV file, or `Refused`. Mixed line ends are fine; an empty line is an empty row.

    A text that `neutralised` by our own export is restored, so that what we wrote is read back unchanged.
    """
    content = decode(data, encoding)
    named = _SEP_LINE.match(content)
    if named:
        content = content[named.end() :]
        delimiter = delimiter or named[1]
    return tables.Table("", _cut(content, delimiter or _sniffed(content)))


def neutralised(text: str) -> str:
    """A text that no spreadsheet program takes for a formula (fault F01): an apostrophe goes in front of those
    that begin with = + - @ tab or line end, also in full width or behind spaces or apostrophes."""
    return "'" + text if _NEUTRALISED.match("'" + text) else text


def restored(text: str) -> str:
    """The text from which `neutralised` made this one."""
    return text[1:] if _NEUTRALISED.match(text) else text


def decode(data: bytes, encoding: str | None) -> str:
    """The text of a file: by its byte order mark, then as named, else strictly UTF-8, then GB18030.

    Western European text is often valid GB18030 by accident, an accented letter swallowing the plain one behind
    it. So where most pairs end in the lower half, as they do in no Chinese text, the file is refused and the
    merchant must name the character set.
    """
    if data.startswith(codecs.BOM_UTF8):
        return _strict(data[3:], "utf-8")
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise refused(FaultCode.ENCODING, "UTF-8, UTF-16 or GB18030", "UTF-32")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _strict(data, "utf-16")
    if encoding is not None:
        if encoding not in ENCODINGS:
            raise refused(FaultCode.ENCODING, ", ".join(ENCODINGS), encoding)
        return _strict(data, encoding)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _chinese(data)


def _chinese(data: bytes) -> str:
    content = _strict(data, "gb18030")
    balance = sum(1 if pair[1] else -1 for pair in itertools.islice(_HIGH_PAIR.finditer(data), PAIRS_MAX))
    if balance < 0:
        raise refused(FaultCode.ENCODING, "UTF-8, GB18030, or a character set named for this sender", "another one")
    return content


def _strict(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise refused(
            FaultCode.ENCODING,
            "UTF-8, UTF-16 with its mark, GB18030, or a character set named for this sender",
            f"byte {data[error.start] if error.start < len(data) else 0:#04x} at offset {error.start}",
            row=data.count(b"\n", 0, error.start) + 1,
        ) from error


def _sniffed(content: str) -> str:
    """The delimiter that the first line with one uses most; a draw is refused."""
    for line in re.split(r"[\r\n]+", re.sub(r'"[^"]*"', "", content[: 64 * 1024])):
        counts = sorted(((line.count(delimiter), delimiter) for delimiter in DELIMITERS), reverse=True)
        if counts[0][0] == 0:
            continue
        if counts[0][0] == counts[1][0]:
            raise refused(FaultCode.SEPARATOR, "one of comma, semicolon or tab, named for this sender", line)
        return counts[0][1]
    return ","


def _cut(content: str, delimiter: str) -> list[list[str]]:
    if delimiter not in _FIELDS:
        raise refused(FaultCode.SEPARATOR, "comma, semicolon or tab", delimiter)
    pattern, faults = _FIELDS[delimiter], Faults()
    rows: list[list[str]] = []
    row: list[str] = []
    position, size, cells = 0, len(content), 0
    while position < size:
        found = pattern.match(content, position)
        if found is None:
            raise Refused([*faults.all(), *_quote_fault(content, position, len(rows) + 1, len(row)).faults])
        quoted, bare, end = found.groups()
        row.append(_checked(bare if quoted is None else quoted.replace('""', '"'), len(rows) + 1, len(row), faults))
        position = found.end()
        if end != delimiter:
            rows.append(row)
            cells += len(row)
            row = []
            _check_size(len(rows), cells)
        elif position == size:
            row.append("")
        if len(row) > tables.COLUMNS_MAX:
            raise refused(FaultCode.COLUMNS, f"at most {tables.COLUMNS_MAX} columns", "more", row=len(rows) + 1)
    if row:
        rows.append(row)
    if faults:
        raise Refused(list(faults.all()))
    return rows


def _check_size(rows: int, cells: int) -> None:
    if rows > tables.ROWS_MAX:
        raise refused(FaultCode.ROWS, f"at most {tables.ROWS_MAX} rows", "more")
    if cells > tables.AREA_CELLS_MAX:
        raise refused(FaultCode.AREA, f"at most {tables.AREA_CELLS_MAX} cells", "more")


def _checked(text: str, row: int, column: int, faults: Faults) -> str:
    if len(text) > tables.CELL_CHARACTERS_MAX:
        limit = f"at most {tables.CELL_CHARACTERS_MAX} characters"
        faults.add(row, letters(column), FaultCode.CELL_LONG, limit, f"{len(text)} characters")
        return ""
    if "\0" in text:
        faults.add(row, letters(column), FaultCode.NUL, "no NUL character", text)
        return ""
    return restored(text) if text[:1] == "'" else text


def _quote_fault(content: str, position: int, row: int, column: int) -> Refused:
    """Why no field begins here: a quote never closed, something behind the closing one, or one inside bare text."""
    if content[position] != '"':
        expected, got = "a cell with quotes in it must be quoted as a whole", content[position : position + 40]
    elif _QUOTED.match(content, position):
        expected, got = "the end of the cell after its closing quote", content[position : position + 40]
    else:
        expected, got = "the quote that is opened here to be closed", content[position : position + 40]
    return refused(FaultCode.QUOTE, expected, got, row=row, column=letters(column))
