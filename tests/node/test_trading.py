"""Two and more whole nodes trade, on virtual time."""

from __future__ import annotations

from typing import Any

from node import errors
from node.storage import logbooks
from node.trade import books, readings
from tests.node import markets
from tests.node.markets import agree, goods, order
from tests.node.towns import Town, play
from tests.sim import weathers


def test_two_nodes_peer_and_trade_the_whole_way() -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        offered = (await town.ask("shop", "catalogue.list", partner="factory"))["goods"]
        assert [row["sku"] for row in offered] == ["CUP-0", "CUP-1", "CUP-2"]
        id = await order(town, "shop", "factory")
        seen = await town.ask("factory", "order.show", order=id)
        assert seen["state"] == "placed"
        assert seen["recipient"]["name"] == "李雷"
        assert (await town.ask("factory", "order.accept", all=True))["accepted"] == 1
        await town.settle()
        assert (await town.ask("shop", "order.show", order=id))["state"] == "agreed"
        shipped = await town.ask("factory", "order.ship", order=id, carrier="SF", waybill="SF1234567890")
        assert shipped == {"shipped": 1, "refused": []}
        await town.settle()
        final = await town.ask("shop", "order.show", order=id)
        assert final["state"] == "shipped"
        assert final["shipments"][0]["waybill"] == "SF1234567890"
        assert final["owed"]["amount"] == 2100
        proposed = await town.ask("factory", "statement.propose", partner="shop", period="2026-11")
        assert proposed["closing"]["amount"] == 2100
        await town.settle()
        agreed = await town.ask("shop", "statement.agree", statement=proposed["statement"])
        assert agreed["state"] == "closed"
        await town.settle()
        await town.ask("shop", "payment.sent", partner="factory", amount="21.00", statement=proposed["statement"])
        await town.settle()
        received = await town.ask("factory", "payment.received", partner="shop", amount="21.00")
        assert received["owes_me"]["amount"] == 0
        await town.settle()
        balances: list[dict[str, Any]] = (await town.ask("shop", "payment.list"))["balances"]
        assert [row["owes_me"]["amount"] for row in balances] == [0]

    play(story)


def test_an_order_is_accepted_in_part_when_the_shelf_is_short() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        await town.pair("factory", "shop")
        await goods(town, "factory", stock=5)
        await agree(town, "factory", "shop")
        id = await order(town, "shop", "factory", quantity=8)
        await town.ask("factory", "order.accept", order=id)
        await town.settle()
        shown = await town.ask("shop", "order.show", order=id)
        assert shown["lines"][0]["buckets"] == {"agreed": 5, "rejected": 3}
        shelf = (await town.ask("factory", "stock.list"))["stock"][0]
        assert (shelf["on_hand"], shelf["reserved"], shelf["available"]) == (5, 5, 0)
        await town.ask("factory", "order.ship", order=id, carrier="SF", waybill="SF1")
        shelf = (await town.ask("factory", "stock.list"))["stock"][0]
        assert (shelf["on_hand"], shelf["reserved"], shelf["available"]) == (0, 0, 0)

    play(story)


def test_a_cancel_in_time_stops_the_parcel_and_a_late_one_does_not() -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        in_time, late = await order(town, "shop", "factory"), await order(town, "shop", "factory")
        await town.ask("factory", "order.accept", all=True)
        await town.settle()
        await town.ask("shop", "order.cancel", order=in_time)
        await town.settle()
        shown = await town.ask("shop", "order.show", order=in_time)
        assert shown["lines"][0]["buckets"] == {"cancelled": 2}
        assert shown["owed"]["amount"] == 0
        refused = await town.ask("factory", "order.ship", order=in_time, carrier="SF", waybill="SF1")
        assert refused["shipped"] == 0 and refused["refused"]
        # the link is down while both act: the hand-over does not know of the cancel, and stands (law 13)
        town.network.cut(weathers.Cut(frozenset({"factory"}), frozenset({"shop"})))
        await town.ask("factory", "order.ship", order=late, carrier="SF", waybill="SF2")
        await town.ask("shop", "order.cancel", order=late)
        town.network.mend_all()
        await town.settle()
        for node in ("factory", "shop"):
            shown = await town.ask(node, "order.show", order=late)
            assert shown["lines"][0]["buckets"] == {"rto-asked": 2}
            assert [row["type"] for row in shown["documents"]][-1] == "cancel.result"

    play(story)


def test_a_dealers_chain_passes_orders_on_and_the_address_past_the_dealer() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "dealer", "shop")
        await town.pair("factory", "dealer")
        await town.pair("dealer", "shop")
        await goods(town, "factory")
        await agree(town, "factory", "dealer")
        derived = await town.ask("dealer", "catalogue.derive", partner="factory", markup_percent="20")
        assert derived["new"] == 3
        await agree(town, "dealer", "shop")
        id = await order(town, "shop", "dealer", quantity=3)
        (upstream,) = (await town.ask("factory", "order.list"))["orders"]
        assert upstream["quantity"] == 3 and upstream["amount"]["amount"] == 3150
        seen = await town.ask("factory", "order.show", order=upstream["order"])
        assert seen["recipient"]["name"] == "李雷"
        assert (await town.ask("dealer", "order.show", order=id))["recipient"] is None
        await town.ask("factory", "order.accept", all=True)
        await town.settle()
        await town.ask("factory", "order.ship", order=upstream["order"], carrier="SF", waybill="SF77")
        await town.settle()
        final = await town.ask("shop", "order.show", order=id)
        assert final["state"] == "shipped"
        assert final["shipments"] == [{"carrier": "SF", "waybill": "SF77", "state": "handed_over"}]
        assert final["owed"]["amount"] == 3780

    play(story)


def test_a_consumers_cancel_travels_up_the_chain_and_stops_the_factory() -> None:
    async def story(town: Town) -> None:
        await markets.chain(town)
        id = await order(town, "shop", "dealer")
        await town.ask("factory", "order.accept", all=True)
        await town.settle()
        await town.ask("shop", "order.cancel", order=id)
        await town.settle()
        assert (await town.ask("shop", "order.show", order=id))["lines"][0]["buckets"] == {"cancelled": 2}
        (upstream,) = (await town.ask("factory", "order.list"))["orders"]
        shown = await town.ask("factory", "order.show", order=upstream["order"])
        assert shown["lines"][0]["buckets"] == {"cancelled": 2}
        shelf = (await town.ask("factory", "stock.list"))["stock"][0]
        assert (shelf["on_hand"], shelf["reserved"]) == (100, 0)

    play(story)


def test_a_killed_node_comes_back_with_everything_it_acknowledged() -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        id = await order(town, "shop", "factory")
        town.kill("factory")
        another = await town.ask("shop", "order.place", partner="factory", lines=[{"sku": "CUP-1", "quantity": 1}])
        await town.start("factory")
        await town.settle()
        states = {row["order"]: row["state"] for row in (await town.ask("factory", "order.list"))["orders"]}
        assert states == {id: "placed", another["order"]: "placed"}
        assert (await town.ask("factory", "order.accept", all=True))["accepted"] == 2
        await town.settle()
        for row in (await town.ask("shop", "order.list"))["orders"]:
            assert row["state"] == "agreed"

    play(story)


ORDERS = """订单号,商品编码,数量,收货人,手机,省,市,区,详细地址
A1,CUP-0,1,张伟,15400000001,四川省,成都市,武侯区,天府大道 1 号
A1,CUP-1,2,,,,,,
A2,CUP-2,1,王芳,15400000002,江西省,景德镇市,珠山区,瓷都大道 2 号
"""


def test_a_sheet_of_orders_is_placed_once_however_often_it_is_imported() -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        for encoding in ("utf-8-sig", "gb18030"):
            answer = await town.ask("shop", "order.import", name="orders.csv", data_hex=ORDERS.encode(encoding).hex())
            assert answer["orders"] + answer["unchanged"] == 2
        await town.settle()
        rows = (await town.ask("factory", "order.list"))["orders"]
        assert sorted(row["lines"] for row in rows) == [1, 2]
        bad = ORDERS.replace("CUP-2", "CUP-9").replace("A2", "A3")
        try:
            await town.ask("shop", "order.import", name="bad.csv", data_hex=bad.encode().hex())
        except errors.NodeError as refused:
            assert refused.code == "sheet.faults"
            assert [(fault["row"], fault["code"]) for fault in refused.faults] == [("4", "route.sku")]
        else:
            raise AssertionError("a sheet with faults was imported")

    play(story)


def test_a_hold_keeps_stock_back_until_its_order_comes() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop", "other")
        for buyer in ("shop", "other"):
            await town.pair("factory", buyer)
        await goods(town, "factory", stock=5)
        for buyer in ("shop", "other"):
            await agree(town, "factory", buyer)
        hold = (await town.ask("shop", "stock.hold", partner="factory", sku="CUP-0", quantity=4))["hold"]
        await town.settle()
        assert (await town.ask("shop", "stock.holds"))["holds"][0]["state"] == "held"
        rival = await order(town, "other", "factory", quantity=3)
        await town.ask("factory", "order.accept", order=rival)
        await town.settle()
        assert (await town.ask("other", "order.show", order=rival))["lines"][0]["buckets"] == {
            "agreed": 1,
            "rejected": 2,
        }
        lines = [{"sku": "CUP-0", "quantity": 4, "hold": hold}]
        id = (await town.ask("shop", "order.place", partner="factory", lines=lines))["order"]
        await town.settle()
        assert (await town.ask("shop", "order.show", order=id))["lines"][0]["buckets"] == {"agreed": 4}
        shelf = (await town.ask("factory", "stock.list"))["stock"][0]
        assert (shelf["on_hand"], shelf["reserved"]) == (5, 5)
        assert (await town.ask("factory", "stock.holds"))["holds"][0]["state"] == "consumed"

    play(story)


def test_a_released_hold_gives_the_stock_back() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        await town.pair("factory", "shop")
        await goods(town, "factory", stock=5)
        await agree(town, "factory", "shop")
        hold = (await town.ask("shop", "stock.hold", partner="factory", sku="CUP-0", quantity=4))["hold"]
        await town.settle()
        await town.ask("factory", "stock.release", hold=hold)
        await town.settle()
        assert (await town.ask("shop", "stock.holds"))["holds"][0]["state"] == "released"
        assert (await town.ask("factory", "stock.list"))["stock"][0]["reserved"] == 0

    play(story)


def test_a_partner_is_called_by_its_new_name_at_once() -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        await town.ask("shop", "partner.rename", partner="factory", name="瓷厂")
        (agreement,) = (await town.ask("shop", "agreement.list", partner="瓷厂"))["agreements"]
        assert agreement["partner"] == "瓷厂"
        await order(town, "shop", "瓷厂")

    play(story)


def test_credit_is_kept_by_the_buyers_node_and_by_the_sellers() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        await town.pair("factory", "shop")
        await goods(town, "factory")
        await town.ask("factory", "agreement.propose", partner="shop", credit="50.00")
        await town.settle()
        await town.ask("shop", "agreement.accept", partner="factory")
        await town.settle()
        await town.ask("factory", "catalogue.share", partner="shop")
        await town.settle()
        first, second = await order(town, "shop", "factory"), await order(town, "shop", "factory")  # 21.00 each
        try:
            await order(town, "shop", "factory")
        except errors.NodeError as refused:
            assert (refused.code, refused.got) == ("order.credit", "21.00 CNY")
        else:
            raise AssertionError("the buyer's node ordered beyond the credit")

        # a buyer whose node does not ask: the same order once more, by hand
        shop = town.citizens["shop"].node
        assert shop is not None

        def careless(desk: books.Desk) -> str:
            book = desk.book(1)
            latest = logbooks.of_channel(desk.db, 1, mine=True)
            entry = readings.stored_entry(desk.db, latest.id, latest.size - 1)
            assert entry is not None and entry.type == "order.place"
            body = {key: value for key, value in entry.body.items() if key != "pii"} | {"number": "CARELESS"}
            return desk.write(book, "order.place", body).hash.hex()

        third = await shop.trade.books.act(careless)
        await town.settle()
        await town.ask("factory", "order.accept", orders=[first, second, third])
        await town.settle()
        states = [
            (await town.ask("shop", "order.show", order=id))["lines"][0]["buckets"] for id in (first, second, third)
        ]
        assert states == [{"agreed": 2}, {"agreed": 2}, {"rejected": 2}]

    play(story)
