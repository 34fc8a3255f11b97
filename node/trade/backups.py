"""Backups, as they are made, and written when somebody asks for one.

A backup is encrypted under a key that follows from the root secret, so the node writes it without being told the
passphrase; whoever restores it needs the passphrase (`node.system.archives`).
"""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import structlog

from node import errors
from node.storage import settings
from node.system import archives, backups
from node.trade import doors
from protocol import identities

register = doors.Register()
log = structlog.get_logger(__name__)

WRITTEN = "backup_ms"  # the setting that says when somebody last asked for one


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
    size = await make(trade, file, "hand", now_ms, report)
    await trade.database.write(lambda db: settings.put(db, WRITTEN, b"%d" % now_ms))
    log.info("a backup was written", bytes=size, by=trade.caller.operator)
    return {"file": given.file, "bytes": size, "written_ms": now_ms}


async def make(
    trade: doors.Trade, file: Path, made: str, now_ms: int, report: doors.Report, passing: Path | None = None
) -> int:
    """Make the new `file`; its size in bytes. NodeError.

    `made`: as in `archives.Head`. `passing`: the file in which it is written until it is known to be whole.
    """
    salt = trade.world.entropy.token(archives.SALT_BYTES)

    def work() -> int:
        aside = trade.world.disk.aside(file.parent)
        try:
            trade.world.disk.copy(aside / "home", report)
            key_file = (aside / "home" / "keys").read_bytes()
            head = archives.Head(identities.to_text(trade.books.me), now_ms, made, salt, key_file)
            return backups.write(aside / "home", file, trade.keys.root, head, report, aside=passing)
        except FileNotFoundError:
            raise errors.NodeError("key.missing", "there is no key file", hint="restore it from a backup") from None
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    return await asyncio.to_thread(work)
