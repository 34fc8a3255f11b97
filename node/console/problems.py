"""What went wrong, for people and for programs (RFC 9457). The codes are those of the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from node import errors

CONTENT_TYPE: Final = "application/problem+json"
STATUSES: Final[Mapping[errors.Exit, int]] = {
    errors.Exit.REFUSED: 409,
    errors.Exit.USAGE: 422,
    errors.Exit.UNREADABLE: 422,
    errors.Exit.UNREACHABLE: 502,
    errors.Exit.BUG: 500,
    errors.Exit.DISK: 507,
    errors.Exit.LATER: 503,
    errors.Exit.PROTOCOL: 409,
    errors.Exit.PERMISSION: 403,
    errors.Exit.CONFIGURATION: 409,
}
BY_CODE: Final[Mapping[str, int]] = {
    "request.unauthenticated": 401,
    "request.unknown": 404,
    "request.method": 405,
    "request.too-big": 413,
    "request.media": 415,
    "request.overtaken": 412,
}


def status(error: errors.NodeError) -> int:
    """The HTTP status of an error (RFC 9110 section 15)."""
    if error.code in BY_CODE:
        return BY_CODE[error.code]
    if error.code.endswith(".unknown"):
        return 404
    return STATUSES.get(error.exit, 500)


def content(error: errors.NodeError) -> dict[str, Any]:
    """The members of a problem; `code`, `expected`, `got`, `hint` and `faults` are as on the command line."""
    told = errors.to_json(error)
    return {"type": f"urn:hanse:error:{error.code}", "title": error.message, "status": status(error), **told}


def response(error: errors.NodeError) -> web.Response:
    """A problem as an answer."""
    headers = {"Allow": str(error.expected)} if error.code == "request.method" else {}
    return web.json_response(content(error), status=status(error), content_type=CONTENT_TYPE, headers=headers)
