"""The inbox of returns and complaints: what waits for whom, kept as documents are folded."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from node import errors
from node.storage import settings
from node.trade.day import indexes
from tests.node.test_lookups import shop_with_two_suppliers
from tests.node.test_returns import PHOTO, ask, received
from tests.node.towns import Town, play


def forget(db: sqlite3.Connection) -> None:
    """As if the home were older than the list."""
    db.execute("DELETE FROM aftersales")
    settings.drop(db, indexes.DONE)


async def inbox(town: Town, who: str, **given: Any) -> list[tuple[str, str, str, str | None, str | None]]:
    """Kind, place, state, whose turn and what, of every entry."""
    rows = (await town.ask(who, "aftersales.list", **given))["entries"]
    return [(row["kind"], row["place"], row["state"], row["who"], row["next"]) for row in rows]


def test_a_return_moves_through_the_inbox_of_both_sides() -> None:
    async def story(town: Town) -> None:
        id = await received(town)
        name = (await ask(town, "shop", "return.request", order=id, quantities={"1": 2}, reason="damaged"))["return"]
        assert await inbox(town, "shop") == [("return", "theirs", "return-asked", "factory", "answer-request")]
        assert await inbox(town, "factory") == [("return", "mine", "return-asked", "me", "answer-request")]
        assert await inbox(town, "factory", place="closed") == []
        await ask(town, "factory", "return.approve", name=name)
        assert await inbox(town, "shop", place="mine") == [("return", "mine", "return-approved", "me", "send-back")]
        await ask(town, "shop", "return.ship", name=name, carrier="SF", waybill="SF-BACK")
        for who in ("shop", "factory"):
            assert [row[:3] for row in await inbox(town, who)] == [("return", "way", "in-return")]
        await ask(town, "factory", "return.receive", name=name)
        await ask(town, "factory", "return.inspect", name=name)
        assert await inbox(town, "factory", place="mine") == [("return", "mine", "inspected", "me", "refund")]
        await ask(town, "factory", "return.refund", name=name)
        assert await inbox(town, "shop") == [("return", "closed", "refunded", None, None)]
        assert (await town.ask("shop", "aftersales.list"))["counts"] == {"closed": 1}

    play(story)


def test_only_the_steps_that_are_possible_now_are_named() -> None:
    async def story(town: Town) -> None:
        id = await received(town)
        name = (await ask(town, "shop", "return.request", order=id, reason="damaged"))["return"]
        seen = await town.ask("factory", "return.show", name=name)
        assert seen["possible"] == ["return.approve", "return.offer", "return.reject", "return.refund"]
        assert [wait["row"] for wait in seen["deadlines"]] == ["return.request"]
        assert (await town.ask("shop", "return.show", name=name))["possible"] == ["return.withdraw"]
        await ask(town, "factory", "return.offer", name=name, amount="5.00")
        seen = await town.ask("shop", "return.show", name=name)
        assert seen["possible"] == ["return.accept", "return.decline", "return.withdraw"]
        assert seen["offered"]["amount"] == 500
        for step in (await town.ask("factory", "return.show", name=name))["possible"]:
            raise AssertionError(f"{step} is offered to the seller while the buyer decides")

    play(story)


def test_what_is_contested_needs_no_return_to_be_seen_and_refunded() -> None:
    async def story(town: Town) -> None:
        id = await received(town, 4)
        second = (await town.ask("shop", "order.show", order=id))["number"]
        assert await inbox(town, "factory") == [], second
        name = (await ask(town, "shop", "return.request", order=id, quantities={"1": 1}, reason="damaged"))["return"]
        await ask(town, "factory", "return.reject", name=name)
        assert await inbox(town, "factory") == [("return", "closed", "return-refused", None, None)]
        assert (await town.ask("factory", "return.show", name=name))["possible"] == ["return.refund"]

    play(story)


def test_files_are_given_only_with_the_matter_that_they_belong_to() -> None:
    async def story(town: Town) -> None:
        id = await received(town)
        files = [{"name": "crack.png", "data_hex": PHOTO.hex()}]
        name = (await ask(town, "shop", "return.request", order=id, quantities={"1": 1}, files=files))["return"]
        other = (await ask(town, "shop", "return.request", order=id, quantities={"1": 1}))["return"]
        issue = (await ask(town, "shop", "issue.open", order=id, category="damaged", files=files))["issue"]
        (file,) = (await town.ask("factory", "return.show", name=name))["documents"][0]["files"]
        given = await town.ask("factory", "return.file", name=name, hash=file["hash"])
        assert given == {"name": "crack.png", "data_hex": PHOTO.hex()}
        assert (await town.ask("factory", "issue.file", issue=issue, hash=file["hash"])) == given
        with pytest.raises(errors.NodeError) as refused:
            await town.ask("factory", "return.file", name=other, hash=file["hash"])
        assert refused.value.code == "attachment.unknown"

    play(story)


def test_a_complaint_names_whose_turn_it_is_and_until_when() -> None:
    async def story(town: Town) -> None:
        id = await received(town)
        issue = (await ask(town, "shop", "issue.open", order=id, category="damaged", claim="10.00"))["issue"]
        assert await inbox(town, "factory") == [("complaint", "mine", "open", "me", "answer-complaint")]
        assert await inbox(town, "shop") == [("complaint", "theirs", "open", "factory", "answer-complaint")]
        (row,) = (await town.ask("shop", "aftersales.list"))["entries"]
        seen = await town.ask("factory", "issue.show", issue=issue)
        assert row["due_ms"] == seen["due_ms"] > row["since_ms"]
        assert seen["possible"] == ["issue.reply", "issue.offer"]
        assert (await town.ask("shop", "issue.show", issue=issue))["possible"] == [
            *("issue.inform", "issue.offer", "issue.close", "issue.escalate")
        ]
        await ask(town, "factory", "issue.offer", issue=issue, amount="4.00")
        assert await inbox(town, "shop", kind="complaint") == [("complaint", "mine", "open", "me", "answer-offer")]
        await ask(town, "shop", "issue.accept", issue=issue)
        assert await inbox(town, "shop", place="closed") == [("complaint", "closed", "settled", None, None)]

    play(story)


def test_pages_end_where_the_next_one_begins() -> None:
    async def story(town: Town) -> None:
        id = await received(town, 5)
        names = [(await ask(town, "shop", "return.request", order=id, quantities={"1": 1}))["return"] for _ in range(5)]
        seen: list[str] = []
        after: str | None = ""
        while after is not None:
            page = await town.ask("shop", "aftersales.list", limit=2, after=after)
            seen += [row["name"] for row in page["entries"]]
            after = page["next"]
        assert sorted(seen) == sorted(names)
        with pytest.raises(errors.NodeError):
            await town.ask("shop", "aftersales.list", after="x.y")

    play(story)


def test_a_home_that_traded_before_derives_its_inbox_at_the_next_start() -> None:
    async def story(town: Town) -> None:
        id = await received(town)
        await ask(town, "shop", "return.request", order=id, reason="damaged")
        before = await inbox(town, "factory")
        node = town.citizens["factory"].node
        assert node is not None
        await node.database.write(forget)
        assert await inbox(town, "factory") == []
        town.kill("factory")
        await town.start("factory")
        assert await inbox(town, "factory") == before

    play(story)


def test_whoever_bought_for_a_shop_reads_the_number_of_the_shop_everywhere() -> None:
    async def story(town: Town) -> None:
        await shop_with_two_suppliers(town)
        rows = (await town.ask("shop", "order.list"))["orders"]
        bought = next(row for row in rows if row["shop_order"] == "A1002")
        await ask(town, "factory", "order.accept", order=bought["number"])
        await ask(town, "factory", "order.ship", order=bought["number"], carrier="SF", waybill="SF7")
        await ask(town, "shop", "order.receive", order=bought["order"])
        name = (await ask(town, "shop", "return.request", order=bought["order"], reason="damaged"))["return"]
        issue = (await ask(town, "shop", "issue.open", order=bought["order"], category="late", message="late"))["issue"]
        statement = (await ask(town, "factory", "statement.propose", partner="shop", period="2026-11"))["statement"]
        for who, expected in (("shop", "A1002"), ("factory", None)):
            listed = (await town.ask(who, "aftersales.list"))["entries"]
            assert [row["shop_order"] for row in listed] == [expected, expected]
            assert (await town.ask(who, "return.show", name=name))["shop_order"] == expected
            assert (await town.ask(who, "issue.show", issue=issue))["shop_order"] == expected
            lines = (await town.ask(who, "statement.lines", statement=statement))["rows"]
            assert [(line["number"], line["shop_order"]) for line in lines if line["what"] == "order"] == [
                (bought["number"], expected)
            ]

    play(story)


def test_the_papers_of_an_order_say_what_was_answered() -> None:
    async def story(town: Town) -> None:
        id = await received(town)
        papers = (await town.ask("shop", "order.show", order=id))["documents"]
        assert [(paper["type"], paper["answers"]) for paper in papers][:2] == [
            ("order.place", []),
            ("order.respond", ["accept"]),
        ]
        name = (await ask(town, "shop", "return.request", order=id, quantities={"1": 2}, reason="damaged"))["return"]
        await ask(town, "factory", "return.offer", name=name, amount="5.00")
        await ask(town, "shop", "return.decline", name=name)
        said = {
            paper["type"]: paper["answers"] for paper in (await town.ask("shop", "order.show", order=id))["documents"]
        }
        assert (said["return.decide"], said["settle.accept"]) == (["offer"], ["decline"])

    play(story)
