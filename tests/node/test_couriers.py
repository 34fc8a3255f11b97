"""The first rule that fits a parcel chooses its courier (S35)."""

from __future__ import annotations

import pytest

from node import errors
from node.trade.ordering import couriers
from node.trade.ordering.couriers import Parcel, Rule
from tests.node.markets import agree
from tests.node.towns import Town, play

SHEET = "sku,title_en,price,stock,weight_g\nCUP,Cup,10.50,9,400\nROD,Rod,5.00,9,\n"


async def opened(town: Town) -> None:
    await town.open("factory", "shop")
    await town.pair("factory", "shop")
    await town.ask("factory", "catalogue.import", name="goods.csv", data_hex=SHEET.encode().hex())
    await agree(town, "factory", "shop")


async def accepted(town: Town, sku: str, quantity: int, country: str = "CN") -> str:
    recipient = {"name": "Li Lei", "phone": "13800000000", "country": country, "city": "X", "street": "Y 1"}
    lines = [{"sku": sku, "quantity": quantity}]
    id = (await town.ask("shop", "order.place", partner="factory", lines=lines, recipient=recipient))["order"]
    await town.settle()
    await town.ask("factory", "order.accept", order=id)
    return str(id)


@pytest.mark.parametrize(
    ("rule", "taken"),
    [
        ({}, True),
        ({"countries": ["DE", "CN"]}, True),
        ({"countries": ["DE"]}, False),
        ({"regions": ["510000"]}, True),
        ({"regions": ["510100"]}, True),
        ({"regions": ["500000"]}, False),
        ({"weight_g_max": 800}, True),
        ({"weight_g_max": 799}, False),
        ({"location": "main", "partner": "shop"}, True),
        ({"location": "hk"}, False),
        ({"partner": "other"}, False),
    ],
)
def test_S35_a_rule_takes_what_fits_all_that_it_asks_for(rule: dict[str, object], taken: bool) -> None:
    parcel = Parcel("shop", "CN", "510100", 800, "main")
    assert couriers.fits(Rule.model_validate({"carrier": "SF", **rule}), parcel) is taken


def test_S35_what_is_not_known_fits_no_rule_that_asks_for_it() -> None:
    parcel = Parcel("shop", None, None, None, "main")
    for asked in ({"countries": ["CN"]}, {"regions": ["510000"]}, {"weight_g_max": 10**9}):
        assert not couriers.fits(Rule.model_validate({"carrier": "SF", **asked}), parcel)


def test_S35_a_parcel_without_a_named_carrier_goes_with_the_one_that_the_rules_choose() -> None:
    async def story(town: Town) -> None:
        await opened(town)
        light, heavy = await accepted(town, "CUP", 1), await accepted(town, "CUP", 4)
        abroad, unknown = await accepted(town, "CUP", 1, "DE"), await accepted(town, "ROD", 1)
        await town.ask("factory", "courier.add", carrier="中通", countries=["CN"], weight_g_max=1_000)
        with pytest.raises(errors.NodeError) as none:
            await town.ask("factory", "courier.remove", rule=2)
        assert none.value.code == "courier.rule"
        refused = await town.ask("factory", "order.ship", order=heavy, waybill="W1")
        assert [fault["code"] for row in refused["refused"] for fault in row["faults"]] == ["courier.none"]
        await town.ask("factory", "courier.add", carrier="SF", countries=["CN"])
        await town.ask("factory", "courier.add", carrier="DHL", before=1, countries=["DE"])
        assert [row["carrier"] for row in (await town.ask("factory", "courier.list"))["rules"]] == ["DHL", "ZTO", "SF"]
        chosen = await town.ask("factory", "courier.choose", order=light)
        assert (chosen["carrier"], chosen["rule"], chosen["weight_g"], chosen["country"]) == ("ZTO", 2, 400, "CN")
        for id, carrier in ((light, "ZTO"), (heavy, "SF"), (abroad, "DHL"), (unknown, "SF")):
            for _ in range(2):  # the same command once more ships nothing twice
                assert (await town.ask("factory", "order.ship", order=id, waybill=f"W{id[:6]}"))["shipped"] == 1
            await town.settle()
            (parcel,) = (await town.ask("shop", "order.show", order=id))["shipments"]
            assert parcel["carrier"] == carrier
        assert (await town.ask("factory", "courier.remove", rule=1))["carrier"] == "DHL"

    play(story)
