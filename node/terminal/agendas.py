"""What waits for a merchant, what a search found, and what came of the days behind, as a person reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.text import Text

from node.terminal import tables

Json = Mapping[str, Any]

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
    parts.extend(map(Text, backups(answer.get("backup") or {})))
    return Group(*parts)


def backups(stands: Json) -> Iterator[str]:
    """Why the last backup failed, and whether one is due."""
    failure = stands.get("failure")
    if failure:
        hint = f": {failure['hint']}" if failure["hint"] else ""
        yield f"The backup of {tables.moment(failure['at_ms'])} failed: {failure['message']}{hint}."
    if stands.get("due"):
        at_ms = stands.get("elsewhere_ms")
        last = f"The last backup is of {tables.moment(at_ms)}" if at_ms else "No backup yet"
        if stands["written_ms"] and not at_ms:
            last = "Backups lie on the disk of the node alone"
        yield f"{last}: `hanse backup FILE` writes one, `hanse backups plan --folder FOLDER` many."


def found(answer: Json) -> RenderableType:
    """What a search found."""
    rows = [{**row, "id": tables.shortened(row["id"])} for row in answer.get("hits") or []]
    columns = {"kind": "kind", "title": "title", "subtitle": "", "partner": "partner", "state": "state", "id": "id"}
    return tables.rows_of({"rows": rows}, "rows", columns, empty="Nothing was found.")


REPORTS: Final = {
    "report.sales": {"orders": "orders", "units": "units", "amount": "amount"},
    "report.shipping": {"parcels": "parcels", "hours": "hours until they left", "promised": "promised", "late": "late"},
    "report.cancels": {"stopped": "stopped in time", "late": "had left"},
    "report.balances": {"owes_me": "owes me"},
    "report.returns": {"shipped": "left", "returned": "came back", "rate": "rate"},
}
"""Report -> its columns behind the partner."""


def tally(name: str) -> Callable[[Json], RenderableType]:
    """The view of a report."""

    def view(answer: Json) -> RenderableType:
        columns = {("sku" if name == "report.returns" else "period"): "article" if name == "report.returns" else "when"}
        rows = [
            {
                **row,
                "hours": round(row.get("seconds", 0) / 3_600, 1),
                "rate": f"{100 * row.get('returned', 0) / (row.get('shipped') or 1):.1f} %",
            }
            for row in answer.get("rows") or []
        ]
        columns |= {"partner": "partner", **REPORTS[name]}
        return tables.rows_of({"rows": rows}, "rows", columns, empty="Nothing in these days.")

    return view


def aftersales(answer: Json) -> RenderableType:
    """The inbox of returns, complaints and disputes, what changed last first."""
    rows = [{**row, "name": tables.shortened(row.get("name"))} for row in answer.get("entries") or []]
    columns = {"name": "id", "kind": "kind", "order": "order", "partner": "partner", "state": "state"}
    return tables.rows_of(
        {"rows": rows}, "rows", {**columns, "who": "whose turn", "next": "what"}, empty="No returns, no complaints."
    )
