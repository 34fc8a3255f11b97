"""Goods come back past two dealers: asked, decided, sent, inspected and refunded, each pair at its own prices."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from contracts import returns
from contracts.orders import Order
from node.storage import blobs, partners
from node.trade import books
from tests.node.markets import order
from tests.node.test_chains import LINKS, PHOTO, buckets, chain, only_order
from tests.node.towns import Town, play

Body = Callable[[books.Desk, Order], books.Body]


async def say(town: Town, who: str, selling: bool, kind: str, body: Body) -> None:
    """Write a document in the one order that a merchant sells, or buys."""
    await write(town, who, await only_order(town, who, selling), kind, body)


async def write(town: Town, who: str, order: str, kind: str, body: Body) -> None:
    """Write a document in an order."""
    node, id = town.citizens[who].node, bytes.fromhex(order)
    assert node is not None

    def unit(desk: books.Desk) -> None:
        channels = [channel.id for channel in partners.channels(desk.db)]
        (book,) = (book for book in map(desk.book, channels) if id in book.history.orders)
        desk.write(book, kind, {"thread": id, **body(desk, book.history.orders[id])})

    await node.trade.books.act(unit)
    await town.settle()


def asked(quantity: int, **more: Any) -> Body:
    """A request for some units of line 1, with a photo."""

    def body(desk: books.Desk, order: Order) -> books.Body:
        digest = blobs.put(desk.db, PHOTO)
        photo = {"name": "cup.jpg", "media": "image/jpeg", "len": len(PHOTO), "hash": digest}
        return {"lines": [{"line": 1, "quantity": quantity}], "reason": "damaged", "attachments": [photo], **more}

    return body


def about(quantity: int, more: books.Body | None = None, **line: Any) -> Body:
    """Some units of line 1, under the only request."""

    def body(desk: books.Desk, order: Order) -> books.Body:
        (request,) = order.returns
        return {"request": request, "lines": [{"line": 1, "quantity": quantity, **line}], **(more or {})}

    return body


def refund(desk: books.Desk, order: Order) -> books.Body:
    """Everything that is due."""
    (request,) = order.returns
    money = {"c": "CNY", "e": 2}
    due = returns.due(order, request)
    lines = [{"line": line, "quantity": units, "amount": {"a": minor, **money}} for line, (units, minor) in due.items()]
    return books.body({"request": request, "lines": lines})


def arrived(desk: books.Desk, order: Order) -> books.Body:
    """The carrier's word that the parcel is there."""
    (parcel,) = order.parcels
    return {"shipment": parcel, "event": "delivered", "at_s": 1_790_000_000}


async def delivered(town: Town) -> None:
    """Four units of an article arrive at the consumer: 10.50 at the factory, 12.60, and 15.12 at the shop."""
    await chain(town)
    await order(town, "shop", "wholesaler", quantity=4)
    await town.ask("factory", "order.accept", all=True)
    await town.settle()
    made = await only_order(town, "factory", True)
    await town.ask("factory", "order.ship", order=made, carrier="SF", waybill="SF77")
    await town.settle()

    await say(town, "factory", True, "shipment.status", arrived)


async def everywhere(town: Town) -> list[Any]:
    """Where the units stand at each link."""
    return [await buckets(town, seller, True) for seller in LINKS[:-1]]


async def owed(town: Town) -> list[int]:
    """What is owed for the order at each link."""
    shown = [await town.ask(who, "order.show", order=await only_order(town, who, True)) for who in LINKS[:-1]]
    return [row["owed"]["amount"] for row in shown]


def test_a_return_with_a_photo_travels_the_whole_chain_and_is_refunded_at_each_links_own_price() -> None:
    async def story(town: Town) -> None:
        await delivered(town)
        assert await owed(town) == [4200, 5040, 6048]
        await say(town, "shop", False, "return.request", asked(2))
        assert await everywhere(town) == [{"delivered": 2, "return-asked": 2}] * 3
        factory = town.citizens["factory"].node
        assert factory is not None
        photos = await factory.database.read(lambda db: db.execute("SELECT data FROM blobs").fetchall())
        assert (PHOTO,) in photos
        await say(town, "factory", True, "return.decide", about(2, {"location": "RETURNS"}, action="approve"))
        assert await everywhere(town) == [{"delivered": 2, "return-approved": 2}] * 3
        await say(town, "shop", False, "return.ship", about(2, {"carrier": "ZTO", "waybill": "Z1"}))
        await say(town, "factory", True, "return.receive", about(2))
        await say(town, "factory", True, "return.inspect", about(2, verdict="damaged"))
        assert await everywhere(town) == [{"delivered": 2, "inspected": 2}] * 3
        await say(town, "factory", True, "refund.grant", refund)
        assert await everywhere(town) == [{"delivered": 2, "refunded": 2}] * 3
        assert await owed(town) == [2100, 2520, 3024]

    play(story)


def test_an_offer_for_a_part_is_the_same_share_at_each_link() -> None:
    async def story(town: Town) -> None:
        await delivered(town)
        await say(town, "shop", False, "return.request", asked(2, remedy="refund_only"))
        offer = {"a": 1050, "c": "CNY", "e": 2}  # half the price of two
        await say(town, "factory", True, "return.decide", about(2, action="offer", amount=offer))
        assert await everywhere(town) == [{"delivered": 2, "return-offered": 2}] * 3

        def taken(desk: books.Desk, order: Order) -> books.Body:
            (name,) = order.named
            return {"role": "buyer", "offer": name}

        await say(town, "shop", False, "settle.accept", taken)
        assert await everywhere(town) == [{"delivered": 2, "refunded": 2}] * 3
        assert await owed(town) == [4200 - 1050, 5040 - 1260, 6048 - 1512]

    play(story)


def test_a_return_that_is_withdrawn_or_refused_is_so_at_every_link() -> None:
    async def story(town: Town) -> None:
        await delivered(town)
        await say(town, "shop", False, "return.request", asked(1))

        def all_of_it(desk: books.Desk, order: Order) -> books.Body:
            (request,) = order.returns
            return {"request": request}

        await say(town, "shop", False, "return.withdraw", all_of_it)
        assert await everywhere(town) == [{"delivered": 3, "received": 1}] * 3
        await say(town, "shop", False, "receipt.advice", lambda desk, order: {"lines": [{"line": 1, "accepted": 3}]})
        assert await everywhere(town) == [{"received": 4}] * 3

    play(story)


def test_what_is_exchanged_is_sent_once_more_through_the_chain() -> None:
    async def story(town: Town) -> None:
        await delivered(town)
        await say(town, "shop", False, "return.request", asked(1, remedy="exchange"))
        await say(town, "factory", True, "return.decide", about(1, action="approve"))
        await say(town, "factory", True, "return.receive", about(1))
        await say(town, "factory", True, "return.inspect", about(1, verdict="damaged"))
        await say(town, "factory", True, "exchange.order", about(1))
        assert await everywhere(town) == [{"agreed": 1, "delivered": 3, "exchanged": 1}] * 3
        made = await only_order(town, "factory", True)
        await town.ask("factory", "order.ship", order=made, carrier="SF", waybill="SF78")
        await town.settle()
        assert await everywhere(town) == [{"delivered": 3, "exchanged": 1, "shipped": 1}] * 3
        assert await owed(town) == [4200, 5040, 6048]
        for seller, buyer in itertools.pairwise(LINKS):
            shown = await town.ask(seller, "order.show", order=await only_order(town, seller, True))
            assert [row["waybill"] for row in shown["shipments"]] == ["SF77", "SF78"], (seller, buyer)

    play(story)


def test_a_dealer_that_was_down_passes_on_what_came_meanwhile_once() -> None:
    async def story(town: Town) -> None:
        await delivered(town)
        town.kill("importer")
        await town.ask("shop", "issue.open", order=await only_order(town, "shop", False), category="damaged")
        (told,) = (await town.ask("shop", "issue.list"))["issues"]
        await town.ask("shop", "issue.reply", issue=told["issue"], message="还有一只")
        await town.start("importer")
        await town.settle()
        town.kill("importer")
        await town.start("importer")
        await town.settle()
        (asked_for,) = (await town.ask("factory", "issue.list"))["issues"]
        shown = await town.ask("factory", "issue.show", issue=asked_for["issue"])
        assert [row["type"] for row in shown["documents"]] == ["issue.open", "issue.reply"]
        assert [row["message"] for row in shown["documents"]] == ["", "还有一只"]

    play(story)
