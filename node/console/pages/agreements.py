"""The terms between two merchants: in force, proposed, and proposed anew, in plain words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from aiohttp import web

from node import errors
from node.console import actions, clauses, forms, languages, routes, views, words
from node.console.pages import partners
from node.console.words import N_
from node.trade import doors, policies, sightings
from node.trade.partners import proposals

register = routes.Register()

words.add(
    words={
        "agreement.proposed": N_("proposed"),
        "agreement.countered": N_("answered with other terms"),
        "agreement.in-force": N_("in force"),
        "agreement.declined": N_("declined"),
        "agreement.terminated": N_("ended"),
    },
    tones={"agreement.proposed": "azure", "agreement.countered": "azure", "agreement.in-force": "green"},
    done={
        "agreement.propose": N_("Proposed. The terms are in force once the partner accepts them."),
        "agreement.accept": N_("Accepted: these terms are in force now."),
        "agreement.decline": N_("Declined."),
        "agreement.end": N_("These terms have ended, and the partner is told."),
    },
)

CURRENCIES: Final = ("CNY", "EUR", "USD", "GBP", "JPY", "HKD", "RUB", "KRW", "VND", "THB")
ENDED: Final = frozenset({"declined", "terminated"})
ROWS: Final = 3
"""Fees and shares that the form has room for."""
AMOUNT: Final = re.compile(r"\d{1,13}(?:\.\d{1,4})?")
PERCENT: Final = re.compile(r"\d{1,3}(?:\.\d{1,6})?")


@register.get("/partners/{node}/terms", "agreement.list")
async def terms(view: views.View) -> web.StreamResponse:
    """Every agreement with a partner."""
    partner = await partners.named(view)
    rows = [
        explained(view.language, row)
        for row in (await view.ask("agreement.list", partner=partner["node"]))["agreements"]
    ]
    standing = [row for row in reversed(rows) if row["state"] not in ENDED]
    last = rows[-1] if rows and rows[-1]["state"] == "declined" else None
    if last and any(all(row[name] == last[name] for name in ("selling", "currency")) for row in standing):
        last = None
    return view.page(
        "partners/terms.html",
        partner=partner,
        tabs=partners.tabs(view, partner),
        agreements=standing,
        ended=[row for row in reversed(rows) if row["state"] in ENDED],
        last=last,
        other=other(view.language),
        both=view.query("both") == "1",
    )


def other(language: languages.Language) -> languages.Language:
    """The language in which a contract stands beside the reader's own."""
    return next(one for one in languages.load().values() if one.code != language.code)


def explained(language: languages.Language, row: views.Json) -> views.Json:
    """An agreement with its clauses in both languages, and what a proposed change would change."""
    change, answers = row["change"], row["answers"]
    old, new = (answers, row["terms"]) if change is None else (row["terms"], change["terms"])
    beside = {clause.key: clause for clause in clauses.of(other(language), row["terms"])}
    return {
        **row,
        "clauses": [(clause, beside[clause.key]) for clause in clauses.of(language, row["terms"])],
        "differences": [] if old is None else clauses.differences(language, old, new),
        "change_clauses": [] if change is None else clauses.of(language, change["terms"]),
    }


@register.get("/partners/{node}/terms/propose", "agreement.list")
async def proposing(view: views.View) -> web.StreamResponse:
    """The form for terms: new ones, perhaps `like` those of another agreement, or others in place of `instead_of`."""
    policies.authorise(view.caller, "agreement.propose")
    partner = await partners.named(view)
    rows = (await view.ask("agreement.list", partner=partner["node"]))["agreements"]
    wanted = view.query("instead_of")
    old = next((row for row in rows if wanted and row["agreement"] == wanted and row["state"] not in ENDED), None)
    like = next((row for row in rows if row["agreement"] == view.query("like")), old)
    if wanted and old is None:
        raise errors.NodeError("agreement.unknown", "these terms cannot be changed", got=wanted[:64])
    arbiter = (await view.ask_if_permitted("dispute.key") or {}).get("arbiter", "")
    return view.page(
        "partners/propose.html",
        partner=partner,
        tabs=partners.tabs(view, partner),
        old=old,
        form=filled(None if like is None else like["terms"], view.console.currency),
        currencies=tuple(dict.fromkeys((view.console.currency, *CURRENCIES))),
        buying=not (like["selling"] if like else (await view.ask("catalogue.list", limit=1))["goods"]),
        arbiter=arbiter,
    )


def filled(terms: views.Json | None, currency: str) -> Mapping[str, Any]:
    """What the form begins with: the present terms, or sensible ones in the currency of this merchant."""
    if terms is None:
        return {
            "currency": currency, "basis": "shipment", "credit": "", "ship_by_hours": 48, "return_days": 14,
            "payment_days": 14, "period": "monthly", "cancel_fee": "0", "seller_penalty": "0",
            "oversell_penalty": "0", "withhold": "0", "ship_to": "country", "fees": [], "shares": [], "arbiters": [],
            "resolve_hours": "", "award_hours": "", "self_billing": False, "shares_by": "buyer",
        }  # fmt: skip
    row = next((row for row in terms["rows"] if row["stage"] == "agreed"), {"fee": "0", "penalty": "0"})
    limit = terms.get("credit_limit")
    return {
        "currency": terms["currency"],
        "basis": terms["basis"],
        "credit": "" if limit is None else limit["text"].rpartition(" ")[0],
        "ship_by_hours": hours(terms.get("ship_by_s")),
        "return_days": days(terms.get("return_window_s")),
        "payment_days": days(terms.get("payment_due_s")),
        "period": terms["statement_period"],
        "cancel_fee": percent(row["fee"]),
        "seller_penalty": percent(row["penalty"]),
        "oversell_penalty": percent(terms["oversell_penalty"]),
        "withhold": percent(terms["withholding"]),
        "ship_to": terms.get("disclosure", {}).get("ship_to", "country"),
        "fees": [(fee["name"], percent(fee["rate"]), percent(fee["tax"])) for fee in terms["fees"]],
        "shares": [(share["role"], percent(share["rate"]), share["node"]) for share in terms["shares"]],
        "shares_by": terms["shares"][0]["by"] if terms["shares"] else "buyer",
        "arbiters": [f"{one['node']}:{one['key']} {one.get('name', '')}".strip() for one in terms["arbiters"]],
        "resolve_hours": hours(terms.get("issue_resolution_s")),
        "award_hours": hours(terms.get("award_s")),
        "self_billing": terms["self_billing"],
    }


def hours(seconds: int | None) -> int | str:
    """Whole hours for a field; empty where the terms say nothing."""
    return "" if seconds is None else max(1, seconds // clauses.HOUR_S)


def days(seconds: int | None) -> int | str:
    """Whole days for a field; empty where the terms say nothing."""
    return "" if seconds is None else seconds // clauses.DAY_S


def percent(share: str) -> str:
    """A share of the price as the number before the percent sign."""
    return format((Decimal(share) * 100).normalize(), "f")


@register.post("/partners/{node}/terms/propose", "agreement.propose")
async def propose(view: views.View) -> web.StreamResponse:
    """Propose what was filled in. People write percents, and rows where the use case takes maps."""
    posted = await view.posted()
    back = f"/partners/{view.request.match_info['node']}/terms"
    try:
        given = proposal(posted) | {"partner": view.request.match_info["node"]}
        await actions.once(view, forms.text(posted, "_key"), "agreement.propose", given, posted)
    except errors.StorageError:
        raise
    except sightings.OvertakenError as overtaken:
        return actions.show_changes(view, overtaken, posted, back)
    except errors.NodeError as error:
        return actions.refuse(view, error, back)
    return actions.go_on(view, back, "agreement.propose")


def proposal(posted: forms.Posted) -> views.Json:
    """The arguments of `agreement.propose`. NodeError `request.malformed` with every fault."""
    faults: list[errors.Fault] = []

    def typed(name: str) -> str:
        return forms.text(posted, name).strip()

    def share(name: str) -> str:
        written = typed(name).rstrip("%％ ")
        if not written:
            return "0"
        if not PERCENT.fullmatch(written) or Decimal(written) > 100:
            faults.append({"code": "request.malformed", "path": name, "expected": "0 to 100", "got": written[:40]})
            return "0"
        return format((Decimal(written) / 100).normalize(), "f")

    def count(name: str) -> int | None:
        written = typed(name)
        if written and not re.fullmatch(r"\d{1,6}", written):
            faults.append(
                {"code": "request.malformed", "path": name, "expected": "a whole number", "got": written[:40]}
            )
            return None
        return int(written) if written else None

    given: views.Json = {"buying": typed("buying") == "1", "self_billing": typed("self_billing") == "1"}
    for name in ("currency", "basis", "ship_to", "credit", "period", "instead_of", "shares_by"):
        if typed(name):
            given[name] = typed(name)
    for name in ("cancel_fee", "seller_penalty", "oversell_penalty", "withhold"):
        given[name] = share(name)
    for name in ("ship_by_hours", "return_days", "payment_days", "resolve_hours", "award_hours"):
        wanted = count(name)
        if wanted is not None:
            given[name] = wanted
    rows = [f"fees.{place}" for place in range(ROWS)]
    fees = {typed(f"{row}.name"): (share(f"{row}.rate"), share(f"{row}.tax")) for row in rows if typed(f"{row}.name")}
    given["fees"] = {name: rate if tax == "0" else f"{rate}+{tax}" for name, (rate, tax) in fees.items()}
    rows = [f"shares.{place}" for place in range(ROWS)]
    given["shares"] = [
        f"{typed(f'{row}.role')}={share(f'{row}.rate')}:{typed(f'{row}.who')}" for row in rows if typed(f"{row}.role")
    ]
    given["arbiters"] = [line for line in map(str.strip, typed("arbiters").splitlines()) if line]
    if given.get("credit") and not AMOUNT.fullmatch(given["credit"]):
        expected = "an amount, as in 50000.00, or nothing"
        faults.append(
            {"code": "request.malformed", "path": "credit", "expected": expected, "got": given["credit"][:40]}
        )
    try:
        doors.check(proposals.Propose, given | {"partner": ""})
    except errors.NodeError as error:
        faults += error.faults
    if faults:
        raise errors.NodeError("request.malformed", "the terms have faults", faults=faults)
    return given
