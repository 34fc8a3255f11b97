"""The use cases of the audit: all books or the proof of one document, as a folder or as one file, and checking them."""

from __future__ import annotations

import asyncio
import functools
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from node import errors
from node.audits import archives, bundles, documents, reports
from node.storage import exports
from node.trade import doors

register = doors.Register()
Result = TypeVar("Result")


class Export(doors.Arguments):
    """Where to write: a new folder `directory`, or a new zip file `archive`, by its absolute path."""

    directory: str | None = None
    archive: str | None = None


class Proof(Export):
    """`document` is the hash of a document as `order.show` names it, or 8 or more characters of it."""

    document: str


class Verify(doors.Arguments):
    """`archive`: a zip file that somebody sent, by its absolute path."""

    archive: str


class Stopped(Exception):
    """Nobody waits for the work any more."""


def place(given: Export) -> tuple[Path, bool]:
    """Where to write, and whether it is an archive. NodeError `request.malformed`."""
    if (given.directory is None) == (given.archive is None):
        raise errors.NodeError(
            "request.malformed", "an export goes to one place", expected="a directory or an archive", got="both or none"
        )
    return Path(given.directory or given.archive or ""), given.archive is not None


@register.case("audit.export", Export)
async def export(trade: doors.Trade, given: Export, report: doors.Report) -> doors.Json:
    """Write the books of this node, so that an auditor can check them without any node."""
    target, packed = place(given)
    folder = archives.folder_for(target) if packed else target
    stop = threading.Event()
    write = functools.partial(bundles.export, directory=folder, me=trade.books.me, report=heard(report, stop))
    try:
        summary = await ended(trade.database.look(write), stop)
        if packed:
            await working(functools.partial(archives.pack, folder, target), report)
    finally:
        if packed:
            shutil.rmtree(folder, ignore_errors=True)
    told = given.model_dump(exclude_none=True)
    return {**told, "channels": summary.channels, "entries": summary.entries, "skipped": summary.skipped}


@register.case("audit.document", Proof)
async def prove(trade: doors.Trade, given: Proof, report: doors.Report) -> doors.Json:
    """Write the proof of one document, which shows no other."""
    target, packed = place(given)
    folder = archives.folder_for(target) if packed else target

    def unit(db: sqlite3.Connection) -> bytes:
        leaves = exports.leaves(db, given.document.lower())
        if len(leaves) != 1:
            raise errors.NodeError(
                "audit.document",
                f"{len(leaves) or 'no'} documents have a hash that begins so",
                expected="8 or more characters of a document's hash",
                got=given.document,
                hint="`hanse order show` lists the documents of an order",
            )
        documents.export(db, folder, trade.books.me, leaves[0])
        return leaves[0]

    try:
        leaf = await ended(trade.database.look(unit), threading.Event())
        if packed:
            await working(functools.partial(archives.pack, folder, target), report)
    finally:
        if packed:
            shutil.rmtree(folder, ignore_errors=True)
    return {**given.model_dump(exclude_none=True), "document": leaf.hex()}


@register.case("audit.verify", Verify)
async def verify(trade: doors.Trade, given: Verify, report: doors.Report) -> doors.Json:
    """Check an export or the proof of a document that somebody sent as one file. Asks nothing of this node's books."""

    def check(report: doors.Report) -> doors.Json:
        with tempfile.TemporaryDirectory(prefix="hanse-audit-", dir=Path(given.archive).parent) as folder:
            root = archives.unpack(Path(given.archive), Path(folder), report)
            found = reports.verify(root, report)
            return {"kind": found.case, **found.content()}

    answer = await working(check, report)
    del answer["directory"]  # a passing place, and nobody's business
    return answer


async def working(work: Callable[[doors.Report], doors.Json | None], report: doors.Report) -> doors.Json:
    """Do what takes long in a thread of its own. Where nobody waits any more, it ends at its next report."""
    stop = threading.Event()
    return await ended(asyncio.to_thread(work, heard(report, stop)), stop) or {}


def heard(report: doors.Report, stop: threading.Event) -> doors.Report:
    """A report that ends the work in its thread once nobody waits for it."""

    def tell(what: str, done: int, total: int) -> None:
        if stop.is_set():
            raise Stopped
        report(what, done, total)

    return tell


async def ended(work: Coroutine[Any, Any, Result], stop: threading.Event) -> Result:
    """Wait for work in another thread, also when cancelled: nobody may tidy up while it still writes."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait((task,))
        if not task.cancelled():
            task.exception()  # looked at, so that nobody complains of it
        raise
