"""The use case that writes a backup of this node."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path

import structlog

from node import errors
from node.storage import settings
from node.system import backups
from node.trade import doors

register = doors.Register()
log = structlog.get_logger(__name__)

WRITTEN = "backup_ms"  # the setting that says when the last one was written


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
