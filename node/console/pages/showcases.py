"""The selection centre: what partners offer me, what they see of mine, and what is wanted and offered among us."""

from __future__ import annotations

import re
from typing import Final
from urllib import parse

from aiohttp import web

from node import errors
from node.console import problems, routes, views, words
from node.console.words import N_

register = routes.Register()

PAGE: Final = 60
SORTS: Final = (
    ("title", N_("By title")),
    ("margin", N_("Highest margin first")),
    ("margin_percent", N_("Highest margin in percent first")),
    ("cost", N_("Cheapest first")),
    ("stock", N_("Most stock first")),
)
MARGINS: Final = (20, 30, 40, 50)
LISTING: Final = re.compile(r"[0-9a-f]{64}")
PICKS_MAX: Final = 200
RULES: Final = ("rule", "markup_percent", "round_to", "prefix")

words.add(
    words={
        "asked": N_("asked"),
        "quoted": N_("quoted"),
        "ordered": N_("ordered"),
        "held": N_("held"),
        "supply.withdrawn": N_("not offered any more"),
        "supply.sold-out": N_("sold out"),
        "supply.offered": N_("there again"),
    },
    tones={
        "asked": "yellow",
        "quoted": "azure",
        "ordered": "green",
        "held": "green",
        "supply.withdrawn": "red",
        "supply.sold-out": "orange",
        "supply.offered": "green",
    },
    done={
        "catalogue.derive": N_("The goods are in your catalogue."),
        "order.place": N_("Ordered. The seller has it as soon as both of you are online."),
        "stock.hold": N_("Asked. The partner's node answers by itself."),
        "quote.request": N_("Asked. The partner sees it at once."),
        "quote.give": N_("The price is with the partner."),
        "quote.close": N_("Declined."),
        "quote.accept": N_("Ordered at the quoted price."),
        "offer.post": N_("Your partners see it now."),
        "want.post": N_("Your partners see it now."),
        "notice.withdraw": N_("Taken back."),
        "selection.take": N_("The goods are in your catalogue."),
        "selection.watch": N_("Kept. From this rise on it stands on Today."),
        "selection.noted": N_("Noted. It is not told again."),
    },
)


@register.get("/selection", "selection.list")
async def offers(view: views.View) -> web.StreamResponse:
    """What partners offer me, as cards."""
    chosen: views.Json = {"text": view.query("text"), "sort": view.query("sort", "title"), "after": view.query("after")}
    if chosen["sort"] not in dict(SORTS):
        chosen["sort"] = "title"
    for name in ("partner", "category"):
        if view.query(name):
            chosen[name] = view.query(name)
    if view.query("in_stock"):
        chosen["in_stock"] = True
    if view.query("margin") in {str(percent) for percent in MARGINS}:
        chosen["margin_percent_min"] = int(view.query("margin"))
    answer = await view.ask("selection.list", **chosen, limit=PAGE)
    changes = await view.ask("selection.changes")
    kept = {name: view.query(name) for name in ("text", "partner", "category", "margin", "in_stock", "sort")}
    return view.page(
        "selection/list.html",
        **answer,
        chosen=chosen,
        sorts=SORTS,
        margins=MARGINS,
        changes=changes["changes"],
        supplies=changes["supplies"],
        rise_percent=changes["rise_percent"],
        here="/selection?" + parse.urlencode({name: value for name, value in kept.items() if value}),
    )


@register.get("/selection/take", "selection.reckon")
async def several(view: views.View) -> web.StreamResponse:
    """Several offers that were ticked, with the price that a rule makes of them and what it leaves."""
    listings = [name for name in view.request.query.getall("pick", []) if LISTING.fullmatch(name)][:PICKS_MAX]
    if not listings:
        return web.Response(status=303, headers={"Location": "/selection"})
    given: views.Json = {"listings": list(dict.fromkeys(listings))}
    given |= {name: view.query(name).strip() for name in RULES if view.query(name).strip()}
    answer, error = None, None
    try:
        answer = await view.ask("selection.reckon", **given)
    except errors.NodeError as refused:
        error = refused
    status = 200 if error is None else problems.status(error)
    return view.page("selection/take.html", status=status, answer=answer, error=error, given=given)


@register.get("/selection/offer", "selection.show")
async def offer(view: views.View) -> web.StreamResponse:
    """One offer of a partner: pick it, order it, ask for a price, have it held."""
    if not view.query("sku"):
        return web.Response(status=303, headers={"Location": "/selection"})
    return view.page(
        "selection/offer.html",
        offer=await view.ask("selection.show", partner=view.query("partner"), sku=view.query("sku")),
    )


@register.get("/selection/mine", "catalogue.preview")
async def mine(view: views.View) -> web.StreamResponse:
    """What a partner sees of my goods, exactly."""
    agreements = (await view.ask("agreement.list"))["agreements"]
    buyers = sorted({row["partner"] for row in agreements if row["state"] == "in-force" and row["selling"]})
    partner = view.query("partner") or (buyers[0] if buyers else "")
    asked = {"text": view.query("text"), "after": view.query("after"), "limit": PAGE}
    answer = await view.ask("catalogue.preview", partner=partner, **asked) if partner in buyers else None
    return view.page(
        "selection/mine.html",
        buyers=buyers,
        partner=partner,
        answer=answer,
        text=asked["text"],
        after=asked["after"],
    )


@register.get("/selection/market", "want.list")
async def market(view: views.View) -> web.StreamResponse:
    """What is wanted and offered among partners, and the prices that were asked and given."""
    wants, posted = (await view.ask("want.list"))["notices"], (await view.ask("offer.list"))["notices"]
    return view.page(
        "selection/market.html",
        wants=[row for row in wants if row["state"] == "open"],
        offers=[row for row in posted if row["state"] == "open"],
        quotes=list(reversed((await view.ask("quote.list"))["quotes"])),
        partners=[row["name"] for row in (await view.ask("partners"))["partners"]],
        want=view.query("want"),
    )
