"""What goods, stock and what is told of them look like to a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from node.terminal import tables

Json = Mapping[str, Any]


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


def files(answer: Json) -> RenderableType:
    """Files that were taken in of late."""
    columns = {
        "number": "number",
        "name": "file",
        "kind": "what",
        "new": "new",
        "changed": "changed",
        "at_ms": "when",
        "by": "by",
        "taken_back_ms": "taken back",
    }
    return tables.rows_of(answer, "imports", columns, empty="No files.")


def file(answer: Json) -> RenderableType:
    """What became of one file: its orders, or its articles."""
    parts = [tables.rows_of({"imports": [answer]}, "imports", {"name": "file", "at_ms": "when", "by": "by"}, empty="")]
    if answer.get("kind") == "orders":
        orders = [
            {**one, **part, "number": one["number"]} for one in answer.get("orders") or () for part in one["orders"]
        ]
        columns = {"number": "order", "standing": "stands", "partner": "partner", "state": "state", "order": "hash"}
        parts.append(tables.rows_of({"orders": orders}, "orders", columns, empty="No orders."))
    else:
        columns = {"sku": "SKU", "new": "new", "changed": "changed", "counted_before": "counted", "counted": "now"}
        rows = [{**row, "changed": [one["field"] for one in row["fields"]]} for row in answer.get("rows") or ()]
        parts.append(tables.rows_of({"rows": rows}, "rows", columns, empty="It changed nothing."))
    if answer.get("more"):
        parts.append(Text(f"and {answer['more']} more"))
    if answer.get("since"):
        parts.append(Text(f"It stays, since something happened to it: {tables.plain(answer['since'])}"))
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


def news(answer: Json) -> RenderableType:
    """What costs another price than before, and what is gone or came back."""
    prices = {
        "sku": "SKU",
        "title": "title",
        "partner": "supplier",
        "before": "before",
        "cost": "now",
        "price": "my price",
    }
    parts = [tables.rows_of(answer, "changes", prices, empty="No new prices.")]
    if answer.get("supplies"):
        columns = {
            "sku": "SKU",
            "title": "title",
            "partner": "supplier",
            "before": "before",
            "now": "now",
            "at_ms": "when",
        }
        parts.append(tables.rows_of(answer, "supplies", columns, empty=""))
    return Group(*parts)


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


def channels(answer: Json) -> RenderableType:
    """Kinds of channel."""
    columns = {"channel": "kind", "shops": "my shops", "allowed_by": "agreed with", "told": "goods told for it"}
    return tables.rows_of(answer, "channels", columns, empty="No kinds yet: `hanse channel set` gives a shop one.")
