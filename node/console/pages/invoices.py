"""Invoices and credit notes, with the terms of EN 16931, and the answers of those who receive them."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from node.console import routes, views, words
from node.console.pages import payments, statements
from node.console.words import N_

register = routes.Register()

REASONS: Final = ("REF", "LEG", "REC", "QUA", "DEL", "PRI", "QTY", "ITM", "PAY", "UNR", "FIN", "OTH")

words.add(
    words={
        "invoice.issued": N_("not answered yet"),
        "invoice.acknowledged": N_("received"),
        "invoice.in-process": N_("being checked"),
        "invoice.queried": N_("a question is open"),
        "invoice.conditional": N_("accepted under conditions"),
        "invoice.rejected": N_("refused"),
        "invoice.approved": N_("approved"),
        "invoice.part-paid": N_("paid in part"),
        "invoice.paid": N_("paid"),
        "answer.AB": N_("We have received it"),
        "answer.IP": N_("We are checking it"),
        "answer.UQ": N_("We have a question"),
        "answer.CA": N_("We accept it under conditions"),
        "answer.RE": N_("We refuse it"),
        "answer.AP": N_("We approve it"),
        "answer.PD": N_("It is paid"),
        "why.REF": N_("Reference is wrong"),
        "why.LEG": N_("Legal information is wrong"),
        "why.REC": N_("Wrong receiver"),
        "why.QUA": N_("Quality of the goods"),
        "why.DEL": N_("Delivery"),
        "why.PRI": N_("Price"),
        "why.QTY": N_("Quantity"),
        "why.ITM": N_("Wrong article"),
        "why.PAY": N_("Terms of payment"),
        "why.UNR": N_("Not known to us"),
        "why.FIN": N_("Financial information"),
        "why.OTH": N_("Other"),
        "kind.380": N_("Invoice"),
        "kind.389": N_("Self-billed invoice"),
        "paper.invoice.issue": N_("Invoice issued"),
        "paper.invoice.credit": N_("Credit note"),
        "paper.invoice.respond": N_("Invoice answered"),
    },
    tones={
        "invoice.issued": "yellow",
        "invoice.acknowledged": "azure",
        "invoice.in-process": "azure",
        "invoice.queried": "yellow",
        "invoice.conditional": "azure",
        "invoice.rejected": "red",
        "invoice.approved": "green",
        "invoice.part-paid": "azure",
        "invoice.paid": "green",
    },
    done={
        "invoice.issue": N_("The invoice is issued and on its way."),
        "invoice.credit": N_("The credit note is issued."),
        "invoice.respond": N_("The partner knows your answer."),
    },
)


@register.get("/statements/invoices", "invoice.list")
async def invoices(view: views.View) -> web.StreamResponse:
    """All invoices, the newest first."""
    partner = view.query("partner")
    rows, older = await payments.urgent_first(view, "invoice.list", "invoices", partner=partner or None)
    partners = [row["name"] for row in (await view.ask("partners"))["partners"]]
    return view.page(
        "statements/invoices.html",
        rows=rows,
        older=older,
        partners=partners,
    )


@register.get("/statements/invoices/{invoice}", "invoice.show")
async def invoice(view: views.View) -> web.StreamResponse:
    """One invoice, as it is printed."""
    found = await view.ask("invoice.show", invoice=view.request.match_info["invoice"])
    mine = (found["by"] == "me") == (found["kind"] == "380")
    asked = {"partner": found["partner"], "currency": found["currency"], "invoice": found["invoice"]}
    paying = None if mine else await view.ask_if_permitted("payee.show", **asked)
    return view.page(
        "statements/invoice.html",
        invoice=found,
        paying=paying if paying and paying["pay"] else None,
        own=await statements.own_payees(view, mine),
        answers=[(code, words.word(view.language, f"answer.{code}")) for code in found["answers"]],
        reasons=[("", ""), *((code, words.word(view.language, f"why.{code}")) for code in REASONS)],
    )
