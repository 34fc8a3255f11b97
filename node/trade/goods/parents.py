"""What stands behind goods that a supplier ships: its own offer, which mine never goes beyond.

A buyer sees neither who the supplier is nor which of its listings stands behind mine: the shipper is named by a key
alone, the parent by a blinded reference.
"""

from __future__ import annotations

from contracts.documents import listings as papers
from node import errors
from node.storage import partners, shelves
from node.trade import books, references
from node.trade.goods import offers
from node.trade.partners import agreements


def offer(desk: books.Desk, good: shelves.Good) -> offers.Offer | None:
    """The supplier's offer behind an article, None where it makes none now."""
    channel = None if good.supplier is None else partners.channel_of(desk.db, good.supplier)
    if channel is None:
        return None
    book = desk.peek(channel.id)
    try:
        version = agreements.in_force(book, 1 - book.side)
    except errors.NodeError:
        return None
    return offers.offer(book, version, good.sold_as)


def derive(desk: books.Desk, book: books.Book, body: books.Body, behind: offers.Offer) -> None:
    """Make a listing for the partner of `book` one that is derived from a supplier's.

    Its terms are at least as strict; addresses are sealed to the key that the supplier named.
    """
    ships = behind.document.shipper
    if ships is not None:
        body["shipper"] = {"kem": ships.kem, "kid": ships.kid}
    bind(body, behind.document)
    body |= references.to(desk, book, "parent", behind.listing.hash)


def bind(body: books.Body, listing: papers.Publish) -> None:
    """Terms no looser than the parent's: quantities, lead time, the right to return."""
    least, step, most = listing.min_quantity, listing.increment, listing.max_quantity
    wanted, lead = body.get("min_quantity"), body.get("lead_time_s")
    beyond = max(0, (wanted if isinstance(wanted, int) else 1) - least)
    lowest = least + -(-beyond // step) * step
    body["min_quantity"] = lowest if most is None else min(lowest, most)
    if step > 1:
        body["increment"] = step
    if most is not None:
        body["max_quantity"] = most
    if listing.lead_time_s is not None:
        body["lead_time_s"] = max(listing.lead_time_s, lead if isinstance(lead, int) else 0)
    if not listing.returnable:
        body["returnable"] = False
        if listing.non_returnable_reason is not None:
            body["non_returnable_reason"] = listing.non_returnable_reason
