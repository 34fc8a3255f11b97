"""Feedback: a consumer's word goes up the chain by itself, under a key that was made for the order alone.

The consumer's seller signs it. Every link checks the signature, names what it forwards only by a blinded reference,
and so the factory reads the word with a proof of purchase, and from whom it came it reads nothing.
"""

from __future__ import annotations

from typing import Annotated

import pydantic

from contracts import histories
from contracts.documents import feedbacks as papers
from contracts.feedbacks import Feedback, FeedbackState
from node import errors
from node.storage import orderbooks
from node.trade import attachments, books, doors, peering, readings, references
from node.trade.ordering import orders
from protocol import feedbacks as signatures
from protocol import keys
from protocol.encoding import Value

register = doors.Register()
Stars = Annotated[int, pydantic.Field(ge=1, le=5)]


class Give(doors.Arguments):
    """Ratings from 1 to 5 by code, tags, the consumer's words, and pictures."""

    order: str
    ratings: dict[str, Stars]
    tags: list[str] = pydantic.Field(default_factory=list)
    text: str | None = None
    files: attachments.Files | None = None


def private_key(desk: books.Desk, entry_id: bytes) -> bytes:
    """The secret key (32 bytes) of an order that this node places for a consumer. It follows from the node's secret,
    so that it is there again after a disk was lost."""
    return desk.books.blind(b"feedback\n" + entry_id)


def public_key(desk: books.Desk, entry_id: bytes) -> bytes:
    """The public key that goes up the chain with the order."""
    return keys.public(private_key(desk, entry_id), "log")


@register.case("feedback.give", Give)
async def give(trade: doors.Trade, given: Give, report: doors.Report) -> doors.Json:
    """Say what the consumer of an order thinks; it travels up to whoever made the goods."""

    def unit(desk: books.Desk) -> doors.Json:
        found = orders.find(desk, given.order)
        book, feedback = found.book, found.book.history.feedbacks.get(found.row.thread)
        entry, _ = orders.placed(desk, found)
        if feedback is None or entry is None or not found.row.buying:
            raise errors.NodeError(
                "feedback.none", "no consumer of this order can be heard", expected="an order for one"
            )
        private = private_key(desk, entry.id)
        token = proof_of(book, feedback)
        if token is None or keys.public(private, "log") != feedback.public:
            raise errors.NodeError(
                "feedback.none",
                "the word about this order is not mine to give, or not yet",
                expected="an order of my own shop, of which something left",
                got=found.row.state,
            )
        ratings: list[Value] = [{"code": code, "stars": stars} for code, stars in given.ratings.items()]
        body: books.Body = {"thread": found.row.thread, "token": token, "ratings": ratings}
        if given.tags:
            body["tags"] = list(given.tags)
        rows = attachments.put(desk, given.text, given.files)
        if rows:
            body["attachments"] = rows
        body["signature"] = signatures.sign(private, body)
        return {"feedback": desk.write(book, papers.Give.TYPE, body).hash.hex()}

    return await trade.books.act(unit)


@register.case("feedback.invite", orders.One)
async def invite(trade: doors.Trade, given: orders.One, report: doors.Report) -> doors.Json:
    """Confirm a purchase that no hand-over confirms, so that its consumer may be heard."""

    def unit(desk: books.Desk) -> doors.Json:
        found = orders.find(desk, given.order)
        return {"token": desk.write(found.book, papers.Token.TYPE, {"thread": found.row.thread}).hash.hex()}

    return await trade.books.act(unit)


@register.case("feedback.list", doors.OfPartner)
async def listed(trade: doors.Trade, given: doors.OfPartner, report: doors.Report) -> doors.Json:
    """What consumers said, given by me or come up to me."""

    def unit(desk: books.Desk) -> doors.Json:
        rows = [
            describe(desk, book, feedback)
            for book in peering.open_books(desk, given.partner)
            for feedback in book.history.feedbacks.values()
            if feedback.document is not None
        ]
        return {"feedback": rows}

    return await trade.books.read(unit)


def describe(desk: books.Desk, book: books.Book, feedback: Feedback) -> doors.Json:
    """One word for people."""
    order = book.history.orders[feedback.key]
    document = feedback.document
    assert document is not None
    text, files = attachments.shown(
        desk.db, books.body({"attachments": [row.model_dump() for row in document.attachments]})
    )
    return {
        "order": feedback.key.hex(),
        "number": order.number,
        "partner": book.partner.name,
        "selling": order.version.seller == book.side,
        "skus": sorted({line.terms[0].sku for line in order.lines.values()}),
        "ratings": {rating.code: rating.stars for rating in document.ratings},
        "tags": list(document.tags),
        "text": text,
        "files": files,
        "proof": "the order's own key signed it",
    }


# --- by itself


def proof_of(book: books.Book, feedback: Feedback) -> bytes | None:
    """How the seller confirmed the purchase: by a hand-over, or by a token."""
    parcels = book.history.orders[feedback.key].parcels
    return next(iter(parcels), feedback.token)


def invited(desk: books.Desk, book: books.Book, item: histories.Item) -> None:
    """The supplier confirmed a purchase: a word that has waited for it goes up now."""
    thread = item.body["thread"]
    assert isinstance(thread, bytes)
    parent = orderbooks.parent_of(desk.db, thread)
    row = None if parent is None else orderbooks.order(desk.db, parent)
    if row is not None:
        forward(desk, desk.book(row.channel), row.thread)


def heard(desk: books.Desk, book: books.Book, item: histories.Item) -> None:
    """A buyer passed a consumer's word on: so does this node."""
    thread = item.body["thread"]
    assert isinstance(thread, bytes)
    forward(desk, book, thread)


def forward(desk: books.Desk, book: books.Book, thread: bytes) -> None:
    """Pass the word about a buyer's order on to every supplier that serves it and has confirmed the purchase."""
    feedback = book.history.feedbacks.get(thread)
    if feedback is None or feedback.document is None or feedback.given is None:
        return
    for child, channel in orderbooks.children_of(desk.db, thread):
        upstream = desk.book(channel)
        theirs = upstream.history.feedbacks.get(child)
        if theirs is None or theirs.state is FeedbackState.GIVEN or theirs.public != feedback.public:
            continue
        token = proof_of(upstream, theirs)
        if token is not None:
            body: books.Body = {"thread": child, "token": token, **said(desk, book, feedback.given)}
            body |= references.to(desk, upstream, "parent", feedback.given)
            desk.write(upstream, papers.Forward.TYPE, body)


def said(desk: books.Desk, book: books.Book, name: bytes) -> books.Body:
    """The signed part of a word, as it came: another spelling would be another content."""
    index = book.history.channel.positions[1 - book.side][name]
    entry = readings.stored_entry(desk.db, book.theirs.id, index)
    assert entry is not None
    return {part: entry.body[part] for part in (*signatures.SIGNED, "signature") if part in entry.body}
