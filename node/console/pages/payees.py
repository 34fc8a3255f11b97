"""How this merchant wants to be paid, and how its partners do."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from contracts import currencies
from node.console import guards, routes, views, words
from node.console.pages import settings
from node.console.words import N_

register = routes.Register()

USUAL: Final = ("CNY", "EUR", "USD", "GBP", "HKD", "JPY", "TWD", "SGD", "CHF", "AUD", "CAD")
"""Currencies that stand first where one is chosen."""

words.add(
    done={
        "payee.set": N_("Your partners see it where they pay you."),
        "payee.remove": N_("Your partners are told that this no longer holds."),
        "payee.accept": N_("Noted. From now on you are shown these details alone."),
    },
)


@register.get("/settings/payment", "payee.list")
async def mine(view: views.View) -> web.StreamResponse:
    """How I want to be paid, and the forms that change it."""
    known = (await view.ask("payee.list"))["payees"]
    used = {row["currency"] for row in known}
    first = [view.console.currency, *(code for code in USUAL if code != view.console.currency)]
    ordered = [*first, *(code for code in sorted(currencies.EXPONENTS) if code not in first)]
    named = view.language.locale.currencies
    return settings.show(
        view,
        "payment",
        payees=known,
        choices=[(code, f"{code} · {named.get(code, code)}") for code in ordered if code not in used],
    )


@register.get("/statements/creditors/{partner}", "payee.show")
async def creditor(view: views.View) -> web.StreamResponse:
    """How a partner wants to be paid."""
    found = await view.ask("payee.show", partner=view.request.match_info["partner"])
    return view.page("statements/creditor.html", paying=found)


@register.get("/payees/{currency}/code", "payee.code")
async def code(view: views.View) -> web.StreamResponse:
    """The picture of a collection code, made anew and never more than a picture. It changes, so nobody keeps it."""
    asked = {"currency": view.request.match_info["currency"], "partner": view.query("partner") or None}
    shown = await view.ask("payee.code", **asked)
    return web.Response(
        body=bytes.fromhex(shown["data_hex"]),
        content_type=shown["media"],
        headers={**guards.SANDBOX, "Cache-Control": "no-store"},
    )
