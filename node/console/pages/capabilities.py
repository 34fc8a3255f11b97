"""Services: what partners can do for each other, and keys that sign one kind of document for this merchant."""

from __future__ import annotations

from aiohttp import web

from node.console import routes, views, words
from node.console.pages import partners
from node.console.words import N_

register = routes.Register()

KINDS = ("warehouse", "courier", "aftersale", "design", "content", "explain")
TRANSITIONS = ("shipment.pack", "shipment.handover", "shipment.status", "cancel.result", "return.inspect")

words.add(
    words={
        "kind.warehouse": N_("Storing and packing"),
        "kind.courier": N_("Carrying parcels"),
        "kind.aftersale": N_("After-sales service"),
        "kind.design": N_("Design"),
        "kind.content": N_("Photos and texts"),
        "kind.explain": N_("Explaining goods to customers"),
        "may.shipment.pack": N_("Say that goods are packed"),
        "may.shipment.handover": N_("Say that a parcel was handed to the carrier"),
        "may.shipment.status": N_("Report where a parcel is"),
        "may.cancel.result": N_("Answer whether a cancelled parcel was stopped"),
        "may.return.inspect": N_("Report the state of returned goods"),
        "capability.in-force": N_("in force"),
        "capability.revoked": N_("ended"),
    },
    tones={"capability.in-force": "green"},
    done={
        "capability.offer": N_("The partner sees your offer."),
        "capability.grant": N_("The key may sign from now on."),
        "capability.revoke": N_("Ended. What was signed before stands."),
    },
)


@register.get("/partners/{node}/services", "capability.list")
async def services(view: views.View) -> web.StreamResponse:
    """Offers and grants with one partner."""
    partner = await partners.named(view)
    found = (await view.ask("capability.list", partner=partner["node"]))["capabilities"]
    return view.page(
        "partners/services.html",
        partner=partner,
        tabs=partners.tabs(view, partner),
        offers=[row for row in found if row["what"] == "offer"],
        grants=[row for row in found if row["what"] == "grant"],
        kinds=KINDS,
        transitions=TRANSITIONS,
    )
