"""What goods, orders, accounts and money look like to a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.text import Text

from node.terminal import tables

Json = Mapping[str, Any]

PARCEL: Final = ("name", "phone", "country", "province", "city", "district", "street", "zip", "note")
"""The parts of an address, as they are written one after the other."""

DOCUMENT_CHARACTERS_SHOWN: Final = 16
"""Enough to name a document; `audit document` takes eight or more."""


def imported(answer: Json) -> RenderableType:
    """What became of a file, and what a person should know about it."""
    notes = ("known", "dry_run", "unpriced", "differing", "skipped")
    parts = [tables.fields([(tables.label(key), value) for key, value in answer.items() if key not in notes])]
    if answer.get("dry_run"):
        parts.append(Text("Only checked: nothing was changed."))
    if answer.get("known"):
        parts.append(Text("This very file was imported before: nothing was changed."))
    if answer.get("unpriced"):
        parts.append(Text(f"{answer['unpriced']} without a supply price: they cannot be offered to anybody yet."))
    if answer.get("differing"):
        numbers = tables.plain(answer["differing"])
        parts.append(Text(f"Known already, and written otherwise now; the orders stay as they were: {numbers}"))
    if answer.get("skipped"):
        columns = {"row": "row", "number": "order", "reason": "why it was set aside"}
        parts += [Text(), tables.rows_of(answer, "skipped", columns, empty="")]
    return Group(*parts)


def goods(answer: Json) -> RenderableType:
    """A catalogue."""
    columns = {
        "sku": "SKU",
        "title": "title",
        "spec": "options",
        "price": "supply price",
        "retail": "retail",
        "stock": "stock",
        "supplier": "supplier",
        "state": "state",
    }
    return tables.rows_of(answer, "goods", columns, empty="No goods.")


def agreements(answer: Json) -> RenderableType:
    """Agreements with their state."""
    rows = [
        {
            **row,
            "agreement": tables.shortened(row.get("agreement")),
            "direction": "I sell to" if row.get("selling") else "I buy from",
            "waits": "waits for me" if row.get("waits_for_me") else "",
            "ship_by_hours": row["ship_by_s"] // 3600 if row.get("ship_by_s") else None,
        }
        for row in answer.get("agreements") or []
    ]
    columns = {
        "agreement": "agreement",
        "direction": "",
        "partner": "partner",
        "state": "state",
        "currency": "currency",
        "credit": "credit",
        "ship_by_hours": "hours to ship",
        "waits": "",
    }
    return tables.rows_of({"rows": rows}, "rows", columns, empty="No agreements.")


def stock(answer: Json) -> RenderableType:
    """What lies where."""
    columns = {
        "sku": "SKU",
        "location": "location",
        "on_hand": "on hand",
        "reserved": "reserved",
        "available": "available",
        "buffer": "buffer",
    }
    return tables.rows_of(answer, "stock", columns, empty="No stock.")


def locations(answer: Json) -> RenderableType:
    """Where stock lies, mine and partners'."""
    columns = {
        "code": "location",
        "of": "of",
        "name": "name",
        "country": "country",
        "region": "region",
        "customs": "customs",
        "gln": "GLN",
    }
    return tables.rows_of(answer, "locations", columns, empty="No locations.")


def capabilities(answer: Json) -> RenderableType:
    """What partners can do for each other, and who signs for whom."""
    rows = [
        {
            **row,
            "capability": tables.shortened(row.get("capability")),
            "direction": "to" if row.get("mine") else "by",
            "details": row.get("transition") or row.get("name"),
        }
        for row in answer.get("capabilities") or []
    ]
    columns = {
        "capability": "id",
        "what": "what",
        "direction": "",
        "partner": "partner",
        "kind": "kind",
        "details": "for",
        "holder": "signed by",
        "rates": "rates",
        "state": "state",
    }
    return tables.rows_of({"rows": rows}, "rows", columns, empty="No capabilities.")


def allotments(answer: Json) -> RenderableType:
    """Who is told of how much."""
    columns = {"partner": "partner", "sku": "SKU", "allotment": "at most"}
    return tables.rows_of(answer, "allotments", columns, empty="No allotments: everybody is told of everything.")


def holds(answer: Json) -> RenderableType:
    """Goods that are kept back."""
    rows = [
        {
            **row,
            "hold": tables.shortened(row.get("hold")),
            "direction": "for" if row.get("selling") else "by",
        }
        for row in answer.get("holds") or []
    ]
    columns = {
        "hold": "hold",
        "direction": "",
        "partner": "partner",
        "sku": "SKU",
        "quantity": "quantity",
        "state": "state",
    }
    return tables.rows_of({"rows": rows}, "rows", columns, empty="Nothing is kept back.")


def orders(answer: Json) -> RenderableType:
    """A page of orders, the newest first."""
    rows = [
        {
            **row,
            "direction": "sell" if row.get("selling") else "buy",
            "since": tables.day(row.get("since_ms"))[:5],
        }
        for row in answer.get("orders") or []
    ]
    columns = {
        "number": "number",
        "shop_order": "shop's",
        "since": "since",
        "direction": "",
        "partner": "partner",
        "state": "state",
        "amount": "amount",
    }
    page = tables.rows_of({"rows": rows}, "rows", columns, empty="No orders.")
    if not answer.get("next"):
        return page
    more = Text(f"There are more: --after {tables.plain(answer['next'])}", no_wrap=True, overflow="ignore")
    return Group(page, more)


def order(answer: Json) -> RenderableType:
    """One order: its lines with their quantities in each state, its parcels, and every document of its thread."""
    direction = "selling to" if answer.get("selling") else "buying from"
    head = tables.fields(
        [
            ("order", answer.get("order")),
            ("number", answer.get("number")),
            ("shop's number", answer.get("shop_order")),
            (direction, answer.get("partner")),
            ("since", tables.moment(answer.get("since_ms"))),
            ("state", answer.get("state")),
            ("owed", answer.get("owed")),
            ("shipped by", answer.get("shipper")),
            ("recipient", recipient(answer.get("recipient")) or sealed(answer)),
        ]
    )
    columns = {
        "line": "line",
        "sku": "SKU",
        "title": "title",
        "ordered": "ordered",
        "buckets": "quantities",
        "price": "price",
        "owed": "owed",
    }
    lines = tables.rows_of(answer, "lines", columns, empty="No lines.")
    parcels = {"carrier": "carrier", "waybill": "waybill", "state": "parcel", "lines": "lines"}
    shipments = [
        {**parcel, "state": tables.label(tables.plain(parcel.get("state")))} for parcel in answer.get("shipments") or []
    ]
    documents = [
        {**paper, "hash": tables.shortened(paper.get("hash"), DOCUMENT_CHARACTERS_SHOWN)}
        for paper in answer.get("documents") or []
    ]
    papers = {
        "type": "document",
        "by": "by",
        "signed_by": "signed by",
        "ts_ms": "written",
        "receipted": "receipted",
        "refused": "refused",
        "hash": "hash",
    }
    parts = [head, Text(), lines, Text()]
    if shipments:
        parts += [tables.rows_of({"rows": shipments}, "rows", parcels, empty=""), Text()]
    parts.append(tables.rows_of({"rows": documents}, "rows", papers, empty="No documents."))
    return Group(*parts)


def sealed(answer: Json) -> str:
    """Why the recipient does not stand here."""
    return "sealed to whoever ships; this node cannot read it" if answer.get("sealed") else ""


def recipient(known: object) -> str:
    """A recipient in one line, as it would stand on a parcel."""
    if not isinstance(known, Mapping):
        return ""
    parts = [part for part in PARCEL if known.get(part)] + [part for part in known if part not in PARCEL]
    return ", ".join(tables.plain(known[part]) for part in parts)


def proposals(answer: Json) -> RenderableType:
    """Statements that were just proposed, one or several."""
    if "proposed" not in answer:
        return tables.fields([(tables.label(key), value) for key, value in answer.items()])
    columns = {"statement": "statement", "lines": "lines", "total": "total", "closing": "closing"}
    rows = [{**row, "statement": tables.shortened(row.get("statement"))} for row in answer["proposed"]]
    return tables.rows_of({"rows": rows}, "rows", columns, empty="")


def statements(answer: Json) -> RenderableType:
    """Statements with their state."""
    rows = [{**row, "statement": tables.shortened(row.get("statement"))} for row in answer.get("statements") or []]
    columns = {
        "statement": "statement",
        "partner": "partner",
        "period": "period",
        "state": "state",
        "lines": "lines",
        "total": "total",
        "closing": "closing",
    }
    return tables.rows_of({"rows": rows}, "rows", columns, empty="No statements.")


def statement(answer: Json) -> RenderableType:
    """One statement, line by line."""
    shown = ("statement", "partner", "period", "state", "proposed_by", "lines", "opening", "total", "closing", "due")
    head = tables.fields([(tables.label(key), answer.get(key)) for key in shown])
    rows = [
        {
            **row,
            "key": tables.shortened(row.get("key")),
            "rolled": "from the one before" if row.get("rolled") else "",
        }
        for row in answer.get("detail") or []
    ]
    columns = {
        "key": "thread",
        "number": "order",
        "kind": "kind",
        "amount": "amount",
        "contested": "contested",
        "rolled": "rolled on",
    }
    parts = [head]
    if answer.get("waits_for_me"):
        same = answer.get("same_as_mine")
        books = "say the same" if same else "say something else"
        said = "" if same is None else f" My own books {books}."
        parts.append(Text(f"It waits for my answer.{said}", style="bold"))
    if answer.get("difference"):
        parts.append(tables.fields([("first difference", answer["difference"])]))
    if answer.get("differing"):
        apart = [{**row, "key": tables.shortened(row.get("key"))} for row in answer["differing"]]
        named = {"key": "document", "kind": "kind", "cause": "how", "proposed": "proposed", "answered": "answered"}
        parts += [Text(), tables.rows_of({"rows": apart}, "rows", named, empty="")]
    if "here" in answer and not answer["here"]:
        return Group(*parts, Text("Its lines have not arrived yet."))
    return Group(*parts, Text(), tables.rows_of({"rows": rows}, "rows", columns, empty="No lines."))


def payments(answer: Json) -> RenderableType:
    """Payments, and what is owed to whom."""
    rows = [{**row, "payment": tables.shortened(row.get("payment"))} for row in answer.get("payments") or []]
    columns = {
        "payment": "payment",
        "partner": "partner",
        "state": "state",
        "amount": "amount",
        "reference": "reference",
    }
    listed = tables.rows_of({"rows": rows}, "rows", columns, empty="No payments.")
    owing = [row for row in answer.get("balances") or [] if (row.get("owes_me") or {}).get("amount")]
    if not owing:
        return listed
    balances = tables.rows_of({"rows": owing}, "rows", {"partner": "partner", "owes_me": "owes me"}, empty="")
    note = Text("Where an amount is negative, I owe it.") if any(is_debt(row["owes_me"]) for row in owing) else Text()
    return Group(listed, Text(), balances, note)


def is_debt(money: Json) -> bool:
    """Whether an amount is one that I owe."""
    return bool(money.get("amount", 0) < 0)


def money_arrived(answer: Json) -> RenderableType:
    """A payment that was confirmed."""
    owed = answer.get("owes_me") or {}
    debt = is_debt(owed)
    said = "announced" if answer.get("announced") else "not announced by the partner"
    pairs = [("payment", answer.get("payment")), ("was", said)]
    text = tables.plain(owed).removeprefix("-")
    return tables.fields([*pairs, ("now I owe" if debt else "still owed to me", text)])
