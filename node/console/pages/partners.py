"""Partners: with whom this merchant trades, how it goes with each, and what each may see."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from node import errors
from node.console import healths, navigations, routes, setups, views, words
from node.console.words import N_

register = routes.Register()

PARTING: Final = {
    "holiday": N_("Holiday"),
    "stocktaking": N_("Stock-taking"),
    "moving": N_("Moving to another place"),
    "short-of-goods": N_("Not enough goods"),
    "payment": N_("Open payments"),
    "terms": N_("The terms do not suit any more"),
    "quality": N_("The quality of goods or work"),
    "closing": N_("The business closes"),
    "other": N_("Another reason"),
}
"""Why a partner pauses or leaves: a code for programs, and what people read."""

words.add(
    words={
        "peering.none": N_("not begun"),
        "peering.invited": N_("not answered yet"),
        "peering.active": N_("active"),
        "peering.suspended": N_("paused"),
        "peering.ending": N_("coming to its end"),
        "peering.ended": N_("ended"),
        "hold.asked": N_("asked for"),
        "hold.held": N_("kept back"),
        "hold.refused": N_("refused"),
        "hold.released": N_("released"),
        "hold.consumed": N_("used by an order"),
        "hold.missed": N_("over"),
        **{f"parting.{code}": text for code, text in PARTING.items()},
        "open.order": N_("Orders"),
        "open.issue": N_("Complaints"),
        "open.hold": N_("Stock kept back"),
        "open.payment": N_("Payments"),
        "open.quote": N_("Quotations"),
    },
    tones={
        "peering.invited": "azure",
        "peering.active": "green",
        "peering.suspended": "yellow",
        "peering.ending": "orange",
        "hold.asked": "azure",
        "hold.held": "green",
        "hold.refused": "red",
    },
    done={
        "partner.suspend": N_("Nothing new begins with this partner for now."),
        "partner.resume": N_("Your pause has ended."),
        "partner.end": N_("You have given notice. What is open goes on to its end."),
        "partner.remove": N_("The partner was removed. What was signed stays."),
        "partner.compare": N_("Good: you know now who is at the other end."),
        "card.set": N_("Your card has changed, and every partner is told."),
        "catalogue.share": N_("Your goods were shown to the partner."),
        "stock.allot": N_("The partner is told of so much, and no more."),
        "stock.release": N_("The stock is free again."),
    },
)


@register.get("/partners", "partners")
async def partners(view: views.View) -> web.StreamResponse:
    """All partners, those with trouble first."""
    rows = [described(row) for row in (await view.ask("partners"))["partners"]]
    rows.sort(key=lambda row: (row["state"] == "removed", -len(row["troubles"]), row["name"]))
    invitations = await view.ask_if_permitted("invite.list")
    proposals = (await view.ask("agreement.list"))["agreements"]
    return view.page(
        "partners/list.html",
        partners=rows,
        waiting=[row for row in (invitations or {"invitations": []})["invitations"] if row["state"] == "waiting"],
        proposals=[row for row in proposals if row["waits_for_me"]],
    )


def described(partner: views.Json) -> views.Json:
    """A partner with its one word and its troubles."""
    usual = {"ended": False, "notice_until_ms": None}
    return {**usual, **partner, "word": healths.state(partner), "troubles": list(healths.troubles(partner))}


async def named(view: views.View) -> views.Json:
    """The partner that the address names. NodeError `partner.unknown`."""
    return described(await view.ask("partner.show", partner=view.request.match_info["node"]))


def tabs(view: views.View, partner: views.Json) -> list[tuple[str, str, bool]]:
    """The pages of one partner."""
    start = f"/partners/{partner['node']}"
    called = view.request.match_info.get("node", "")  # by its name as well
    here = view.request.path.replace(f"/partners/{called}", start, 1)
    pages = (
        (start, N_("Overview"), "partner.show"),
        (f"{start}/terms", N_("Terms"), "agreement.list"),
        (f"{start}/sharing", N_("What the partner sees"), "stock.allotments"),
        (f"{start}/services", N_("Services"), "capability.list"),
    )
    return [
        (address, view.language.text(label), here == address or (address != start and here.startswith(address)))
        for address, label, case in pages
        if view.may(case)
    ]


@register.get("/partners/card", "card.show")
async def own_card(view: views.View) -> web.StreamResponse:
    """What this merchant says of itself."""
    me = await view.ask("status")
    countries = view.language.countries(setups.COUNTRIES)
    return view.page("partners/card.html", card=await view.ask("card.show"), me=me, countries=countries)


@register.get("/partners/{node}", "partner.show")
async def partner(view: views.View) -> web.StreamResponse:
    """One partner: its card, the link, the words, and how to leave it."""
    found = await named(view)
    try:
        card = await view.ask("card.show", partner=found["node"])
    except errors.NodeError as error:
        if error.code != "card.unknown":
            raise
        card = None
    rooms = [room.path for room in navigations.of(view.may)]
    agreements = (await view.ask("agreement.list", partner=found["node"]))["agreements"]
    return view.page(
        "partners/one.html",
        partner=found, card=card, tabs=tabs(view, found), rooms=rooms, agreements=agreements,
        without_terms=not any(row["state"] == "in-force" for row in agreements),
        unseen=await sees_nothing(view, found, agreements), known_reasons=PARTING,
        reasons=[("", ""), *((code, words.word(view.language, f"parting.{code}")) for code in PARTING)],
    )  # fmt: skip


async def sees_nothing(view: views.View, partner: views.Json, agreements: list[views.Json]) -> bool:
    """Whether terms to sell under are in force, and this merchant has goods, of which the partner sees none."""
    if not any(row["state"] == "in-force" and row["selling"] for row in agreements):
        return False
    if (await view.ask("catalogue.preview", partner=partner["node"], limit=1))["total"]:
        return False
    return bool((await view.ask("catalogue.list", limit=1))["goods"])


@register.get("/partners/{node}/sharing", "stock.allotments")
async def sharing(view: views.View) -> web.StreamResponse:
    """What one partner may see of this merchant."""
    found = await named(view)
    name = found["name"]
    allotments = (await view.ask("stock.allotments"))["allotments"]
    holds = (await view.ask("stock.holds"))["holds"]
    agreements = (await view.ask("agreement.list", partner=found["node"]))["agreements"]
    return view.page(
        "partners/sharing.html",
        partner=found,
        tabs=tabs(view, found),
        selling=[row for row in agreements if row["selling"] and row["state"] == "in-force"],
        allotments=[row for row in allotments if row["partner"] == name],
        lists=(await view.ask("catalogue.lists", partner=found["node"]))["lists"],
        holds=[row for row in holds if row["partner"] == name],
    )
