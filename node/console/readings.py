"""What pages show while a node that has just started reads its books again: how far that is."""

from __future__ import annotations

from aiohttp import web

from node.console import routes, views
from node.trade import volumes

register = routes.Register()
AGAIN_SECONDS = 1


def under_way(view: views.View) -> volumes.Progress | None:
    """How far the books are read; None once they are, and before there is a node."""
    return None if view.console.doorway is None else view.console.doorway.reading


def wants_page(view: views.View, route: routes.Route) -> bool:
    """Whether a person waits for a page that may ask the books. Programs wait for their answer itself."""
    shown = "text/html" in view.request.headers.get("Accept", "")
    return shown and route.method == "GET" and route.policy != routes.PUBLIC and not view.is_fragment


def answer(view: views.View, progress: volumes.Progress) -> web.Response:
    """The page that waits; a browser asks again by itself."""
    response = view.page("reading/page.html", status=503, progress=progress)
    response.headers["Retry-After"] = str(AGAIN_SECONDS)
    return response


@register.get("/reading", routes.SIGNED_IN)
async def reading(view: views.View) -> web.StreamResponse:
    """How far it is now; once it is over, the page that was wanted."""
    progress = under_way(view)
    if progress is None:
        return web.Response(headers={"HX-Refresh": "true"})
    return view.page("reading/state.html", progress=progress)
