"""Orders: one inbox for all shops and partners, and one order with its documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from node.console import routes, setups, views, words
from node.console.words import N_

register = routes.Register()

ROWS: Final = 50
GOODS_CHOSEN_MAX: Final = 200
"""So many articles are chosen from a list; of more, some are proposed for what is typed."""
GOODS_SHOWN_MAX: Final = 30
TEXT_MAX: Final = 200
PLACE_MAX: Final = 120
"""So many characters name where a page ends."""
TABS: Final = (
    ("", N_("All"), ()),
    ("placed", N_("To accept"), ("placed",)),
    ("proposed", N_("To answer"), ("proposed",)),
    ("ship", N_("To ship"), ("agreed", "part-shipped")),
    ("way", N_("On the way"), ("shipped",)),
    ("delivered", N_("Delivered"), ("delivered",)),
    ("attention", N_("Need attention"), ("attention",)),
    ("closed", N_("Closed"), ("closed",)),
)
"""Name in the address, label, and the states of an order that it holds."""
KEPT: Final = ("tab", "side", "partner", "shop", "text", "duty")

IN_BULK: Final[Mapping[str, Callable[[views.Json], bool]]] = {
    "order.accept": lambda row: row["selling"] and row["ships"] and row["state"] == "placed",
    "order.cancel": lambda row: (
        row["state"] in ("proposed", "agreed", "part-shipped", "" if row["selling"] else "placed")
    ),
}
"""What can be done with many orders of the list at once, and with which: each then has an outcome of its own."""
CANCEL_REASONS: Final = ("consumer", "duplicate", "mistake", "address", "price", "oversell")
"""Why an order is stopped; `oversell` is the seller's, and may cost what the agreement says."""

words.add(
    words={
        "cancel-reason.consumer": N_("The consumer does not want it any more"),
        "cancel-reason.duplicate": N_("Ordered twice by mistake"),
        "cancel-reason.mistake": N_("Ordered by mistake"),
        "cancel-reason.address": N_("The address is wrong"),
        "cancel-reason.price": N_("The price is wrong"),
        "cancel-reason.oversell": N_("There is not enough of it"),
        "placed": N_("to be accepted"),
        "proposed": N_("to be agreed"),
        "agreed": N_("to be shipped"),
        "part-shipped": N_("partly shipped"),
        "shipped": N_("on the way"),
        "delivered": N_("delivered"),
        "attention": N_("needs attention"),
        "lot.placed": N_("to be accepted"),
        "lot.seller-proposed": N_("offer of the seller"),
        "lot.agreed": N_("to be shipped"),
        "lot.change-proposed": N_("change proposed"),
        "lot.cancelling": N_("being stopped"),
        "lot.shipped": N_("on the way"),
        "lot.rto-asked": N_("asked back"),
        "lot.returning": N_("on the way back"),
        "lot.delivered": N_("delivered"),
        "lot.received": N_("received"),
        "lot.contested": N_("contested"),
        "lot.return-asked": N_("return asked"),
        "lot.return-offered": N_("refund offered"),
        "lot.return-approved": N_("return approved"),
        "lot.return-refused": N_("return refused"),
        "lot.in-return": N_("on the way back"),
        "lot.back": N_("back at the seller"),
        "lot.inspected": N_("inspected"),
        "lot.refunded": N_("refunded"),
        "lot.exchanged": N_("exchanged"),
        "lot.rejected": N_("rejected"),
        "lot.withdrawn": N_("withdrawn"),
        "lot.cancelled": N_("cancelled"),
        "lot.short": N_("not delivered"),
        "lot.lapsed": N_("lapsed"),
        "lot.overdue": N_("overdue"),
        "lot.forfeited": N_("forfeited"),
        "lot.final": N_("final"),
        "parcel.handed_over": N_("handed over"),
        "parcel.in_transit": N_("on the way"),
        "parcel.out_for_delivery": N_("out for delivery"),
        "parcel.exception": N_("held up"),
        "parcel.delivered": N_("delivered"),
        "parcel.refused": N_("refused"),
        "parcel.returning": N_("on the way back"),
        "parcel.returned": N_("returned"),
        "answer.accept": N_("accepted"),
        "answer.decline": N_("declined"),
        "answer.reject": N_("rejected"),
        "answer.change": N_("other terms offered"),
        "answer.substitute": N_("another article offered"),
        "answer.backorder": N_("offered for later"),
        "answer.stopped": N_("stopped"),
        "answer.too_late": N_("has left already"),
        "answer.recalled": N_("called back from the carrier"),
        "answer.rto": N_("comes back if refused"),
        "answer.approve": N_("approved"),
        "answer.refund": N_("refunded without sending back"),
        "answer.offer": N_("part of the price offered"),
        "said.order.place": N_("placed the order"),
        "said.order.respond": N_("answered the order"),
        "said.order.change": N_("proposed a change"),
        "said.order.change_respond": N_("answered the proposal"),
        "said.shipment.plan": N_("planned the shipping"),
        "said.shipment.pack": N_("packed a parcel"),
        "said.shipment.handover": N_("handed a parcel over"),
        "said.shipment.status": N_("reported from the carrier"),
        "said.cancel.request": N_("asked to cancel"),
        "said.cancel.result": N_("answered the cancel"),
        "said.receipt.advice": N_("said what arrived"),
        "said.return.request": N_("asked to return goods"),
        "said.return.decide": N_("decided the return"),
        "said.return.ship": N_("sent goods back"),
        "said.return.receive": N_("took goods back"),
        "said.return.inspect": N_("inspected the goods"),
        "said.return.withdraw": N_("withdrew the return"),
        "said.refund.grant": N_("gave money back"),
        "said.exchange.order": N_("exchanged goods"),
        "said.settle.accept": N_("answered the offer"),
        "said.deem": N_("claimed a silence"),
        "said.reminder": N_("reminded"),
        "order.unknown": N_("No order is called so."),
        "order.ambiguous": N_("Several orders are called so: use the number of the order itself."),
        "order.nothing": N_("Nothing of this order may leave now."),
        "request.carrier": N_("Unknown carrier."),
        "waybill.missing": N_("The waybill is missing."),
        "waybill.known": N_("This parcel was handed over already."),
        "row.twice": N_("The order stands in an earlier row."),
        "orders": N_("Orders placed"),
        "accepting": N_("Orders answered"),
        "shipping": N_("Parcels handed over"),
    },
    tones={
        "placed": "azure",
        "proposed": "purple",
        "agreed": "yellow",
        "part-shipped": "yellow",
        "shipped": "azure",
        "delivered": "green",
        "attention": "red",
        "lot.placed": "azure",
        "lot.agreed": "yellow",
        "lot.overdue": "red",
        "lot.cancelling": "orange",
        "lot.shipped": "azure",
        "lot.delivered": "green",
        "lot.received": "green",
        "lot.contested": "red",
        "lot.rejected": "red",
        "lot.cancelled": "red",
        "parcel.handed_over": "azure",
        "parcel.in_transit": "azure",
        "parcel.out_for_delivery": "azure",
        "parcel.exception": "red",
        "parcel.delivered": "green",
        "parcel.refused": "red",
    },
    done={
        "order.accept": N_("Accepted, and the buyer is told."),
        "order.ship": N_("Handed over, and the buyer is told."),
        "order.cancel": N_("The partner is asked to stop it."),
        "order.reject": N_("The order was rejected, and the buyer is told."),
        "order.answer": N_("Your answer is on its way."),
        "order.change": N_("Your proposal is on its way. Until it is accepted, the original stands."),
        "order.propose": N_("Your offer is on its way to the buyer."),
        "order.report": N_("The buyer is told."),
        "order.cancel-answer": N_("The cancel is granted, at your risk."),
    },
)


@register.get("/orders", "order.list")
async def orders(view: views.View) -> web.StreamResponse:
    """The inbox."""
    chosen = {name: value for name in KEPT if (value := view.query(name).strip()[:200])}
    tab = next((row for row in TABS if row[0] == chosen.get("tab", "")), TABS[0])
    given: views.Json = {name: chosen[name] for name in ("partner", "shop", "text", "duty") if name in chosen}
    if chosen.get("side") in ("sell", "buy"):
        given["selling"] = chosen["side"] == "sell"
    if tab[2]:
        given["state"] = list(tab[2])
    for edge in ("after", "before"):
        if view.query(edge):
            given[edge] = view.query(edge)[:PLACE_MAX]
    page = await view.ask("order.list", limit=ROWS, **given)
    counts = page["counts"]

    def link(**more: str) -> str:
        kept = {name: value for name, value in {**chosen, **more}.items() if value}
        return "/orders" + ("?" + urlencode(kept) if kept else "")

    tabs = [
        (link(tab=name), label, sum(counts.get(state, 0) for state in states or counts), name == tab[0])
        for name, label, states in TABS
    ]
    partners = [row["name"] for row in (await view.ask("partners"))["partners"]]
    for row in page["orders"]:
        row["can"] = [case for case in IN_BULK if view.may(case) and IN_BULK[case](row)]
    bulk = [case for case in IN_BULK if any(case in row["can"] for row in page["orders"])]
    return view.page(
        "orders/list.html",
        page=page, tabs=tabs, chosen=chosen, link=link, partners=partners, bulk=bulk,
        empty=not any(counts.values()) and not given,
    )  # fmt: skip


@register.get("/orders/place", "sheet.preview")
async def place(view: views.View) -> web.StreamResponse:
    """Order by hand what a partner offers."""
    agreements = (await view.ask("agreement.list"))["agreements"]
    partners = sorted({row["partner"] for row in agreements if row["state"] == "in-force" and not row["selling"]})
    partner = view.query("partner") or (partners[0] if len(partners) == 1 else "")
    offered, many, known = [], False, None
    if partner in partners:
        known = await view.ask_if_permitted("partner.show", partner=partner)
        answer = await view.ask("catalogue.list", partner=partner, limit=GOODS_CHOSEN_MAX)
        offered, many = answer["goods"], answer["total"] > GOODS_CHOSEN_MAX
    return view.page(
        "orders/place.html",
        partners=partners, partner=partner, goods=offered, many=many, sku=view.query("sku"),
        halted=known is not None and known["peering"] in ("suspended", "ending"),
        countries=view.language.countries(setups.COUNTRIES),
        country=(await view.ask("card.show"))["country"],
    )  # fmt: skip


@register.get("/orders/place/goods", "catalogue.list")
async def goods_called(view: views.View) -> web.StreamResponse:
    """What a partner offers under what is being typed into one of the fields for articles, to choose from."""
    typed = next((text for name, text in view.request.query.items() if name.startswith("lines.")), "")[:TEXT_MAX]
    answer = await view.ask("catalogue.list", partner=view.query("partner"), text=typed, limit=GOODS_SHOWN_MAX)
    return view.page("orders/goods.html", goods=answer["goods"])


@register.get("/orders/{order}", "order.show")
async def order(view: views.View) -> web.StreamResponse:
    """One order: what was ordered, what became of it, what can be done, and who signed what."""
    found = await view.ask("order.show", order=view.request.match_info["order"])
    possible = [case for case in found["possible"] if view.may(case)]
    waiting = [row for row in found["proposals"] if row["by"] != "me"]
    reasons = [
        (code, words.word(view.language, f"cancel-reason.{code}"))
        for code in CANCEL_REASONS
        if code != "oversell" or found["selling"]
    ]
    return view.page("orders/one.html", order=found, possible=possible, waiting=waiting, reasons=reasons)
