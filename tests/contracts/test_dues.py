"""What is owed: commissions that the buyer keeps, and what is withheld until the goods are final."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import amounts, dues, lots, terms
from contracts.documents import agreements as papers
from contracts.dues import LineTerms, Owed
from contracts.items import Member
from contracts.lots import Lot, LotState
from tests.contracts import desks
from tests.contracts.desks import SELLER, Shop

UNTAXED = amounts.ZERO_RATE


def version(**changes: Any) -> terms.Version:
    """Terms in which side 0 sells."""
    body = papers.Terms.model_validate(desks.terms(desks.NODES[SELLER], **changes))
    return terms.version(Member(0, 0, 0, b"a" * 32, 0, body), b"a" * 32, SELLER, None, body)  # type: ignore[arg-type]


def fee(name: str, rate: str, tax: str = "0") -> dict[str, str]:
    return {"name": name, "rate": rate, "tax": tax}


def test_a_fee_of_five_percent_and_ten_percent_withheld() -> None:
    # ONDC payment document v0.6, scenario 1: 535.50 of 630.00 now, 63.00 after the return window
    agreed = version(withholding="0.1", fees=(fee("finder", "0.05"),))
    line = (LineTerms("tea", 63_000, 1, UNTAXED),)
    now = dues.of_line(line, (Lot(LotState.RECEIVED, 1),), agreed)
    assert now == Owed(goods=63_000, commission=-3_150, withheld=-6_300)
    assert now.total == 53_550


def test_three_fees_with_a_tax_on_them() -> None:
    # ONDC payment document v0.6, section 4: declared 100, fees 3 + 5 + 1.5, 18 % tax on the fees
    fees = (fee("finder", "0.03", "0.18"), fee("gateway", "0.05", "0.18"), fee("delivery", "0.015", "0.18"))
    line = (LineTerms("tea", 10_000, 1, UNTAXED),)
    owed = dues.of_line(line, (Lot(LotState.SHIPPED, 1),), version(fees=fees))
    assert owed == Owed(goods=10_000, commission=-950, commission_tax=-171)
    assert owed.total == 8_879


def test_commissions_and_withholding_are_lines_of_a_statement() -> None:
    shop = Shop(withholding="0.1", fees=(fee("market", "0.05", "0.2"),))
    thread, _ = shop.shipped(10)
    lines = shop.desks[0].statement_lines(shop.agreement, shop.desks[0].sizes).lines
    assert {line.kind: line.amount for line in lines if line.key == thread} == {
        "goods": 10_000, "tax": 1_900, "commission": -595, "commission_tax": -119, "withheld": -1_190,
    }  # fmt: skip
    shop.close_statement()
    assert shop.sync().balance("EUR") == 9_996


def test_nothing_is_kept_of_what_nobody_owes() -> None:
    agreed = version(withholding="0.1", fees=(fee("market", "0.05"),))
    line = (LineTerms("tea", 1_000, 1, UNTAXED),)
    assert dues.of_line(line, (Lot(LotState.AGREED, 3), Lot(LotState.CANCELLED, 2)), agreed) == Owed()


@pytest.mark.parametrize("basis", sorted(lots.OWED))
@settings(derandomize=True, max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(LotState), st.integers(1, 99)), max_size=6),
    st.sampled_from(("0", "0.1", "0.333")),
    st.sampled_from(("0", "0.05", "0.0333")),
)
def test_law_6_what_is_withheld_is_never_more_than_its_share(
    basis: str, quantities: list[tuple[LotState, int]], withheld: str, kept: str
) -> None:
    agreed = version(basis=basis, withholding=withheld, fees=(fee("market", kept, "0.19"),))
    line = (LineTerms("tea", 333, 1, amounts.Rate(19, 100)),)
    lots_now = tuple(Lot(state, quantity) for state, quantity in quantities)
    owed = dues.of_line(line, lots_now, agreed)
    plain = dues.of_line(line, lots_now, version(basis=basis))
    gross = owed.goods + owed.tax + owed.refund + owed.refund_tax
    assert gross >= 0
    assert owed._replace(commission=0, commission_tax=0, withheld=0) == plain
    assert owed.commission == -amounts.rate(kept).of(gross)
    assert -amounts.rate(withheld).of(gross) <= owed.withheld <= 0
