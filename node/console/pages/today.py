"""Today and the search: what waits for this merchant, and everything that has a number or a name."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web

from node.console import routes, views, words
from node.console.pages import beginnings
from node.console.words import N_

register = routes.Register()

Row = Mapping[str, Any]

DUTIES: Final[Mapping[str, tuple[str, str, str]]] = {
    "stop": (N_("Stop these parcels"), "ban", "red"),
    "accept": (N_("Orders to accept"), "package", "azure"),
    "ship": (N_("Parcels to ship"), "truck-delivery", "azure"),
    "answer": (N_("Proposals to answer"), "message-2", "azure"),
    "return": (N_("Returns to go on with"), "arrow-back-up", "yellow"),
    "complaint": (N_("Complaints to answer"), "message-circle", "yellow"),
    "quote": (N_("Prices to quote"), "discount", "azure"),
    "agreement": (N_("Terms to accept"), "heart-handshake", "azure"),
    "statement": (N_("Statements to close"), "receipt", "azure"),
    "invoice": (N_("Invoices to answer"), "file-invoice", "azure"),
    "payment": (N_("Payments to confirm"), "cash", "azure"),
    "netting": (N_("Debts that may cancel out"), "scale", "azure"),
    "payee": (N_("Payment details that changed"), "alert-triangle", "red"),
    "claim": (N_("Deadlines that your partners let pass"), "hourglass", "yellow"),
}
"""Duty -> heading, icon, tone."""
NAMELESS: Final = frozenset({"agreement", "quote", "netting", "payee"})
"""Duties whose matters have no number that people use: the partner's name stands in its place."""
SPOKEN: Final = {"complaint": "reason.", "invoice": "invoice."}
"""Duty -> what stands before the code that says what it is about."""

FOUND: Final[Mapping[str, tuple[str, str]]] = {
    "order": (N_("Order"), "package"),
    "partner": (N_("Partner"), "users"),
    "good": (N_("Article"), "tags"),
    "listing": (N_("Offer"), "layout-grid"),
    "invoice": (N_("Invoice"), "file-invoice"),
    "statement": (N_("Statement"), "receipt"),
    "payment": (N_("Payment"), "cash"),
    "return": (N_("Return"), "arrow-back-up"),
}
"""Kind of a hit -> what it is, icon."""

words.add(
    done={
        "errand.do": N_("It was passed on."),
        "errand.dismiss": N_("It is let be, and not asked again."),
    },
    words={
        "invoice.380": N_("Invoice"),
        "invoice.381": N_("Credit note"),
        "invoice.389": N_("Invoice written by the buyer"),
        "sell": N_("You sell"),
        "buy": N_("You buy"),
        "left.refused": N_("A rule of the next partner's agreement refused it."),
        "left.choice": N_("Your node does not decide this for you."),
        "said.issue.open": N_("opened a complaint"),
        "said.issue.reply": N_("wrote about a complaint"),
        "said.issue.escalate": N_("went on with a complaint"),
        "said.settle.offer": N_("offered to settle"),
        "said.issue.close": N_("closed a complaint"),
        "said.dispute.open": N_("called the arbiter"),
    },
)


def order(row: Row) -> str:
    """The page of an order."""
    return f"/orders/{row['id']}"


PLACES: Final[Mapping[str, Callable[[Row], str]]] = {
    "stop": order,
    "accept": order,
    "ship": order,
    "answer": order,
    "claim": order,
    "order": order,
    "return": lambda row: f"/aftersales/returns/{row['id']}",
    "complaint": lambda row: f"/aftersales/complaints/{row['id']}",
    "quote": lambda row: "/selection/market",
    "agreement": lambda row: f"/partners/{quote(row['partner'], safe='')}/terms",
    "statement": lambda row: f"/statements/{row['id']}",
    "invoice": lambda row: f"/statements/invoices/{row['id']}",
    "payment": lambda row: f"/statements/payments/{row['id']}",
    "netting": lambda row: "/statements/netting",
    "payee": lambda row: f"/statements/creditors/{quote(row['partner'], safe='')}",
    "partner": lambda row: f"/partners/{quote(row['id'], safe='')}",
    "good": lambda row: f"/catalogue/goods/{quote(row['id'], safe='')}",
    "listing": lambda row: f"/selection?text={quote(row['id'])}",
}
"""Duty or kind -> where it is done, or shown."""

ALL: Final[Mapping[str, str]] = {
    "accept": "/orders?duty=accept",
    "ship": "/orders?duty=ship",
    "stop": "/orders?duty=stop",
    "answer": "/orders?duty=answer",
    "return": "/aftersales",
    "complaint": "/aftersales",
    "quote": "/selection/market",
    "agreement": "/partners",
    "statement": "/statements",
    "invoice": "/statements/invoices",
    "payment": "/statements/payments",
    "netting": "/statements/netting",
    "payee": "/statements/balances",
    "claim": "/today",
}
"""Duty -> the page with all of them."""


@register.get("/today", "today")
async def today(view: views.View) -> web.StreamResponse:
    """What waits for me, and the first steps of a merchant that has not traded yet."""
    agenda, steps, left, prices = await asyncio.gather(
        view.ask("today"), beginnings.steps(view), view.ask("errand.list"), view.ask("selection.changes")
    )
    return view.page(
        "today/today.html",
        agenda=agenda,
        left=left["errands"],
        prices=[row for row in prices["changes"] if row["told"]],
        supplies=prices["supplies"],
        rise_percent=prices["rise_percent"],
        steps=steps,
        duties=DUTIES,
        places=PLACES,
        all_of=ALL,
        nameless=NAMELESS,
        spoken=SPOKEN,
    )


@register.get("/search", "search")
async def search(view: views.View) -> web.StreamResponse:
    """Everything that a text may mean; one exact hit is opened at once."""
    text = view.query("text").strip()[:200]
    hits = (await view.ask("search", text=text, limit=50))["hits"] if text else []
    exact = [hit for hit in hits if hit["exact"]]
    if len(exact) == 1 and len(hits) == 1:
        return web.Response(status=303, headers={"Location": PLACES[exact[0]["kind"]](exact[0])})
    return view.page("today/search.html", text=text, hits=hits, kinds=FOUND, places=PLACES)
