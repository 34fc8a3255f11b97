"""Pictures of goods: PNG, JPEG or WebP, taken apart and put together again of nothing but what makes the picture.

Where it was taken, with which camera, what somebody hid behind its end: all of that is left out, so a picture that
comes from a partner is never more than a picture. Nothing is decoded here: `rasters` does that, of what is left.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

BYTES_MAX: Final = 512 * 1024
"""One picture. A photo of 1,200 pixels a side has about 200 KiB; a catalogue of 10,000 has to fit on a small disk."""
SIDE_MAX: Final = 4_096
"""Pixels: what a browser unpacks of one picture stays below 64 MiB."""

PHOTO_BYTES_MAX: Final = 16 << 20
PHOTO_SIDE_MAX: Final = 8_192
"""What the cameras of telephones take."""

PNG, JPEG, WEBP = "image/png", "image/jpeg", "image/webp"
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"tRNS", b"sRGB", b"gAMA", b"IDAT", b"IEND"})
_JPEG_KEPT = frozenset({0xE0, 0xEE, 0xDB, 0xC4, 0xDD, 0xC0, 0xC1, 0xC2, 0xDA})
"""JFIF, Adobe's transform, tables, restart interval, baseline and progressive frames, scans (ITU-T T.81, table B.1)."""
_JPEG_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
_JPEG_SCAN_END = re.compile(rb"\xff[^\x00\xd0-\xd7]")
_ORIENTED = b"\xff\xe1\x00\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"
"""A segment of Exif that says how the camera was held and nothing else; the value and 6 zeros follow."""
_WEBP_KEPT = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH"})
_WEBP_ALPHA = 0x10


class Unreadable(ValueError):
    """What was given is no picture that is shown here; the text says why, and the code as well."""

    def __init__(self, text: str = "a picture", code: str = "picture.damaged") -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Picture:
    """`media` as in RFC 6838; `data` is the picture and nothing else."""

    media: str
    width: int
    height: int
    data: bytes


def clean(data: bytes, bytes_max: int = BYTES_MAX, side_max: int = SIDE_MAX) -> Picture:
    """The picture in `data`. Unreadable for anything else, and for one that is too large."""
    if len(data) > bytes_max:
        raise Unreadable(f"at most {bytes_max // 1024} KiB", "picture.too-large")
    try:
        picture = _cleaned(data)
    except (struct.error, IndexError) as error:
        raise Unreadable("a whole picture") from error
    if not (0 < picture.width <= side_max and 0 < picture.height <= side_max):
        raise Unreadable(f"at most {side_max} pixels a side", "picture.too-large")
    return picture


def of_photo(data: bytes) -> Picture | None:
    """The picture in what a telephone took, of a complaint for instance; None for anything else."""
    try:
        return clean(data, PHOTO_BYTES_MAX, PHOTO_SIDE_MAX)
    except Unreadable:
        return None


def _cleaned(data: bytes) -> Picture:
    if data.startswith(_PNG_SIGNATURE):
        return _png(data)
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg(data)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _webp(data)
    raise Unreadable("PNG, JPEG or WebP", "picture.format")


def _png(data: bytes) -> Picture:
    """PNG, third edition, section 5: chunks with their checksums; what is not needed to show it is dropped."""
    kept, width, height, at = [_PNG_SIGNATURE], 0, 0, len(_PNG_SIGNATURE)
    while True:
        size, kind = struct.unpack_from(">I4s", data, at)
        chunk = data[at : at + 12 + size]
        (checksum,) = struct.unpack_from(">I", chunk, 8 + size)
        if zlib.crc32(chunk[4 : 8 + size]) != checksum:
            raise Unreadable("an undamaged PNG")
        if (kind == b"IHDR") != (at == len(_PNG_SIGNATURE)):
            raise Unreadable("a PNG that begins with its size")
        if kind == b"acTL":
            raise Unreadable("a picture that stands still", "picture.animated")
        if kind == b"IHDR":
            width, height = struct.unpack_from(">II", chunk, 8)
        if kind in _PNG_KEPT:
            kept.append(chunk)
        at += 12 + size
        if kind == b"IEND":
            return Picture(PNG, width, height, b"".join(kept))


def _jpeg(data: bytes) -> Picture:
    """ITU-T T.81, annex B: segments up to the end of the image."""
    kept, width, height, at = [b"\xff\xd8"], 0, 0, 2
    while True:
        if data[at] != 0xFF:
            raise Unreadable("an undamaged JPEG")
        marker = data[at + 1]
        if marker == 0xFF:  # fill bytes may stand before any marker
            at += 1
            continue
        if marker == 0xD9:
            if not width:
                raise Unreadable("a JPEG with a picture in it")
            return Picture(JPEG, width, height, b"".join([*kept, b"\xff\xd9"]))
        (size,) = struct.unpack_from(">H", data, at + 2)
        end = at + 2 + size
        if size < 2 or end > len(data):
            raise Unreadable("an undamaged JPEG")
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", data, at + 5)
        if marker == 0xDA:
            found = _JPEG_SCAN_END.search(data, end)
            if found is None:
                raise Unreadable("a whole JPEG")
            end = found.start()
        if marker in _JPEG_KEPT:
            kept.append(data[at:end])
        elif marker == 0xE1 and (turned := _orientation(data[at + 4 : end])) is not None:
            kept.append(_ORIENTED + bytes([turned]) + bytes(6))
        elif not 0xE0 <= marker <= 0xFE:
            raise Unreadable("a baseline or progressive JPEG")
        at = end


def _orientation(content: bytes) -> int | None:
    """How the camera was held, 2 to 8, from the first directory of a segment of Exif (CIPA DC-008, tag 274)."""
    order = {b"II": "<", b"MM": ">"}.get(content[6:8])
    if order is None or not content.startswith(b"Exif\0\0"):
        return None
    (at,) = struct.unpack_from(order + "I", content, 10)
    (count,) = struct.unpack_from(order + "H", content, 6 + at)
    for place in range(count):
        tag, kind, _, value = struct.unpack_from(order + "HHIH", content, 8 + at + 12 * place)
        if (tag, kind) == (274, 3):
            return value if 2 <= value <= 8 else None
    return None


def _webp(data: bytes) -> Picture:
    """RFC 9649, section 2.7: one picture, without metadata; animations are none."""
    kept, size = [], (0, 0)
    for kind, content in _webp_chunks(data):
        if kind == b"VP8X":
            size = _uint24(content, 4) + 1, _uint24(content, 7) + 1
            content = bytes([content[0] & _WEBP_ALPHA]) + content[1:]
        elif kind == b"VP8 " and size == (0, 0):
            if content[3:6] != b"\x9d\x01\x2a":
                raise Unreadable("an undamaged WebP")
            width, height = struct.unpack_from("<HH", content, 6)
            size = width & 0x3FFF, height & 0x3FFF
        elif kind == b"VP8L" and size == (0, 0):
            (packed,) = struct.unpack_from("<I", content, 1)
            size = (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
        elif kind in (b"ANIM", b"ANMF"):
            raise Unreadable("a picture that stands still", "picture.animated")
        if kind in _WEBP_KEPT:
            kept.append(struct.pack("<4sI", kind, len(content)) + content + b"\0" * (len(content) % 2))
    body = b"WEBP" + b"".join(kept)
    return Picture(WEBP, *size, b"RIFF" + struct.pack("<I", len(body)) + body)


def _webp_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at, end = 12, 8 + int(struct.unpack_from("<I", data, 4)[0])
    if end > len(data):
        raise Unreadable("a whole WebP")
    while at < end:
        kind, size = struct.unpack_from("<4sI", data, at)
        if at + 8 + size > end:
            raise Unreadable("a whole WebP")
        yield kind, data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _uint24(data: bytes, at: int) -> int:
    return data[at] | data[at + 1] << 8 | data[at + 2] << 16
