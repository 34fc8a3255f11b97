"""What one side of a channel offers the other, read from the fold: listings, prices under the agreement, stock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from contracts import listings, prices, pricing
from contracts.documents import listings as papers
from contracts.terms import Version
from node.trade import books

GONE = frozenset({listings.ListingState.WITHDRAWN, listings.ListingState.REJECTED})


@dataclass(frozen=True, slots=True)
class Offer:
    """A listing on offer with its price: everything that an order line has to name."""

    listing: listings.ListingVersion
    document: papers.Publish
    price: prices.PriceVersion

    def quote(self, quantity: int) -> pricing.Quote | None:
        """The exact price of a quantity."""
        return pricing.quote(self.price.item, quantity)


def listing(book: books.Book, side: int, sku: str) -> tuple[listings.ListingVersion, papers.Publish] | None:
    """The version on offer of a SKU and its document, None when it is not offered."""
    found = book.history.listings.get((side, sku))
    if found is None or found.state in GONE or found.current.document is None:
        return None
    return found.current, found.current.document


def price(book: books.Book, version: Version, sku: str) -> prices.PriceVersion | None:
    """The price of a SKU under an agreement, None when it has none."""
    chain = book.history.prices.get((version.key, sku))
    return None if chain is None or chain.current.item.price is None else chain.current


def offer(book: books.Book, version: Version, sku: str) -> Offer | None:
    """A SKU that the seller of an agreement offers with a price."""
    listed, priced = listing(book, version.seller, sku), price(book, version, sku)
    return None if listed is None or priced is None else Offer(*listed, priced)


def every(book: books.Book, version: Version) -> Iterator[Offer]:
    """Everything that the seller of an agreement offers with a price, by SKU."""
    for side, sku in sorted(book.history.listings):
        if side == version.seller and (found := offer(book, version, sku)) is not None:
            yield found


def told(document: papers.Publish) -> str:
    """The SKU, the titles, the brand and the category in small letters, to be looked through."""
    parts = (document.sku, document.brand or "", document.category or "", *(title.text for title in document.titles))
    return "\n".join(parts).casefold()


def mentions(document: papers.Publish, text: str) -> bool:
    """Whether a text stands in one of them; capital letters do not matter."""
    return text.strip().casefold() in told(document)


def available(book: books.Book, side: int, sku: str) -> int | None:
    """What a side can promise of a SKU, as it last told the other, wherever it lies; None when it never did."""
    levels = book.history.levels(side, sku)
    return sum(level.available for level in levels) if levels else None
