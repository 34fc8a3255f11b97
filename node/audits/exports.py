"""The use case that writes the auditor's folder."""

from __future__ import annotations

import functools
from pathlib import Path

from node.audits import bundles
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
