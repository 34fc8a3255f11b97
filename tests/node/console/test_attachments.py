from __future__ import annotations

import asyncio

import pytest

from node.console import attachments
from tests.node.test_pictures import png
from tests.node.test_rasters import photo, saved

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"


@pytest.mark.parametrize(
    ("data", "media"),
    [(png(), "image/png"), (saved(photo(9, 9)), "image/jpeg"), (saved(photo(9, 9), "WEBP"), "image/jpeg")],
)
def test_C06_a_picture_is_shown_as_what_it_is_whatever_its_name_says(data: bytes, media: str) -> None:
    answer = asyncio.run(attachments.response({"name": "a.html", "data_hex": data.hex()}, False))
    assert (answer.content_type, answer.headers["Content-Disposition"]) == (media, "inline")
    assert "sandbox" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("data", [SVG, HTML, b"", png()[:40], b"%PDF-1.7", png(9_000, 1)])
def test_C06_everything_else_is_only_saved(data: bytes) -> None:
    answer = asyncio.run(attachments.response({"name": "photo.png", "data_hex": data.hex()}, False))
    assert answer.content_type == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="photo.png"')
    assert answer.body == data


@pytest.mark.parametrize(
    ("name", "ascii_name"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ('a"; filename=evil.html\r\nX: y', "a_; filename=evil.html_X_ y"),
        ("杯口.png", "__.png"),
        ("..", "file"),
    ],
)
def test_C07_a_name_stays_a_name(name: str, ascii_name: str) -> None:
    answer = attachments.saved(b"x", name, "application/octet-stream")
    disposition = answer.headers["Content-Disposition"]
    assert f'filename="{ascii_name}";' in disposition
    assert "\r" not in disposition and "\n" not in disposition
