"""`hanse run`: one process, one home, one node, until a signal ends it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from node import config, errors, keystore, runtime
from node.system import clocks, files, homes

FAILURES_MAX: Final = 3
"""So many storage failures in five minutes are a loop that nobody should keep turning (faults.md S04)."""

Ready = Callable[[Sequence[str]], None]


def run(path: Path, passphrase: Callable[[], str], ready: Ready) -> None:
    """Run the node of a home until SIGTERM or SIGINT; `ready` gets its addresses.

    The lock comes first, so that a second start is refused before anybody types a passphrase (O05). NodeError `home.*`,
    `config.*`, `key.*`, `storage.crash-loop`, `links.listen`; StorageError.
    """
    home = homes.open_home(path)
    if not home.database.exists():
        raise errors.NodeError("home.empty", f"{home.path} holds no node", hint="make one with `hanse init NAME`")
    clock = clocks.SystemClock()
    with homes.locked(home):
        refuse_loop(home, clock.now_ms())
        decided = config.read(files.read(home.config), str(home.config), os.environ)
        unlocked = unlock(home, passphrase)
        try:
            asyncio.run(runtime.run_home(home, decided, unlocked, os.environ, ready))
        except errors.StorageError:
            homes.note_failure(home, clock.now_ms())
            raise


def refuse_loop(home: homes.Home, now_ms: int) -> None:
    """NodeError `storage.crash-loop` where storage failed again and again."""
    if homes.recent_failures(home, now_ms) >= FAILURES_MAX:
        raise errors.NodeError(
            "storage.crash-loop",
            "storage failed at several starts in a row",
            hint=f"look at the disk with `hanse doctor`, then remove {home.failures}",
        )


def unlock(home: homes.Home, passphrase: Callable[[], str]) -> keystore.Keys:
    """The keys of a home. NodeError `key.missing`, `key.passphrase`, `key.unreadable`."""
    sealed = files.read(home.keys)
    if sealed is None:
        hint = "restore the file `keys` from its backup"
        raise errors.NodeError("key.missing", f"{home.keys} does not exist", hint=hint)
    return keystore.unseal(sealed, passphrase())
