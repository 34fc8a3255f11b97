"""A ledger: the account of one agreement, from closed cut to closed cut.

Every thread that can owe money belongs to the ledger of its agreement. A closed statement cuts the ledger: what lies
inside the cut is settled, its lines never change again, and what comes later, even if concurrent, is a difference
for the next statement (protocol.md section 12.7). Statements of one agreement form a chain, so the cuts of a ledger are
ordered; see `statements` for why two can never be closed after the same one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts import dues
from contracts.dues import Owed
from contracts.items import Past, Position
from contracts.orders import OrderLine
from contracts.threads import Thread


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed statement: its hash, its cut by side, what the buyer owed at it, and the entry that closed it."""

    statement: bytes
    cut: Past
    closing: int
    at: Position


@dataclass(slots=True)
class Account:
    """A thread's part in its ledger: what it owes now, and what it owed, with an order's lines, at the last cut.

    `twin` is its part in a second ledger, for a set-off of two; both are `shared`: cut at several places, and so never
    forgotten."""

    thread: Thread[Any]
    owed: Owed = dues.NOTHING
    settled: Owed = dues.NOTHING
    lines: Mapping[int, OrderLine] = field(default_factory=dict)
    twin: tuple[Ledger, Account] | None = None
    shared: bool = False


@dataclass(slots=True)
class Ledger:
    """`key` names the agreement's thread. `pending`: (side, index, account) of every document after the last cut;
    `proposals`: the statements proposed after each closed one (None: after none); `contested`: the threads that the
    last closed one left open. One entry of each of those stays pending, so that the next statement comes to it.
    `withheld` is what the buyer keeps until goods are final (negative); `paid`: what payments and set-offs came to
    since the last closed statement, negative where they took something off the buyer's debt."""

    key: bytes
    currency: str
    seller: int
    total: int = 0
    closed: list[Closed] = field(default_factory=list)
    cuts: tuple[Past, ...] = ()
    pending: list[tuple[int, int, Account]] = field(default_factory=list)
    proposals: dict[bytes | None, list[bytes]] = field(default_factory=dict)
    contested: frozenset[bytes] = frozenset()
    withheld: int = 0
    paid: int = 0


def closed_within(ledger: Ledger, past: Past) -> int:
    """How many of the ledger's statements were closed in what an author knows."""
    count = len(ledger.closed)
    while count and ledger.closed[count - 1].at[1] >= past[ledger.closed[count - 1].at[0]]:
        count -= 1
    return count


def last_within(ledger: Ledger, past: Past) -> Closed | None:
    """The last statement that an author knows to be closed."""
    count = closed_within(ledger, past)
    return ledger.closed[count - 1] if count else None


def cuts_within(ledger: Ledger, past: Past) -> tuple[Past, ...]:
    """The cuts of the statements that an author knows to be closed."""
    return ledger.cuts[: closed_within(ledger, past)]


def parts(ledger: Ledger, account: Account) -> Iterator[tuple[Ledger, Account]]:
    """The part of a thread in its ledger, and the one in a second ledger, if it has one."""
    yield ledger, account
    if account.twin is not None:
        yield account.twin


def moved(ledger: Ledger, cut: Past) -> set[bytes]:
    """The threads with a document after the last closed cut and inside `cut`."""
    last = ledger.cuts[-1] if ledger.cuts else (0, 0)
    return {account.thread.key for side, index, account in ledger.pending if last[side] <= index < cut[side]}


def touched(ledger: Ledger, cut: Past) -> Iterator[Account]:
    """Each account with a document after the last closed cut and inside `cut`, and each contested one, once."""
    found: set[int] = set()
    for side, index, account in ledger.pending:
        if index < cut[side] and id(account) not in found:
            found.add(id(account))
            yield account
