"""Ordering by hand: few articles are chosen from a list, of many some are proposed for what is typed."""

from __future__ import annotations

import pytest

from node.console.pages import orders
from tests.node.console.test_disputes import text, view
from tests.node.markets import shop
from tests.node.towns import Town, play


def test_of_many_articles_only_some_are_sent_for_what_is_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(town: Town) -> None:
        await shop(town)
        place = "/orders/place?partner=factory"
        few = text(await orders.place(view(town, "shop", place)))
        assert few.count("<select") >= 3 and few.count('value="CUP-2"') == 3 and "<datalist" not in few
        monkeypatch.setattr(orders, "GOODS_CHOSEN_MAX", 2)
        many = text(await orders.place(view(town, "shop", place + "&sku=CUP-2")))
        assert many.count('list="goods-called"') == 3 and 'value="CUP-2" list' in many and "<datalist" in many
        asked = "/orders/place/goods?partner=factory&lines.1.sku=%E9%9D%92%E8%8A%B1%E6%9D%AF%201"
        called = text(await orders.goods_called(view(town, "shop", asked)))
        assert called.count("<option") == 1 and 'value="CUP-1"' in called

    play(story)
