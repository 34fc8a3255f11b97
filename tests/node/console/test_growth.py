"""No page becomes slower with the length of a logbook: what it runs in Python and in SQLite, counted, not timed."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any, Final

from aiohttp import web

from node.console import routes, views
from node.console.pages import (
    aftersales,
    catalogues,
    networks,
    orders,
    parcels,
    partners,
    payments,
    reports,
    showcases,
    statements,
    today,
)
from node.console.pages import invoices as invoice_pages
from tests.node.console.test_disputes import text, view
from tests.node.markets import agree
from tests.node.towns import Town, play

FEW, MANY, PAGE = 160, 640, 55
"""Orders at first and in the end; more than a page of them waits for each step."""
SQL_STEPS: Final = 10
"""So many instructions of SQLite's machine are one step of `Cost.sql`."""
GROWTH_MAX: Final = 1.2
"""Room for what differs from order to order: another address, another state."""
SLACK: Final = 200
TEMPLATES: Final = views.environment()
Page = tuple[Callable[[views.View], Awaitable[web.StreamResponse]], str, dict[str, str]]


@dataclass
class Cost:
    """Calls of functions, resumed generators included, and steps of SQLite."""

    calls: int = 0
    sql: int = 0


async def cost(town: Town, who: str, page: Page) -> Cost:
    """What the second look at a page costs: the first one may lay by what the next ones use."""
    serve, path, found = page
    node = town.citizens[who].node
    assert node is not None
    text(await serve(compiled(town, who, path, found)))
    counted, wanted = Cost(), compiled(town, who, path, found)

    def called(frame: FrameType, event: str, argument: Any) -> None:
        counted.calls += event == "call"

    def stepped() -> int:
        counted.sql += 1
        return 0

    connection = node.database._connection
    connection.set_progress_handler(stepped, SQL_STEPS)
    sys.setprofile(called)
    try:
        answer = await serve(wanted)
    finally:
        sys.setprofile(None)
        connection.set_progress_handler(None, 0)
    text(answer)
    return counted


def compiled(town: Town, who: str, path: str, found: dict[str, str]) -> views.View:
    """A request to a console that has read its templates."""
    made = view(town, who, path, **found)
    made.console.templates = TEMPLATES
    return made


async def trade(town: Town, count: int, left: int) -> None:
    """More orders, which go on their way; but `left` wait for an answer, and as many to be shipped."""
    await town.ask("shop", "bench.orders", partner="factory", count=count)
    await town.settle()
    listed = await town.ask("factory", "order.list", state="placed", limit=count)
    accepted = [row["order"] for row in listed["orders"]][: count - left]
    await town.ask("factory", "order.accept", orders=accepted)
    rows = [{"order": name, "carrier": "SF", "waybill": f"SF{name[:12]}"} for name in accepted[left:]]
    await town.ask("factory", "order.ship", rows=rows)
    await town.settle()


async def pages(town: Town) -> dict[str, dict[str, Page]]:
    """By merchant and name; each from an order in the middle of the list where it needs one."""
    middle = (await town.ask("factory", "order.list", limit=40))["next"]
    statement = (await town.ask("factory", "statement.list"))["statements"][0]["statement"]
    serve = {route.path: route.serve for room in ROOMS for route in room.routes if route.method == "GET"}

    def page(path: str, address: str = "", **found: str) -> Page:
        return serve[path], address or path, found

    of_factory = {
        "today": page("/today"),
        "orders": page("/orders"),
        "orders, deep in": page("/orders", f"/orders?after={middle}"),
        "orders to ship": page("/orders", "/orders?tab=ship"),
        "orders that wait": page("/orders", "/orders?duty=accept"),
        "orders of a partner": page("/orders", "/orders?partner=shop"),
        "parcels to pack": page("/orders/pack"),
        "parcels to enter": page("/orders/ship"),
        "one order": page("/orders/{order}", f"/orders/{middle}", order=middle),
        "goods": page("/catalogue"),
        "stock": page("/catalogue/stock"),
        "price lists": page("/catalogue/partners"),
        "what a partner sees": page("/selection/mine"),
        "partners": page("/partners"),
        "after-sales": page("/aftersales"),
        "network": page("/network"),
        "sales": page("/reports/{report}", "/reports/sales", report="sales"),
        "shipping": page("/reports/{report}", "/reports/shipping", report="shipping"),
        "statements": page("/statements"),
        "one statement": page("/statements/{statement}", f"/statements/{statement}", statement=statement),
        "balances": page("/statements/balances"),
        "payments": page("/statements/payments"),
        "invoices": page("/statements/invoices"),
        "search": page("/search", "/search?text=BENCH"),
    }
    ordering = {"ordering by hand": page("/orders/place", "/orders/place?partner=factory")}
    of_shop = {name: of_factory[name] for name in ("today", "orders", "partners", "statements", "balances")}
    return {"factory": of_factory, "shop": of_shop | {"selection": page("/selection"), **ordering}}


ROOMS: Final[tuple[routes.Register, ...]] = (
    aftersales.register,
    catalogues.register,
    invoice_pages.register,
    networks.register,
    orders.register,
    parcels.register,
    partners.register,
    payments.register,
    reports.register,
    showcases.register,
    statements.register,
    today.register,
)


async def costs(town: Town) -> dict[str, Cost]:
    """Of every page."""
    return {
        f"{name} of {who}": await cost(town, who, page)
        for who, named in (await pages(town)).items()
        for name, page in named.items()
    }


def test_no_page_costs_more_with_four_times_the_orders() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        await town.pair("factory", "shop")
        rows = "".join(f"BENCH-{index},Sample {index},12.50,999999\r\n" for index in range(10))
        sheet = f"sku,title_en,supply price,stock\r\n{rows}".encode()
        await town.ask("factory", "catalogue.import", name="goods.csv", data_hex=sheet.hex())
        await agree(town, "factory", "shop")
        await trade(town, FEW, PAGE)
        await town.ask("factory", "statement.propose", partner="shop", period="2026-11")
        await town.settle()
        few = await costs(town)
        await trade(town, MANY - FEW, 0)
        many = await costs(town)
        grown = {
            name: (before, after)
            for name, before in few.items()
            for after in (many[name],)
            if after.calls > before.calls * GROWTH_MAX + SLACK or after.sql > before.sql * GROWTH_MAX + SLACK
        }
        assert not grown

    play(story)
