"""For programs: every use case as JSON, its description, and the figures for whoever watches over the node.

POST /api/v1/<use case>     a JSON object -> a JSON object, or a problem (RFC 9457); ETag and If-Match (RFC 9110) say
                            what a program had seen when it acts
GET  /api/openapi.json      OpenAPI 3.1
GET  /metrics               Prometheus, text format 0.0.4
"""

from __future__ import annotations

import asyncio
import importlib.metadata
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from node import errors, objects, preconditions
from node.console import assets, descriptions, meters, routes, views
from node.trade import doors, policies

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
    door = view.console.door
    conditions = view.request.headers.getall(preconditions.CONDITION, [])
    seen = preconditions.seen(", ".join(conditions) if conditions else None)
    headers = {}
    if case in policies.POLICIES and policies.POLICIES[case].reads:
        headers[preconditions.TAG] = preconditions.tag(await door.sighted())  # before anything is read
    answer = await door.ask(view.caller, case, given, seen=seen)
    return web.json_response(answer, dumps=objects.write, headers=headers)


@register.get(OPENAPI, routes.PUBLIC)
async def describe(view: views.View) -> web.StreamResponse:
    """What can be asked. It is the same for every node of this version, and written once."""
    console = view.console
    if console.description is None:
        asked = {name: case for name, case in console.door.cases.items() if name not in policies.LOCAL}
        console.description = await asyncio.to_thread(described, asked)
    return assets.answer(view.request, console.description, "no-cache")


def described(asked: Mapping[str, doors.UseCase[Any]]) -> assets.Asset:
    """The description of what can be asked. Half a megabyte, of which a twentieth is sent."""
    document = descriptions.document(asked, importlib.metadata.version("hanse"))
    return assets.of(objects.write(document).encode(), "application/json")


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
    return objects.read(await request.read(), number)


def number(text: str) -> float | int:
    """A number with a point or an exponent; 3.0 is a whole number (JSON Schema 2020-12, validation, 6.1.1)."""
    value = float(text)
    return int(value) if value.is_integer() and abs(value) < EXACT_MAX else value
