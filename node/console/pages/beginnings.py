"""The first steps of a new merchant, from the first partner to the first order: what is done, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass

from node.console import views
from node.console.words import N_


@dataclass(frozen=True, slots=True)
class Step:
    """Something that is done once. `case`: the use case that somebody must be permitted to do it."""

    address: str
    what: str
    why: str
    case: str
    over: bool


async def steps(view: views.View) -> list[Step]:
    """The steps of this merchant, as far as its side of the trade is known. Nothing once there is an order."""
    orders = (await view.ask("status"))["orders"]
    if orders["selling"] or orders["buying"]:
        return []
    partners = [row for row in (await view.ask("partners"))["partners"] if row["state"] == "active"]
    agreements = (await view.ask("agreement.list"))["agreements"]
    in_force = [row for row in agreements if row["state"] == "in-force"]
    selling = [row["partner"] for row in in_force if row["selling"]]
    buying = [row["partner"] for row in in_force if not row["selling"]]
    first = [*acquaintance(partners), terms(partners, agreements, bool(in_force))]
    if not in_force:
        later = [goods(await owns(view)), selection(0, False)]
    else:
        later = (await of_seller(view, selling) if selling else []) + (await of_buyer(view, buying) if buying else [])
    return [step for step in first + later if view.may(step.case)]


def acquaintance(partners: list[views.Json]) -> list[Step]:
    """A partner, and that it is who it says."""
    invite = Step(
        "/partners" if partners else "/partners/invite",
        N_("Find your first partner"),
        N_("Send an invitation, or join with one that you were sent."),
        "invite",
        bool(partners),
    )
    strange = [row for row in partners if not row["compared_ms"]]
    compare = Step(
        f"/partners/{(strange or partners)[0]['node']}" if partners else "/partners",
        N_("Compare eight words on the telephone"),
        N_("So you know that nobody sits between the two of you."),
        "partner.compare",
        bool(partners) and not strange,
    )
    return [invite, compare]


def terms(partners: list[views.Json], agreements: list[views.Json], over: bool) -> Step:
    """Terms with a partner."""
    asked = [row for row in agreements if row["waits_for_me"]]
    mine = [row for row in agreements if row["state"] in ("proposed", "countered") and not row["waits_for_me"]]
    named = (asked or mine or agreements)[:1]
    known = [row for row in partners if not named or row["name"] == named[0]["partner"]]
    if over or not (asked or mine):
        why = N_("Currency, deadlines, credit: both sides sign the same.")
    elif asked:
        why = N_("Your partner has proposed some: read them, and accept them or answer with others.")
    else:
        why = N_("Yours are proposed; they are in force once the partner accepts them.")
    address = f"/partners/{known[0]['node']}/terms" if known else "/partners"
    return Step(address, N_("Agree on terms"), why, "agreement.propose", over)


async def owns(view: views.View) -> bool:
    """Whether there are goods in the catalogue."""
    return bool((await view.ask("catalogue.list", limit=1))["goods"])


def goods(over: bool) -> Step:
    """Goods of one's own."""
    what, why = N_("Bring in your goods"), N_("From a spreadsheet as you have it, in Chinese or English.")
    return Step("/catalogue" if over else "/catalogue/import", what, why, "catalogue.import", over)


def selection(offered: int, over: bool) -> Step:
    """Goods of a partner."""
    why = (
        N_("New goods are there: pick what you want to sell on, with your own price.")
        if offered
        else N_("Pick what you want to sell on, with your own price.")
    )
    return Step("/selection", N_("Look at what partners offer"), why, "catalogue.derive", over)


async def of_seller(view: views.View, partners: list[str]) -> list[Step]:
    """Goods, and showing them: until then a partner sees none of them."""
    here = await owns(view)
    shown = [(await view.ask("catalogue.preview", partner=name, limit=1))["total"] for name in partners]
    offer = Step(
        "/catalogue/partners",
        N_("Offer your goods to the partner"),
        N_("Until then the partner sees none of them. The first order then appears here by itself."),
        "catalogue.share",
        any(shown),
    )
    return [goods(here), offer]


async def of_buyer(view: views.View, partners: list[str]) -> list[Step]:
    """What partners offer, and the first order."""
    offered = [(await view.ask("catalogue.list", partner=name, limit=1))["total"] for name in partners]
    place = Step(
        "/orders/import",
        N_("Place the first order"),
        N_("Import the sheet of your shop, or order one article by hand."),
        "order.place",
        False,
    )
    return [selection(sum(offered), await owns(view)), place]
