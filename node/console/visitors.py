"""Who visits: a browser by the cookie of its session, a program by its key. And what a browser is given to keep.

No token stands in an address, which browsers remember and send on, nor in a page: only in cookies that no script can
read, and in the header of a program (faults.md C03). Browsers share cookies between all ports of a host, so the names
of ours end in the beginning of the node's own: two nodes on one machine do not sign each other's operators out.
"""

from __future__ import annotations

from typing import Final

from aiohttp import web

from node import passkeys
from node.console import views
from node.trade import doors
from node.trade.people import entrances, programs

HALF_COOKIE: Final = "hanse_half"
DEVICE_COOKIE: Final = "hanse_device"
DEVICE_S: Final = 400 * 86_400
"""As long as browsers keep any cookie."""
LANGUAGE_S: Final = 365 * 86_400
BEARER: Final = "Bearer "


def cookie(trade: doors.Trade, name: str) -> str:
    """The name of a cookie of this node."""
    return f"{name}_{trade.books.me[:4].hex()}"


def identifier(trade: doors.Trade) -> views.Identify:
    """How the console of a node finds out who asks."""

    async def identify(request: web.Request) -> views.Visitor | None:
        given = request.headers.get("Authorization", "")
        if given.startswith(BEARER):
            secret = given.removeprefix(BEARER).strip()
            caller = await programs.find_key(trade, secret)
            return None if caller is None else views.Visitor(caller, entrances.hashed(secret), programmatic=True)
        token = request.cookies.get(cookie(trade, views.COOKIE), "")
        presence = await entrances.find_session(trade, token, request.remote or "") if token else None
        if presence is None:
            return None
        return views.Visitor(presence.caller, entrances.hashed(token), presence.language)

    return identify


def at_the_door(view: views.View) -> entrances.Visitor:
    """The browser that asks to be let in."""
    trade, request = view.console.door.trade, view.request
    return entrances.Visitor(
        request.remote or "",
        request.headers.get("User-Agent", ""),
        request.cookies.get(cookie(trade, DEVICE_COOKIE), ""),
    )


def half(view: views.View) -> str:
    """The token of a browser whose second factor is still to come."""
    return view.request.cookies.get(cookie(view.console.door.trade, HALF_COOKIE), "")


def site(view: views.View) -> passkeys.Site:
    """Where the browser is, as passkeys know it. The guard has compared Origin and Host before."""
    origin = view.request.headers.get("Origin") or f"{view.request.scheme}://{view.request.host}"
    return passkeys.Site(view.request.url.host or "", origin)


def keep(view: views.View, response: web.Response, answer: entrances.Answer) -> None:
    """Give a browser what it needs after the password, or after both."""
    if answer.outcome is entrances.Outcome.FACTOR:
        bake(view, response, HALF_COOKIE, answer.token, entrances.HALF_MS // 1000)
    if answer.outcome is entrances.Outcome.OPEN:
        bake(view, response, views.COOKIE, answer.token, entrances.AGE_MS // 1000)
        bake(view, response, DEVICE_COOKIE, answer.device, DEVICE_S)
        drop(view, response, HALF_COOKIE)


def bake(view: views.View, response: web.Response, name: str, value: str, age_s: int) -> None:
    """Set a cookie that no script can read and no other site can send."""
    response.set_cookie(
        cookie(view.console.door.trade, name),
        value,
        max_age=age_s,
        path="/",
        httponly=True,
        samesite="Strict",
        secure=view.console.secure,
    )


def drop(view: views.View, response: web.Response, name: str) -> None:
    """Take a cookie away."""
    response.del_cookie(
        cookie(view.console.door.trade, name), path="/", httponly=True, samesite="Strict", secure=view.console.secure
    )


def speak(view: views.View, response: web.Response, language: str) -> None:
    """Speak this language with the browser from now on."""
    response.set_cookie(
        views.LANGUAGE_COOKIE,
        language,
        max_age=LANGUAGE_S,
        path="/",
        httponly=True,
        samesite="Strict",
        secure=view.console.secure,
    )
