"""References up and down a chain: what names a document on another channel is blinded, and opened by consent only.

The salt follows from this node's secret, the reader and the hash. So two readers never see the same commitment, and
every reference can be opened later, even when the disk that remembered it is gone.
"""

from __future__ import annotations

from node.trade import books
from protocol import references
from protocol.encoding import Value


def salt(desk: books.Desk, book: books.Book, hash: bytes) -> bytes:
    """The secret (32 bytes) under which the reader of a channel sees a document of another one."""
    return desk.books.blind(b"reference\n" + book.partner.node + hash)


def commitment(desk: books.Desk, book: books.Book, hash: bytes) -> bytes:
    """How the reader of a channel sees a document of another one."""
    return references.commit(salt(desk, book, hash), hash)


def to(desk: books.Desk, book: books.Book, name: str, hash: bytes | None) -> dict[str, Value]:
    """The field `name` of a document for the partner of `book`: a commitment to a document of another channel.

    Empty where there is none to name.
    """
    return {} if hash is None else {name: commitment(desk, book, hash)}
