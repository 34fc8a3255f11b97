"""The list of orders: pages by key in both directions, filters, counts that nobody has to count."""

from __future__ import annotations

import itertools
import sqlite3

import pytest

from contracts.orders import OrderState
from node import errors
from node.storage import duties, migrations, orderbooks, orderlists
from tests.node import markets
from tests.node.markets import order
from tests.node.test_lookups import shop_with_two_suppliers
from tests.node.towns import Town, play

STATES = tuple(state.value for state in OrderState)


def filled(count: int) -> sqlite3.Connection:
    """`count` orders in every combination of side, channel, shop and state; two at a time in the same millisecond."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    migrations.apply(db)
    combinations = itertools.cycle(itertools.product((False, True), (1, 2, 3), STATES))
    for place, (buying, channel, state) in zip(range(count), combinations, strict=False):
        shop = "tmall" if buying and place % 2 else ""
        thread = (place * 7919 % 65_536).to_bytes(32, "big")
        orderbooks.put_order(
            db, orderbooks.OrderRow(thread, channel, buying, f"N{place}", state, place // 2, shop=shop)
        )
    return db


def all_rows(db: sqlite3.Connection) -> list[orderbooks.OrderRow]:
    rows = orderbooks.orders(db, None, None, None, -1)
    return sorted(rows, key=lambda row: (row.ts_ms, row.thread), reverse=True)


FILTERS = [
    orderlists.Filter(STATES),
    orderlists.Filter(("placed",)),
    orderlists.Filter(("placed", "closed"), buying=True),
    orderlists.Filter(STATES, channel=2),
    orderlists.Filter(STATES, buying=False, channel=3),
    orderlists.Filter(STATES, shop="tmall"),
    orderlists.Filter(STATES, shop="tmall", buying=False),
    orderlists.Filter(("agreed",), shop="tmall", channel=1),
    orderlists.Filter(STATES, since_ms=20, until_ms=40),
]


def fits(wanted: orderlists.Filter, row: orderbooks.OrderRow) -> bool:
    return (
        row.state in wanted.states
        and wanted.buying in (None, row.buying)
        and wanted.channel in (None, row.channel)
        and wanted.shop in (None, row.shop)
        and (wanted.since_ms is None or row.ts_ms >= wanted.since_ms)
        and (wanted.until_ms is None or row.ts_ms < wanted.until_ms)
    )


@pytest.mark.parametrize("wanted", FILTERS, ids=str)
def test_pages_in_both_directions_show_every_fitting_order_once(wanted: orderlists.Filter) -> None:
    db = filled(200)
    expected = [row.thread for row in all_rows(db) if fits(wanted, row)]
    pages = [orderlists.page(db, wanted, 7)]
    while pages[-1].older:
        pages.append(orderlists.page(db, wanted, 7, after=pages[-1].rows[-1].thread))
    assert [row.thread for page in pages for row in page.rows] == expected
    assert [page.newer for page in pages] == [place > 0 for place in range(len(pages))]
    back = [pages[-1]]
    while back[-1].rows and back[-1].newer:
        back.append(orderlists.page(db, wanted, 7, before=back[-1].rows[0].thread))
    assert [row.thread for page in reversed(back) for row in page.rows] == expected
    assert all(page.older for page in back[1:])


QUEUES = [
    orderlists.Filter(STATES, duty="ship"),
    orderlists.Filter(("agreed", "placed"), duty="ship"),
    orderlists.Filter(STATES, buying=False, channel=2, duty="ship"),
    orderlists.Filter(STATES, since_ms=20, until_ms=60, duty="ship"),
]


def urge(db: sqlite3.Connection) -> list[tuple[int, int, orderbooks.OrderRow]]:
    """Two of three orders wait to be shipped, a third of these by no time; the most urgent first."""
    waiting = []
    for place, row in enumerate(all_rows(db)):
        if place % 3:
            due_ms = duties.NEVER if place % 9 == 1 else 1_000 - place // 4
            duties.replace(db, row.thread, row.channel, {"ship": due_ms}, place % 50)
            waiting.append((due_ms, place % 50, row))
    return sorted(waiting, key=lambda one: (one[0], one[1], one[2].thread))


@pytest.mark.parametrize("wanted", QUEUES, ids=str)
def test_what_waits_is_leafed_through_from_the_most_urgent_on_while_it_is_done(wanted: orderlists.Filter) -> None:
    db = filled(200)
    expected = [row.thread for _, _, row in urge(db) if fits(wanted, row)]
    pages = [orderlists.queue(db, wanted, 7)]
    while pages[-1].older:
        pages.append(orderlists.queue(db, wanted, 7, after=pages[-1].places[-1]))
    assert [row.thread for page in pages for row in page.rows] == expected
    back = [pages[-1]]
    while back[-1].newer and back[-1].rows:
        back.append(orderlists.queue(db, wanted, 7, before=back[-1].places[0]))
    assert [row.thread for page in reversed(back) for row in page.rows] == expected
    for row in pages[0].rows[-3:]:  # the place at which the next page begins outlives what stood there
        duties.replace(db, row.thread, row.channel, {}, 0)
    assert orderlists.queue(db, wanted, 7, after=pages[0].places[-1]).rows == pages[1].rows
    assert duties.counts(db) == {"ship": len(urge(filled(200))) - 3}


def test_the_most_urgent_parcels_cost_the_same_however_many_wait() -> None:
    steps = []
    for count in (100, 2_000):
        db = filled(count)
        urge(db)
        counted = itertools.count()
        db.set_progress_handler(lambda counted=counted: next(counted) and 0, 1)  # type: ignore[misc]
        first = orderlists.queue(db, QUEUES[0], 20)
        then = orderlists.queue(db, QUEUES[0], 20, after=first.places[-1])
        duties.first(db, "ship", 5)
        duties.counts(db)
        steps.append(next(counted))
        db.set_progress_handler(None, 0)
        assert len(then.rows) == 20
    assert steps[1] <= steps[0] * 1.05


def test_what_becomes_more_urgent_moves_forward_and_still_waits_since_the_same_time() -> None:
    db = filled(2)
    near, far = all_rows(db)
    duties.replace(db, far.thread, far.channel, {"ship": 900}, 1)
    duties.replace(db, near.thread, near.channel, {"ship": 500, "answer": duties.NEVER}, 2)
    assert [row.key for row in duties.first(db, "ship", 9)] == [near.thread, far.thread]
    duties.replace(db, far.thread, far.channel, {"ship": 400}, 3)
    assert [(row.key, row.ts_ms) for row in duties.first(db, "ship", 9)] == [(far.thread, 1), (near.thread, 2)]
    assert duties.counts(db) == {"ship": 2, "answer": 1}
    duties.drop_channel(db, near.channel)
    assert duties.counts(db) == ({} if far.channel == near.channel else {"ship": 1})


def test_the_counts_follow_every_change_of_a_row() -> None:
    db = filled(200)
    moved = all_rows(db)
    for place, row in enumerate(moved[:90]):
        orderbooks.refresh(db, row.thread, STATES[place % len(STATES)], 1, 1, "")
    db.execute("UPDATE orders SET shop = 'youzan' WHERE shop = 'tmall' AND channel = 1")
    orderbooks.drop_channel(db, 3)
    rows = all_rows(db)
    for buying, channel, shop in itertools.product((None, False, True), (None, 1, 2, 3), (None, "", "tmall", "youzan")):
        expected: dict[tuple[bool, str], int] = {}
        for row in rows:
            if buying in (None, row.buying) and channel in (None, row.channel) and shop in (None, row.shop):
                expected[row.buying, row.state] = expected.get((row.buying, row.state), 0) + 1
        assert orderlists.counts(db, buying, channel, shop) == expected
    assert orderlists.shops(db) == ["tmall", "youzan"]


@pytest.mark.parametrize("wanted", [filter for filter in FILTERS if filter.since_ms is None], ids=str)
def test_a_page_is_read_from_an_index_and_sorts_nothing_but_what_it_shows(wanted: orderlists.Filter) -> None:
    db = filled(10)
    seen: list[str] = []
    db.set_trace_callback(seen.append)
    orderlists.page(db, wanted, 50)
    db.set_trace_callback(None)
    plan = [row[3] for row in db.execute("EXPLAIN QUERY PLAN " + seen[-1])]
    searched = [step for step in plan if "orders" in step]
    assert searched and all(step.startswith("SEARCH orders USING INDEX") for step in searched)


def test_a_list_says_what_a_merchant_wants_to_see_and_is_narrowed_by_everything() -> None:
    async def story(town: Town) -> None:
        await shop_with_two_suppliers(town)
        page = await town.ask("shop", "order.list")
        assert page["counts"] == {"placed": 3} and page["shops"] == ["shop"]
        row = next(row for row in page["orders"] if row["shop_order"] == "A1002")
        assert (row["partner"], row["shop"], row["lines"], row["quantity"]) == ("factory", "shop", 1, 1)
        assert (row["amount"]["amount"], row["titles"]["zh"], row["ships"]) == (1050, "青花杯 0", False)
        await town.ask("factory", "order.accept", all=True)
        await town.ask("factory", "order.ship", order=row["number"], carrier="SF", waybill="SF99")
        await town.settle()
        for arguments, expected in (
            ({"state": "shipped"}, {"A1002"}),
            ({"state": ["placed", "agreed"]}, {"A1001"}),
            ({"partner": "mill"}, {"A1001"}),
            ({"text": "李四"}, {"A1002"}),
            ({"text": "SF99"}, {"A1002"}),
            ({"text": "青花"}, {"A1001", "A1002"}),
            ({"text": "青花", "state": "shipped", "partner": "factory", "selling": False}, {"A1002"}),
            ({"selling": True}, set()),
            ({"shop": "shop", "until_ms": 0}, set()),
        ):
            rows = (await town.ask("shop", "order.list", **arguments))["orders"]
            assert {row["shop_order"] for row in rows} == expected, arguments
        shipped = (await town.ask("shop", "order.list", state="shipped"))["orders"][0]
        assert shipped["waybill"] == "SF99"
        (sold,) = (await town.ask("factory", "order.list", state="shipped"))["orders"]
        assert (sold["partner"], sold["ships"], sold["shop_order"]) == ("shop", True, None)
        with pytest.raises(errors.NodeError) as caught:
            await town.ask("shop", "order.list", before="nothing")
        assert caught.value.code == "request.malformed"

    play(story)


def test_whoever_ships_sees_in_the_list_where_it_goes_and_until_when_it_waits() -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        await order(town, "shop", "factory")
        (bought,) = (await town.ask("shop", "order.list"))["orders"]
        (sold,) = (await town.ask("factory", "order.list"))["orders"]
        assert (sold["city"], bought["city"]) == ("成都", None)
        (deadline,) = (await town.ask("shop", "deadline.list"))["deadlines"]
        assert bought["due_ms"] == sold["due_ms"] == deadline["due_ms"]
        assert (bought["due_for"], sold["due_for"]) == ("partner", "me")

    play(story)
