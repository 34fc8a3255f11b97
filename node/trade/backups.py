"""The use case that writes a backup of this node."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import Final

import structlog

from node import errors
from node.storage import partners, settings
from node.system import backups
from node.trade import doors

register = doors.Register()
log = structlog.get_logger(__name__)

WRITTEN = "backup_ms"  # the setting that says when the last one was written


DUE_MS: Final = 7 * 86_400_000
"""Once there are partners, a backup is written at least so often: what is missing in one, they give back."""


def standing(db: sqlite3.Connection, now_ms: int) -> doors.Json:
    """When the last backup was `written_ms`, None for never; whether one is `due`, which none is without a partner."""
    written_ms = int(settings.get(db, WRITTEN) or 0) or None
    late = written_ms is None or now_ms - written_ms >= DUE_MS
    return {"written_ms": written_ms, "due": late and bool(partners.every(db))}


class Write(doors.Arguments):
    """`file`: a new file, by its absolute path."""

    file: str


@register.case("backup.write", Write)
async def write(trade: doors.Trade, given: Write, report: doors.Report) -> doors.Json:
    """Write everything that is needed to bring this node back into one file, while it goes on."""
    file = Path(given.file)
    if not file.is_absolute() or file.exists():
        raise errors.NodeError(
            "file.exists", "a backup is a new file, named by its absolute path", got=given.file[:200]
        )
    now_ms = trade.world.clock.now_ms()

    def work() -> int:
        aside = Path(tempfile.mkdtemp(prefix=".hanse-backup-", dir=file.parent))
        try:
            trade.world.disk.copy(aside / "home", report)
            return backups.pack(aside / "home", file, report)
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    try:
        size = await asyncio.to_thread(work)
    except OSError as error:
        raise errors.NodeError("disk.failed", f"{file.parent} cannot be written", got=error.strerror) from error
    await trade.database.write(lambda db: settings.put(db, WRITTEN, b"%d" % now_ms))
    log.info("a backup was written", bytes=size, by=trade.caller.operator)
    return {"file": given.file, "bytes": size, "written_ms": now_ms}
