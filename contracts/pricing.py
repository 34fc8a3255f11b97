"""From a list price to the exact price of a quantity, with its reasons.

A break replaces the price of the whole line from its quantity on; the tax is the item's. The same function is asked
by the buyer who writes an order line and by the fold that judges it, so they cannot differ.
"""

from __future__ import annotations

from dataclasses import dataclass

from contracts import amounts
from contracts.documents import fields, prices
from contracts.errors import Fault


@dataclass(frozen=True, slots=True)
class Quote:
    """`net` + `tax` = `gross` minor units of `currency` for `quantity` units at `price`, and why, step by step."""

    quantity: int
    price: fields.Price
    currency: str
    net: int
    tax: int
    reasons: tuple[str, ...]

    @property
    def gross(self) -> int:
        """What is owed for the quantity once all of it is."""
        return self.net + self.tax


def unit_price(item: prices.PriceItem, quantity: int) -> fields.Price | None:
    """The price that holds for a line of `quantity` units; None where the SKU has no price any more."""
    price = item.price
    if price is None:
        return None
    for step in item.breaks:
        if quantity >= step.from_quantity:
            price = step.price
    return price


def quote(item: prices.PriceItem, quantity: int) -> Quote | None:
    """The exact price of a line; None where the SKU has no price any more."""
    price = unit_price(item, quantity)
    if price is None:
        return None
    net = amounts.value(price.amount.a, price.base, quantity)
    reasons = [f"{quantity} at {price.amount.money} for {price.base}"]
    if price is not item.price:
        reasons.append(f"price break for {quantity} units")
    tax = 0
    if item.tax is not None:
        percent = amounts.rate(item.tax.percent)
        tax = amounts.share(net, percent.numerator, percent.denominator * 100)
        reasons.append(f"{item.tax.scheme} {item.tax.category} {item.tax.percent} % on {net}")
    return Quote(quantity, price, price.amount.c, net, tax, tuple(reasons))


def differences(
    item: prices.PriceItem, quantity: int, price: fields.Price, tax: fields.Tax | None, path: str
) -> list[Fault]:
    """The faults of an order line whose price or tax is not what the list gives for its quantity."""
    listed = unit_price(item, quantity)
    if listed is None:
        return [Fault("price.unknown", f"{path}.price", "a SKU that has a price", item.sku)]
    faults = []
    if (listed.amount.a, listed.amount.c, listed.base) != (price.amount.a, price.amount.c, price.base):
        faults.append(Fault("price.differs", f"{path}.price", _text(listed), _text(price)))
    if item.tax != tax:
        faults.append(Fault("price.differs", f"{path}.tax", _tax(item.tax), _tax(tax)))
    return faults


def _text(price: fields.Price) -> str:
    return f"{price.amount.a} {price.amount.c} for {price.base}"


def _tax(tax: fields.Tax | None) -> str:
    return "none" if tax is None else f"{tax.scheme} {tax.category} {tax.percent}"
