"""Books that are read again after a start: portion by portion, whatever else the node does meanwhile."""

from __future__ import annotations

import sqlite3

from contracts import histories
from node.storage import outboxes, partners
from node.trade import books, volumes
from tests.node.markets import order, shop
from tests.node.towns import Town, play

BEFORE, AWAY = 3, 4


def begin(db: sqlite3.Connection, ledger: books.Books) -> volumes.Reading:
    """The only channel, with nothing read."""
    return volumes.begin(db, ledger.me, partners.channels(db)[0].id, histories.History)


def test_what_is_sequenced_while_a_book_is_read_stands_in_it_once() -> None:
    async def story(town: Town) -> None:
        await shop(town)
        for _ in range(BEFORE):
            await order(town, "shop", "factory")
        town.kill("factory")
        for _ in range(AWAY):
            await town.ask(
                "shop", "order.place", partner="factory", lines=[{"sku": "CUP-0", "quantity": 1}],
                recipient={"name": "李雷", "phone": "13800000000", "city": "成都", "street": "天府大道 1 号"},
            )  # fmt: skip
        node = town.citizens["shop"].node
        assert node is not None
        ledger = node.trade.books
        whole = await node.database.read(lambda db: volumes.load(db, ledger.me, 1, histories.History))
        mine = whole.history.sizes[whole.side]
        waiting = await node.database.read(outboxes.total)
        assert 1 < waiting <= AWAY
        stages = [await node.database.read(lambda db: begin(db, ledger)) for _ in range(mine)]
        for count, reading in enumerate(stages):
            await node.database.read(lambda db, one=reading, so_many=count: one.read_on(so_many))  # type: ignore[misc]
        await town.start("factory")
        await town.settle()
        assert await node.database.read(outboxes.total) == 0
        for reading in stages:
            while await node.database.read(lambda db, one=reading: one.read_on(2)):  # type: ignore[misc]
                pass
            assert histories.snapshot(reading.book.history) == histories.snapshot(whole.history)

    play(story)


def test_books_that_are_read_in_the_background_are_the_same_and_say_how_far_they_are() -> None:
    async def story(town: Town) -> None:
        await shop(town)
        for _ in range(BEFORE):
            await order(town, "shop", "factory")
        node = town.citizens["factory"].node
        assert node is not None
        ledger = node.trade.books
        before = await ledger.read(lambda desk: histories.snapshot(desk.peek(1).history))
        ledger.library.forget(1)
        progress = ledger.library.progress = volumes.Progress()
        await ledger.read_all()
        assert progress.over.is_set() and progress.done == progress.total > 0
        assert await ledger.read(lambda desk: histories.snapshot(desk.peek(1).history)) == before

    play(story)
