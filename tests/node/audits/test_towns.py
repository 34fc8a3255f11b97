"""Whole nodes trade on virtual time; each exports its books, and both exports prove the same."""

from __future__ import annotations

from pathlib import Path

from node.audits import documents, verifications
from tests.node import markets
from tests.node.audits import worlds
from tests.node.towns import Town, play


async def month(town: Town) -> None:
    """A factory and a shop: an order shipped, one cancelled in time, one taken in part; a statement and its payment."""
    await town.open("factory", "shop")
    await town.pair("factory", "shop")
    await markets.goods(town, "factory", stock=10)
    await markets.agree(town, "factory", "shop")
    shipped = await markets.order(town, "shop", "factory")
    cancelled = await markets.order(town, "shop", "factory", "CUP-1")
    await town.ask("factory", "order.accept", all=True)
    await town.settle()
    await town.ask("shop", "order.cancel", order=cancelled)
    await town.settle()
    await town.ask("factory", "order.ship", order=shipped, carrier="SF", waybill="SF1234567890")
    await town.settle()
    proposed = await town.ask("factory", "statement.propose", partner="shop", period="2026-11")
    await town.settle()
    await town.ask("shop", "statement.agree", statement=proposed["statement"])
    await town.settle()
    await town.ask("shop", "payment.sent", partner="factory", amount="21.00", statement=proposed["statement"])
    await town.settle()
    await town.ask("factory", "payment.received", partner="shop", amount="21.00")
    await town.settle()


def test_the_exports_of_real_nodes_hold_and_prove_the_same(tmp_path: Path) -> None:
    async def story(town: Town) -> None:
        await month(town)
        for name in ("factory", "shop"):
            answer = await town.ask(name, "audit.export", directory=str(tmp_path / name))
            assert answer["channels"] == 1

    play(story)
    found: list[verifications.ChannelVerdict] = []
    for name in ("factory", "shop"):
        verdict = worlds.verify(tmp_path / name)
        assert verdict.faults == ()
        found += verdict.channels
        content = b"".join(path.read_bytes() for path in (tmp_path / name).rglob("*") if path.is_file())
        for private in ("李雷", "13800000000", "天府大道"):
            assert private.encode() not in content
    first, second = found
    assert (first.parties, first.sizes, first.numbers) == (second.parties, second.sizes, second.numbers)
    assert set(first.names) == {"factory", "shop"}
    assert first.numbers.refused == first.numbers.contested == 0
    assert first.numbers.proved + first.numbers.not_disclosed == first.numbers.documents > 15
    assert first.numbers.sealed == 2
    assert [statement.state for statement in first.statements] == ["closed"]
    assert set(first.balances.values()) == {0}


def test_a_node_that_was_killed_in_between_exports_books_that_hold(tmp_path: Path) -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        await town.pair("factory", "shop")
        await markets.goods(town, "factory")
        await markets.agree(town, "factory", "shop")
        await markets.order(town, "shop", "factory")
        town.kill("factory")
        await town.ask("shop", "audit.export", directory=str(tmp_path / "while-away"))
        await town.start("factory")
        await town.settle()
        await town.ask("factory", "order.accept", all=True)
        await town.settle()
        await town.ask("factory", "audit.export", directory=str(tmp_path / "after"))

    play(story)
    for name in ("while-away", "after"):
        assert worlds.verify(tmp_path / name).faults == ()
    assert not documents.verify(tmp_path / "after").ok  # an export is no proof of one document
