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


def offers(answer: Json) -> RenderableType:
    """What partners offer."""
    rows = [
        {**row, "share": "" if row["margin_share"] is None else f"{row['margin_share']:.0%}"}
        for row in answer.get("offers") or []
    ]
    columns = {
        "partner": "partner",
        "sku": "SKU",
        "title": "title",
        "cost": "cost",
        "retail": "retail",
        "margin": "margin",
        "share": "of it",
        "stock": "stock",
        "picked": "my SKU",
    }
    return tables.rows_of({"offers": rows}, "offers", columns, empty="No offers.")


def dearer(answer: Json) -> RenderableType:
    """What costs another price than before."""
    columns = {
        "sku": "SKU",
        "title": "title",
        "partner": "supplier",
        "before": "before",
        "cost": "now",
        "price": "my price",
    }
    return tables.rows_of(answer, "changes", columns, empty="No new prices.")


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


def selections(answer: Json) -> RenderableType:
    """Lists that were made for a partner."""
    rows = [
        {**row, "who": f"{'to' if row.get('mine') else 'by'} {row.get('partner')}"} for row in answer.get("lists") or []
    ]
    columns = {"name": "list", "who": "", "title": "title", "skus": "SKUs", "until": "until"}
    return tables.rows_of({"rows": rows}, "rows", columns, empty="No lists.")


def contents(answer: Json) -> RenderableType:
    """How goods are told on each kind of channel."""
    columns = {"channel": "channel", "lang": "language", "title": "title", "text": "text"}
    return tables.rows_of(answer, "contents", columns, empty="Nothing but the listing itself.")


def feedback(answer: Json) -> RenderableType:
    """What consumers said."""
    rows = [
        {**row, "who": f"{'from' if row.get('selling') else 'to'} {row.get('partner')}"}
        for row in answer.get("feedback") or []
    ]
    columns = {"number": "order", "who": "", "skus": "SKU", "ratings": "ratings", "tags": "tags", "text": "words"}
    return tables.rows_of({"rows": rows}, "rows", columns, empty="No feedback.")


def notices(answer: Json) -> RenderableType:
    """What is offered or wanted."""
    rows = [
        {
            **row,
            "notice": tables.shortened(row.get("notice")),
            "who": f"me, to {row.get('partner')}" if row.get("mine") else row.get("partner"),
        }
        for row in answer.get("notices") or []
    ]
    columns = {
        "notice": "id",
        "who": "who",
        "what": "what",
        "sku": "SKU",
        "quantity": "quantity",
        "price": "price",
        "until": "until",
        "countries": "for",
        "state": "state",
    }
    return tables.rows_of({"rows": rows}, "rows", columns, empty="Nothing.")


def quotes(answer: Json) -> RenderableType:
    """Prices asked for and frozen, a row for each line."""
    rows = [
        {
            **line,
            "quote": tables.shortened(row.get("quote")),
            "who": f"{'by' if row.get('selling') else 'of'} {row.get('partner')}",
            "state": row.get("state"),
            "order": tables.shortened(row.get("order")),
        }
        for row in answer.get("quotes") or []
        for line in row.get("lines") or []
    ]
    columns = {
        "quote": "id",
        "who": "asked",
        "line": "line",
        "sku": "SKU",
        "quantity": "quantity",
        "price": "price",
        "state": "state",
        "order": "order",
    }
    return tables.rows_of({"rows": rows}, "rows", columns, empty="No quotes.")


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
        "title": "goods",
        "quantity": "units",
        "state": "state",
        "due_ms": "until",
        "amount": "amount",
    }
    return Group(tables.rows_of({"rows": rows}, "rows", columns, empty="No orders."), *tables.going_on(answer))


DUTIES: Final = {
    "stop": "Cancels to stop",
    "accept": "Orders to accept",
    "ship": "Parcels to ship",
    "answer": "Proposals to answer",
    "return": "Returns to go on with",
    "complaint": "Complaints to answer",
    "quote": "Prices to quote",
    "agreement": "Agreements to accept",
    "statement": "Statements to close",
    "invoice": "Invoices to answer",
    "payment": "Payments to confirm",
    "netting": "Nettings to answer",
    "claim": "Deadlines to claim",
}
"""What waits for a merchant (trade.duties), as the headings of a morning."""


def agenda(answer: Json) -> RenderableType:
    """What waits, kind by kind, and what comes first."""
    columns = {"number": "number", "partner": "partner", "what": "", "amount": "amount", "due_ms": "until"}
    parts: list[RenderableType] = []
    for kind in answer.get("kinds") or []:
        title = f"{DUTIES.get(kind['duty'], kind['duty'])}: {kind['count']}"
        parts += [tables.rows_of(kind, "rows", columns, empty=title, title=title), Text()]
    parts = parts[:-1] or [Text("Nothing waits for you.")]
    if answer.get("errands"):
        parts.append(Text(f"Left to you along the chain: {answer['errands']} (`hanse errand list`)."))
    backup = answer.get("backup") or {}
    if backup.get("due"):
        last = (
            f"The last backup is of {tables.moment(backup['written_ms'])}" if backup["written_ms"] else "No backup yet"
        )
        parts.append(Text(f"{last}: `hanse backup FILE` writes one."))
    return Group(*parts)


def found(answer: Json) -> RenderableType:
    """What a search found."""
    rows = [{**row, "id": tables.shortened(row["id"])} for row in answer.get("hits") or []]
    columns = {"kind": "kind", "title": "title", "subtitle": "", "partner": "partner", "state": "state", "id": "id"}
    return tables.rows_of({"rows": rows}, "rows", columns, empty="Nothing was found.")


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


def channels(answer: Json) -> RenderableType:
    """Kinds of channel."""
    columns = {"channel": "kind", "shops": "my shops", "allowed_by": "agreed with", "told": "goods told for it"}
    return tables.rows_of(answer, "channels", columns, empty="No kinds yet: `hanse channel set` gives a shop one.")


def openings(answer: Json) -> RenderableType:
    """What the documents of a chain name, and how many a partner was told."""
    columns = {"type": "document", "document": "hash", "name": "names by", "hash": "the document"}
    shown = tables.rows_of(answer, "openings", columns, empty="Nothing here is passed on.")
    return Group(shown, Text(f"{answer.get('told', 0)} sent")) if answer.get("told") else shown
