"""What partners offer, ask for, agree on and say of each other, as a person reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import RenderableType

from node.terminal import tables

Json = Mapping[str, Any]


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
