"""Payments and netting: what was promised, sent and received, and debts that cancel each other out."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from node.console import routes, views, words
from node.console.words import N_

register = routes.Register()

ROWS_PER_PAGE: Final = 100

words.add(
    words={
        "payment.promised": N_("promised"),
        "payment.sent": N_("sent, not confirmed yet"),
        "payment.disputed": N_("said not to have arrived"),
        "payment.received": N_("money arrived"),
        "payment.voided": N_("word taken back"),
        "netting.proposed": N_("waits for an answer"),
        "netting.locked": N_("locked until the round is complete"),
        "netting.applied": N_("netted"),
        "netting.released": N_("released"),
        "netting.declined": N_("declined"),
        "netting.withdrawn": N_("netting withdrawn"),
        "netting.lapsed": N_("lapsed: nobody answered"),
        "netting.expired": N_("expired: the round did not come about"),
        "paper.payment.promise": N_("Promised"),
        "paper.payment.sent": N_("Said to be sent"),
        "paper.payment.received": N_("Arrival confirmed"),
        "paper.payment.dispute": N_("Said not to have arrived"),
        "paper.void": N_("Taken back"),
        "paper.void.accept": N_("Taking back answered"),
    },
    tones={
        "payment.promised": "azure",
        "payment.sent": "yellow",
        "payment.disputed": "red",
        "payment.received": "green",
        "netting.proposed": "yellow",
        "netting.locked": "azure",
        "netting.applied": "green",
    },
    done={
        "payment.promise": N_("The partner knows by when you pay."),
        "payment.sent": N_(
            "Noted that the money is on its way; the partner reads it as soon as both of you are online."
        ),
        "payment.received": N_("The money is confirmed and no longer owed."),
        "payment.dispute": N_("The partner hears that the money has not arrived."),
        "void": N_("It is taken back, or waits for the partner to agree."),
        "void.accept": N_("The partner's request is answered."),
        "netting.propose": N_("The netting is proposed."),
        "netting.consent": N_("The two debts cancel each other out."),
        "netting.decline": N_("The netting is declined."),
        "netting.begin": N_("The round is on its way along the debts."),
        "netting.join": N_("Noted whether you take part in rounds."),
        "netting.release": N_("The round is ended."),
    },
)


async def urgent_first(view: views.View, use_case: str, name: str, **given: Any) -> tuple[list[views.Json], str | None]:
    """One page of a list, and where the next one begins: on the first one, what waits for this merchant comes first."""
    after = view.query("after")
    page = await view.ask(use_case, **given, waiting=False, limit=ROWS_PER_PAGE, after=after)
    waiting = [] if after else (await view.ask(use_case, **given, waiting=True, limit=ROWS_PER_PAGE))[name]
    return [*waiting, *page[name]], page["next"]


@register.get("/statements/payments", "payment.list")
async def payments(view: views.View) -> web.StreamResponse:
    """Payments, the newest first, and the forms for new ones."""
    partner = view.query("partner")
    place = "closed" if view.query("place") == "closed" else "open"
    page = await view.ask(
        "payment.list", partner=partner or None, open=place == "open", limit=ROWS_PER_PAGE, after=view.query("after")
    )
    partners = [row["name"] for row in (await view.ask("partners"))["partners"]]
    statement = view.query("statement")
    asked = {"partner": partner, "statement": statement or None, "agreement": view.query("agreement") or None}
    paying = await view.ask_if_permitted("payee.show", **asked) if partner in partners else None
    return view.page(
        "statements/payments.html",
        paying=paying,
        rows=page["payments"],
        older=page["next"],
        place=place,
        partners=partners,
        partner=partner,
        names=[(name, name) for name in partners],
        amount=view.query("amount"),
        statement=statement,
    )


@register.get("/statements/payments/{payment}", "payment.show")
async def payment(view: views.View) -> web.StreamResponse:
    """One payment, as a voucher that can be printed."""
    found = await view.ask("payment.show", payment=view.request.match_info["payment"])
    owing = found["debtor"] == "me" and "payment.sent" in found["possible"]
    asked = {"partner": found["partner"], "currency": found["amount"]["currency"], "payment": found["payment"]}
    paying = await view.ask_if_permitted("payee.show", **asked) if owing else None
    return view.page("statements/payment.html", payment=found, paying=paying)


@register.get("/statements/netting", "netting.list")
async def nettings(view: views.View) -> web.StreamResponse:
    """Nettings with a partner, and rounds around several."""
    rows = (await view.ask("netting.list"))["nettings"][::-1]
    owed = (await view.ask("obligation.list"))["obligations"]
    partners = [row["name"] for row in (await view.ask("partners"))["partners"]]
    return view.page(
        "statements/netting.html",
        nettings=sorted(rows, key=lambda row: not row["waits_for_me"]),
        names=[(name, name) for name in partners],
        owed=[row for row in owed if row["debtor"] == "me"],
    )
