"""The packer's screen and the list beside the waybills: the most urgent parcels first, however many wait."""

from __future__ import annotations

import html
import re

import pytest

from node.console.pages import parcels
from tests.node import markets
from tests.node.console.test_disputes import text, view
from tests.node.towns import Town, play
from tests.sim import clocks

HOUR_S = 3_600


async def packed(town: Town, address: str) -> tuple[str, list[str], str]:
    """(the order on the screen, the orders of the queue beside it, where the next parcel is)."""
    page = text(await parcels.pack(view(town, "factory", address)))
    shown = re.search(r'data-order="([0-9a-f]{64})"', page)
    assert shown is not None
    panel = page[page.index('id="packing"') :]
    following = re.search(r'name="_next" value="([^"]+)"', panel)
    assert following is not None
    queue = re.findall(r'order=([0-9a-f]{64})[^"]*" data-queue', page)
    return shown[1], queue, html.unescape(following[1])


async def promised(town: Town, count: int) -> list[str]:
    """Orders of which the later ones are promised for earlier, the most urgent first."""
    names = [await markets.order(town, "shop", "factory", quantity=1) for _ in range(count)]
    now_s = clocks.VirtualClock(town.loop).now_ms() // 1000
    for place, name in enumerate(names):
        await town.ask("factory", "order.accept", order=name, promise_s=now_s + (count - place) * HOUR_S)
    await town.settle()
    return names[::-1]


def test_a_packer_goes_through_all_pages_from_the_most_urgent_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parcels, "ROWS", 3)

    async def story(town: Town) -> None:
        await markets.shop(town)
        names = await promised(town, 7)
        at, order = parcels.QUEUE, []
        for _ in names:
            shown, queue, at = await packed(town, at)
            assert shown in queue and len(queue) <= 3
            order.append(shown)
        assert order == names and at == parcels.QUEUE
        listed = text(await parcels.ship(view(town, "factory", "/orders/ship")))
        assert re.findall(r'/orders/([0-9a-f]{64})"', listed) == names[:3]
        assert '<span class="badge bg-yellow-lt ms-1">7</span>' in listed

        _, _, second = await packed(town, f"{parcels.QUEUE}?order={names[2]}")
        for name in names[2:6]:  # what stood at the end of the first page leaves, and the whole second page
            await town.ask("factory", "order.ship", order=name, carrier="SF", waybill=f"SF{name[:9]}")
        assert await packed(town, second) == (names[6], [names[6]], parcels.QUEUE)
        await town.ask("factory", "order.ship", order=names[6], carrier="SF", waybill="SF7")
        assert (await packed(town, second))[:2] == (names[0], names[:2])  # nothing is left there: from the start

    play(story)


def test_a_wrong_scan_shows_no_parcel_and_the_queue_stays() -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        empty = text(await parcels.pack(view(town, "factory", f"{parcels.QUEUE}?number=SF1")))
        assert "Nothing to pack is called SF1." in empty and 'id="packing-queue" data-live' in empty
        (name,) = await promised(town, 1)
        page = text(await parcels.pack(view(town, "factory", f"{parcels.QUEUE}?number=SF1")))
        assert "Nothing to pack is called SF1." in page
        assert 'id="packing"' not in page and 'id="waybill"' not in page
        assert f'order={name}" data-queue' in page

    play(story)


def test_an_agreement_gives_a_time_where_nobody_promised_one() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        await town.pair("factory", "shop")
        await markets.goods(town, "factory")
        await markets.agree(town, "factory", "shop", ship_by_hours=24)
        agreed = await markets.order(town, "shop", "factory")
        late, soon = [await markets.order(town, "shop", "factory") for _ in range(2)]
        now_s = clocks.VirtualClock(town.loop).now_ms() // 1000
        await town.ask("factory", "order.accept", order=late, promise_s=now_s + 30 * HOUR_S)
        await town.ask("factory", "order.accept", order=agreed)
        await town.ask("factory", "order.accept", order=soon, promise_s=now_s + 2 * HOUR_S)
        assert (await packed(town, parcels.QUEUE))[1] == [soon, agreed, late]
        waiting = (await town.ask("factory", "order.list", duty="ship"))["orders"]
        assert [row["due_ms"] for row in waiting] == sorted(row["due_ms"] for row in waiting)
        kinds = (await town.ask("factory", "today"))["kinds"]
        assert [row["id"] for kind in kinds if kind["duty"] == "ship" for row in kind["rows"]] == [soon, agreed, late]

    play(story)
