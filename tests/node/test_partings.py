"""Pausing with a partner, leaving one, and cards."""

from __future__ import annotations

from typing import Any

import pytest

from contracts import documents
from node import errors
from tests.node.markets import order
from tests.node.test_stocks import market
from tests.node.towns import Town, play


async def row(town: Town, who: str) -> dict[str, Any]:
    (found,) = (await town.ask(who, "partners"))["partners"]
    return dict(found)


def test_a_suspended_partner_gets_nothing_new_and_what_is_open_goes_on() -> None:
    async def story(town: Town) -> None:
        await market(town, "shop")
        id = await order(town, "shop", "factory")
        answer = await town.ask("factory", "partner.suspend", partner="shop", reason="holiday")
        assert (answer["peering"], answer["open"]) == ("suspended", {"order": 1})
        await town.settle()
        with pytest.raises(errors.NodeError) as refused:
            await order(town, "shop", "factory")
        assert [fault["code"] for fault in refused.value.faults] == ["peering.not-active"]
        await town.ask("factory", "order.accept", order=id)
        await town.settle()
        assert (await row(town, "shop"))["peering"] == "suspended"
        with pytest.raises(errors.NodeError):
            await town.ask("shop", "partner.resume", partner="factory")  # it is the factory's suspension
        await town.ask("factory", "partner.resume", partner="shop")
        await town.settle()
        await order(town, "shop", "factory")

    play(story)


def test_B11_a_partnership_ends_when_nothing_is_open_and_a_statement_closed_the_books() -> None:
    async def story(town: Town) -> None:
        await market(town, "shop")
        id = await order(town, "shop", "factory")
        await town.ask("factory", "order.accept", order=id)
        await town.settle()
        answer = await town.ask("shop", "partner.end", partner="factory", notice_days=60, reason="moving")
        assert (answer["peering"], answer["ended"], answer["open"]) == ("ending", False, {"order": 1})
        await town.settle()
        with pytest.raises(errors.NodeError) as refused:
            await order(town, "shop", "factory")
        assert [fault["code"] for fault in refused.value.faults] == ["peering.not-active"]
        await town.ask("shop", "order.cancel", order=id)  # open threads go on to their end
        await town.settle()
        seen = await row(town, "factory")
        assert (seen["peering"], seen["open"], seen["ended"]) == ("ending", {}, False)
        assert seen["notice_until_ms"] > 59 * 86_400_000
        proposed = await town.ask("factory", "statement.propose", partner="shop", period="2026-11")
        await town.settle()
        await town.ask("shop", "statement.agree", statement=proposed["statement"])
        await town.settle()
        assert [(await row(town, who))["ended"] for who in ("factory", "shop")] == [True, True]
        await town.ask("shop", "partner.remove", partner="factory")

    play(story)


def test_a_card_says_who_one_is_and_which_documents_one_reads() -> None:
    async def story(town: Town) -> None:
        await market(town, "shop")
        card = await town.ask("shop", "card.show", partner="factory")
        assert (card["name"], card["legal_name"], card["documents"]) == ("factory", None, len(documents.SUPPORTED))
        given = {"legal_name": "示例窑陶瓷有限公司", "gln": "4012345000009", "languages": ["zh-CN"]}
        assert (await town.ask("factory", "card.set", **given))["told"] == 1
        await town.ask("factory", "card.set", tax_id="91440300")
        await town.settle()
        card = await town.ask("shop", "card.show", partner="factory")
        assert {name: card[name] for name in given} == given
        assert card["tax_id"] == "91440300"
        await town.open("rival")
        await town.pair("factory", "rival")
        assert (await town.ask("rival", "card.show", partner="factory"))["legal_name"] == given["legal_name"]
        with pytest.raises(errors.NodeError) as wrong:
            await town.ask("factory", "card.set", gln="4012345000001", country="China")
        assert {fault["path"] for fault in wrong.value.faults} == {"gln", "country"}

    play(story)
