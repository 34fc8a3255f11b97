"""Orders for people: finding one, listing them, and showing one with its lines, parcels and signed documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from contracts import orders, threads
from contracts.disclosures import Reference
from contracts.documents import capabilities
from contracts.documents import orders as papers
from contracts.documents.fields import Document
from node import errors
from node.storage import erasures, logbooks, orderbooks, partners, proofs, shelves
from node.trade import books, doors, personal, readings, volumes, waits
from node.trade.goods import catalogues, offers
from node.trade.ordering import possibilities, proposals, rows
from protocol import identities
from protocol import references as blinded
from protocol.entries import Entry, compose, leaf_hash

register = doors.Register()
REFERENCES = ("parent", "upstream")


class One(doors.Arguments):
    """An order by its number, by the number in the shop it serves, or by the beginning (8 or more) of its hash."""

    order: str


@dataclass(frozen=True, slots=True)
class Found:
    """An order in its book."""

    row: orderbooks.OrderRow
    book: books.Book
    order: orders.Order


def find(desk: books.Desk, wanted: str) -> Found:
    """The order that a person means. NodeError when there is no single one."""
    rows = orderbooks.find_orders(desk.db, wanted)
    if not rows:
        raise errors.NodeError(
            "order.unknown",
            "no order is called so",
            expected="an order's number, or 8 or more characters of its hash",
            got=wanted,
            hint="`hanse order list` shows them",
        )
    if len(rows) > 1:
        names = [f"{row.number} ({desk.peek(row.channel).partner.name})" for row in rows]
        raise errors.NodeError(
            "order.ambiguous", "several orders are called so", expected=f"one of {', '.join(names)}", got=wanted
        )
    book = desk.book(rows[0].channel)
    return Found(rows[0], book, in_book(book, rows[0].thread))


def of_row(desk: books.Desk, row: orderbooks.OrderRow) -> Found:
    """The order of a row, as far as its book was dispatched, for reading."""
    book = desk.peek(row.channel)
    return Found(row, book, in_book(book, row.thread))


def in_book(book: books.Book, thread: bytes) -> orders.Order:
    """An order of the lists, as its book has it. NodeError `channel.recovering` while it is not whole after a restore:
    the lists know what was, and the book only what came back."""
    order = book.history.orders.get(thread)
    if order is None:
        raise errors.NodeError(
            "channel.recovering", f"the books with {book.partner.name} are not whole yet", hint="try again later"
        )
    return order


@register.case("order.show", One)
async def show(trade: doors.Trade, given: One, report: doors.Report) -> doors.Json:
    """One order with its lines, its parcels, its documents, and the recipient where this node ships or sold it."""

    def unit(desk: books.Desk) -> doors.Json:
        found = find(desk, given.order)
        order, book = found.order, found.book
        known, placed = recipient(trade, desk, found), asked(desk, found)
        return {
            **rows.summary(desk, found.row.thread),
            "ship_by": None if placed is None else placed.ship_by,
            "channel": None if placed is None else placed.channel,
            "owed": catalogues.shown(order.owed.total, order.version.currency),
            "lines": [describe_line(book, order, line) for line in order.lines.values()],
            "shipments": [
                {"carrier": parcel.carrier, "waybill": parcel.waybill, "state": parcel.state.value}
                for parcel in order.parcels.values()
            ],
            "proposals": proposals.shown(book, order),
            "deadlines": [waits.shown(desk, book, wait) for wait in waits.of_order(order, every=False)],
            "documents": documents(desk, book, found.row.thread),
            "shipper": shipper(desk, found),
            "possible": possibilities.possible(order, book.side, ships=found.row.ships),
            "recipient": known,
            "sealed": known is None and is_sealed(desk, found),
            "waits_to_be_signed": placed is None,
            "erased_ms": erasures.at_ms(desk.db, found.row.thread),
            "ship_to": destination(desk, found),
        }

    return await trade.books.act(unit)


def describe_line(book: books.Book, order: orders.Order, line: orders.OrderLine) -> doors.Json:
    """One line: how many units stand in which state."""
    buckets: dict[str, int] = {}
    for lot in line.lots:
        buckets[lot.state.value] = buckets.get(lot.state.value, 0) + lot.quantity
    promised = [at_s * 1000 for lot in line.lots if (at_s := line.terms[lot.terms].promised_ship_s) is not None]
    sku = line.terms[0].sku
    listing = offers.listing(book, order.version.seller, sku)
    titles = {} if listing is None else {text.lang: text.text for text in listing[1].titles}
    return {
        "line": line.number,
        "sku": sku,
        "title": catalogues.title_of(titles),
        "titles": titles,
        "ordered": line.ordered,
        "buckets": buckets,
        "promised_ms": min(promised, default=None),
        "packed": sum(lot.quantity for lot in line.lots if lot.packed is not None and lot.shipment is None),
        "price": catalogues.shown(line.terms[0].price, order.version.currency),
        "owed": catalogues.shown(line.owed.total, order.version.currency),
    }


def documents(desk: books.Desk, book: books.Book, thread: bytes, opening: str = "order.place") -> list[doors.Json]:
    """The signed documents of a thread, each with its author and place, and why it was refused if it was.

    `opening`: the type of the first one.
    """
    found = book.history.channel.threads[thread]
    assert found.root is not None
    logs = [logbooks.of_channel(desk.db, book.channel.id, mine=side == book.side) for side in (0, 1)]
    first = {"hash": thread.hex(), "type": opening, **place_of(desk, book, logs, *found.root)}
    answers = threads.linearise(found.members, (), found.leader)
    return [first] + [
        {
            "hash": member.hash.hex(),
            "type": member.document.TYPE,
            **place_of(desk, book, logs, member.side, member.index),
            "signed_by": signer(book, member.side, volumes.whole(desk.db, book, member).document),
        }
        for member in answers
    ]


def signer(book: books.Book, side: int, document: Document) -> str | None:
    """Who did what a document says, where that was the holder of a granted key."""
    by: capabilities.Signed | None = document.__dict__.get("by")
    found = None if by is None else book.history.capabilities.get((side, by.grant))
    if found is None or not isinstance(found.document, capabilities.Grant):
        return None
    return found.document.holder or found.document.key.hex()[:16]


def place_of(desk: books.Desk, book: books.Book, logs: Sequence[logbooks.Logbook], side: int, index: int) -> doors.Json:
    """Who wrote an entry and when, where it stands, and why the fold refuses it if it does.

    `checkpoint`: the size of the first signed head that covers it, None before it is signed. `receipted_ms`: when its
    reader says to have had it.
    """
    entry = readings.stored_entry(desk.db, logs[side].id, index)
    receipt = proofs.first(desk.db, logs[side].id, index + 1)
    return {
        "by": "me" if side == book.side else book.partner.name,
        "ts_ms": None if entry is None else entry.ts_ms,
        "index": index,
        "receipted": index < logs[side].receipted,
        "checkpoint": proofs.covering(desk.db, logs[side].id, index),
        "receipted_ms": None if receipt is None else receipt.time_s * 1000,
        "refused": [fault.code for fault in book.history.refusals.get((side, index), ())],
        "opened": {} if entry is None else opened(book, side, entry),
        "answers": [] if entry is None else answers(entry),
    }


def answers(entry: Entry) -> list[str]:
    """What an answer says, as codes: the actions or outcomes of its lines, or whether it accepts."""
    lines = entry.body.get("lines")
    said = (
        [line.get("action", line.get("outcome")) for line in lines if isinstance(line, dict)]
        if isinstance(lines, list)
        else []
    )
    if isinstance(accepts := entry.body.get("accept"), bool):
        said.append("accept" if accepts else "decline")
    return list(dict.fromkeys(code for code in said if isinstance(code, str)))


def opened(book: books.Book, side: int, entry: Entry) -> dict[str, bool]:
    """The blinded references of a document that its author has opened, and whether they name what was said."""
    said = {name: book.history.disclosed.get(Reference(side, leaf_hash(compose(entry)), name)) for name in REFERENCES}
    return {
        name: blinded.opens(commitment, opening.salt, opening.hash)
        for name, opening in said.items()
        if opening is not None and isinstance(commitment := entry.body.get(name), bytes)
    }


def recipient(trade: doors.Trade, desk: books.Desk, found: Found) -> dict[str, str] | None:
    """The consumer: opened where this node ships, or from the shop's own order. An open token is read by everybody."""
    entry, logbook = placed(desk, found)
    if entry is not None and entry.body.get("token") is not None:
        return {name: str(entry.body[name]) for name in personal.MASKED if entry.body.get(name) is not None}
    reference = None if entry is None else entry.body.get("pii")
    if entry is not None and isinstance(reference, dict):
        opened = personal.reveal(desk, trade.keys, found.book.partner.node, reference, logbook.origin, entry.id)
        if opened is not None:
            return opened
    shop_order = orderbooks.shop_order_of(desk.db, found.row.thread)
    order = None if shop_order is None else orderbooks.shop_order(desk.db, shop_order)
    return None if order is None else order.content.get("recipient")


def destination(desk: books.Desk, found: Found) -> dict[str, str]:
    """What the order says beside the sealed address of where it goes."""
    place = placed(desk, found)[0]
    seen = None if place is None else place.body.get("ship_to")
    return {name: str(text) for name, text in seen.items()} if isinstance(seen, dict) else {}


def is_sealed(desk: books.Desk, found: Found) -> bool:
    """Whether an address came with the order that this node cannot read."""
    entry, _ = placed(desk, found)
    return entry is not None and isinstance(entry.body.get("pii"), dict)


def shipper(desk: books.Desk, found: Found) -> str | None:
    """Who hands the goods to a carrier, as far as this node knows: "me", or a partner's name.

    What a partner has derived from somebody else's listing is shipped by somebody behind it: then it is the partner
    whom one may ask.
    """
    sku = next(iter(found.order.lines.values())).terms[0].sku
    listed = offers.listing(found.book, found.order.version.seller, sku)
    ships = None if listed is None else listed[1].shipper
    if ships is None:
        return None
    if ships.node is not None:
        partner = partners.by_node(desk.db, identities.NodeId(ships.node))
        return "me" if ships.node == desk.books.me else None if partner is None else partner.name
    good = None if found.row.buying else shelves.good(desk.db, sku)
    supplier = None if good is None or good.supplier is None else partners.by_id(desk.db, good.supplier)
    return found.book.partner.name if supplier is None else supplier.name


def placed(desk: books.Desk, found: Found) -> tuple[Entry | None, logbooks.Logbook]:
    """The entry that placed an order, None while it waits in the outbox, and the logbook that it belongs to."""
    root = found.book.history.channel.threads[found.row.thread].root
    assert root is not None
    logbook = found.book.mine if root[0] == found.book.side else found.book.theirs
    return readings.stored_entry(desk.db, logbook.id, root[1]), logbook


def asked(desk: books.Desk, found: Found) -> papers.Place | None:
    """The document that placed an order; None while it waits in the outbox."""
    entry, _ = placed(desk, found)
    return None if entry is None else papers.Place.model_validate(entry.body)
