"""A consumer's word goes up a chain of three nodes by itself."""

from __future__ import annotations

from typing import Any

import pytest

from contracts import errors as refusals
from node import errors
from protocol import identities
from tests.node.markets import order
from tests.node.test_masked import chain
from tests.node.towns import Town, play

SAID: dict[str, Any] = {"ratings": {"overall": 4, "packing": 2}, "tags": ["chipped"], "text": "好看,但是碎了一个"}


async def shipped(town: Town) -> str:
    """A consumer's order that the factory has handed over."""
    await chain(town)
    id = await order(town, "shop", "dealer")
    await town.ask("factory", "order.accept", all=True)
    (row,) = (await town.ask("factory", "order.list"))["orders"]
    await town.ask("factory", "order.ship", order=row["order"], carrier="SF", waybill="S1")
    await town.settle()
    return id


def test_S48_the_factory_reads_what_the_consumer_said_with_a_proof_of_purchase() -> None:
    async def story(town: Town) -> None:
        id = await shipped(town)
        picture = {"name": "cup.jpg", "data_hex": b"not quite a picture".hex()}
        await town.ask("shop", "feedback.give", order=id, files=[picture], **SAID)
        await town.settle()
        for who, partner in (("dealer", "factory"), ("factory", "dealer")):
            rows = (await town.ask(who, "feedback.list", partner=partner))["feedback"]
            assert [(row["ratings"], row["tags"]) for row in rows] == [(SAID["ratings"], SAID["tags"])]
        (heard,) = (await town.ask("factory", "feedback.list"))["feedback"]
        assert (heard["text"], heard["partner"], heard["selling"]) == (SAID["text"], "dealer", True)
        assert [file["name"] for file in heard["files"]] == ["cup.jpg"]
        with pytest.raises((errors.NodeError, refusals.Refused)):
            await town.ask("shop", "feedback.give", order=id, **SAID)

    play(story)


def test_S48_nothing_on_the_factorys_disk_names_the_shop_and_no_words_stand_in_a_logbook() -> None:
    async def story(town: Town) -> None:
        id = await shipped(town)
        await town.ask("shop", "feedback.give", order=id, **SAID)
        await town.settle()
        factory = town.citizens["factory"].node
        assert factory is not None
        known = identities.from_text((await town.ask("shop", "status"))["node"])
        entries = await factory.database.read(
            lambda db: [row[0] for row in db.execute("SELECT data FROM entries UNION SELECT data FROM outbox")]
        )
        assert entries and not any(known in data or bytes.fromhex(id) in data for data in entries)
        assert not any(SAID["text"].encode() in data for data in entries)

    play(story)


def test_nobody_but_the_consumers_seller_gives_the_word() -> None:
    async def story(town: Town) -> None:
        await shipped(town)
        (bought,) = (await town.ask("dealer", "order.list", selling=False))["orders"]
        with pytest.raises(errors.NodeError) as refused:
            await town.ask("dealer", "feedback.give", order=bought["order"], ratings={"overall": 5})
        assert refused.value.code == "feedback.none"

    play(story)


def test_no_word_before_anything_left_unless_the_seller_vouches() -> None:
    async def story(town: Town) -> None:
        await chain(town)
        id = await order(town, "shop", "dealer")
        with pytest.raises(errors.NodeError) as early:
            await town.ask("shop", "feedback.give", order=id, **SAID)
        assert early.value.code == "feedback.none"
        await town.ask("dealer", "feedback.invite", order=id)
        await town.settle()
        await town.ask("shop", "feedback.give", order=id, **SAID)
        await town.settle()
        assert (await town.ask("factory", "feedback.list"))["feedback"] == []
        (row,) = (await town.ask("factory", "order.list"))["orders"]
        await town.ask("factory", "feedback.invite", order=row["order"])  # now it goes the rest of the way
        await town.settle()
        (heard,) = (await town.ask("factory", "feedback.list"))["feedback"]
        assert heard["text"] == SAID["text"]

    play(story)
