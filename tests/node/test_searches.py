"""One search box: numbers and their ends, telephone numbers, names, words, in Chinese and in Latin letters."""

from __future__ import annotations

import functools
import sqlite3
from typing import Any

import pytest

from node.storage import migrations, orderbooks, orderlists, searches, settings, spellings
from node.trade import books, peering
from node.trade.day import indexes
from node.trade.ordering import purchases
from tests.node import markets
from tests.node.markets import order
from tests.node.searches import disk
from tests.node.test_lookups import shop_with_two_suppliers
from tests.node.towns import Town, play


def opened() -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", isolation_level=None)
    migrations.apply(db)
    return db


def enter(db: sqlite3.Connection, key: bytes, numbers: tuple[str, ...] = (), texts: tuple[str, ...] = ()) -> None:
    searches.put(db, searches.Findable("order", key, 1, numbers, texts))


def found(db: sqlite3.Connection, text: str, limit: int = 20) -> list[bytes]:
    return [match.key for match in searches.find(db, text, limit)]


@pytest.mark.parametrize(
    ("wanted", "finds"),
    [
        ("茶壶", True),  # two characters: what a trigram index silently loses
        ("紫砂茶壶", True),
        ("砂茶", True),
        ("茶", True),
        ("壶", True),
        ("壶茶", False),
        ("茶杯", False),
        ("紫砂 套装", True),  # both words, wherever they stand
        ("TEAPOT", True),
        ("ｔｅａｐｏｔ", True),
        ("teap", True),
        ("eapot", False),
        ("café", True),
        ("cafe", True),
        ("t", True),
        ('"', False),
        ("' OR 1 --", False),
        ("words : a", False),
        ("", False),
        ("   ", False),
    ],
)
def test_words_are_found_in_both_scripts(wanted: str, finds: bool) -> None:
    db = opened()
    enter(db, b"1", texts=("手工紫砂茶壶套装", "Teapot Café"))
    enter(db, b"2", texts=("竹编篮",))
    assert found(db, wanted) == ([b"1"] if finds else [])


@pytest.mark.parametrize("wanted", ["TB-2026/0077", "tb20260077", "TB 2026 0077", "tb2026", "0077", "260077"])
def test_a_number_is_found_whole_by_its_beginning_and_by_its_end(wanted: str) -> None:
    db = opened()
    enter(db, b"1", numbers=("TB-2026/0077",))
    enter(db, b"2", numbers=("XX-1999/1111",))
    assert found(db, wanted) == [b"1"]


def test_the_exact_number_comes_first_and_then_the_newest() -> None:
    db = opened()
    enter(db, b"end", numbers=("99001234",))
    enter(db, b"whole", numbers=("1234",))
    enter(db, b"beginning", numbers=("12345",))
    enter(db, b"word", texts=("1234 units",))
    assert found(db, "1234") == [b"whole", b"beginning", b"end", b"word"]
    assert found(db, "1234", limit=2) == [b"whole", b"beginning"]
    assert [match.rank for match in searches.find(db, "1234", 20)] == [
        searches.EXACT,
        searches.PREFIX,
        searches.TAIL,
        searches.WORDS,
    ]


def test_something_that_is_entered_again_is_found_by_its_new_words_alone() -> None:
    db = opened()
    enter(db, b"1", numbers=("A1",), texts=("茶壶",))
    enter(db, b"1", numbers=("A1", "SF1234"), texts=("花瓶",))
    assert (found(db, "茶壶"), found(db, "花瓶"), found(db, "SF1234")) == ([], [b"1"], [b"1"])
    searches.drop(db, "order", b"1", 1)
    assert found(db, "SF1234") == []


TELEPHONE = "+86 138 0013 8000"


@pytest.mark.parametrize("stored", [TELEPHONE, "13800138000", "138-0013-8000"])
@pytest.mark.parametrize("typed", [TELEPHONE, "13800138000", "138 0013 8000", "0086 13800138000", "8000", "138000"])
def test_a_telephone_number_is_found_however_it_is_written(stored: str, typed: str) -> None:
    db = opened()
    for number, phone in enumerate((stored, "+86 139 0013 9000")):
        recipient = {"name": "张三", "phone": phone}
        orderbooks.add_shop_order(db, f"s{number}", "shop", f"N{number}", {"recipient": recipient}, 0)
    assert [int.from_bytes(key, "big") for key in found(db, typed)] == [1]


def test_three_digits_are_no_end_of_a_telephone_number() -> None:
    assert spellings.telephone("800") == "" and spellings.telephone("SF8000") == ""


@pytest.mark.parametrize(
    ("typed", "finds"), [("诸葛孔明", True), ("诸葛", True), ("孔明", True), ("明", True), ("葛明", False)]
)
def test_a_consumer_is_found_by_name(typed: str, finds: bool) -> None:
    db = opened()
    orderbooks.add_shop_order(db, "s", "shop", "N1", {"recipient": {"name": "诸葛孔明"}}, 0)
    assert bool(found(db, typed)) is finds


def test_nothing_personal_is_found_or_kept_once_the_shops_order_is_erased() -> None:
    db = opened()
    recipient = {"name": "诸葛孔明", "phone": "13800138000", "city": "成都市"}
    id = orderbooks.add_shop_order(db, "s", "shop", "N1", {"recipient": recipient, "lines": [["A", 1]]}, 0)
    assert id is not None
    orderbooks.put_order(db, orderbooks.OrderRow(b"t", 1, True, "X1", "placed", 1))
    orderbooks.add_fulfilment(db, b"t", 1, id, None)
    row = orderbooks.order(db, b"t")
    assert row is not None and (row.shop, row.shop_number, row.city) == ("shop", "N1", "成都市")
    orderbooks.erase_consumer(db, id)
    row = orderbooks.order(db, b"t")
    assert row is not None and (row.shop_number, row.city) == ("N1", "")
    assert found(db, "诸葛孔明") == found(db, "13800138000") == []
    assert [int.from_bytes(key, "big") for key in found(db, "N1")] == [id]  # the shop's number names nobody
    stored = "\n".join(db.iterdump())
    assert not any(needle in stored for needle in ("诸葛", "孔明", "0008310", "成都"))


def hits(answer: Any) -> list[tuple[str, str]]:
    return [(hit["kind"], hit["title"]) for hit in answer["hits"]]


def test_one_question_finds_everything_that_has_a_number_or_a_name() -> None:
    async def story(town: Town) -> None:
        await shop_with_two_suppliers(town)
        rows = (await town.ask("shop", "order.list"))["orders"]
        ours = next(row for row in rows if row["shop_order"] == "A1002")
        for text in ("A1002", "李四", "139 0013 9000", "9000", ours["number"], ours["order"][:12]):
            assert hits(await town.ask("shop", "search", text=text)) == [("order", "A1002")], text
        both = await town.ask("shop", "search", text="A1001")  # split: two orders serve it
        assert sorted(hit["partner"] for hit in both["hits"]) == ["factory", "mill"]
        assert ("partner", "factory") in hits(await town.ask("shop", "search", text="fact"))
        assert ("listing", "CUP-1") in hits(await town.ask("shop", "search", text="青花"))
        assert hits(await town.ask("factory", "search", text="CUP-1"))[0] == ("good", "CUP-1")
        await town.ask("factory", "order.accept", all=True)
        await town.ask("factory", "order.ship", order=ours["number"], carrier="SF", waybill="SF 1234-5678")
        await town.settle()
        for node in ("factory", "shop"):
            (hit,) = (await town.ask(node, "search", text="sf12345678"))["hits"]
            assert (hit["kind"], hit["state"], hit["exact"], hit["number"]) == (
                "order",
                "shipped",
                True,
                ours["number"],
            )
        proposed = await town.ask("factory", "statement.propose", partner="shop", period="2026-11")
        await town.settle()
        assert hits(await town.ask("shop", "search", text=proposed["statement"][:12])) == [("statement", "2026-11")]
        await town.ask("shop", "statement.agree", statement=proposed["statement"])
        await town.settle()
        issued = await town.ask("factory", "invoice.issue", statement=proposed["statement"])
        await town.settle()
        number = issued["number"]
        assert ("invoice", number) in hits(await town.ask("shop", "search", text=number))
        shipped = ("order", ours["number"])
        assert hits(await town.ask("factory", "search", text="李四")) == [shipped], "whoever ships finds its consumer"
        assert (await town.ask("mill", "search", text="李四"))["hits"] == []
        assert (await town.ask("shop", "search", text="nowhere"))["hits"] == []

    play(story)


def test_the_index_holds_no_consumer_where_the_order_was_not_imported() -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        await order(town, "shop", "factory")
        await town.ask("factory", "search", text="李雷")
        for name in ("factory", "shop"):
            assert not any("李雷".encode() in cells for cells in disk(town.citizens[name]).values())

    play(story)


def test_a_home_of_an_older_program_gets_its_rows_and_its_index_when_it_is_opened() -> None:
    async def story(town: Town) -> None:
        await shop_with_two_suppliers(town)
        before = await town.ask("shop", "order.list")
        today = await town.ask("factory", "today")
        for name in ("shop", "factory"):
            node = town.citizens[name].node
            assert node is not None
            await node.database.write(empty)
        town.kill("shop")
        town.kill("factory")
        await town.start("shop")
        await town.start("factory")
        assert await town.ask("shop", "order.list") == before
        assert hits(await town.ask("shop", "search", text="李四")) == [("order", "A1002")]
        assert ("good", "CUP-1") in hits(await town.ask("factory", "search", text="Blue cup"))
        counted = [(kind["duty"], kind["count"]) for kind in today["kinds"]]
        assert [(kind["duty"], kind["count"]) for kind in (await town.ask("factory", "today"))["kinds"]] == counted

    play(story)


def empty(db: sqlite3.Connection) -> None:
    """As migration 4 leaves an older database."""
    for table in ("findables", "found", "consumer_words", "duties"):
        db.execute(f"DELETE FROM {table}")
    db.execute(
        "UPDATE orders SET line_count = 0, quantity = 0, minor = 0, currency = '', sku = '', titles = '{}', ships = 0,"
        " shop = '', shop_number = '', city = ''"
    )
    settings.drop(db, indexes.DONE)


def test_the_orders_that_a_text_finds_are_those_of_the_consumers_that_it_finds() -> None:
    db = opened()
    for number in range(3):
        thread = bytes([number]) * 32
        orderbooks.put_order(db, orderbooks.OrderRow(thread, 1, True, f"X{number}", "placed", number))
        shop_order = orderbooks.add_shop_order(
            db, f"s{number}", "shop", f"N{number}", {"recipient": {"name": ("张三", "李四", "张三")[number]}}, 0
        )
        orderbooks.add_fulfilment(db, thread, 1, shop_order, None)
    page = orderlists.page(db, orderlists.Filter(("placed",), text="张三"), 10)
    assert [row.number for row in page.rows] == ["X2", "X0"]


def test_the_index_is_laid_down_once_a_transaction_and_not_once_an_order() -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        node = town.citizens["shop"].node
        assert node is not None
        seen: list[str] = []

        def placed(desk: books.Desk, count: int) -> None:
            _, channel = peering.find(desk, "factory")
            for _ in range(count):
                purchases.place(desk, desk.book(channel.id), [("CUP-0", 1)])

        written = []
        for count in (1, 30):
            seen.clear()
            node.database._connection.set_trace_callback(seen.append)
            await node.trade.books.write(functools.partial(placed, count=count))
            node.database._connection.set_trace_callback(None)
            written.append(sum("found_data" in statement for statement in seen))
        assert 0 < written[1] < written[0] + 10

    play(story)
