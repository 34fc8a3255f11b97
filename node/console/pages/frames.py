"""What belongs to no room: the way in, the look of the console, the health of the node."""

from __future__ import annotations

from aiohttp import web

from node.console import forms, languages, routes, views

register = routes.Register()
before = routes.Register()  # what is there before there is a node as well

YEAR_S = 365 * 86_400


@register.get("/", routes.SIGNED_IN)
async def enter(view: views.View) -> web.StreamResponse:
    """The first room."""
    return web.Response(status=303, headers={"Location": "/today"})


@before.get("/health", routes.PUBLIC)
async def health(view: views.View) -> web.StreamResponse:
    """Whether the node answers; for whoever watches over the machine. Tells nothing else."""
    return web.json_response({"status": "waiting" if view.console.doorway is None else "ok"})


@before.post("/appearance", routes.PUBLIC)
async def appearance(view: views.View) -> web.StreamResponse:
    """Keep the language and the theme in cookies of this browser. They are nobody's secret."""
    posted = await view.request.post()
    if view.visitor is not None and not forms.is_genuine(posted, view.token):
        raise forms.forged()
    response = web.Response(status=303, headers={"Location": forms.destination(forms.text(posted, "_next"))})
    chosen = {
        views.LANGUAGE_COOKIE: (forms.text(posted, "language"), languages.load()),
        views.THEME_COOKIE: (forms.text(posted, "theme"), views.THEMES),
    }
    for cookie, (value, known) in chosen.items():
        if value in known:
            response.set_cookie(
                cookie, value, max_age=YEAR_S, httponly=True, samesite="Strict", secure=view.console.secure
            )
        elif cookie == views.THEME_COOKIE and "theme" in posted:
            response.del_cookie(cookie)
    return response
