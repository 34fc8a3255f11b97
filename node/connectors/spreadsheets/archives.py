"""The ZIP container of an XLSX file, judged before anything parses it (faults F04, F05; APPNOTE.TXT 6.3.10)."""

from __future__ import annotations

import io
import itertools
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator

from node.connectors.spreadsheets.faults import FaultCode, refused

ENTRIES_MAX = 2_000
"""Parts of one workbook: a sheet needs two or three, a picture one."""

INFLATED_BYTES_MAX = 256 * 1024 * 1024
"""All parts together, counted while they are inflated: 4 million cells of 64 bytes."""

RATIO_MAX = 200
"""Inflated to deflated, for parts beyond `RATIO_BYTES_MIN`. Deflate ends at 1,032; real sheets stay below 100."""

RATIO_BYTES_MIN = 1024 * 1024
"""Below this a high ratio means a small, repetitive part and no danger."""

NAME_CHARACTERS_MAX = 255
CHUNK_BYTES = 256 * 1024

_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_UNSAFE_NAME = re.compile(r"^/|^[A-Za-z]:|\\|\0|(?:^|/)\.\.?(?:/|$)")


def entries(data: bytes) -> list[zipfile.ZipInfo]:
    """The central directory, refused where names, sizes, kinds or places of the entries are not those of a workbook.

    Declared sizes are only a first look: `chunks` counts what really comes out.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = archive.infolist()
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        UnicodeDecodeError,
        NotImplementedError,
        ValueError,
    ) as error:
        raise refused(FaultCode.ARCHIVE, "an undamaged XLSX file", error) from error
    if len(found) > ENTRIES_MAX:
        raise refused(FaultCode.BOMB, f"at most {ENTRIES_MAX} parts", len(found))
    if sum(entry.file_size for entry in found) > INFLATED_BYTES_MAX:
        raise refused(FaultCode.BOMB, f"at most {INFLATED_BYTES_MAX} bytes unpacked", "more declared")
    _check_names(found)
    for entry in found:
        _check_entry(entry)
    _check_places(data, found)
    return found


def chunks(data: bytes, entry: zipfile.ZipInfo, bytes_max: int) -> Iterator[bytes]:
    """The inflated content of an entry piece by piece; refuses to go beyond `bytes_max`, a lie about the size, a
    stream that does not end with its entry, and an archive inside the archive."""
    start, end = _span(data, entry)
    total, first = 0, True
    for chunk in _inflated(data[start:end], entry):
        total += len(chunk)
        if total > min(bytes_max, entry.file_size):
            raise refused(FaultCode.BOMB, f"{entry.file_size} bytes in {entry.filename}", "more")
        if first and chunk.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf")):
            raise refused(FaultCode.ARCHIVE, "no archive inside the workbook", entry.filename)
        first = False
        yield chunk
    if total != entry.file_size:
        raise refused(FaultCode.ARCHIVE, f"{entry.file_size} bytes in {entry.filename}", total)


def _inflated(content: bytes, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    if entry.compress_type == zipfile.ZIP_STORED:
        for position in range(0, len(content), CHUNK_BYTES):
            yield content[position : position + CHUNK_BYTES]
        return
    inflater = zlib.decompressobj(-15)
    rest = content
    try:
        while not inflater.eof:
            chunk = inflater.decompress(rest, CHUNK_BYTES)
            rest = inflater.unconsumed_tail
            if not chunk and not rest and not inflater.eof:
                raise refused(FaultCode.ARCHIVE, "a whole part", f"{entry.filename} ends early")
            if chunk:
                yield chunk
    except zlib.error as error:
        raise refused(FaultCode.ARCHIVE, "an undamaged part", f"{entry.filename}: {error}") from error
    if inflater.unused_data:
        raise refused(FaultCode.ARCHIVE, "nothing behind the end of a part", entry.filename)


def _check_names(found: list[zipfile.ZipInfo]) -> None:
    seen: set[str] = set()
    for entry in found:
        name = entry.orig_filename
        if len(name) > NAME_CHARACTERS_MAX or _UNSAFE_NAME.search(name):
            raise refused(FaultCode.ARCHIVE, "a plain relative name for every part", name)
        if name.casefold() in seen:
            raise refused(FaultCode.ARCHIVE, "every part once", name)
        seen.add(name.casefold())


def _check_entry(entry: zipfile.ZipInfo) -> None:
    if entry.flag_bits & 0x1:
        raise refused(FaultCode.PASSWORD, "a workbook without a password", entry.filename)
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise refused(FaultCode.ARCHIVE, "no links", entry.filename)
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise refused(FaultCode.ARCHIVE, "parts stored or deflated", entry.filename)
    if entry.file_size > RATIO_BYTES_MIN and entry.file_size > RATIO_MAX * max(entry.compress_size, 1):
        ratio = f"{entry.filename}: {entry.file_size // max(entry.compress_size, 1)}"
        raise refused(FaultCode.BOMB, f"a ratio of at most {RATIO_MAX}", ratio)


def _check_places(data: bytes, found: list[zipfile.ZipInfo]) -> None:
    """No two entries share bytes: the classic way to a bomb that no single ratio shows."""
    spans = sorted((entry.header_offset, _span(data, entry)[1], entry.filename) for entry in found)
    for (_, end, _), (start, _, name) in itertools.pairwise(spans):
        if start < end:
            raise refused(FaultCode.ARCHIVE, "parts that do not overlap", name)


def _span(data: bytes, entry: zipfile.ZipInfo) -> tuple[int, int]:
    """First byte of the content and the byte behind it, by the local header and the size in the directory."""
    header = data[entry.header_offset : entry.header_offset + _LOCAL_HEADER.size]
    if len(header) < _LOCAL_HEADER.size or header[:4] != b"PK\x03\x04":
        raise refused(FaultCode.ARCHIVE, "a local header for every part", entry.filename)
    fields = _LOCAL_HEADER.unpack(header)
    name_size, extra_size = int(fields[9]), int(fields[10])
    start = entry.header_offset + _LOCAL_HEADER.size + name_size + extra_size
    end = start + entry.compress_size
    name_start = entry.header_offset + _LOCAL_HEADER.size
    if end > len(data) or not _same_name(data[name_start : name_start + name_size], entry):
        raise refused(FaultCode.ARCHIVE, "a local header that agrees with the directory", entry.filename)
    return start, end


def _same_name(name: bytes, entry: zipfile.ZipInfo) -> bool:
    encoding = "utf-8" if entry.flag_bits & 0x800 else "cp437"
    return name == entry.orig_filename.encode(encoding, errors="replace")
