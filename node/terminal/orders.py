"""What orders look like to a person, and the rules by which they travel."""

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
        "title": "goods",
        "quantity": "units",
        "state": "state",
        "due_ms": "until",
        "amount": "amount",
    }
    return Group(tables.rows_of({"rows": rows}, "rows", columns, empty="No orders."), *tables.going_on(answer))


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
            ("to leave by", answer.get("ship_by")),
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
    for key, columns in (("proposals", PROPOSALS), ("deadlines", CLOCKS)):
        waiting = [waiting_row(row) for row in answer.get(key) or []]
        if waiting:
            parts += [tables.rows_of({"rows": waiting}, "rows", columns, empty=""), Text()]
    parts.append(tables.rows_of({"rows": documents}, "rows", papers, empty="No documents."))
    return Group(*parts)


PROPOSALS: Final = {
    "proposal": "proposal",
    "by": "by",
    "action": "what",
    "line": "line",
    "quantity": "quantity",
    "becomes": "to",
    "sku": "SKU",
    "price": "price",
    "promised": "leaves by",
}
CLOCKS: Final = {"due": "due", "state": "state", "favours": "favours", "row": "row", "meaning": "or else"}


def waiting_row(row: Json) -> Json:
    """A proposal or a deadline of an order."""
    return {
        **row,
        "proposal": tables.shortened(row.get("proposal")),
        "promised": tables.day(row.get("promised_ms")),
        "due": tables.day(row.get("due_ms")),
    }


def sealed(answer: Json) -> str:
    """Why the recipient does not stand here."""
    return "sealed to whoever ships; this node cannot read it" if answer.get("sealed") else ""


def recipient(known: object) -> str:
    """A recipient in one line, as it would stand on a parcel."""
    if not isinstance(known, Mapping):
        return ""
    parts = [part for part in PARCEL if known.get(part)] + [part for part in known if part not in PARCEL]
    return ", ".join(tables.plain(known[part]) for part in parts)


def couriers(answer: Json) -> RenderableType:
    """The rules that choose a courier."""
    columns = {
        "rule": "rule",
        "carrier": "carrier",
        "countries": "to countries",
        "regions": "to regions",
        "weight_g_max": "grams at most",
        "location": "from",
        "partner": "for",
    }
    return tables.rows_of(answer, "rules", columns, empty="No rules: `hanse courier add` makes one.")


def openings(answer: Json) -> RenderableType:
    """What the documents of a chain name, and how many a partner was told."""
    columns = {"type": "document", "document": "hash", "name": "names by", "hash": "the document"}
    shown = tables.rows_of(answer, "openings", columns, empty="Nothing here is passed on.")
    return Group(shown, Text(f"{answer.get('told', 0)} sent")) if answer.get("told") else shown
