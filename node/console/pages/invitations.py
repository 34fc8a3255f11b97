"""Becoming partners: an invitation as a link and a picture, using somebody else's, and the words on both ends."""

from __future__ import annotations

from aiohttp import web

from node.console import healths, routes, views, words
from node.console.words import N_

register = routes.Register()

words.add(
    words={
        "invite.waiting": N_("waits to be used"),
        "invite.used": N_("used"),
        "invite.expired": N_("expired"),
        "invite.burnt": N_("blocked after wrong tries"),
    },
    tones={"invite.waiting": "azure", "invite.used": "green", "invite.burnt": "red"},
    done={
        "invite": N_("Here is the invitation. Send it to one merchant whom you trust."),
        "invite.withdraw": N_("Nobody can use this invitation any more."),
    },
)


@register.get("/partners/invite", "invite.list")
async def invite(view: views.View) -> web.StreamResponse:
    """The newest invitation in full, and what became of the others."""
    invitations = (await view.ask("invite.list"))["invitations"]
    every = (await view.ask("partners"))["partners"]
    addresses = (await view.ask("status"))["addresses"]
    compared = {row["node"]: row["compared_ms"] for row in every}
    return view.page(
        "partners/invite.html",
        newest=invitations[0] if invitations and invitations[0]["state"] == "waiting" else None,
        joined=[row for row in invitations if row["state"] == "used" and not compared.get(row["node"])],
        invitations=invitations,
        lonely=healths.is_lonely(addresses),
    )


@register.get("/partners/join", "invite.list")
async def join(view: views.View) -> web.StreamResponse:
    """Where an invitation is pasted, or read from a camera or a picture."""
    return view.page("partners/join.html")
