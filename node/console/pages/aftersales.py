"""After-sales: returns, complaints and disputes of every partner, by what they wait for."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from node.console import routes, views, words
from node.console.words import N_

register = routes.Register()
Json = dict[str, Any]

KINDS: Final = ("return", "complaint", "dispute")
PLACES: Final = ("mine", "theirs", "way", "closed")

words.add(
    words={
        "place.mine": N_("Waits for me"),
        "place.theirs": N_("Waits for the partner"),
        "place.way": N_("Goods on their way back"),
        "place.closed": N_("Closed"),
        "next.answer-request": N_("answer the return"),
        "next.answer-offer": N_("answer the offer"),
        "next.send-back": N_("send the goods back"),
        "next.take-in": N_("take the goods in"),
        "next.inspect": N_("inspect the goods"),
        "next.refund": N_("refund"),
        "next.answer-complaint": N_("answer the complaint"),
        "next.solve": N_("find a solution"),
        "next.tell-more": N_("tell more"),
        "next.confirm-solved": N_("say whether it is solved"),
        "next.go-to-arbiter": N_("go to the arbiter or settle"),
        "next.decide": N_("decide"),
        "next.comply": N_("do what the award says"),
        "reason.damaged": N_("Damaged"),
        "reason.defective": N_("Does not work"),
        "reason.wrong_item": N_("Wrong article"),
        "reason.not_as_described": N_("Not as described"),
        "reason.missing": N_("Did not arrive"),
        "reason.late": N_("Too late"),
        "reason.changed_mind": N_("Changed mind"),
        "reason.not_ordered": N_("Not ordered"),
        "reason.cancelled_before_delivery": N_("Cancelled before delivery"),
        "reason.other": N_("Other"),
        "reason.return": N_("A return"),
        "reason.payment": N_("A payment"),
        "reason.invoice": N_("An invoice"),
        "reason.statement": N_("A statement"),
        "offer.open": N_("waits for an answer"),
        "offer.replaced": N_("replaced by another offer"),
        "offer.declined": N_("declined"),
        "offer.accepted": N_("taken"),
        "paper.settle.offer": N_("Offer of money"),
        "paper.settle.accept": N_("Offer answered"),
        "paper.deem": N_("Silence claimed"),
        "paper.reminder": N_("Reminder"),
        "kind.return": N_("Return"),
        "kind.complaint": N_("Complaint"),
        "kind.dispute": N_("Dispute"),
        "part.seller": N_("seller"),
        "part.buyer": N_("buyer"),
    },
    tones={
        "offer.open": "yellow",
        "offer.accepted": "green",
        "kind.return": "azure",
        "kind.complaint": "orange",
    },
)


@register.get("/aftersales", "return.list")
async def inbox(view: views.View) -> web.StreamResponse:
    """Returns and complaints, by what they wait for."""
    wanted = view.query("place", "mine")
    place = wanted if wanted in PLACES else "mine"
    kind = view.query("kind") if view.query("kind") in KINDS else None
    found = await view.ask(
        "aftersales.list", place=place, kind=kind, partner=view.query("partner") or None, after=view.query("after")
    )
    entries = found["entries"]
    if place != "closed":
        entries = sorted(entries, key=lambda row: (row["due_ms"] is None, row["due_ms"] or 0, row["since_ms"]))
    partners = (await view.ask("partners"))["partners"]
    return view.page("aftersales/list.html", **found | {"entries": entries}, place=place, kind=kind, partners=partners)
