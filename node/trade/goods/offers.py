"""What one side of a channel offers the other, read from the fold: listings, prices under the agreement, stock."""

from __future__ import annotations

from dataclasses import dataclass

from contracts import listings, prices, pricing
from contracts.channels import Change
from contracts.documents import listings as papers
from contracts.terms import Version
from node.trade import books

GONE = frozenset({listings.ListingState.WITHDRAWN, listings.ListingState.REJECTED})
SHOWN = frozenset({"listing", "price", "agreement"})
"""The kinds of changes that change an offer; how much there is of it is asked each time."""


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


@dataclass(frozen=True, slots=True)
class Window:
    """Everything on offer, by SKU, and of each what is looked through for a word."""

    offers: tuple[Offer, ...]
    told: tuple[str, ...]


def every(book: books.Book, version: Version) -> Window:
    """Everything that the seller of an agreement offers with a price; kept until one of it changes."""
    if version.hash not in book.offered:
        skus = sorted(sku for side, sku in book.history.listings if side == version.seller)
        found = tuple(one for sku in skus if (one := offer(book, version, sku)) is not None)
        book.offered[version.hash] = Window(found, tuple(told(one.document) for one in found))
    kept: Window = book.offered[version.hash]
    return kept


def follow(book: books.Book, change: Change) -> None:
    """Take over one change of a book: what is on offer is looked through anew when somebody next wants to see it."""
    if change.kind in SHOWN:
        book.offered.clear()
        book.window = None


def containing(window: Window, text: str) -> list[Offer]:
    """The offers in which a text stands; capital letters do not matter."""
    wanted = text.strip().casefold()
    return [one for one, told in zip(window.offers, window.told, strict=True) if wanted in told]


def told(document: papers.Publish) -> str:
    """The SKU, the titles, the brand and the category in small letters, to be looked through."""
    parts = (document.sku, document.brand or "", document.category or "", *(title.text for title in document.titles))
    return "\n".join(parts).casefold()


def available(book: books.Book, side: int, sku: str) -> int | None:
    """What a side can promise of a SKU, as it last told the other, wherever it lies; None when it never did."""
    levels = book.history.levels(side, sku)
    return sum(level.available for level in levels) if levels else None
