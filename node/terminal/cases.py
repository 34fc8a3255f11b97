"""What deadlines, issues, disputes and invoices look like to a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from node.terminal import tables

Json = Mapping[str, Any]


def deadlines(answer: Json) -> RenderableType:
    """What waits, the most urgent first."""
    rows = [
        {
            **row,
            "since": tables.day(row.get("since_ms")),
            "due": tables.day(row.get("due_ms")),
            "for": "they answer" if row.get("favours") == "me" else "I answer",
        }
        for row in answer.get("deadlines") or []
    ]
    columns = {
        "due": "due",
        "state": "state",
        "for": "",
        "partner": "partner",
        "number": "number",
        "row": "row",
        "since": "since",
        "meaning": "or else",
    }
    shown = tables.rows_of({"rows": rows}, "rows", columns, empty="Nothing waits under a deadline.")
    return Group(shown, Text(), errands(answer)) if answer.get("errands") else shown


def errands(answer: Json) -> RenderableType:
    """What this node left to its merchant along a chain, the oldest first."""
    rows = [
        {**row, "since": tables.day(row.get("since_ms")), "why": f"{row.get('why', '')} {row.get('code', '')}".strip()}
        for row in answer.get("errands") or []
    ]
    columns = {
        "errand": "errand",
        "since": "since",
        "partner": "to",
        "number": "number",
        "type": "document",
        "why": "why",
        "state": "state",
    }
    return tables.rows_of({"rows": rows}, "rows", columns, empty="Nothing was left to you.")


def claims(answer: Json) -> RenderableType:
    """What was claimed, and what the partner has to be there for."""
    rows = [
        {**row, "what": what, "why": ", ".join(str(fault.get("code")) for fault in row.get("faults") or [])}
        for what in ("claimed", "waiting", "refused")
        for row in answer.get(what) or []
    ]
    columns = {"what": "", "partner": "partner", "order": "number", "row": "row", "why": "why"}
    return tables.rows_of({"rows": rows}, "rows", columns, empty="Nothing is due.")


def returns(answer: Json) -> RenderableType:
    """Returns with their state."""
    rows = [
        {
            **row,
            "return": tables.shortened(row.get("return")),
            "waits": "waits for me" if row.get("waits_for_me") else "",
        }
        for row in answer.get("returns") or []
    ]
    columns = {
        "return": "return",
        "partner": "partner",
        "order": "order",
        "reason": "reason",
        "remedy": "wanted",
        "quantity": "units",
        "state": "state",
        "to_refund": "to refund",
        "waits": "",
    }
    return tables.rows_of({"rows": rows}, "rows", columns, empty="No returns.")


def returned(answer: Json) -> RenderableType:
    """One return with its goods and everything that was said."""
    shown = ("return", "partner", "order", "reason", "remedy", "state", "fault", "freight", "to_refund", "refunded")
    head = tables.fields([(tables.label(key), answer.get(key)) for key in shown if answer.get(key)])
    columns = {"line": "line", "sku": "SKU", "quantity": "units", "state": "state", "verdict": "verdict"}
    parts = [head, Text(), tables.rows_of(answer, "lines", columns, empty="The buyer keeps everything.")]
    if answer.get("shipments"):
        columns = {"carrier": "carrier", "waybill": "waybill"}
        parts += [Text(), tables.rows_of(answer, "shipments", columns, empty="")]
    return Group(*parts, Text(), said(answer))


def issues(answer: Json) -> RenderableType:
    """Issues with their state."""
    rows = [
        {
            **row,
            "issue": tables.shortened(row.get("issue")),
            "waits": "waits for me" if row.get("waits_for_me") else "",
        }
        for row in answer.get("issues") or []
    ]
    columns = {
        "issue": "issue",
        "partner": "partner",
        "by": "by",
        "category": "about",
        "order": "order",
        "state": "state",
        "claim": "claim",
        "settled": "paid to me",
        "waits": "",
    }
    return tables.rows_of({"rows": rows}, "rows", columns, empty="No issues.")


def issue(answer: Json) -> RenderableType:
    """One issue with everything that was said."""
    shown = ("issue", "partner", "by", "category", "order", "state", "remedy", "claim", "lines", "settled")
    head = tables.fields([(tables.label(key), answer.get(key)) for key in shown if answer.get(key)])
    parts: list[RenderableType] = [head]
    if answer.get("offers"):
        offers = [{**row, "offer": tables.shortened(row.get("offer"))} for row in answer["offers"]]
        columns = {"offer": "offer", "by": "by", "pays_me": "pays me", "state": "state"}
        parts += [Text(), tables.rows_of({"rows": offers}, "rows", columns, empty="")]
    return Group(*parts, Text(), said(answer))


def said(answer: Json) -> RenderableType:
    """The documents of a thread with what was written and sent beside them."""
    rows = [
        {
            **row,
            "when": tables.day(row.get("ts_ms")),
            "files": ", ".join(str(file.get("name")) for file in row.get("files") or []),
            "refused": tables.plain(row.get("refused")),
        }
        for row in answer.get("documents") or []
    ]
    columns = {
        "when": "when",
        "by": "by",
        "type": "document",
        "status": "status",
        "message": "message",
        "files": "files",
        "refused": "refused",
    }
    return tables.rows_of({"rows": rows}, "rows", columns, empty="")


def invoices(answer: Json) -> RenderableType:
    """Invoices with their state."""
    rows = [{**row, "waits": "waits for me" if row.get("waits_for_me") else ""} for row in answer.get("invoices") or []]
    columns = {
        "number": "number",
        "partner": "partner",
        "by": "by",
        "issued": "issued",
        "due": "due",
        "state": "state",
        "total": "total",
        "credited": "credited",
        "waits": "",
    }
    return Group(tables.rows_of({"rows": rows}, "rows", columns, empty="No invoices."), *tables.going_on(answer))


def invoice(answer: Json) -> RenderableType:
    """One invoice, line by line."""
    shown = ("number", "kind", "by", "seller", "buyer", "issued", "due", "statement", "part", "national", "state")
    sums = ("net", "tax", "total", "credited")
    head = tables.fields([(tables.label(key), answer.get(key)) for key in shown if answer.get(key)])
    foot = tables.fields([(tables.label(key), answer.get(key)) for key in sums])
    columns = {
        "line": "line",
        "order": "order",
        "sku": "SKU",
        "name": "name",
        "quantity": "quantity",
        "price": "price",
        "net": "net",
        "tax": "tax",
        "tax_amount": "",
        "credited": "credited",
    }
    parts = [head, Text(), tables.rows_of(answer, "lines", columns, empty="No lines."), Text(), foot]
    if answer.get("reasons"):
        columns = {"reason": "reason", "action": "action", "term": "term", "value": "value", "line": "line"}
        parts += [Text(), tables.rows_of(answer, "reasons", columns, empty="")]
    return Group(*parts)


def disputes(answer: Json) -> RenderableType:
    """Disputes with their awards."""
    rows = [{**row, "issue": tables.shortened(row.get("issue"))} for row in answer.get("disputes") or []]
    columns = {
        "issue": "issue",
        "partner": "partner",
        "by": "by",
        "order": "order",
        "state": "state",
        "claim": "claim",
        "arbiter": "decided by",
        "pays_me": "pays me",
        "complies": "to be done by",
    }
    return tables.rows_of({"rows": rows}, "rows", columns, empty="No disputes.")


def case(answer: Json) -> RenderableType:
    """A case as an arbiter reads it: what holds, who are the parties, and every document."""
    head = tables.fields(
        [
            ("dispute", answer.get("dispute")),
            ("received", tables.moment((answer.get("received_s") or 0) * 1000)),
            ("parties", answer.get("parties")),
            ("holds", answer.get("ok")),
        ]
    )
    parts: list[RenderableType] = [head]
    parts += [Text(f"Does not hold: {tables.plain(fault)}", style="bold") for fault in answer.get("faults") or []]
    rows = [
        {
            **row,
            "hash": tables.shortened(row.get("hash")),
            "when": tables.day(row.get("ts_ms")),
            "seen": "both have it" if row.get("receipted") else "signed" if row.get("proved") else "not signed yet",
        }
        for row in answer.get("documents") or []
    ]
    columns = {
        "hash": "document",
        "when": "when",
        "type": "type",
        "role": "by",
        "seen": "proof",
        "message": "message",
    }
    return Group(*parts, Text(), tables.rows_of({"rows": rows}, "rows", columns, empty="No documents."))
