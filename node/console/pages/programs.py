"""For programs: every use case as JSON, its description, and the figures for whoever watches over the node.

POST /api/v1/<use case>     a JSON object -> a JSON object, or a problem (RFC 9457)
GET  /api/openapi.json      OpenAPI 3.1
GET  /metrics               Prometheus, text format 0.0.4
"""

from __future__ import annotations

import functools
import importlib.metadata
import json
from typing import Any, Final

from aiohttp import web

from node import errors
from node.console import descriptions, meters, routes, views
from node.trade import policies

register = routes.Register()

OPENAPI: Final = "/api/openapi.json"
EXACT_MAX: Final = 2**53
"""Below this every whole number is exactly one floating-point number (IEEE 754)."""


@register.post(descriptions.PREFIX + "{case}", routes.SIGNED_IN)
async def ask(view: views.View) -> web.StreamResponse:
    """Ask the door; it decides whether the caller may."""
    given = await read(view.request)
    case = view.request.match_info["case"]
    if case in policies.LOCAL:
        raise errors.NodeError("request.forbidden", "this is asked at the machine itself, and not over the network")
    answer = await view.console.door.ask(view.caller, case, given)
    return web.json_response(answer, dumps=dumps)


@register.get(OPENAPI, routes.PUBLIC)
async def describe(view: views.View) -> web.StreamResponse:
    """What can be asked. It is the same for every node of this version."""
    asked = {name: case for name, case in view.console.door.cases.items() if name not in policies.LOCAL}
    return web.json_response(descriptions.document(asked, importlib.metadata.version("hanse")))


@register.get("/metrics", "status")
async def metrics(view: views.View) -> web.StreamResponse:
    """Figures of this node."""
    text = meters.exposition(await view.ask("status"), (await view.ask("partners"))["partners"])
    return web.Response(body=text, headers={"Content-Type": meters.CONTENT_TYPE})


async def read(request: web.Request) -> dict[str, Any]:
    """The arguments. NodeError `request.malformed`, `request.media`."""
    if request.content_type != "application/json":
        raise errors.NodeError(
            "request.media", "this is not JSON", expected="Content-Type: application/json", got=request.content_type
        )
    try:
        text = (await request.read()).decode()
        given = json.loads(text, parse_float=number)
        if "\\ud" in text.lower():  # half a surrogate pair is no text, and fits neither database nor documents
            json.dumps(given, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise errors.NodeError("request.malformed", "the arguments are no JSON") from None
    if not isinstance(given, dict):
        raise errors.NodeError("request.malformed", "the arguments are no JSON object")
    return given


def number(text: str) -> float | int:
    """A number with a point or an exponent; 3.0 is a whole number (JSON Schema 2020-12, validation, 6.1.1)."""
    value = float(text)
    return int(value) if value.is_integer() and abs(value) < EXACT_MAX else value


def plain(value: object) -> object:
    """Bytes as hex, as on the control socket. TypeError for anything else."""
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    raise TypeError(f"{type(value).__name__} is nothing that the API carries")


dumps = functools.partial(json.dumps, ensure_ascii=False, default=plain, separators=(",", ":"))
