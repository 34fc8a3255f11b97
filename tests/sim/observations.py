"""What the invariants may see of a node: its durable image, and nothing else.

Whoever wires a node to the simulator implements `Observed` over a read connection to its database. Every method must
cost what it returns, never what the logbooks hold: the invariants ask after every commit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Channel:
    """A pair of logbooks: the one this node writes and the one it mirrors."""

    partner: str  # the name of the node on the other side
    own: str  # origin
    theirs: str  # origin


@dataclass(frozen=True, slots=True)
class Line:
    """An order line as one node's fold has it. Quantities are in the line's unit."""

    key: str  # the same on both sides of the channel: thread and line
    ordered: int
    shipped: int  # handed over, by hand-overs that stand
    cancelled: int  # effectively cancelled
    demand: str = ""  # the consumer's line that all orders of a chain serve, "" when there is no chain
    demanded: int = 0  # its quantity, where this node knows it
    hands_over: int = 0  # what this very node physically handed to a carrier for this line


@dataclass(frozen=True, slots=True)
class Shelf:
    """Stock of one article in one place."""

    sku: str
    location: str
    on_hand: int
    reserved: int


class Observed(Protocol):
    """The durable image of one node."""

    def channels(self) -> Sequence[Channel]:
        """Every channel, also closed ones."""

    def size(self, origin: str) -> int:
        """Entries stored of a logbook; 0 when it is unknown."""

    def entries(self, origin: str, first: int, end: int) -> Sequence[bytes]:
        """The stored bytes of entries [first, end)."""

    def heads(self, origin: str, after: int) -> Sequence[tuple[int, bytes]]:
        """(size, root of 32 bytes) of the author's signed heads larger than `after`, by size."""

    def known(self, origin: str) -> tuple[int, bytes] | None:
        """(size, root) of the newest head that the author of a partner's logbook ever showed, entries or not."""

    def receipts(self, origin: str, after: int) -> Sequence[int]:
        """Sizes larger than `after` for which a receipt is stored, given or held."""

    def waiting(self, origin: str) -> Sequence[bytes]:
        """Entries in the outbox of this node's own logbook, in order."""

    def lapsed(self) -> Sequence[bytes]:
        """Entries that never left and that the node has shown to its merchant as lapsed."""

    def identify(self, entry: bytes) -> bytes:
        """The id of an entry, which its author uses once for ever."""

    def effects(self, cursor: int) -> tuple[int, Sequence[str]]:
        """The new cursor, and the names of the outside effects (a parcel, an ERP order) recorded since `cursor`."""

    def lines(self, cursor: int) -> tuple[int, Sequence[Line]]:
        """The new cursor, and the order lines touched since `cursor`. Cursor 0 gives every line."""

    def shelves(self) -> Sequence[Shelf]:
        """The stock."""

    def balances(self, partner: str) -> Mapping[str, int] | None:
        """What the partner owes this node by currency, over exactly the stored entries; None when not computed."""
