"""Shares of a price: this node passes on by itself what it keeps for third merchants, and shows what it gets.

What an agreement's `shares` let it keep back from a price, or lay upon it as the seller, it owes to somebody else under
another agreement. Whoever that is reads what the part is of; the order behind it stays a salted commitment, which
`order.disclose` opens.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import structlog

from contracts import dues, shares, terms
from contracts import errors as refusals
from contracts.agreements import AgreementState
from contracts.disclosures import Reference
from contracts.documents import shares as papers
from contracts.orders import Order
from node.storage import partners, sharings
from node.trade import books, doors, peering, references
from node.trade.goods import catalogues
from protocol import identities

register = doors.Register()
PORTION = 64  # orders looked at in one transaction
log = structlog.get_logger(__name__)


@register.case("share.list", doors.NoArguments)
async def listed(trade: doors.Trade, given: doors.NoArguments, report: doors.Report) -> doors.Json:
    """Shares of prices, mine and those that I pass on, and the orders of which nobody could be told yet."""

    def unit(desk: books.Desk) -> doors.Json:
        known = sales(desk)
        rows = [
            describe(book, share, known) for book in peering.open_books(desk) for share in book.history.shares.values()
        ]
        return {"shares": rows, "waiting": [row.order.hex() for row in sharings.waiting(desk.db)]}

    return await trade.books.read(unit)


def sales(desk: books.Desk) -> dict[bytes, bytes]:
    """The orders of which I pass on shares, by how each of those who get one sees them."""
    found = {}
    for book in peering.open_books(desk):
        for order in book.history.orders.values():
            for share in passed_on(book, order):
                other = channel_of(desk, share.node)
                if other is not None:
                    found[references.commitment(desk, desk.peek(other.id), order.key)] = order.key
    return found


def describe(book: books.Book, share: shares.Share, known: Mapping[bytes, bytes]) -> doors.Json:
    """One share for people. `sale` is the hash of the order: mine, or one that was opened to me; else it is None."""
    opening = book.history.disclosed.get(Reference(1 - share.version.seller, share.key, "source"))
    sale = known.get(share.source) or (opening.hash if opening else None)
    currency = share.version.currency
    return {
        "share": share.key.hex(),
        "partner": book.partner.name,
        "mine": share.version.seller == book.side,
        "role": share.role,
        "base": catalogues.shown(share.base, currency),
        "amount": catalogues.shown(share.amount, currency),
        "sale": None if sale is None else sale.hex(),
    }


@register.case("share.report", doors.NoArguments)
async def report_all(trade: doors.Trade, given: doors.NoArguments, report: doors.Report) -> doors.Json:
    """Pass on now what waits, also what waited for an agreement."""

    def unit(desk: books.Desk) -> doors.Json:
        sharings.wake(desk.db)
        told = 0
        while rows := sharings.due(desk.db, PORTION):
            told += sum(pass_on(desk, row) for row in rows)
        return {"reported": told, "waiting": len(sharings.waiting(desk.db))}

    return await trade.books.act(unit)


def told_of(desk: books.Desk, channel: int, order: bytes) -> Iterator[tuple[books.Book, bytes]]:
    """The books and keys of the shares that this node has reported of an order of it."""
    book = desk.book(channel)
    for share in passed_on(book, book.history.orders[order]):
        there = channel_of(desk, share.node)
        if there is not None:
            other = desk.book(there.id)
            known = existing(other, share.role, references.commitment(desk, other, order))
            if known is not None:
                yield other, known.key


# --- by itself


def note(desk: books.Desk, book: books.Book, before: Order | None, after: Order) -> None:
    """Remember an order of which I pass on shares, once it comes to something else than before."""
    was = 0 if before is None else base(before)
    if base(after) != was and any(True for _ in passed_on(book, after)):
        sharings.put(desk.db, after.key, book.channel.id)


def channel_of(desk: books.Desk, node: bytes) -> partners.Channel | None:
    """The channel with a merchant who gets a share, None for one who is no partner."""
    partner = partners.by_node(desk.db, identities.NodeId(node))
    return None if partner is None else partners.channel_of(desk.db, partner.id)


def base(order: Order) -> int:
    """What the shares are of: the goods that stayed sold, without tax."""
    return order.owed.goods + order.owed.refund


def passed_on(book: books.Book, order: Order) -> Iterator[terms.Share]:
    """The shares of an order's price that this node passes on."""
    buying = order.version.seller != book.side
    return (share for share in order.version.shares if share.kept == buying)


def report_due(desk: books.Desk) -> None:
    """Pass on a portion of what changed since the last time."""
    for row in sharings.due(desk.db, PORTION):
        pass_on(desk, row)


def pass_on(desk: books.Desk, row: sharings.Row) -> int:
    """Tell everybody who gets a part of an order what it comes to; how many were told something new."""
    book = desk.book(row.channel)
    order = book.history.orders[row.order]
    parts = dues.shared(order.version, base(order))
    told = 0
    done = True
    for share in passed_on(book, order):
        fresh = tell(desk, order, share, parts[share.role])
        told += bool(fresh)
        done = done and fresh is not None
    if done:
        sharings.drop(desk.db, row.order)
    else:
        sharings.wait(desk.db, row.order)
    return told


def tell(desk: books.Desk, order: Order, share: terms.Share, amount: int) -> bool | None:
    """Tell one of them; whether that was news, None where no agreement lets it be said."""
    channel = channel_of(desk, share.node)
    if channel is None or channel.state in books.HALTED:
        return None
    book = desk.book(channel.id)
    source = references.commitment(desk, book, order.key)
    known = existing(book, share.role, source)
    if known is not None and (known.base, known.amount) == (base(order), amount):
        return False
    version = granting(book, share, order.version.currency) if known is None else known.version
    if version is None:
        return None
    body: books.Body = {
        "agreement": version.hash,
        "share": share.role,
        "source": source,
        "base": catalogues.money_value(base(order), version.currency),
        "amount": catalogues.money_value(amount, version.currency),
    }
    if known is not None:
        body["thread"] = known.key
    elif not amount:
        return False
    try:
        desk.write(book, papers.Report.TYPE, body)
    except refusals.Refused as refused:
        log.warning("a share was not passed on", partner=book.partner.name, fault=str(refused))
        return None
    return True


def existing(book: books.Book, role: str, source: bytes) -> shares.Share | None:
    """What a partner was told of a sale before, under whichever agreement."""
    channel = book.history.channel
    names = ((key, role, source) for key in book.history.agreements)
    found = next((channel.shared[name] for name in names if name in channel.shared), None)
    return None if found is None else book.history.shares[found]


def granting(book: books.Book, share: terms.Share, currency: str) -> terms.Version | None:
    """The newest agreement in force that gives a partner a share of this role."""
    for agreement in reversed(list(book.history.agreements.values())):
        if agreement.seller != book.side and agreement.state is AgreementState.IN_FORCE and agreement.current:
            version = agreement.versions[agreement.current]
            if version.currency == currency and shares.row(version, share.role) is not None:
                return version
    return None
