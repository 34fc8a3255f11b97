"""What suppliers withdraw, run out of, or have again, of the goods that I sell on: told once, until I take note of it.

An article is told of as it stands now against how it stood when its merchant last took note: what came and went in
between is no news. What the merchant offers to nobody is not told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum

from contracts import histories
from contracts.documents import agreements as agreement_papers
from contracts.documents import listings as papers
from contracts.documents import prices as price_papers
from contracts.documents import stocks as stock_papers
from node.storage import partners, shelves, supplies
from node.trade import books, doors
from node.trade.goods import catalogues, offers, parents


class Supply(StrEnum):
    """How a supplier stands behind an article."""

    OFFERED = "offered"
    SOLD_OUT = "sold-out"
    WITHDRAWN = "withdrawn"


SINGLE = frozenset({papers.Publish.TYPE, papers.Change.TYPE, papers.Withdraw.TYPE})
SEVERAL = frozenset(
    {price_papers.PriceList.TYPE, price_papers.PriceChange.TYPE, stock_papers.Snapshot.TYPE, stock_papers.Delta.TYPE}
)
TYPES = SINGLE | SEVERAL | {agreement_papers.Terminate.TYPE}
"""After which documents of a supplier its goods may stand otherwise."""


def begin(desk: books.Desk, goods: Iterable[shelves.Good]) -> None:
    """Goods were picked: how they stand is known to whoever picked them."""
    for good in goods:
        supplies.begin(desk.db, good.sku, standing(desk, good), desk.now_ms())


def standing(desk: books.Desk, good: shelves.Good) -> Supply:
    """How its supplier stands behind an article now. Of whom nothing was told about stock, there is enough."""
    channel = None if good.supplier is None else partners.channel_of(desk.db, good.supplier)
    if channel is None or parents.offer(desk, good) is None:
        return Supply.WITHDRAWN
    book = desk.peek(channel.id)
    left = offers.available(book, 1 - book.side, good.sold_as)
    return Supply.OFFERED if left is None or left > 0 else Supply.SOLD_OUT


def hear(desk: books.Desk, book: books.Book, item: histories.Item) -> None:
    """A supplier's document may have changed how it stands behind goods of mine."""
    if shelves.supplies(desk.db, book.partner.id):
        for good in concerned(desk, book.partner.id, item):
            supplies.change(desk.db, good.sku, standing(desk, good), desk.now_ms())


def concerned(desk: books.Desk, supplier: int, item: histories.Item) -> Iterator[shelves.Good]:
    """My articles that a document of their supplier is about."""
    if item.type not in SINGLE | SEVERAL:
        yield from shelves.supplied(desk.db, supplier)
        return
    rows = [item.body] if item.type in SINGLE else item.body.get("items")
    skus = [row.get("sku") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    for sku in dict.fromkeys(skus):
        if isinstance(sku, str):
            yield from shelves.supplied(desk.db, supplier, sku)


def news(desk: books.Desk) -> list[doors.Json]:
    """What is to be told, the newest first; `now`: withdrawn, sold-out, or offered for what came back."""
    names = {partner.id: partner.name for partner in partners.every(desk.db)}
    found = ((one, shelves.good(desk.db, one.sku)) for one in supplies.news(desk.db))
    return [
        {
            "sku": good.sku,
            "title": catalogues.title_of(good.content["titles"]),
            "titles": good.content["titles"],
            "spec": catalogues.spec_of(good.content.get("options", {})),
            "partner": names.get(good.supplier or 0),
            "before": one.noted,
            "now": one.now,
            "at_ms": one.at_ms,
        }
        for one, good in found
        if good is not None and good.supplier is not None and not good.content.get(catalogues.WITHDRAWN)
    ]
