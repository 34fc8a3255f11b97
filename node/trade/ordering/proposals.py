"""Proposals inside an order that wait for an answer: a seller's offers, and changes of either side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from contracts import changes
from contracts.documents import orders as papers
from contracts.items import Member
from contracts.orders import Order
from node import errors
from node.trade import books, doors, hashes
from node.trade.goods import catalogues


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal by its hash, and the positions of its parts that wait."""

    hash: bytes
    member: Member
    document: papers.Respond | papers.Change
    parts: tuple[int, ...]


def waiting(order: Order) -> Iterator[Proposal]:
    """The proposals of both sides that wait."""
    for hash, member in order.named.items():
        if isinstance(member.document, papers.Respond | papers.Change):
            parts = tuple(changes.waiting(order, hash, member.document))
            if parts:
                yield Proposal(hash, member, member.document, parts)


def shown(book: books.Book, order: Order) -> list[doors.Json]:
    """Every part that waits, for people."""
    currency = order.version.currency
    return [
        {
            "proposal": proposal.hash.hex(),
            "by": "me" if proposal.member.side == book.side else book.partner.name,
            "line": part.line,
            "quantity": part.quantity,
            "becomes": part.new_quantity if isinstance(part, papers.Changed) else None,
            "action": "change" if isinstance(part, papers.Changed) else part.action,
            "sku": part.sku if isinstance(part, papers.Part) else None,
            "price": None if part.price is None else catalogues.shown(part.price.amount.a, currency),
            "promised_ms": None if part.promised_ship_s is None else part.promised_ship_s * 1000,
        }
        for proposal in waiting(order)
        for part in (proposal.document.lines[place] for place in proposal.parts)
    ]


def one_of(book: books.Book, order: Order, wanted: str | None) -> Proposal:
    """The partner's proposal that a person means. NodeError `order.nothing` where it is none, or not a single one."""
    found = [proposal for proposal in waiting(order) if proposal.member.side != book.side]
    fitting = [proposal for proposal in found if wanted is None or hashes.means(wanted, proposal.hash)]
    if len(fitting) != 1:
        raise errors.NodeError(
            "order.nothing",
            f"{len(fitting)} proposals of {book.partner.name} could be meant",
            expected=", ".join(proposal.hash.hex()[:12] for proposal in found) or "one that waits",
            got=wanted or "none named",
            hint="`hanse order show` shows them",
        )
    return fitting[0]
