"""One unit that fails: what it leaves behind, and whom it stops."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from contracts import histories
from node import errors
from node.storage import partners, settings
from node.trade import books, volumes
from node.trade.day import reactions
from tests.hostile.stalls import open_stall, order
from tests.node.markets import agree
from tests.node.markets import order as buy
from tests.node.towns import Town, play
from tests.sim import disks


def test_S07_a_rule_of_the_schema_that_says_no_leaves_the_database_in_use_and_nothing_of_the_unit() -> None:
    def twice(db: sqlite3.Connection) -> None:
        settings.put(db, "half", b"done")
        db.execute("INSERT INTO settings VALUES ('half', ?)", (b"again",))

    async def story(town: Town) -> None:
        await town.open("factory")
        node = town.citizens["factory"].node
        assert node is not None
        with pytest.raises(sqlite3.IntegrityError):
            await node.database.write(twice)
        assert await node.database.read(lambda db: settings.get(db, "half")) is None

    play(story)


@pytest.mark.parametrize("effect", [disks.Effect.FAIL, disks.Effect.FULL])
def test_S07_a_failed_commit_leaves_no_open_transaction_and_nothing_is_read_any_more(effect: disks.Effect) -> None:
    async def story(town: Town) -> None:
        await town.open("factory")
        citizen = town.citizens["factory"]
        assert citizen.node is not None
        citizen.image.traps.append(disks.Trap(disks.Point.COMMIT, 0, effect))
        with pytest.raises(errors.StorageError):
            await citizen.node.database.write(lambda db: settings.put(db, "half", b"done"))
        assert settings.get(citizen.image.reader, "half") is None  # and the reader does not meet a lock
        with pytest.raises(errors.StorageError):
            await citizen.node.database.read(lambda db: settings.get(db, "half"))

    play(story)


async def trades_on(town: Town) -> None:
    await town.open("shop")
    await town.pair("factory", "shop")
    await agree(town, "factory", "shop")
    await buy(town, "shop", "factory")
    assert len((await town.ask("factory", "order.list", partner="shop"))["orders"]) == 1


def test_D11_a_fold_that_fails_stops_its_channel_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        fold = histories.History.fold

        def falter(self: histories.History, item: histories.Item) -> histories.Outcome:
            if item.type == "stock.snapshot" and item.body.get("x_poison"):
                raise ZeroDivisionError("a bug of ours, found by a partner")
            return fold(self, item)

        monkeypatch.setattr(histories.History, "fold", falter)
        rogue.channel.write("stock.snapshot", {"x_poison": 1})
        await talk.deliver()
        (row,) = (await town.ask("factory", "partners"))["partners"]
        assert (row["channel_state"], row["received"]) == ("stopped", len(rogue.channel.mine))
        town.kill("factory")
        await town.start("factory")
        await trades_on(town)

    play(story)


def test_D11_an_automatic_answer_that_fails_is_given_up_and_blocks_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        refuse = reactions.refuse

        def falter(
            desk: books.Desk, book: books.Book, item: histories.Item, faults: tuple[histories.Fault, ...]
        ) -> None:
            refuse(desk, book, item, faults)
            if item.body.get("x_poison") == 1:
                raise ZeroDivisionError("in the middle, after something was written")
            if item.body.get("x_poison") == 2:
                raise errors.NodeError("order.nothing", "refused in the middle")

        monkeypatch.setattr(reactions, "refuse", falter)
        first = len(rogue.channel.mine)
        for poison in (0, 1, 0, 2, 0):
            rogue.channel.write("no.such_type", {"x_poison": poison} if poison else {})
        placed = rogue.channel.write("order.place", order(rogue))
        await talk.deliver()
        assert sorted(rogue.channel.naks()) == [first, first + 2, first + 4]
        assert (await town.ask("factory", "order.show", order=placed.hex()))["state"] == "placed"
        kept = town.citizens["factory"].image.reader.execute("SELECT kind, content FROM evidence").fetchall()
        assert [kind for kind, _ in kept] == ["unanswered"] * 2
        await trades_on(town)

    play(story)


def test_D11_refused_answers_cost_no_replay_of_the_book(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        loads = 0
        begin = volumes.begin

        def count(*arguments: Any) -> volumes.Reading:
            nonlocal loads
            loads += 1
            return begin(*arguments)

        def falter(
            desk: books.Desk, book: books.Book, item: histories.Item, faults: tuple[histories.Fault, ...]
        ) -> None:
            raise errors.NodeError("order.nothing", "refused before anything was written")

        monkeypatch.setattr(volumes, "begin", count)
        monkeypatch.setattr(reactions, "refuse", falter)
        for _ in range(200):
            rogue.channel.append(b"junk")
        await talk.deliver()
        assert loads == 0
        assert town.citizens["factory"].image.reader.execute("SELECT count(*) FROM reactions").fetchone() == (0,)

    play(story)


def test_D18_an_impossible_entry_that_is_stored_already_stops_the_channel_when_it_is_folded() -> None:
    async def story(town: Town) -> None:
        rogue, talk = await open_stall(town)
        placed = rogue.channel.write("order.place", order(rogue))
        await talk.deliver()
        await talk.close()
        node = town.citizens["factory"].node
        assert node is not None
        # as a version of this program would have stored it that did not look
        liar = rogue.channel.draft("order.place", order(rogue), seen=10_000)
        rogue.channel.append(liar)

        def store(db: sqlite3.Connection) -> None:
            from node.replication import sequencing

            batch = rogue.channel.batch(len(rogue.channel.mine) - 1)
            checked = sequencing.check_batch(batch, rogue.keyring.identity.keys["log"])
            channel = partners.channels(db)[0].id
            assert sequencing.store_batch(db, channel, checked, node.connections.core.signer, 1, False) is None

        await node.database.write(store)
        await node.trade.books.dispatch(1)
        (row,) = (await town.ask("factory", "partners"))["partners"]
        assert row["channel_state"] == "stopped"
        assert (await town.ask("factory", "order.show", order=placed.hex()))["state"] == "placed"
        with pytest.raises(errors.NodeError) as refused:
            await town.ask("factory", "order.accept", all=True) and await town.ask(
                "factory", "agreement.propose", partner="rogue"
            )
        assert refused.value.code == "channel.stopped"
        town.kill("factory")
        await town.start("factory")
        again = await rogue.visit("factory")
        await again.live()
        assert again.failures() == ["node.busy"]
        await trades_on(town)

    play(story)
