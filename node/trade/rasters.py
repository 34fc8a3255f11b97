"""Pictures made anew from their pixels: decoded, turned as the camera was held, made smaller, and encoded again.

Nothing of the bytes that somebody else made is left in them. What is decoded was taken apart by `pictures` before, so
only the three formats get here, without metadata, and with a size that is known before a pixel is unpacked. All of it
blocks: call it in a thread. One picture at a time is unpacked, so that many at once cannot fill the memory.
"""

from __future__ import annotations

import io
import struct
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final, Literal

from PIL import Image, ImageOps

from node.trade import pictures
from node.trade.pictures import Picture, Unreadable

Size = Literal["full", "small"]
SIDES: Final = {"full": 1_600, "small": 480}
"""Pixels of the longer side: what fills a screen, and what a card of a list shows on a sharp one."""
BYTES_MAX: Final = {"full": pictures.BYTES_MAX, "small": 48 * 1024}
PIXELS_MAX: Final = 24_000_000
"""Of a PNG or WebP, which is unpacked as a whole: 96 MiB."""
JPEG_PIXELS_MAX: Final = 64_000_000
"""Of a JPEG, which is unpacked at a quarter of its size or less when it is that large."""
QUALITIES: Final = (84, 72, 60)
EFFORT: Final[dict[str, dict[str, int]]] = {
    pictures.WEBP: {"method": 2}
}  # twice as fast as usual, as small but for 2 %
SHRINK: Final = 0.7
KEPT_BYTES_MAX: Final = 24 << 20
FORMATS: Final = {pictures.PNG: "PNG", pictures.JPEG: "JPEG", pictures.WEBP: "WEBP"}

_one_at_a_time = threading.Lock()


def made(data: bytes, size: Size = "full") -> Picture:
    """The picture in `data`, made anew. Unreadable for anything else, for what is damaged, moves, or is too large."""
    clean = pictures.clean(data, pictures.PHOTO_BYTES_MAX, pictures.PHOTO_SIDE_MAX)
    most = JPEG_PIXELS_MAX if clean.media == pictures.JPEG else PIXELS_MAX
    if clean.width * clean.height > most:
        raise Unreadable(f"at most {most // 1_000_000} megapixels", "picture.too-large")
    try:
        with _one_at_a_time:
            return _encoded(_decoded(clean, SIDES[size]), clean.media, size)
    except (OSError, SyntaxError, ValueError, struct.error, Image.DecompressionBombError) as error:
        raise Unreadable("an undamaged picture", "picture.damaged") from error


def _decoded(clean: Picture, side: int) -> Image.Image:
    with Image.open(io.BytesIO(clean.data), formats=(FORMATS[clean.media],)) as opened:
        if opened.size != (clean.width, clean.height):
            raise ValueError("the size is another one inside")
        opened.draft("RGB", (side, side))
        opened.load()
        image = ImageOps.exif_transpose(opened)
    clear = "transparency" in image.info or image.mode in ("RGBA", "LA", "PA", "La", "RGBa")
    image = image.convert("RGBA" if clear else "RGB")
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    return image


def _encoded(image: Image.Image, was: str, size: Size) -> Picture:
    """The smallest of what looks the same: drawings stay PNG where that is small, what is see-through becomes WebP."""
    most = BYTES_MAX[size]
    while True:
        if was == pictures.PNG:
            drawn = _saved(image, pictures.PNG, optimize=True)
            if len(drawn.data) <= most // 4:
                return drawn
        media = pictures.WEBP if image.mode == "RGBA" or size == "small" else pictures.JPEG
        for quality in QUALITIES:
            photo = _saved(image, media, quality=quality, **EFFORT.get(media, {}))
            if len(photo.data) <= most:
                return photo
        image = image.resize((max(1, int(image.width * SHRINK)), max(1, int(image.height * SHRINK))))


def _saved(image: Image.Image, media: str, **options: int | bool) -> Picture:
    out = io.BytesIO()
    image.info = {}
    image.save(out, FORMATS[media], **options)
    return Picture(media, image.width, image.height, out.getvalue())


@dataclass(slots=True)
class Kept:
    """Pictures that were made of late, by their content's hash and their size: a page asks for sixty of them."""

    made: OrderedDict[tuple[str, Size], Picture] = field(default_factory=OrderedDict)

    def get(self, image: str, size: Size) -> Picture | None:
        """One of them, which is the newest now."""
        found = self.made.get((image, size))
        if found is not None:
            self.made.move_to_end((image, size))
        return found

    def put(self, image: str, size: Size, picture: Picture) -> None:
        """Keep one; the oldest make room."""
        self.made[image, size] = picture
        while sum(len(one.data) for one in self.made.values()) > KEPT_BYTES_MAX:
            self.made.popitem(last=False)
