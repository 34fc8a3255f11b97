"""One price that belongs to more than two (S11): what is kept back, what is passed on, and that nothing gets lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import amounts, documents, dues
from contracts.errors import Refused
from tests.contracts import desks
from tests.contracts.desks import BUYER, NODES, SELLER, Body, Shop, money

DESIGNER, SCOUT = b"D" * 32, b"C" * 32
SOURCE = b"o" * 32


def row(role: str, node: bytes, rate: str, by: str = "buyer") -> Body:
    return {"role": role, "node": node, "rate": rate, "by": by}


class Shared(Shop):
    """A pair whose prices are shared with a designer, whom the buyer pays, and a scout, whom the seller pays."""

    def __init__(self, *shares: Body) -> None:
        rows = shares or (row("design", DESIGNER, "0.1"), row("scout", SCOUT, "0.05", "seller"))
        super().__init__(shares=rows)


class Studio(Shop):
    """A pair in which the seller is the designer, and the buyer passes shares on to it."""

    def __init__(self, rate: str = "0.1") -> None:
        super().__init__(shares=(row("design", NODES[SELLER], rate),))

    def report(self, base: int, amount: int, **changes: Any) -> Body:
        figures: Body = {"base": money(base), "amount": money(amount)}
        return {"agreement": self.agreement, "share": "design", "source": SOURCE} | figures | changes


def test_S11_the_buyer_keeps_back_what_it_passes_on_and_no_more() -> None:
    shop = Shared()
    thread, _ = shop.shipped(4)
    owed = shop.sync().orders[thread].owed
    assert (owed.goods, owed.tax, owed.share) == (4_000, 760, -400)
    assert dues.shared(shop.desks[0].orders[thread].version, 4_000) == {"design": 400, "scout": 200}


def test_S11_what_comes_back_is_shared_back() -> None:
    shop = Shared()
    thread, parcel = shop.shipped(4)
    shop.both(SELLER, "shipment.status", {"thread": thread, "shipment": parcel, "event": "delivered"})
    request = shop.both(
        BUYER, "return.request", desks.back(thread, None, (1, 1), reason="changed_mind", remedy="refund")
    )
    shop.both(SELLER, "return.decide", desks.decide(thread, request, (1, 1, "refund")))
    owed = shop.sync().orders[thread].owed
    assert (owed.goods, owed.refund, owed.share) == (4_000, -1_000, -300)


def test_S11_the_parts_of_one_price_are_the_price_in_three_books() -> None:
    trade, studio = Shared(row("design", DESIGNER, "0.333")), Studio("0.333")
    thread, _ = trade.shipped(1)
    order = trade.sync().orders[thread]
    (part,) = dues.shared(order.version, order.owed.goods).values()
    studio.both(BUYER, "share.report", studio.report(order.owed.goods, part))
    factory, designer = trade.desks[0].owed(trade.agreement), studio.sync().owed(studio.agreement)
    assert (factory, designer, factory + designer) == (857, 333, order.owed.goods + order.owed.tax)
    for shop, kind, amount in ((trade, "share", -333), (studio, "share", 333)):
        lines = shop.desks[0].statement_lines(shop.agreement, shop.desks[0].sizes).lines
        assert [line.amount for line in lines if line.kind == kind] == [amount]


def test_S11_a_further_report_replaces_the_one_before() -> None:
    studio = Studio()
    name = studio.both(BUYER, "share.report", studio.report(4_000, 400))
    studio.close_statement()
    studio.both(BUYER, "share.report", studio.report(3_000, 300, thread=name))
    history = studio.sync()
    assert history.owed(studio.agreement) == history.shares[name].amount == 300
    (line,) = history.statement_lines(studio.agreement, history.sizes).lines
    assert (line.key, line.kind, line.amount) == (name, "share", -100)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"share": "making"}, "share.row"),
        ({"amount": money(500)}, "money.sum"),
        ({"amount": money(400, "USD")}, "money.currency"),
        ({"source": b"p" * 32, "thread": b"1"}, "share.twice"),
        ({}, "share.twice"),
    ],
)
def test_S11_a_report_that_the_agreement_does_not_give_is_refused(changes: Body, code: str) -> None:
    studio = Studio()
    name = studio.both(BUYER, "share.report", studio.report(4_000, 400))
    known = {"thread": name} if "thread" in changes else {}
    faults = studio.judge(BUYER, "share.report", studio.report(4_000, 400) | changes | known)
    assert code in [fault.code for fault in faults]


def test_S11_only_the_buyer_reports() -> None:
    studio = Studio()
    faults = studio.judge(SELLER, "share.report", studio.report(4_000, 400))
    assert [fault.code for fault in faults] == ["role.mismatch"]


@pytest.mark.parametrize(
    ("share", "code"),
    [(row("own", NODES[BUYER], "0.1"), "role.mismatch"), (row("own", NODES[SELLER], "0.1", "seller"), "role.mismatch")],
)
def test_S11_nobody_shares_a_price_with_itself(share: Body, code: str) -> None:
    terms = desks.terms(NODES[SELLER], shares=(share,))
    shop = Shop()
    faults = shop.judge(SELLER, "agreement.propose", {"role": "seller", "terms": terms})
    assert [fault.code for fault in faults] == [code]


@pytest.mark.parametrize("rates", [("0.6", "0.5"), ("1.000000001",)])
def test_S11_more_than_the_price_is_not_shared(rates: tuple[str, ...]) -> None:
    rows = tuple(row(f"r{place}", bytes([place]) * 32, rate) for place, rate in enumerate(rates))
    with pytest.raises(Refused) as refused:
        documents.parse("agreement.propose", 1, {"role": "seller", "terms": desks.terms(NODES[SELLER], shares=rows)})
    assert [fault.code for fault in refused.value.faults] == ["document.range"]


@given(
    minor=st.integers(0, amounts.AMOUNT_MAX),
    shares=st.lists(st.integers(0, 10**9), min_size=1, max_size=8).filter(lambda rates: sum(rates) <= 10**9),
)
def test_S11_portions_add_up_and_never_exceed_the_whole(minor: int, shares: list[int]) -> None:
    rates = [amounts.Rate(share, 10**9) for share in shares]
    parts = amounts.portions(minor, rates)
    assert sum(parts) == amounts.added(rates).of(minor) <= minor
    assert all(part >= 0 and abs(part - rate.of(minor)) <= 1 for part, rate in zip(parts, rates, strict=True))
