"""Mistakes that people make at the keyboard: each is refused with what was expected, and none is called a bug."""

from __future__ import annotations

from typing import Any

import pytest

from node import errors
from node.trade import carriers
from tests.node import markets
from tests.node.markets import order
from tests.node.towns import Town, play

NODE_A = "hanse:1?i=" + "a" * 52
HUGE = 10**20
MISTAKES: list[tuple[str, dict[str, Any], str]] = [
    ("join", {"uri": ""}, "invite.malformed"),
    ("join", {"uri": "https://example.com"}, "invite.malformed"),
    ("join", {"uri": NODE_A}, "invite.malformed"),  # a shell ended it at the first ampersand
    ("join", {"uri": NODE_A + "&a=127.0.0.1:1&k=" + "a" * 26 + "&x=1"}, "invite.expired"),
    ("stock.set", {"items": {"CUP-0": HUGE}}, "request.malformed"),
    ("stock.set", {"items": {"CUP-0": 2**53}}, "request.malformed"),
    ("stock.set", {"items": {"CUP-0": -1}}, "request.malformed"),
    ("stock.hold", {"partner": "factory", "sku": "CUP-0", "quantity": HUGE}, "request.malformed"),
    ("stock.hold", {"partner": "factory", "sku": "CUP-0", "quantity": 1, "hours": HUGE}, "request.malformed"),
    ("order.place", {"partner": "factory", "lines": [{"sku": "CUP-0", "quantity": HUGE}]}, "request.malformed"),
    ("order.place", {"partner": "factory", "lines": [{"sku": "CUP-0", "quantity": 0}]}, "document.refused"),
    ("order.ship", {"order": "x", "carrier": "SF", "waybill": "1", "quantities": {"1": HUGE}}, "request.malformed"),
    ("order.list", {"after": "zz"}, "request.malformed"),
    ("agreement.propose", {"partner": "factory", "ship_by_hours": HUGE}, "request.malformed"),
    ("agreement.propose", {"partner": "factory", "cancel_fee": "7"}, "request.malformed"),
    ("agreement.propose", {"partner": "factory", "cancel_fee": "10%"}, "request.malformed"),
    ("agreement.accept", {"partner": "factory"}, "agreement.unknown"),
    ("agreement.accept", {"partner": "factory", "agreement": "abcd"}, "agreement.unknown"),
    ("catalogue.share", {"partner": "factory", "percent": "-5"}, "request.malformed"),
    ("order.cancel-answer", {"order": "ORDER", "own_risk": False}, "request.malformed"),
    ("catalogue.withdraw", {"sku": "NONE"}, "stock.sku"),
    ("catalogue.derive", {"partner": "factory", "markup_percent": "20%"}, "request.malformed"),
    ("payment.sent", {"partner": "factory", "amount": "1", "statement": "nope"}, "statement.unknown"),
    ("payment.sent", {"partner": "factory", "amount": "1", "currency": "USD"}, "agreement.missing"),
    ("payment.received", {"partner": "factory", "amount": "1", "payment": "nope"}, "payment.unknown"),
]


async def refused(town: Town, case: str, arguments: dict[str, Any]) -> errors.NodeError:
    """What a shop is told. What is no NodeError would have been a bug."""
    with pytest.raises(errors.NodeError) as caught:
        await town.ask("shop", case, **arguments)
    return caught.value


def test_a_mistake_is_refused_and_is_no_bug() -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        for case, arguments, code in MISTAKES:
            error = await refused(town, case, arguments)
            assert (case, arguments, error.code) == (case, arguments, code)
            assert (error.expected is not None and error.got is not None) or error.faults, (case, arguments)

    play(story)


def test_the_secret_of_an_invitation_is_not_repeated() -> None:
    async def story(town: Town) -> None:
        await town.open("factory", "shop")
        uri = (await town.ask("factory", "invite"))["uri"]
        secret = uri.partition("&k=")[2][:26]
        mangled = uri.replace("&x=", "&y=")
        ended = uri.partition("&x=")[0] + "&x=1"
        own = (await town.ask("shop", "invite"))["uri"]
        for typed, code in ((mangled, "invite.malformed"), (ended, "invite.expired"), (own, "invite.own")):
            error = await refused(town, "join", {"uri": typed})
            assert error.code == code
            assert secret not in str(errors.to_json(error))

    play(story)


def test_money_that_nobody_announced_is_confirmed_once() -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        lines = [{"sku": "CUP-0", "quantity": 2}]
        await town.ask("shop", "order.place", partner="factory", lines=lines)
        await town.settle()
        await town.ask("factory", "order.accept", all=True)
        order = (await town.ask("factory", "order.list"))["orders"][0]["order"]
        await town.ask("factory", "order.ship", order=order, carrier="SF", waybill="SF1")
        first = await town.ask("factory", "payment.received", partner="shop", amount="21.00")
        assert (first["announced"], first["owes_me"]["amount"]) == (False, 0)
        with pytest.raises(errors.NodeError) as caught:
            await town.ask("factory", "payment.received", partner="shop", amount="21.00")
        assert caught.value.code == "payment.unknown"
        advance = await town.ask("factory", "payment.received", partner="shop", amount="9", unannounced=True)
        assert advance["owes_me"]["amount"] == -900

    play(story)


def test_an_announced_payment_is_found_by_its_amount_or_its_hash() -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        sent = [await town.ask("shop", "payment.sent", partner="factory", amount=amount) for amount in ("5", "7")]
        await town.settle()
        named = sent[1]["payment"][:12]
        done = await town.ask("factory", "payment.received", partner="shop", amount="7", payment=named)
        assert done["announced"]
        assert (await town.ask("factory", "payment.received", partner="shop", amount="5.00"))["announced"]
        states = [row["state"] for row in (await town.ask("factory", "payment.list"))["payments"]]
        assert states == ["received", "received"]

    play(story)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("SF", "SF"),
        ("sf", "SF"),
        ("顺丰速运", "SF"),
        (" 中通 快递", "ZTO"),
        ("ＥＭＳ", "EMS"),
        ("J&T Express", "JT"),
        ("My-Carrier.1", "My-Carrier.1"),
        ("隔壁老王", None),
        ("", None),
        ("A" * 33, None),
    ],
)
def test_a_carrier_goes_by_many_names(name: str, code: str | None) -> None:
    assert carriers.code(name) == code


def test_every_name_means_one_carrier() -> None:
    names = [carriers.plain(name) for code, names in carriers.NAMES.items() for name in (code, *names)]
    assert sorted(names) == sorted(set(names))
    assert all(carriers.code(code) == code for code in carriers.NAMES)


def test_a_parcel_is_shipped_under_the_name_of_its_carrier() -> None:
    async def story(town: Town) -> None:
        await markets.shop(town)
        placed = await order(town, "shop", "factory")
        await town.ask("factory", "order.accept", all=True)
        with pytest.raises(errors.NodeError) as caught:
            await town.ask("factory", "order.ship", order=placed, carrier="隔壁老王", waybill="1")
        assert caught.value.faults[0]["got"] == "隔壁老王"
        await town.ask("factory", "order.ship", order=placed, carrier="顺丰速运", waybill="SF1")
        assert (await town.ask("factory", "order.show", order=placed))["shipments"][0]["carrier"] == "SF"

    play(story)
