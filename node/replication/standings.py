"""What exchanges work with: what this start of the node knows, what is due to a partner, and what it may send."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from node import ports
from node.replication import paces, sequencing
from node.trade import books
from protocol import checkpoints, limits, messages
from protocol.errors import Code, PeerError
from protocol.syncing import AuthorState


@dataclass(slots=True)
class Standing:
    """What this start of the node has learned about one channel; forgotten when the process ends, on purpose."""

    author: AuthorState = AuthorState.WAITING
    pace: paces.Pace = field(default_factory=paces.Pace)
    spoilt: set[bytes] = field(default_factory=set)  # blobs that the partner sent with another content: not asked again
    skew_ms: int = (
        0  # by how much the partner's clock was ahead of mine at the last receipt, at least; behind: negative
    )


def skew_ms(signed_s: int, sent_ms: int, now_ms: int) -> int:
    """By how much at least a clock is ahead of mine, negative where it is behind, as its receipt says (section 7.7).

    `signed_s`: the time of the receipt, in whole seconds, for a batch that I sent at `sent_ms`. It was made after that
    and before now, so a time in between says nothing.
    """
    earliest_ms, latest_ms = signed_s * 1000, signed_s * 1000 + 999
    return max(earliest_ms - now_ms, 0) + min(latest_ms - sent_ms, 0)


def unobserved(origin: str, size: int) -> None:
    """What is done when nobody wants to know of receipts."""


@dataclass(frozen=True, slots=True)
class Core:
    """What every exchange works with."""

    books: books.Books
    signer: sequencing.Signer
    clock: ports.Clock
    standings: dict[int, Standing]
    fence: bytes
    signed: Callable[[str, int], None]  # within the storage unit, after COMMIT: a head of mine is final
    receipted: Callable[[int, int], None]  # (channel, size): the partner holds my entries below size
    blob_stored: Callable[[bytes], None]  # a blob came: whoever was promised it can have it now
    receipt_leaves: Callable[[str, int], None] = unobserved  # (the partner's origin, size): I am about to vouch for it


@dataclass(slots=True)
class Dues:
    """What the pump has to say besides batches and blobs."""

    refused: str = ""  # the code of a message that this node does not know
    identity: int | None = None  # the partner asked for my identity log from here on
    ping: bool = False
    vouch: tuple[checkpoints.Checkpoint, bytes] | None = None  # a head of the partner and its fence
    want: messages.Want | None = None  # my question
    wanted: messages.Want | None = None  # the partner's question
    receipt: sequencing.Stored | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What the pump found to do: a batch to send, or an outbox that was sequenced just now."""

    batch: messages.Batch | None = None
    repeated: bool = False  # the partner has receipted these entries before
    sequenced: bool = False
    removed: bool = False  # the merchant has removed the partner meanwhile


NOTHING: Final = Step()


@dataclass(slots=True)
class Credit:
    """What the partner may send in batches, what it was told, and what it has sent: totals of this session."""

    granted_bytes: int = limits.CREDIT_BYTES
    granted_entries: int = limits.CREDIT_ENTRIES
    told_bytes: int = limits.CREDIT_BYTES
    told_entries: int = limits.CREDIT_ENTRIES
    used_bytes: int = 0
    used_entries: int = 0

    def use(self, batch: messages.Batch) -> None:
        """Take a batch; PeerError `session.credit` for more than the partner was told (W20)."""
        self.used_bytes += sequencing.size_bytes(batch.entries)
        self.used_entries += len(batch.entries)
        if self.used_bytes > self.told_bytes or self.used_entries > self.told_entries:
            told = f"{self.told_entries} entries of {self.told_bytes} bytes"
            raise PeerError(Code.CREDIT, "more entries than were granted", expected=told, got=self.used_entries)

    def renew(self, batch: messages.Batch) -> None:
        """Grant as much again as a stored batch took."""
        self.granted_bytes += sequencing.size_bytes(batch.entries)
        self.granted_entries += len(batch.entries)

    def tell(self) -> messages.Credit | None:
        """What to tell the partner; None when it knows."""
        if self.told_entries == self.granted_entries:
            return None
        self.told_bytes, self.told_entries = self.granted_bytes, self.granted_entries
        return messages.Credit(self.told_bytes, self.told_entries)
