"""The tables of docs/protocol.md that follow from the code: limits, codes, state tables, refused spellings, vectors."""

from __future__ import annotations

import ast
import functools
import itertools
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from contracts import (
    agreements,
    documents,
    holds,
    invoices,
    issues,
    listings,
    lots,
    orders,
    payments,
    peerings,
    shipments,
    statements,
)
from protocol import errors, limits, syncing
from tests import vectors
from tests.documentation import pages, schemas

UNITS: Final = {
    "S": "seconds",
    "MS": "milliseconds",
    "BYTES": "bytes",
    "CHARACTERS": "characters",
    "ENTRIES": "entries",
    "HASHES": "hashes",
    "OBJECTS": "values and keys",
    "DEPTH": "containers",
    "INTEGER": "",
    "VERSION": "",
    "REFERENCES": "references",
    "SIGNATURES": "lines",
    "KEYS": "keys",
    "ADDRESSES": "addresses",
    "RELAYS": "NodeIDs",
    "OFFERED": "versions",
    "UNAUTHENTICATED": "connections",
    "SESSIONS": "connections",
    "MESSAGES": "messages",
    "FLIGHT": "batches",
    "CHANNELS": "channels",
    "WANTS": "hashes",
    "TRIES": "tries",
}
"""The unit of a bound, by a word of its name; the last word that stands here counts."""

RANKS: Final[dict[str, Mapping[str, int]]] = {
    "peering": peerings.RANKS,
    "agreement": agreements.RANKS,
    "hold": holds.RANKS,
    "order": orders.RANKS,
    "payment": payments.RANKS,
    "issue": issues.RANKS,
    "invoice": invoices.RANKS,
}
"""The kinds of thread and the ranks of the types that follow in them."""
OPENERS: Final = {
    "agreement.propose": "agreement",
    "stock.hold": "hold",
    "order.place": "order",
    "payment.promise": "payment",
    "payment.sent": "payment",
    "payment.received": "payment",
    "issue.open": "issue",
    "invoice.issue": "invoice",
}
"""The types that begin a thread when they name none."""

SMALL_WORDS: Final = frozenset(("MIN", "MAX", "TARGET"))


def documented(source: str) -> list[tuple[str, str]]:
    """(name, docstring) of every name that is assigned in a module or in one of its classes."""
    tree = ast.parse(source)
    found = []
    for body in (tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))):
        for statement, following in itertools.pairwise(body):
            name = _assigned(statement)
            if name and isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
                found.append((name, " ".join(str(following.value.value).split())))
    return found


def _assigned(statement: ast.stmt) -> str | None:
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
            return name
    return None


def unit(name: str) -> str:
    """The unit of a bound; KeyError for a name with no word of `UNITS`."""
    words = [word for word in name.split("_") if word not in SMALL_WORDS]
    return UNITS[next((word for word in reversed(words) if word in UNITS), name)]


def number(value: int) -> str:
    """A number for people, powers of two as such."""
    if value > 1 << 20 and value & (value + 1) == 0:
        return f"2^{value.bit_length()} - 1"
    return f"{value:,}"


def limit_table() -> str:
    """Every bound of protocol/limits.py."""
    rows = []
    for name, why in documented(Path(limits.__file__).read_text("utf-8")):
        if name != "RELATIONS":
            rows.append([f"`{name}`", number(getattr(limits, name)), unit(name), why])
    return pages.table(["name", "value", "unit", "what it bounds, and why"], rows)


def relation_list() -> str:
    """What must fit into what."""
    return "\n".join(f"- {relation};" for relation in limits.RELATIONS).removesuffix(";") + "."


def code_table() -> str:
    """Every code of the wire."""
    sentences = dict(documented(Path(errors.__file__).read_text("utf-8")))
    return pages.table(["code", "meaning"], [[f"`{code}`", sentences[code.name]] for code in errors.Code])


def state_table(table: Mapping[tuple[Any, Any], StrEnum]) -> str:
    """A state table, a pair a row."""
    rows = [[f"`{state}`", f"`{event}`", f"`{following}`"] for (state, event), following in table.items()]
    return pages.table(["state", "on", "next"], rows)


TRADE: Final[dict[str, Mapping[tuple[Any, Any], StrEnum]]] = {
    "peering": peerings.TABLE,
    "agreement": agreements.TABLE,
    "listing": listings.TABLE,
    "hold": holds.TABLE,
    "order line": lots.TABLE,
    "parcel": shipments.PARCELS,
    "statement": statements.TABLE,
    "payment": payments.TABLE,
    "issue": issues.TABLE,
    "invoice": invoices.TABLE,
}
"""The state tables of the trade."""


def author_table() -> str:
    """The author of a logbook."""
    return state_table(syncing.AUTHOR)


def reader_table() -> str:
    """The reader of a logbook."""
    return state_table(syncing.READER)


def refused_spellings() -> str:
    """The negative vectors of HCM that are short enough to be shown."""
    rows = [
        [row["name"], f"`{row['hex'] or ' '}`", f"`{row['code']}`"]
        for row in vectors.load("hcm")["negative"]
        if len(row["hex"]) <= 40
    ]
    return pages.table(["what", "bytes", "code"], rows)


def type_table() -> str:
    """Every document type of the fold: versions, signer, the thread that it opens, its rank in those it follows in."""
    rows = []
    for name, versions in documents.SUPPORTED.items():
        signers = versions[max(versions)].SIGNERS
        ranks = [f"{kind} {table[name]}" for kind, table in RANKS.items() if name in table]
        rows.append(
            [
                f"`{name}`",
                ", ".join(map(str, sorted(versions))),
                "either" if len(signers) > 1 else next(iter(signers)),
                OPENERS.get(name, ""),
                ", ".join(ranks),
            ]
        )
    return pages.table(["type", "version", "signer", "opens", "rank"], rows)


TABLES: Final[dict[str, Callable[[], str]]] = {
    "table limits": limit_table,
    "list relations": relation_list,
    "table codes": code_table,
    "table author": author_table,
    "table reader": reader_table,
    "table refused spellings": refused_spellings,
    "table types": type_table,
    **{f"table of {noun}": functools.partial(state_table, table) for noun, table in TRADE.items()},
    "list kinds": schemas.kinds,
    "list bodies": schemas.bodies,
}
"""Block -> what writes it."""
