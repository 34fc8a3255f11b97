"""A camera that sees what a test shows it: Chromium plays a film where a telephone has its lens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import segno
from playwright import sync_api

from tests.browser import pictures

ACROSS, DOWN = 640, 480
GREY, WHITE = 128, 235
BLACK = 16
FRAMES = 10


def film(text: str) -> bytes:
    """A YUV4MPEG2 film of a QR code held before the lens, a little off the middle, on a grey ground."""
    code = segno.make(text, error="m")
    rows = [bytes(WHITE if not dark else BLACK for dark in row) for row in code.matrix_iter(border=4)]
    scale = (DOWN - 20) // len(rows)
    side = scale * len(rows)
    left, above = (ACROSS - side) // 3, (DOWN - side) // 2
    light = bytearray([GREY]) * (ACROSS * DOWN)
    for y, row in enumerate(rows):
        drawn = bytes(shade for shade in row for _ in range(scale))
        for line in range(scale):
            start = (above + y * scale + line) * ACROSS + left
            light[start : start + side] = drawn
    colours = bytes([GREY]) * (ACROSS * DOWN // 2)
    head = f"YUV4MPEG2 W{ACROSS} H{DOWN} F{FRAMES}:1 Ip A1:1 C420jpeg\n".encode()
    return head + (b"FRAME\n" + bytes(light) + colours) * FRAMES


@contextmanager
def looking_at(launched: sync_api.Browser, seen: Path) -> Iterator[sync_api.Browser]:
    """Another browser of the same kind, whose camera plays this film and whose user lets pages use it."""
    flags = (
        *pictures.FLAGS,
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={seen}",
    )
    photographer = launched.browser_type.launch(executable_path=pictures.CHROMIUM, args=list(flags))
    try:
        yield photographer
    finally:
        photographer.close()
