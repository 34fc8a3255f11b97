"""A chain of four merchants: factory, two dealers, shop. Each link is an order of its own and knows its neighbours."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from node.storage import logbooks
from node.trade import books, references
from protocol import references as blinded
from tests.node.test_trading import agree, goods, order
from tests.node.towns import Town, play

LINKS = ("factory", "importer", "wholesaler", "shop")


async def chain(town: Town) -> None:
    """Four merchants, each of whom sells on what the one before offers."""
    await town.open(*LINKS)
    for seller, buyer in itertools.pairwise(LINKS):
        await town.pair(seller, buyer)
    await goods(town, "factory")
    for seller, buyer in itertools.pairwise(LINKS):
        await agree(town, seller, buyer)
        if buyer != "shop":
            await town.ask(buyer, "catalogue.derive", partner=seller)


async def only_order(town: Town, who: str, selling: bool) -> str:
    """The one order that a merchant sells, or buys."""
    (row,) = (await town.ask(who, "order.list", selling=selling))["orders"]
    return str(row["order"])


async def buckets(town: Town, who: str, selling: bool) -> Any:
    """How many units of that order's first line stand where."""
    shown = await town.ask(who, "order.show", order=await only_order(town, who, selling))
    return shown["lines"][0]["buckets"]


def named(desk: books.Desk, channel: int) -> Iterator[tuple[books.Book, str, str, bytes]]:
    """(book, type, field, commitment) of every blinded reference that this node wrote on a channel."""
    book = desk.peek(channel)
    mine = logbooks.of_channel(desk.db, channel, mine=True)
    for item in books.stored_items(desk.db, mine.id, book.side, mine.size):
        for name in ("parent", "upstream"):
            commitment = item.body.get(name)
            if isinstance(commitment, bytes):
                yield book, item.type, name, commitment


def test_every_document_of_a_chain_names_the_one_it_passes_on_and_no_reader_can_tell_which() -> None:
    async def story(town: Town) -> None:
        await chain(town)
        await order(town, "shop", "wholesaler", quantity=4)
        await town.ask("factory", "order.accept", all=True)
        await town.settle()
        await town.ask(
            "factory", "order.ship", order=await only_order(town, "factory", True), carrier="SF", waybill="1"
        )
        await town.settle()
        assert await buckets(town, "shop", False) == {"shipped": 4}
        for dealer in LINKS[1:3]:
            node = town.citizens[dealer].node
            assert node is not None
            found = await node.trade.books.read(resolved)
            assert found == {
                ("order.place", "parent"): ["order.place"],
                ("order.respond", "upstream"): ["order.respond"],
                ("shipment.handover", "upstream"): ["shipment.handover"],
            }

    def resolved(desk: books.Desk) -> dict[tuple[str, str], list[str]]:
        """What each reference opens to, among everything that the partners wrote on the two channels."""
        known = {
            item.hash: item.type
            for channel in (1, 2)
            for item in books.stored_items(desk.db, desk.peek(channel).theirs.id, 0, desk.peek(channel).seen)
        }
        found: dict[tuple[str, str], list[str]] = {}
        for channel in (1, 2):
            for book, type, name, commitment in named(desk, channel):
                opened = [h for h in known if blinded.opens(commitment, references.salt(desk, book, h), h)]
                found[type, name] = found.get((type, name), []) + [known[hash] for hash in opened]
        return found

    play(story)
