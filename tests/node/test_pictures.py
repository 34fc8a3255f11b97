"""Pictures are taken apart and put together again of nothing but the picture."""

from __future__ import annotations

import struct
import zlib

import pytest

from node.trade import pictures


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int = 2, height: int = 2, extra: bytes = b"", tail: bytes = b"") -> bytes:
    """A white PNG."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\xff" * 3 * min(width, 8)) * min(height, 8))
    parts = [chunk(b"IHDR", head), extra, chunk(b"IDAT", rows), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + tail


def segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


def jpeg(extra: bytes = b"", tail: bytes = b"") -> bytes:
    """What stands in a JPEG of 3 by 2 pixels; the scan holds a stuffed byte and a restart marker."""
    frame = segment(0xC0, b"\x08" + struct.pack(">HH", 2, 3) + b"\x01\x01\x11\0")
    scan = segment(0xDA, b"\x01\x01\0\0\x3f\0") + b"\x12\xff\x00\x34\xff\xd0\x56"
    return (
        b"\xff\xd8" + segment(0xE0, b"JFIF\0") + extra + segment(0xDB, b"\0" * 65) + frame + scan + b"\xff\xd9" + tail
    )


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2) for kind, content in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


LOSSLESS = (b"VP8L", b"\x2f" + struct.pack("<I", 4 | 2 << 14) + b"\1\2\3")
LOSSY = (b"VP8 ", b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 5, 3) + b"\0")
EXTENDED = (b"VP8X", bytes([0x1C, 0, 0, 0, 4, 0, 0, 2, 0, 0]))


@pytest.mark.parametrize(
    ("data", "media", "size"),
    [
        (png(), pictures.PNG, (2, 2)),
        (jpeg(), pictures.JPEG, (3, 2)),
        (webp(LOSSLESS), pictures.WEBP, (5, 3)),
        (webp(LOSSY), pictures.WEBP, (5, 3)),
        (webp(EXTENDED, (b"ALPH", b"\0"), LOSSY), pictures.WEBP, (5, 3)),
    ],
)
def test_a_picture_is_kept(data: bytes, media: str, size: tuple[int, int]) -> None:
    made = pictures.clean(data)
    assert (made.media, (made.width, made.height)) == (media, size)
    assert pictures.clean(made.data) == made


@pytest.mark.parametrize(
    ("data", "clean"),
    [
        (png(extra=chunk(b"tEXt", b"Author\0SECRET"), tail=b"SECRET"), png()),
        (jpeg(extra=segment(0xE1, b"Exif\0\0SECRET") + segment(0xFE, b"SECRET"), tail=b"<script>SECRET"), jpeg()),
        (webp(LOSSLESS, (b"EXIF", b"SECRET")) + b"SECRET", webp(LOSSLESS)),
    ],
)
def test_what_is_not_the_picture_is_left_out(data: bytes, clean: bytes) -> None:
    made = pictures.clean(data).data
    assert b"SECRET" not in made
    assert made == clean


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"GIF89a" + bytes(20),
        png()[:-6],
        png().replace(b"IDAT", b"IDAX"),
        png(width=5_000),
        png(width=0),
        bytes(pictures.BYTES_MAX + 1),
        jpeg()[:-2],
        jpeg()[:30],
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8" + segment(0xCA, b"\x08" + bytes(8)) + b"\xff\xd9",
        webp(LOSSY)[:-3],
        webp(EXTENDED, (b"ANIM", bytes(6))),
        webp((b"VP8 ", bytes(12))),
        webp(),
    ],
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(pictures.Unreadable):
        pictures.clean(data)


@pytest.mark.parametrize("data", [png(), jpeg(), webp(EXTENDED, LOSSY)])
def test_no_cut_and_no_changed_byte_does_more_than_refuse(data: bytes) -> None:
    for place in range(len(data)):
        for hostile in (data[:place], data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :]):
            try:
                made = pictures.clean(hostile)
            except pictures.Unreadable:
                continue
            assert made.width
            assert made.height


@pytest.mark.parametrize("order", ["<", ">"])
def test_how_the_camera_was_held_is_kept_and_where_it_was_is_not(order: str) -> None:
    place = struct.pack(order + "HHI4s", 0x8825, 4, 1, b"GPS!")
    turned = struct.pack(order + "HHIHH", 274, 3, 1, 6, 0)
    mark = b"II*\0" if order == "<" else b"MM\0*"
    tiff = mark + struct.pack(order + "IH", 8, 2) + place + turned + bytes(4)
    picture = pictures.of_photo(jpeg(segment(0xE1, b"Exif\0\0" + tiff)))
    assert picture is not None
    assert b"GPS!" not in picture.data and b"\x01\x12\0\x03\0\0\0\x01\0\x06" in picture.data
    again = pictures.of_photo(picture.data)
    assert again == picture


@pytest.mark.parametrize("tiff", [b"", b"MM", b"MM\0*\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff"])
def test_a_damaged_exif_is_left_out_or_no_picture(tiff: bytes) -> None:
    picture = pictures.of_photo(jpeg(segment(0xE1, b"Exif\0\0" + tiff)))
    assert picture is None or b"Exif" not in picture.data
