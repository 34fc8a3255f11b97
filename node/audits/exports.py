"""The use cases that write folders for an auditor: all books, or the proof of one document."""

from __future__ import annotations

import functools
import sqlite3
from pathlib import Path

from node import errors
from node.audits import bundles, documents
from node.storage import exports
from node.trade import doors

register = doors.Register()


class Export(doors.Arguments):
    """`directory` is a new folder, by its absolute path."""

    directory: str


@register.case("audit.export", Export)
async def export(trade: doors.Trade, given: Export, report: doors.Report) -> doors.Json:
    """Write the books of this node into a folder that an auditor can check without any node."""
    write = functools.partial(bundles.export, directory=Path(given.directory), me=trade.books.me, report=report)
    summary = await trade.database.read(write)
    return {"directory": given.directory, "channels": summary.channels, "entries": summary.entries}


class Proof(Export):
    """`document` is the hash of a document as `order.show` names it, or 8 or more characters of it."""

    document: str


@register.case("audit.document", Proof)
async def prove(trade: doors.Trade, given: Proof, report: doors.Report) -> doors.Json:
    """Write the proof of one document, which shows no other."""

    def unit(db: sqlite3.Connection) -> doors.Json:
        leaves = exports.leaves(db, given.document.lower())
        if len(leaves) != 1:
            raise errors.NodeError(
                "audit.document",
                f"{len(leaves) or 'no'} documents have a hash that begins so",
                expected="8 or more characters of a document's hash",
                got=given.document,
                hint="`hanse order show` lists the documents of an order",
            )
        documents.export(db, Path(given.directory), trade.books.me, leaves[0])
        return {"directory": given.directory, "document": leaves[0].hex()}

    return await trade.database.read(unit)
