"""The fence: how a node finds out that its database is an old copy.

docs/protocol.md section 10. A random value and a counter stand in the database and in a state file that no backup
holds, together with the highest signed size of each of this node's logbooks. At every start the database counts up
first, then the file. A restored database is behind its file, a restored machine has no file: both must recover before
anything is signed.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from node import ports
from node.storage import partners, settings
from protocol import encoding
from protocol.errors import PeerError

FILE = "fence"
KEY = "fence"
FENCE_BYTES_MAX = 1 << 20


@dataclass(slots=True)
class Fence:
    """The state of the file: `token` 16 bytes, `counter` starts, `sizes` origin -> highest signed size."""

    token: bytes
    counter: int
    sizes: dict[str, int]

    def pack(self) -> bytes:
        """As it stands in the file."""
        sizes: list[encoding.Value] = [[origin, size] for origin, size in sorted(self.sizes.items())]
        return encoding.encode({"counter": self.counter, "sizes": sizes, "token": self.token})


def unpack(content: bytes) -> Fence | None:
    """The reverse; None for a file that is damaged, which counts as missing."""
    try:
        fields = encoding.decode(content, bytes_max=FENCE_BYTES_MAX)
    except PeerError:
        return None
    match fields:
        case {"token": bytes(token), "counter": int(counter), "sizes": list(sizes)}:
            pairs = [pair for pair in sizes if isinstance(pair, list) and len(pair) == 2]
            return Fence(token, counter, {str(origin): size for origin, size in pairs if isinstance(size, int)})
    return None


def pass_fence(db: sqlite3.Connection, disk: ports.Disk, fresh_token: bytes) -> tuple[Fence, bool]:
    """Count this start; returns the fence and whether it is unbroken. Called in a unit of its own, once a start.

    The database is committed before the file is replaced, so a crash in between leaves the file one behind: accepted.
    """
    stored = settings.get(db, KEY)
    content = disk.read_state(FILE)
    held = None if stored is None else unpack(stored)
    beside = None if content is None else unpack(content)
    if held is None and beside is None:
        unbroken = not partners.channels(db)  # a node that never traded is new; one that did has lost both parts
    else:
        unbroken = (
            held is not None
            and beside is not None
            and beside.token == held.token
            and beside.counter in (held.counter, held.counter - 1)
        )
    counter = max(fence.counter for fence in (held, beside, Fence(b"", 0, {})) if fence is not None) + 1
    token = held.token if unbroken and held is not None else fresh_token
    fence = Fence(token, counter, beside.sizes if beside is not None else {})
    db.execute("BEGIN IMMEDIATE")
    settings.put(db, KEY, Fence(fence.token, fence.counter, {}).pack())
    db.execute("COMMIT")
    disk.write_state(FILE, fence.pack())
    return fence, unbroken


def is_behind(db: sqlite3.Connection, fence: Fence) -> frozenset[int]:
    """The channels whose own logbook in the database is shorter than what this node once signed."""
    rows = db.execute("SELECT channel, origin, size FROM logbooks WHERE mine = 1").fetchall()
    return frozenset(channel for channel, origin, size in rows if size < fence.sizes.get(origin, 0))


def note_signed(disk: ports.Disk, fence: Fence, origin: str, size: int) -> None:
    """Write the highest signed size beside the database, after COMMIT and before anything is sent."""
    if size > fence.sizes.get(origin, 0):
        fence.sizes[origin] = size
        disk.write_state(FILE, fence.pack())
