"""Parcels: many waybills at once, looked at before they are shipped, and the packer's screen, one order at a time."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from node import errors
from node.console import forms, routes, views
from node.console.pages import imports

register = routes.Register()

TEXT_MAX: Final = 400_000
LIST_MAX: Final = 200
CARRIERS: Final = (
    *("SF", "ZTO", "YTO", "STO", "YUNDA", "JT", "JD", "EMS", "CHINA-POST", "DEPPON", "CAINIAO"),
    *("DHL", "UPS", "FEDEX", "DPD", "GLS"),
)


async def ready(view: views.View) -> list[views.Json]:
    """What may leave now, the longest waiting first."""
    page = await view.ask("order.list", duty="ship", limit=LIST_MAX)
    return [row for row in reversed(page["orders"]) if row["ships"]]


@register.get("/orders/ship", "order.waybills")
async def ship(view: views.View) -> web.StreamResponse:
    """Paste or upload waybills."""
    return view.page(
        "orders/ship.html", ready=await ready(view), carriers=CARRIERS, seen=None, error=None, text="", carrier=""
    )


@register.post("/orders/ship", "order.ship")
async def look(view: views.View) -> web.StreamResponse:
    """What shipping these rows would do, and every fault at its row. Nothing is shipped yet."""
    posted = await imports.genuine(view)
    file, carrier = posted.get("file"), forms.text(posted, "carrier")
    given: views.Json = {"carrier": carrier} if carrier else {}
    text = forms.text(posted, "text")[:TEXT_MAX]
    if isinstance(file, web.FileField) and file.filename:
        given |= {"name": file.filename[:200], "data_hex": file.file.read().hex()}
    else:
        given["text"] = text
    seen, error = None, None
    try:
        seen = await view.ask("order.waybills", **given)
    except errors.NodeError as refused:
        if refused.code not in ("sheet.faults", "request.malformed"):
            raise
        error = refused
    return view.page(
        "orders/ship.html",
        status=200 if error is None else 422,
        ready=await ready(view), carriers=CARRIERS, seen=seen, error=error, text=text, carrier=carrier,
    )  # fmt: skip


@register.get("/orders/pack", "order.waybills")
async def pack(view: views.View) -> web.StreamResponse:
    """One order in big type, and the list of those that wait."""
    waiting = await ready(view)
    wanted = view.query("order").strip()[:200]
    number = view.query("number").strip()[:200]
    unknown = ""
    if number:
        hits = (await view.ask("search", text=number, limit=10))["hits"]
        known = [hit["id"] for hit in hits if hit["kind"] == "order" and hit["selling"]]
        wanted, unknown = (known[0], "") if known else (wanted, number)
    chosen = wanted or (waiting[0]["order"] if waiting else "")
    order = await view.ask("order.show", order=chosen) if chosen else None
    names = [row["order"] for row in waiting]
    place = names.index(order["order"]) if order is not None and order["order"] in names else -1
    after = names[(place + 1) % len(names)] if len(names) > 1 or (names and place < 0) else ""
    return view.page(
        "orders/pack.html",
        waiting=waiting, order=order, after=after, unknown=unknown, carriers=CARRIERS,
        carrier=view.query("carrier")[:40], leaving=leaving(order),
    )  # fmt: skip


@register.get("/orders/pack/{order}", "order.waybills")
async def state(view: views.View) -> web.StreamResponse:
    """How many units of an order may leave now: the packer's screen asks when something changed."""
    found = await view.ask("order.show", order=view.request.match_info["order"])
    return web.json_response({"leaving": leaving(found)})


def leaving(order: views.Json | None) -> int:
    """The units that may leave."""
    lines = [] if order is None else order["lines"]
    return sum(line["buckets"].get(state, 0) for line in lines for state in ("agreed", "overdue"))
