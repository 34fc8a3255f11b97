"""Partners: with whom this merchant trades, and how it goes with each."""

from __future__ import annotations

from aiohttp import web

from node.console import routes, views, words
from node.console.words import N_

register = routes.Register()

words.add(done={"partner.suspend": N_("Nothing new begins with this partner for now.")})


@register.get("/partners", "partners")
async def partners(view: views.View) -> web.StreamResponse:
    """All partners."""
    return view.page("partners/list.html", **await view.ask("partners"))
