"""What the console serves beside its pages: style sheets, scripts, icons. Read once, named by their content.

Nothing comes from anywhere else: the console works where there is no internet. `static/vendor` holds the work of
others with its licence; `static/vendor/README.md` says what, in which version and with which SHA-256.
"""

from __future__ import annotations

import base64
import functools
import gzip
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import segno
from aiohttp import web
from markupsafe import Markup

FOLDER: Final = Path(__file__).parent
STATIC: Final = FOLDER / "static"
PREFIX: Final = "/static/"
VERSION_CHARACTERS: Final = 12
TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file. `version`: the first characters of its SHA-256; `zipped`: the same for browsers that unzip."""

    content: bytes
    zipped: bytes
    kind: str
    version: str


@functools.cache
def load() -> Mapping[str, Asset]:
    """Every file by its path below `static/`."""
    found = {}
    for path in sorted(STATIC.rglob("*")):
        kind = TYPES.get(path.suffix)
        if kind is not None and path.is_file():
            found[path.relative_to(STATIC).as_posix()] = of(path.read_bytes(), kind)
    return found


def of(content: bytes, kind: str) -> Asset:
    """Something that is the same for everybody and sent often."""
    version = hashlib.sha256(content).hexdigest()[:VERSION_CHARACTERS]
    return Asset(content, gzip.compress(content, compresslevel=6, mtime=0), kind, version)


def answer(request: web.Request, asset: Asset, caching: str) -> web.Response:
    """An asset for whoever asks, zipped where that is understood; nothing where the browser has kept it."""
    zipped = "gzip" in request.headers.get("Accept-Encoding", "")
    tag = f'"{asset.version}{"-gzip" if zipped else ""}"'
    headers = {"Cache-Control": caching, "Vary": "Accept-Encoding", "ETag": tag}
    if request.headers.get("If-None-Match") == tag:
        return web.Response(status=304, headers=headers)
    if zipped:
        headers["Content-Encoding"] = "gzip"
    return web.Response(body=asset.zipped if zipped else asset.content, content_type=asset.kind, headers=headers)


def address(name: str) -> str:
    """Where a file is served; another content has another address, so browsers may keep it for ever."""
    return f"{PREFIX}{load()[name].version}/{name}"


@functools.cache
def outcome(use_case: str) -> str:
    """The template that shows what a use case came to; empty where the page that follows says enough."""
    template = f"outcomes/{use_case}.html"
    return template if (FOLDER / "templates" / template).is_file() else ""


def icon(name: str, label: str = "") -> Markup:
    """An icon of `static/icons.svg`. Without a label it is an ornament, and screen readers pass over it."""
    told = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="icon" {}><use href="{}#{}"></use></svg>').format(told, address("icons.svg"), name)


def qr(text: str, label: str) -> Markup:
    """A QR code as an image in the page (ISO/IEC 18004, error correction M)."""
    return drawn(segno.make(text, error="m", micro=False), label)


def qr_epc(content: str, label: str) -> Markup:
    """The QR code of a transfer (EPC069-12): bytes of UTF-8, and error correction M exactly."""
    return drawn(segno.make(content, error="m", micro=False, boost_error=False, mode="byte", encoding="utf-8"), label)


def drawn(code: segno.QRCode, label: str) -> Markup:
    """A code as an image in the page."""
    picture = io.BytesIO()
    code.save(picture, kind="svg", scale=4, border=2, xmldecl=False)
    data = base64.b64encode(picture.getvalue()).decode()
    return Markup('<img class="qr" src="data:image/svg+xml;base64,{}" alt="{}">').format(data, label)
