"""Finding everything that has a number or a name, by one question; and keeping the index up to date with the folds.

What is looked up in the index is named again from where it is kept, so that a hit says how it stands now.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

import pydantic

from contracts.documents import listings as listing_papers
from contracts.documents import returns as return_papers
from contracts.histories import Change
from contracts.invoices import Invoice
from contracts.listings import ListingVersion
from contracts.orders import Order
from contracts.payments import Payment
from contracts.statements import Statement
from node.storage import orderbooks, orderlists, partners, searches, shelves
from node.storage.searches import Findable, Match
from node.trade import books, doors, peering, policies
from node.trade.aftersales import returns
from node.trade.goods import catalogues
from node.trade.money import invoices, payments, statements
from node.trade.ordering import consumers, rows

register = doors.Register()
HASH_CHARACTERS: Final = 16
"""Of what has no number of its own: enough to name it, and commands take eight."""


class Search(doors.Arguments):
    """What a person typed: a number or its beginning or end, a telephone number, a name, words."""

    text: Annotated[str, pydantic.Field(max_length=200)]
    limit: Annotated[int, pydantic.Field(ge=1, le=200)] = 20


@register.case("search", Search)
async def search(trade: doors.Trade, given: Search, report: doors.Report) -> doors.Json:
    """Everything that a text may mean, the best first: orders, partners, goods, invoices, statements, returns."""

    def unit(desk: books.Desk) -> doors.Json:
        hits: dict[tuple[str, str], doors.Json] = {}
        for match in matches(desk, given.text.strip(), given.limit):
            if policies.permits(trade.caller, ASKED.get(match.kind, "search")):
                for hit in HITS[match.kind](desk, match):
                    hits.setdefault((hit["kind"], hit["id"]), hit)
        for row in consumers.find(trade, desk, given.text.strip(), given.limit - len(hits)):
            hits.setdefault(("order", row.thread.hex()), of_row(desk, row, searches.CONSUMER))
        return {"text": given.text, "hits": list(hits.values())[: given.limit]}

    await consumers.open_all(trade)
    return await trade.books.read(unit)


def matches(desk: books.Desk, text: str, limit: int) -> list[Match]:
    """What the index finds, and orders by the beginning of their hash, which is too long for it."""
    by_hash = [
        Match("order", row.thread, row.channel, searches.EXACT)
        for row in orderbooks.find_orders(desk.db, text.lower())
        if row.number != text
    ]
    return [*by_hash, *searches.find(desk.db, text, limit)]


# --- what is found, in words


def hit(kind: str, id: str, title: str, subtitle: str, partner: str, rank: int, **more: Any) -> doors.Json:
    """One thing that was found. `exact`: by its whole number."""
    said = {"kind": kind, "id": id, "title": title, "subtitle": subtitle, "partner": partner}
    return {**said, "exact": rank == searches.EXACT, **more}


def order_hit(desk: books.Desk, match: Match) -> list[doors.Json]:
    """An order, from its row."""
    row = orderbooks.order(desk.db, match.key)
    return [] if row is None else [of_row(desk, row, match.rank)]


def of_row(desk: books.Desk, row: orderbooks.OrderRow, rank: int) -> doors.Json:
    """The same from the row itself; it is called by its number in the shop where it has one."""
    title = catalogues.title_of(dict(row.titles)) or row.sku
    return hit(
        "order",
        row.thread.hex(),
        row.shop_number or row.number,
        f"{title} × {row.quantity}",
        rows.partner_names(desk)[row.channel],
        rank,
        state=row.state,
        number=row.number,
        selling=not row.buying,
        titles=dict(row.titles),
        quantity=row.quantity,
        since_ms=row.ts_ms,
    )


def shop_order_hits(desk: books.Desk, match: Match) -> list[doors.Json]:
    """The orders to suppliers that serve a consumer's order."""
    threads = orderlists.serving(desk.db, [int.from_bytes(match.key, "big")])
    found = [orderbooks.order(desk.db, thread) for thread in threads]
    return [of_row(desk, row, match.rank) for row in found if row is not None]


def partner_hit(desk: books.Desk, match: Match) -> list[doors.Json]:
    """A partner."""
    partner = partners.by_id(desk.db, int.from_bytes(match.key, "big"))
    if partner is None:
        return []
    return [hit("partner", partner.name, partner.name, "", partner.name, match.rank, state=partner.state.value)]


def good_hit(desk: books.Desk, match: Match) -> list[doors.Json]:
    """An article of mine, or one that a partner ships for me."""
    good = shelves.good(desk.db, match.key.decode())
    if good is None:
        return []
    supplier = None if good.supplier is None else partners.by_id(desk.db, good.supplier)
    titles = good.content.get("titles") or {}
    title, where = catalogues.title_of(titles), "" if supplier is None else supplier.name
    return [hit("good", good.sku, good.sku, title, where, match.rank, titles=titles)]


def of_book(found: Callable[[books.Book, Match], doors.Json | None]) -> Callable[[books.Desk, Match], list[doors.Json]]:
    """Something that only the book of its channel can name; nothing where that cannot be read."""

    def hits(desk: books.Desk, match: Match) -> list[doors.Json]:
        book = peering.readable(desk, match.channel)
        named = None if book is None else found(book, match)
        return [] if named is None else [named]

    return hits


def listing_hit(book: books.Book, match: Match) -> doors.Json | None:
    """An article that a partner offers."""
    known = book.history.listings.get((1 - book.side, match.key.decode()))
    if known is None or known.current.document is None:
        return None
    titles = {text.lang: text.text for text in known.current.document.titles}
    title, sku = catalogues.title_of(titles), match.key.decode()
    return hit("listing", sku, sku, title, book.partner.name, match.rank, titles=titles)


def invoice_hit(book: books.Book, match: Match) -> doors.Json | None:
    """An invoice."""
    invoice = book.history.invoices.get(match.key)
    if invoice is None:
        return None
    shown = invoices.describe(invoices.Found(book, invoice))
    return hit(
        "invoice", shown["invoice"], shown["number"], shown["total"]["text"], book.partner.name, match.rank,
        state=shown["state"], amount=shown["total"],
    )  # fmt: skip


def statement_hit(book: books.Book, match: Match) -> doors.Json | None:
    """A statement."""
    statement = book.history.statements.get(match.key)
    if statement is None:
        return None
    shown = statements.describe(statements.Found(book, statement))
    return hit(
        "statement", shown["statement"], shown["period"], shown["closing"]["text"], book.partner.name, match.rank,
        state=shown["state"], amount=shown["closing"],
    )  # fmt: skip


def payment_hit(book: books.Book, match: Match) -> doors.Json | None:
    """A payment."""
    payment = book.history.payments.get(match.key)
    if payment is None:
        return None
    amount = catalogues.shown(payment.amount, payment.currency)
    return hit(
        "payment", match.key.hex(), payment.reference, payments.shown_money(payment), book.partner.name, match.rank,
        state=payment.state.value, amount=amount,
    )  # fmt: skip


def return_hit(book: books.Book, match: Match) -> doors.Json | None:
    """A return: its key is its own hash behind that of its order."""
    thread, key = match.key[:32], match.key[32:]
    order = book.history.orders.get(thread)
    if order is None or key not in order.returns:
        return None
    shown = returns.describe(returns.Found(book, thread, key))
    return hit(
        "return", key.hex(), shown["order"], shown["reason"] or "", book.partner.name, match.rank, state=shown["state"]
    )


ASKED: Final = {"invoice": "invoice.list", "statement": "statement.list", "payment": "payment.list"}
"""The use case that shows all of a kind: whoever may not ask it finds none of them."""
HITS: Final[Mapping[str, Callable[[books.Desk, Match], list[doors.Json]]]] = {
    "order": order_hit,
    "shop-order": shop_order_hits,
    "partner": partner_hit,
    "good": good_hit,
    "listing": of_book(listing_hit),
    "invoice": of_book(invoice_hit),
    "statement": of_book(statement_hit),
    "payment": of_book(payment_hit),
    "return": of_book(return_hit),
}
"""How each kind of thing is named."""


# --- what is entered


def follow(desk: books.Desk, book: books.Book, change: Change) -> None:
    """Take over what a document changed; orders are entered with their rows."""
    match change.kind, change.key, change.after:
        case "order", _, Order() as order:
            before = change.before if isinstance(change.before, Order) else None
            if order.returns and (before is None or before.returns is not order.returns):
                enter_returns(desk, book, order)
        case "listing", (int(side), str(sku)), ListingVersion() as version if side != book.side:
            enter_listing(desk, book, sku, version.document)
        case "invoice" | "statement" | "payment" as kind, bytes(key), _ if change.before is None:
            searches.put(desk.db, ENTERED[kind](book, key, change.after))


def enter_returns(desk: books.Desk, book: books.Book, order: Order) -> None:
    """The returns of an order, by their hashes, the order's number and the waybills of the way back."""
    for key, one in order.returns.items():
        numbers = (key.hex()[:HASH_CHARACTERS], *(waybill for _, waybill in one.shipped))
        asked = one.member.document
        texts = (asked.reason,) if isinstance(asked, return_papers.Request) else ()
        searches.put(desk.db, Findable("return", order.key + key, book.channel.id, numbers, texts))


def enter_listing(desk: books.Desk, book: books.Book, sku: str, offered: listing_papers.Publish | None) -> None:
    """What a partner offers, as long as it does."""
    if offered is None:
        searches.drop(desk.db, "listing", sku.encode(), book.channel.id)
        return
    texts = (sku, *(text.text for text in offered.titles), offered.brand or "")
    numbers = (sku, offered.gtin or "")
    searches.put(desk.db, Findable("listing", sku.encode(), book.channel.id, numbers, texts))


def invoice_of(book: books.Book, key: bytes, invoice: Invoice) -> Findable:
    """An invoice by its number, and by that of a national system."""
    national = invoice.document.national
    numbers = (invoice.document.number, *(() if national is None else (national.number,)), key.hex()[:HASH_CHARACTERS])
    return Findable("invoice", key, book.channel.id, numbers, ())


def statement_of(book: books.Book, key: bytes, statement: Statement) -> Findable:
    """A statement by its period and its hash."""
    return Findable("statement", key, book.channel.id, (statement.document.period, key.hex()[:HASH_CHARACTERS]), ())


def payment_of(book: books.Book, key: bytes, payment: Payment) -> Findable:
    """A payment by its reference and its hash."""
    return Findable("payment", key, book.channel.id, (payment.reference, key.hex()[:HASH_CHARACTERS]), ())


ENTERED: Final[Mapping[str, Callable[[books.Book, bytes, Any], Findable]]] = {
    "invoice": invoice_of,
    "statement": statement_of,
    "payment": payment_of,
}


def reenter(desk: books.Desk, book: books.Book) -> None:
    """Everything of a channel but its orders, from the fold; what was entered before is forgotten first."""
    for order in book.history.orders.values():
        enter_returns(desk, book, order)
    for (side, sku), listing in book.history.listings.items():
        if side != book.side:
            enter_listing(desk, book, sku, listing.current.document)
    for kind, states in (
        ("invoice", book.history.invoices),
        ("statement", book.history.statements),
        ("payment", book.history.payments),
    ):
        for key, state in states.items():
            searches.put(desk.db, ENTERED[kind](book, key, state))
