"""Backups: written when somebody asks for one, and by the node itself at the hour that its owner chose.

A backup is encrypted under a key that follows from the root secret, so the node writes it without being told the
passphrase; whoever restores it needs the passphrase (`node.system.archives`).
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from pathlib import Path
from typing import Final

import structlog

from node import errors
from node.storage import partners, settings
from node.system import archives, backups
from node.trade import doors
from protocol import identities

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
    size = await make(trade, file, "hand", now_ms, report)
    await trade.database.write(lambda db: settings.put(db, WRITTEN, b"%d" % now_ms))
    log.info("a backup was written", bytes=size, by=trade.caller.operator)
    return {"file": given.file, "bytes": size, "written_ms": now_ms}


async def make(trade: doors.Trade, file: Path, made: str, now_ms: int, report: doors.Report) -> int:
    """Make the new `file`; its size in bytes. `made`: as in `archives.Head`. NodeError."""
    salt = trade.world.entropy.token(archives.SALT_BYTES)

    def work() -> int:
        aside = trade.world.disk.aside(file.parent)
        try:
            trade.world.disk.copy(aside / "home", report)
            key_file = (aside / "home" / "keys").read_bytes()
            head = archives.Head(identities.to_text(trade.books.me), now_ms, made, salt, key_file)
            return backups.write(aside / "home", file, trade.keys.root, head, report)
        except FileNotFoundError:
            raise errors.NodeError("key.missing", "there is no key file", hint="restore it from a backup") from None
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    return await asyncio.to_thread(work)
