"""Returns: asking for one, and each with the steps that are possible now."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from node.console import attachments, routes, views, words
from node.console.words import N_

register = routes.Register()
Json = dict[str, Any]

ARRIVED: Final = ("delivered", "received", "contested")
SHIPPED: Final = ("shipped", "rto-asked")
REASONS: Final = (
    *("damaged", "defective", "wrong_item", "not_as_described", "missing", "late"),
    *("changed_mind", "not_ordered", "cancelled_before_delivery", "other"),
)
REMEDIES: Final = ("refund", "exchange", "repair", "refund_only")
COUNTED: Final = {"return.receive": ("in-return", "return-approved", "returning"), "return.inspect": ("back",)}
"""Step -> the states of the goods that it counts."""
UNDER_WAY: Final = frozenset(
    {"return-asked", "return-offered", "return-approved", "in-return", "returning", "back", "inspected"}
)
"""States of goods in a return for which somebody has to do something."""


words.add(
    words={
        "return.return-asked": N_("asked for"),
        "return.return-offered": N_("part of the price offered"),
        "return.return-approved": N_("approved"),
        "return.in-return": N_("on its way back"),
        "return.back": N_("arrived"),
        "return.inspected": N_("inspected"),
        "return.return-refused": N_("rejected"),
        "return.refunded": N_("refunded"),
        "return.exchanged": N_("exchanged"),
        "return.withdrawn": N_("return withdrawn"),
        "return.returning": N_("undelivered, on its way back"),
        "return.contested": N_("did not arrive in order"),
        "return.received": N_("kept"),
        "remedy.refund": N_("Send back and refund"),
        "remedy.exchange": N_("Exchange"),
        "remedy.repair": N_("Repair"),
        "remedy.refund_only": N_("Refund without sending back"),
        "verdict.resellable": N_("can be sold again"),
        "verdict.damaged": N_("damaged"),
        "verdict.wrong_item": N_("wrong article"),
        "verdict.missing": N_("missing"),
        "verdict.settled": N_("kept for a part of the price"),
        "paper.return.request": N_("Return asked for"),
        "paper.return.decide": N_("Return answered"),
        "paper.return.withdraw": N_("Return withdrawn"),
        "paper.return.ship": N_("Goods sent back"),
        "paper.return.receive": N_("Goods taken in"),
        "paper.return.inspect": N_("Goods inspected"),
        "paper.refund.grant": N_("Refunded"),
        "paper.exchange.order": N_("Exchanged"),
        "paper.receipt.advice": N_("Arrival reported"),
        "paper.cancel.result": N_("Cancel answered"),
        "action.approve": N_("approved"),
        "action.reject": N_("rejected"),
        "action.refund": N_("refunded without sending back"),
        "action.offer": N_("part of the price offered"),
    },
    tones={
        "return.return-asked": "yellow",
        "return.return-offered": "azure",
        "return.return-approved": "azure",
        "return.in-return": "azure",
        "return.returning": "azure",
        "return.back": "yellow",
        "return.inspected": "yellow",
        "return.return-refused": "red",
        "return.contested": "orange",
        "return.refunded": "green",
        "return.exchanged": "green",
    },
    done={
        "return.request": N_("The return was asked for. The seller hears of it at once."),
        "return.approve": N_("The return is approved."),
        "return.reject": N_("The return is rejected."),
        "return.offer": N_("The offer is on its way."),
        "return.accept": N_("You took the offer and keep the goods."),
        "return.decline": N_("You declined the offer."),
        "return.withdraw": N_("The return is withdrawn."),
        "return.ship": N_("The seller knows the waybill."),
        "return.receive": N_("The goods are taken in."),
        "return.inspect": N_("The result is told to the buyer."),
        "return.refund": N_("The money is given back in the next statement."),
        "return.exchange": N_("The exchange waits to be shipped in the same order."),
        "order.receive": N_("The arrival is reported."),
    },
)


@register.get("/aftersales/returns/new", "order.show")
async def ask_back(view: views.View) -> web.StreamResponse:
    """Ask for a return of an order."""
    if not view.query("order"):
        return view.page("aftersales/choose.html")
    order = await view.ask("order.show", order=view.query("order"))
    lines = [
        {**line, "arrived": arrived}
        for line in order["lines"]
        if (arrived := sum(line["buckets"].get(state, 0) for state in ARRIVED))
    ]
    under_way = any(line["buckets"].get(state) for line in order["lines"] for state in SHIPPED)
    return view.page(
        "aftersales/request.html",
        order=order,
        lines=lines,
        under_way=under_way,
        reasons=words.choices(view.language, "reason", REASONS),
        remedies=words.choices(view.language, "remedy", REMEDIES),
    )


@register.get("/aftersales/returns/{name}", "return.show")
async def one_return(view: views.View) -> web.StreamResponse:
    """One return: its goods, what both said, and the steps that are possible now."""
    found = await view.ask("return.show", name=view.request.match_info["name"])
    return view.page(
        "aftersales/return.html",
        back=found,
        counted={step: counted(found, states) for step, states in COUNTED.items()},
        possible=[step for step in found["possible"] if view.may(step)],
        under_way=UNDER_WAY,
        said=lambda summary: said(view, summary),
        name=view.request.match_info["name"],
        files="/aftersales/returns/" + view.request.match_info["name"] + "/files/",
    )


def said(view: views.View, summary: Json) -> str:
    """What a document of a return says, in one line."""
    language, parts = view.language, []
    for group, name in (("reason", "reason"), ("remedy", "remedy")):
        if f"{group}.{summary.get(name)}" in words.WORDS:
            parts.append(words.word(language, f"{group}.{summary[name]}"))
    if "waybill" in summary:
        parts.append(f"{summary.get('carrier', '')} {summary['waybill']}".strip())
    if "accept" in summary:
        parts.append(language.text(N_("taken") if summary["accept"] else N_("declined")))
    for line in summary.get("lines", ()):
        codes = [f"{group}.{line[group]}" for group in ("action", "verdict") if group in line]
        units = line.get("quantity", 0)
        told = [
            language.catalogue.ngettext("%(count)s unit", "%(count)s units", units) % {"count": language.number(units)},
            *(words.word(language, code) for code in codes),
            views.money(language, line.get("amount")),
        ]
        parts.append(" ".join(part for part in told if part))
    if summary.get("freight"):
        parts.append(views.money(language, summary["freight"]))
    return " · ".join(part for part in parts if part)


def counted(found: Json, states: tuple[str, ...]) -> list[Json]:
    """The units of each line that are in some states."""
    lines: dict[int, Json] = {}
    for lot in found["lines"]:
        if lot["state"] in states:
            line = lines.setdefault(lot["line"], {**lot, "quantity": 0})
            line["quantity"] += lot["quantity"]
    return list(lines.values())


@register.get("/aftersales/returns/{name}/files/{hash}", "return.file")
async def return_file(view: views.View) -> web.StreamResponse:
    """A file of a return."""
    name, digest = view.request.match_info["name"], view.request.match_info["hash"]
    return await attachments.response(await view.ask("return.file", name=name, hash=digest), view.query("save") == "1")
