"""Pictures are made anew from their pixels, within a size, and what would cost too much is refused before it does."""

from __future__ import annotations

import io
import random
import struct
import tracemalloc
import zlib
from typing import Any

import pytest
from PIL import Image, ImageDraw

from node.trade import pictures, rasters
from tests.node.test_pictures import EXTENDED, chunk, jpeg, png, webp


def noise(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """A picture that does not compress."""
    size = width * height * len(mode)
    return Image.frombytes(mode, (width, height), random.Random(7).randbytes(size))


def photo(width: int, height: int) -> Image.Image:
    """A picture as cameras take them: soft, with a few edges."""
    image = noise(16, 12).resize((width, height), Image.Resampling.BICUBIC)
    ImageDraw.Draw(image).ellipse((width // 4, height // 4, width // 2, height // 2), fill=(180, 40, 30))
    return image


def saved(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def opened(picture: pictures.Picture) -> Image.Image:
    return Image.open(io.BytesIO(picture.data))


@pytest.mark.parametrize(
    ("data", "media"),
    [
        (saved(photo(3_000, 2_000), quality=92), pictures.JPEG),
        (saved(photo(3_000, 2_000), "PNG"), pictures.JPEG),
        (saved(noise(1_200, 900, "RGBA"), "PNG"), pictures.WEBP),
        (saved(photo(900, 600), "WEBP"), pictures.JPEG),
        (saved(photo(900, 600).convert("CMYK")), pictures.JPEG),
        (saved(photo(900, 600).convert("P"), "PNG", transparency=0), pictures.WEBP),
        (saved(photo(40, 30).convert("L"), "PNG"), pictures.PNG),
    ],
)
def test_every_kind_becomes_a_picture_within_its_size_in_bytes_of_our_own(data: bytes, media: str) -> None:
    full, small = rasters.made(data), rasters.made(data, "small")
    assert full.media == media
    assert len(full.data) <= pictures.BYTES_MAX and max(full.width, full.height) <= 1_600
    assert len(small.data) <= 48 * 1024 and max(small.width, small.height) <= 480
    assert opened(full).size == (full.width, full.height)
    assert rasters.made(data) == full
    assert pictures.clean(full.data).media == media


def test_sixty_cards_load_a_tenth_of_what_their_pictures_have() -> None:
    """A page of the selection, with photos as shops have them: what is loaded is measured in bytes."""
    owned = [rasters.made(saved(photo(1_600, 1_200 + step), quality=92)) for step in range(3)]
    full = sum(len(one.data) for one in owned) * 20
    small = sum(len(rasters.made(one.data, "small").data) for one in owned) * 20
    assert small < full / 4
    assert small < 60 * 16 * 1024


def test_nothing_of_what_somebody_hid_is_left() -> None:
    exif = Image.Exif()
    exif[0x010E] = "SECRET"
    data = saved(photo(300, 200), exif=exif, comment=b"SECRET", icc_profile=b"SECRET" * 20) + b"SECRET<script>"
    assert b"SECRET" not in rasters.made(data).data
    assert b"SECRET" not in rasters.made(png(extra=chunk(b"tEXt", b"Author\0SECRET"), tail=b"SECRET")).data


def test_a_photo_stands_upright() -> None:
    exif = Image.Exif()
    exif[274] = 6
    made = rasters.made(saved(photo(300, 200), exif=exif))
    assert (made.width, made.height) == (200, 300)


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that unpacks to as many pixels as it says."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(1 + 3 * width)) for _ in range(height)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_F08_a_bomb_is_refused_by_what_it_claims_before_a_pixel_is_unpacked() -> None:
    data = bomb(8_000, 3_100)
    assert len(data) < 200 * 1024
    tracemalloc.start()
    with pytest.raises(pictures.Unreadable) as refused:
        rasters.made(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (refused.value.code, peak < 8 << 20) == ("picture.too-large", True)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (png(10_000, 1), "picture.too-large"),
        (bytes(pictures.PHOTO_BYTES_MAX + 1), "picture.too-large"),
        (saved(photo(300, 200))[:-400], "picture.damaged"),
        (saved(photo(300, 200), "WEBP")[:-400], "picture.damaged"),
        (jpeg(), "picture.damaged"),
        (b"", "picture.format"),
        (b"%PDF-1.7" + bytes(99), "picture.format"),
        (saved(photo(20, 20), "GIF"), "picture.format"),
        (saved(photo(20, 20), "PNG", save_all=True, append_images=[noise(20, 20)]), "picture.animated"),
        (saved(photo(20, 20), "WEBP", save_all=True, append_images=[noise(20, 20)]), "picture.animated"),
        (webp(EXTENDED), "picture.damaged"),
    ],
    ids=lambda value: value if isinstance(value, str) else str(len(value)),
)
def test_F08_what_is_damaged_moves_or_is_no_picture_is_refused_with_its_code(data: bytes, code: str) -> None:
    with pytest.raises(pictures.Unreadable) as refused:
        rasters.made(data)
    assert refused.value.code == code


def test_no_cut_and_no_changed_byte_does_more_than_refuse() -> None:
    source = random.Random(11)
    for kind in ("JPEG", "PNG", "WEBP"):
        whole = saved(photo(40, 30), kind)
        for _ in range(120):
            place = source.randrange(len(whole))
            hostile = whole[:place] + source.randbytes(2) + whole[place + 2 :]
            try:
                made = rasters.made(hostile, "small")
            except pictures.Unreadable:
                continue
            assert opened(made).size == (made.width, made.height)


def test_what_was_made_of_late_is_kept_within_a_bound() -> None:
    kept = rasters.Kept()
    large = pictures.Picture(pictures.JPEG, 1, 1, bytes(rasters.KEPT_BYTES_MAX // 2))
    for name in "abc":
        kept.put(name, "full", large)
    assert [kept.get(name, "full") is None for name in "abc"] == [True, False, False]
    assert kept.get("c", "small") is None
