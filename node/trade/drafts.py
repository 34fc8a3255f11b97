"""A document before it is judged: the entry that it would be, written now behind everything that is folded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from contracts import histories
from node import ports
from node.trade import readings
from node.trade.volumes import Book
from protocol import entries
from protocol.encoding import Value


def draft(
    entropy: ports.Entropy,
    now_ms: int,
    book: Book,
    kind: str,
    body: Mapping[str, Value],
    re: Sequence[entries.Reference] = (),
    id: bytes | None = None,
) -> tuple[histories.Item, bytes]:
    """The item that a fold takes, and the bytes of the entry."""
    entry = entries.Entry(
        id=id or new_id(entropy, now_ms),
        type=kind,
        version=1,
        ts_ms=now_ms,
        seen=book.seen,
        re=tuple(re),
        body=dict(body),
    )
    data = entries.compose(entry)
    return readings.item_of(book.side, book.history.sizes[book.side], entries.leaf_hash(data), entry), data


def new_id(entropy: ports.Entropy, now_ms: int) -> bytes:
    """A UUIDv7 (RFC 9562 section 5.7): 48 bits of milliseconds, then 74 random bits; 16 bytes."""
    random = bytearray(entropy.token(10))
    random[0] = 0x70 | random[0] & 0x0F
    random[2] = 0x80 | random[2] & 0x3F
    return (now_ms & (1 << 48) - 1).to_bytes(6, "big") + bytes(random)
