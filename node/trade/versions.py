"""Versions of agreements: the newest of each that was ever in force."""

from __future__ import annotations

from contracts.terms import Version
from node.trade import books


def newest(book: books.Book) -> list[Version]:
    """The newest terms of every agreement that was ever in force: what it owes outlives it."""
    return [
        agreement.versions[agreement.current]
        for agreement in book.history.agreements.values()
        if agreement.current is not None
    ]
