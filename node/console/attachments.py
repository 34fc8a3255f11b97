"""Files that a partner wrote: pictures are shown as pictures and nothing else, everything else is only saved.

Row C14: nothing of it is served under a type that a browser would run, whatever its name says.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web

from node.console import guards
from node.trade import pictures, rasters

OCTETS: Final = "application/octet-stream"
UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f"\\/:*?<>|]+')


async def response(file: Mapping[str, Any], save: bool) -> web.Response:
    """A file `{"name", "data_hex"}` of a partner: the picture that is in it, made anew, or with `save` the file."""
    data = bytes.fromhex(file["data_hex"])
    if not save:
        with contextlib.suppress(pictures.Unreadable):
            picture = await asyncio.to_thread(rasters.made, data)
            headers = {**guards.SANDBOX, "Content-Disposition": "inline", "Cache-Control": "private, max-age=86400"}
            return web.Response(body=picture.data, content_type=picture.media, headers=headers)
    return saved(data, file["name"], OCTETS)


def saved(data: bytes, name: str, media: str) -> web.Response:
    """Something that the browser saves under a name (RFC 6266) and never shows."""
    plain = UNSAFE.sub("_", name).strip(". ") or "file"
    ascii_name = plain.encode("ascii", "replace").decode().replace("?", "_")
    disposition = f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(plain, safe='')}"
    return web.Response(body=data, content_type=media, headers={**guards.SANDBOX, "Content-Disposition": disposition})
