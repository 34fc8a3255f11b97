"""Parcels: many waybills at once, looked at before they are shipped, and the packer's screen, one order at a time."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from node import errors
from node.console import forms, routes, views
from node.console.pages import orders

register = routes.Register()

TEXT_MAX: Final = 400_000
ROWS: Final = 50
QUEUE: Final = "/orders/pack"
CARRIERS: Final = (
    *("SF", "ZTO", "YTO", "STO", "YUNDA", "JT", "JD", "EMS", "CHINA-POST", "DEPPON", "CAINIAO"),
    *("DHL", "UPS", "FEDEX", "DPD", "GLS"),
)


async def ready(view: views.View) -> views.Json:
    """One page of what may leave now, the most urgent first; `edge`: where it begins or ends, if somebody leafed to it.

    Where everything has left there meanwhile, it is the first page.
    """
    edge = next(({name: place} for name in ("after", "before") if (place := view.query(name)[: orders.PLACE_MAX])), {})
    page = await view.ask("order.list", duty="ship", limit=ROWS, **edge)
    if edge and not page["orders"]:
        edge, page = {}, await view.ask("order.list", duty="ship", limit=ROWS)
    return page | {"edge": edge}


@register.get("/orders/ship", "order.waybills")
async def ship(view: views.View) -> web.StreamResponse:
    """Paste or upload waybills."""
    return view.page(
        "orders/ship.html", queue=await ready(view), carriers=CARRIERS, seen=None, error=None, text="", carrier=""
    )


@register.post("/orders/ship", "order.ship")
async def look(view: views.View) -> web.StreamResponse:
    """What shipping these rows would do, and every fault at its row. Nothing is shipped yet."""
    posted = await view.posted()
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
        queue=await ready(view), carriers=CARRIERS, seen=seen, error=error, text=text, carrier=carrier,
    )  # fmt: skip


@register.get("/orders/pack", "order.waybills")
async def pack(view: views.View) -> web.StreamResponse:
    """One order in big type, and the list of those that wait."""
    queue = await ready(view)
    wanted = view.query("order").strip()[:200]
    number = view.query("number").strip()[:200]
    unknown = ""
    if number:
        hits = (await view.ask("search", text=number, limit=10))["hits"]
        known = [hit["id"] for hit in hits if hit["kind"] == "order" and hit["selling"]]
        wanted, unknown = (known[0], "") if known else ("", number)  # what is scanned next is not this one's waybill
    names = [row["order"] for row in queue["orders"]]
    back = "before" in queue["edge"]  # whoever goes back from the first of a page comes to the last of the one before
    chosen = wanted or (names[-1 if back else 0] if names and not unknown else "")
    order = await view.ask("order.show", order=chosen) if chosen else None
    return view.page(
        "orders/pack.html",
        queue=queue, order=order, following=following(queue, names, order), unknown=unknown, carriers=CARRIERS,
        carrier=view.query("carrier")[:40], leaving=leaving(order), link=link,
    )  # fmt: skip


def link(**chosen: str) -> str:
    """An address of the packer's screen."""
    return f"{QUEUE}?{urlencode(chosen)}"


def following(queue: views.Json, names: list[str], order: views.Json | None) -> str:
    """Where the parcel after this one is packed: the next one of the page, or of the next page, or the most urgent."""
    place = names.index(order["order"]) if order is not None and order["order"] in names else -1
    if place + 1 < len(names):
        return link(order=names[place + 1], **queue["edge"])
    return link(after=queue["next"]) if queue["next"] else QUEUE


@register.get("/orders/pack/{order}", "order.waybills")
async def state(view: views.View) -> web.StreamResponse:
    """How many units of an order may leave now: the packer's screen asks when something changed."""
    found = await view.ask("order.show", order=view.request.match_info["order"])
    return web.json_response({"leaving": leaving(found)})


def leaving(order: views.Json | None) -> int:
    """The units that may leave."""
    lines = [] if order is None else order["lines"]
    return sum(line["buckets"].get(state, 0) for line in lines for state in ("agreed", "overdue"))
