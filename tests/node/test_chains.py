"""A chain of four merchants: factory, two dealers, shop. Each link is an order of its own and knows its neighbours."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts.documents import listings as papers
from node import errors
from node.storage import logbooks
from node.trade import books, peering, readings, references
from node.trade.goods import offers
from protocol import references as blinded
from tests.node.markets import agree, goods, order
from tests.node.towns import Town, play
from tests.sim import weathers

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
    for item in readings.stored_items(desk.db, mine.id, book.side, mine.size):
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
                ("listing.publish", "parent"): ["listing.publish"] * 3,
            }

    def resolved(desk: books.Desk) -> dict[tuple[str, str], list[str]]:
        """What each reference opens to, among everything that the partners wrote on the two channels."""
        known = {
            item.hash: item.type
            for channel in (1, 2)
            for item in readings.stored_items(desk.db, desk.peek(channel).theirs.id, 0, desk.peek(channel).seen)
        }
        found: dict[tuple[str, str], list[str]] = {}
        for channel in (1, 2):
            for book, type, name, commitment in named(desk, channel):
                opened = [h for h in known if blinded.opens(commitment, references.salt(desk, book, h), h)]
                found[type, name] = found.get((type, name), []) + [known[hash] for hash in opened]
        return found

    play(story)


async def offered(town: Town, buyer: str, seller: str) -> dict[str, int]:
    """What a partner asks for each SKU, in minor units."""
    rows = (await town.ask(buyer, "catalogue.list", partner=seller))["goods"]
    return {row["sku"]: row["price"]["amount"] for row in rows}


SHEET = """sku,title_zh,title_en,price,stock,returnable,min_quantity
CUP-0,青花杯,Blue cup,20.00,100,no,6
"""


def test_a_derived_listing_follows_its_parent_and_dies_with_it() -> None:
    async def story(town: Town) -> None:
        await chain(town)
        assert await offered(town, "shop", "wholesaler") == {"CUP-0": 1512, "CUP-1": 1656, "CUP-2": 1800}
        await town.ask("factory", "catalogue.import", name="new.csv", data_hex=SHEET.encode().hex())
        await town.ask("factory", "catalogue.share", partner="importer")
        await town.settle()
        assert (await offered(town, "shop", "wholesaler"))["CUP-0"] == 2880  # twice 20 percent on 20.00
        (listing,) = await listings(town, "shop", "CUP-0")
        assert (listing.returnable, listing.min_quantity) == (False, 6)
        town.network.cut(weathers.Cut(frozenset({"importer"}), frozenset({"wholesaler"})))
        assert (await town.ask("factory", "catalogue.withdraw", sku="CUP-0"))["partners"] == 1
        lines = [{"sku": "CUP-0", "quantity": 6}]
        late = (await town.ask("shop", "order.place", partner="wholesaler", lines=lines))["order"]
        town.network.mend_all()
        await town.settle()
        assert set(await offered(town, "shop", "wholesaler")) == {"CUP-1", "CUP-2"}
        shown = await town.ask("shop", "order.show", order=late)
        assert shown["lines"][0]["buckets"] == {"rejected": 6}
        await town.ask("importer", "catalogue.share", partner="wholesaler")  # nothing comes back by itself
        assert set(await offered(town, "wholesaler", "importer")) == {"CUP-1", "CUP-2"}

    play(story)


def test_a_dealer_may_offer_less_than_its_supplier_but_never_more() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "dealer", "shop")
        await town.pair("factory", "dealer")
        await town.pair("dealer", "shop")
        await town.ask("factory", "catalogue.import", name="new.csv", data_hex=SHEET.encode().hex())
        await agree(town, "factory", "dealer")
        await town.ask("dealer", "catalogue.derive", partner="factory", prefix="D-")
        own = SHEET.replace("CUP-0", "D-CUP-0").replace(",no,6", ",yes,2").replace("Blue cup", "Our own cup")
        await town.ask("dealer", "catalogue.import", name="own.csv", data_hex=own.encode().hex())
        await agree(town, "dealer", "shop")
        (listing,) = await listings(town, "shop", "D-CUP-0")
        assert [text.text for text in listing.titles if text.lang == "en"] == ["Our own cup"]
        assert (listing.returnable, listing.min_quantity) == (False, 6)
        id = await order(town, "shop", "dealer", sku="D-CUP-0", quantity=6)
        await town.ask("factory", "order.accept", all=True)
        await town.settle()
        assert (await town.ask("shop", "order.show", order=id))["state"] == "agreed"
        (row,) = (await town.ask("factory", "order.list"))["orders"]
        shown = await town.ask("factory", "order.show", order=row["order"])
        assert (shown["lines"][0]["sku"], shown["recipient"]["name"]) == ("CUP-0", "李雷")

    play(story)


async def listings(town: Town, who: str, sku: str) -> list[papers.Publish]:
    """The listings of a SKU that a merchant is offered, by whomever."""
    node = town.citizens[who].node
    assert node is not None

    def unit(desk: books.Desk) -> list[papers.Publish]:
        known = (offers.listing(book, 1 - book.side, sku) for book in peering.open_books(desk))
        return [found[1] for found in known if found is not None]

    return await node.trade.books.read(unit)


def test_a_dealer_grants_a_cancel_at_its_own_risk_and_bears_the_parcel_that_left_all_the_same() -> None:
    async def story(town: Town) -> None:
        await chain(town)
        id = await order(town, "shop", "wholesaler")
        await town.ask("factory", "order.accept", all=True)
        await town.settle()
        town.network.cut(weathers.Cut(frozenset({"factory"}), frozenset({"importer"})))
        made = await only_order(town, "factory", True)
        await town.ask("factory", "order.ship", order=made, carrier="SF", waybill="SF77")
        await town.ask("shop", "order.cancel", order=id)
        while await buckets(town, "importer", True) != {"cancelling": 2}:
            await asyncio.sleep(1)
        granted = await only_order(town, "wholesaler", True)
        assert (await town.ask("wholesaler", "order.cancel-answer", order=granted, own_risk=True))["stopped"] == 2
        while await buckets(town, "shop", False) != {"cancelled": 2}:
            await asyncio.sleep(1)
        town.network.mend_all()
        await town.settle()
        assert await buckets(town, "shop", False) == {"cancelled": 2}
        assert (await town.ask("shop", "order.show", order=id))["owed"]["amount"] == 0
        assert await buckets(town, "importer", False) == {"rto-asked": 2}
        assert await buckets(town, "wholesaler", False) == {"cancelled": 2}
        try:
            await town.ask("wholesaler", "order.cancel-answer", order=granted, own_risk=True)
        except errors.NodeError as refused:
            assert refused.code == "order.nothing"
        else:
            raise AssertionError("a cancel was answered twice")

    play(story)


async def issue_of(town: Town, who: str, partner: str) -> dict[str, Any]:
    """The one complaint that a merchant has with a partner, as it shows it."""
    (row,) = (await town.ask(who, "issue.list", partner=partner))["issues"]
    shown: dict[str, Any] = await town.ask(who, "issue.show", issue=row["issue"])
    return shown


PHOTO = b"\xff\xd8\xff\xe0 a broken cup"


def test_a_complaint_travels_the_whole_chain_and_each_link_settles_at_its_own_price() -> None:
    async def story(town: Town) -> None:
        await chain(town)
        id = await order(town, "shop", "wholesaler", quantity=4)  # 15.12 each here, 10.50 at the factory
        await town.ask("factory", "order.accept", all=True)
        await town.settle()
        made = await only_order(town, "factory", True)
        await town.ask("factory", "order.ship", order=made, carrier="SF", waybill="SF77")
        await town.settle()
        files = [{"name": "cup.jpg", "data_hex": PHOTO.hex()}]
        await town.ask(
            "shop",
            "issue.open",
            order=id,
            category="damaged",
            lines={"1": 2},
            claim="30.24",
            message="碎了",
            files=files,
        )
        await town.settle()
        asked = await issue_of(town, "factory", "importer")
        assert (asked["category"], asked["claim"]["text"], asked["lines"]) == (
            "damaged",
            "21.00 CNY",
            [{"line": 1, "quantity": 2}],
        )
        assert (asked["documents"][0]["message"], asked["documents"][0]["files"][0]["here"]) == ("碎了", True)
        assert (await issue_of(town, "shop", "wholesaler"))["state"] == "cascaded"

        await town.ask("factory", "issue.reply", issue=asked["issue"], status="need_more_info", message="哪一只?")
        await town.settle()
        told = await issue_of(town, "shop", "wholesaler")
        assert (told["state"], told["documents"][-1]["message"]) == ("need-more-info", "哪一只?")
        await town.ask("shop", "issue.reply", issue=told["issue"], message="两只都是")
        await town.settle()
        assert (await issue_of(town, "factory", "importer"))["documents"][-1]["message"] == "两只都是"

        await town.ask("factory", "issue.offer", issue=asked["issue"], amount="10.50")
        await town.settle()
        (offer,) = (await issue_of(town, "shop", "wholesaler"))["offers"]
        assert (offer["pays_me"]["text"], offer["state"]) == ("15.12 CNY", "open")
        await town.ask("shop", "issue.accept", issue=told["issue"])
        await town.settle()
        paid = {}
        for seller, buyer in itertools.pairwise(LINKS):
            ended = await issue_of(town, seller, buyer)
            paid[seller] = (ended["state"], ended["settled"]["text"])
        assert paid == {
            "factory": ("settled", "-10.50 CNY"),
            "importer": ("settled", "-12.60 CNY"),
            "wholesaler": ("settled", "-15.12 CNY"),
        }

    play(story)


def test_a_complaint_is_closed_by_whoever_opened_it_and_so_all_the_way_up() -> None:
    async def story(town: Town) -> None:
        await chain(town)
        id = await order(town, "shop", "wholesaler")
        opened = await town.ask("shop", "issue.open", order=id, category="late")
        bill = await town.ask("shop", "issue.open", order=id, category="invoice")
        await town.settle()
        asked = await issue_of(town, "factory", "importer")  # the invoice is between shop and wholesaler
        await town.ask("factory", "issue.reply", issue=asked["issue"], status="resolved")
        await town.settle()
        assert (await town.ask("shop", "issue.show", issue=opened["issue"]))["state"] == "resolved"
        await town.ask("shop", "issue.close", issue=opened["issue"])
        await town.settle()
        assert (await issue_of(town, "factory", "importer"))["state"] == "closed"
        assert (await town.ask("shop", "issue.show", issue=bill["issue"]))["state"] == "open"

    play(story)


def test_the_page_shows_what_a_chain_says_to_each_other() -> None:
    async def story(town: Town) -> None:
        await chain(town)
        id = await order(town, "shop", "wholesaler")
        await town.ask("factory", "order.accept", all=True)
        await town.settle()
        await town.ask("shop", "order.cancel", order=id)
        await town.settle()
        said = []
        for seller, buyer in itertools.pairwise(LINKS):
            shown = await town.ask(seller, "order.show", order=await only_order(town, seller, True))
            for row in shown["documents"]:
                author, reader = (seller, buyer) if row["by"] == "me" else (buyer, seller)
                said.append((row["ts_ms"], f"    {author[0].upper()}->>{reader[0].upper()}: {row['type']}"))
        people = [f"    participant {name[0].upper()} as {name}" for name in LINKS]
        diagram = ["```mermaid", "sequenceDiagram", *people, *(line for _, line in sorted(said)), "```"]
        page = (Path(__file__).parents[2] / "docs" / "chains.md").read_text("utf-8")
        shown_there = page.partition("<!-- sequence: begin -->\n")[2].partition("\n<!-- sequence: end -->")[0]
        assert shown_there.splitlines() == diagram

    play(story)


async def far(town: Town, *levels: str) -> list[Any]:
    """Where each seller of a chain sees that an order goes, where the agreements let them see so much."""
    await town.open(*LINKS)
    for seller, buyer in itertools.pairwise(LINKS):
        await town.pair(seller, buyer)
    await goods(town, "factory")
    for (seller, buyer), level in zip(itertools.pairwise(LINKS), levels, strict=True):
        await town.ask(seller, "agreement.propose", partner=buyer, ship_to=level)
        await town.settle()
        await town.ask(buyer, "agreement.accept", partner=seller)
        await town.settle()
        await town.ask(seller, "catalogue.share", partner=buyer)
        await town.settle()
        if buyer != "shop":
            await town.ask(buyer, "catalogue.derive", partner=seller)
    recipient = {"name": "李雷", "phone": "13800000000", "country": "CN", "city": "成都", "region": "510107"}
    lines = [{"sku": "CUP-0", "quantity": 2}]
    await town.ask("shop", "order.place", partner="wholesaler", lines=lines, recipient=recipient)
    await town.settle()
    return [
        (await town.ask(who, "order.show", order=await only_order(town, who, True)))["ship_to"] for who in LINKS[:-1]
    ]


def test_dealers_see_a_city_where_their_agreement_says_so_and_pass_on_no_more_than_the_next_one_allows() -> None:
    async def story(town: Town) -> None:
        city = {"country": "CN", "region": "510100"}
        assert await far(town, "none", "country", "city") == [{}, {"country": "CN"}, city]

    async def open_story(town: Town) -> None:
        city = {"country": "CN", "region": "510100"}
        assert await far(town, "city", "city", "city") == [city] * 3

    play(story)
    play(open_story)


@pytest.mark.parametrize(
    ("asked", "reserved"),
    [
        ({}, {"main": 8, "hk": 0}),
        ({"location": "main"}, {"main": 8, "hk": 0}),  # a dealer's `main` are all shelves of its supplier
        ({"location": "hk"}, {"main": 0, "hk": 8}),
        ({"territory": "HK"}, {"main": 0, "hk": 8}),
        ({"territory": "DE"}, {"main": 0, "hk": 0}),
    ],
)
def test_from_where_and_until_when_goods_are_to_leave_is_asked_of_whoever_ships_them(
    asked: dict[str, str], reserved: dict[str, int]
) -> None:
    async def story(town: Town) -> None:
        await chain(town)
        await town.ask("factory", "stock.location.add", code="hk", name="Hong Kong", country="HK", customs="HK")
        await town.ask("factory", "stock.set", sku="CUP-0", on_hand=20, location="hk")
        await town.settle()
        lines = [{"sku": "CUP-0", "quantity": 8}]
        id = (await town.ask("shop", "order.place", partner="wholesaler", lines=lines, ship_by="2027-01-15", **asked))[
            "order"
        ]
        await town.settle()
        made = await only_order(town, "factory", True)
        assert (await town.ask("factory", "order.show", order=made))["ship_by"] == "2027-01-15"
        await town.ask("factory", "order.accept", order=made)
        await town.settle()
        rows = (await town.ask("factory", "stock.list"))["stock"]
        assert {row["location"]: row["reserved"] for row in rows if row["sku"] == "CUP-0"} == reserved
        state = {"agreed": 8} if any(reserved.values()) else {"rejected": 8}
        assert (await town.ask("shop", "order.show", order=id))["lines"][0]["buckets"] == state

    play(story)


def test_an_order_that_a_rule_refuses_further_up_waits_for_the_dealer() -> None:
    async def story(town: Town) -> None:
        await chain(town)
        await town.ask("factory", "partner.suspend", partner="importer")
        await town.settle()
        await order(town, "shop", "wholesaler")
        (row,) = (await town.ask("importer", "errand.list"))["errands"]
        mine = await town.ask("importer", "order.show", order=await only_order(town, "importer", True))
        assert (row["partner"], row["type"], row["number"]) == ("factory", "order.place", mine["number"])
        assert row["code"].startswith("peering.")
        with pytest.raises(errors.NodeError) as still:
            await town.ask("importer", "errand.do", errand=row["errand"])
        assert [fault["code"] for fault in still.value.faults] == [row["code"]]
        await town.ask("factory", "partner.resume", partner="importer")
        await town.settle()
        assert (await town.ask("importer", "errand.do", errand=row["errand"]))["state"] == "done"
        await town.settle()
        await town.ask("factory", "order.accept", all=True)
        await town.settle()
        assert await buckets(town, "shop", False) == {"agreed": 2}
        assert (await town.ask("importer", "errand.list"))["errands"] == []

    play(story)
