"""What is owed for an order: a function of its lots, its frozen prices and the agreement's term table.

Amounts are minor units that the buyer owes the seller; what the seller owes is negative. They are computed from the
cumulative quantity of a line that shares its price (`amounts.value`), and a document's effect is the difference
between two such sums: so a quote plus the sum of its deltas is always exactly what is owed, in whatever parts a line
was shipped or cancelled.

Tax is a share of the rounded net value of a line; a fee or penalty is a share of the rounded value of the cancelled
quantity, without tax. A charge of the whole order (freight) is owed as soon as any of its goods are.

A commission is what the buyer keeps of the goods' value with tax, for each fee of the agreement, and the tax on it: a
share of the rounded fee. What the agreement withholds is a share of the same value, as long as the quantity is not
final; then it is owed like the rest.

A share is what a third merchant gets of the goods' value without tax and without what was given back. Those that the
buyer passes on come off the order as a whole, and add up to exactly the sum of their rates (`amounts.portions`): the
parts of one price are the price.

What comes back stays owed, and its refund stands beside it: all of the price for what can be sold again or is the
seller's fault (`lots.repaid`), what both agreed on for a part that the buyer keeps, and never more than is owed for
the line. Commissions are kept of what is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from contracts import amounts, lots
from contracts.lots import Lots, LotState
from contracts.terms import Version


class Owed(NamedTuple):
    """Minor units that the buyer owes, by kind. Field names are the kinds of a statement's lines."""

    goods: int = 0
    tax: int = 0
    charge: int = 0
    fee: int = 0
    penalty: int = 0
    payment: int = 0
    commission: int = 0
    commission_tax: int = 0
    withheld: int = 0
    setoff: int = 0
    refund: int = 0  # of goods that came back or never did, without their tax
    refund_tax: int = 0
    award: int = 0  # what an arbiter decided, or both agreed on, in an issue
    share: int = 0  # what a third merchant gets of a price: kept back by the buyer, or passed on to the seller

    @property
    def total(self) -> int:
        """The sum of all kinds."""
        return sum(self)

    @property
    def paid(self) -> int:
        """The part that is payments and set-offs: negative where they took something off the buyer's debt."""
        return self.payment + self.setoff


NOTHING: Final = Owed()


def plus(left: Owed, right: Owed) -> Owed:
    """Kind by kind."""
    return Owed(*(a + b for a, b in zip(left, right, strict=True)))


def minus(left: Owed, right: Owed) -> Owed:
    """Kind by kind."""
    return Owed(*(a - b for a, b in zip(left, right, strict=True)))


@dataclass(frozen=True, slots=True)
class LineTerms:
    """What a quantity of a line was agreed at: goods, price for `base` units, tax rate, ship time, location."""

    sku: str
    price: int
    base: int
    tax: amounts.Rate
    promised_ship_s: int | None = None
    location: str | None = None

    def net(self, quantity: int) -> int:
        """The value of `quantity` units without tax."""
        return amounts.value(self.price, self.base, quantity)

    def gross(self, quantity: int) -> int:
        """The value of `quantity` units with tax."""
        net = self.net(quantity)
        return net + self.tax.of(net)


def of_line(terms: Sequence[LineTerms], of: Lots, version: Version, settled: tuple[int, int] = (0, 0)) -> Owed:
    """What one line owes now. `settled`: what both agreed that the buyer gets back beside, (net, tax)."""
    shipped: dict[int, int] = {}
    pending: dict[int, int] = {}  # of what is shipped, the quantity that is not final
    repaid: dict[int, int] = {}
    levied: dict[tuple[int, tuple[str, str]], int] = {}
    for lot in of:
        if lots.owes(lot, version.terms.basis):
            shipped[lot.terms] = shipped.get(lot.terms, 0) + lot.quantity
            if lots.repaid(lot):
                repaid[lot.terms] = repaid.get(lot.terms, 0) + lot.quantity
            if lot.state not in lots.RELEASED:
                pending[lot.terms] = pending.get(lot.terms, 0) + lot.quantity
        if lot.levy is not None and (lot.state in _LEVIED or lot.levy[1] == "overdue"):
            levied[(lot.terms, lot.levy)] = levied.get((lot.terms, lot.levy), 0) + lot.quantity
    if not shipped and not levied:
        return NOTHING
    goods = tax = fee = penalty = 0
    for place, quantity in shipped.items():
        net = terms[place].net(quantity)
        goods += net
        tax += terms[place].tax.of(net)
    for (place, levy), quantity in levied.items():
        amount = version.rates.get(levy, amounts.ZERO_RATE).of(terms[place].net(quantity))
        if levy[0] == "fee":
            fee += amount
        else:
            penalty -= amount
    owed = Owed(goods=goods, tax=tax, fee=fee, penalty=penalty)
    if repaid or settled != (0, 0):
        owed = _refunded(owed, terms, repaid, settled)
    if version.fees or version.withholding.numerator:
        return _kept(owed, sum(terms[place].gross(quantity) for place, quantity in pending.items()), version)
    return owed


def _refunded(owed: Owed, terms: Sequence[LineTerms], repaid: Mapping[int, int], settled: tuple[int, int]) -> Owed:
    """The same with what goes back: never more than there is, where parts that were settled round in their favour."""
    net, tax = settled
    for place, quantity in repaid.items():
        value = terms[place].net(quantity)
        net += value
        tax += terms[place].tax.of(value)
    return owed._replace(refund=-min(net, owed.goods), refund_tax=-min(tax, owed.tax))


def _kept(owed: Owed, pending: int, version: Version) -> Owed:
    """The same less what the buyer keeps: its commissions for good, and a part of `pending` until it is final."""
    gross = owed.goods + owed.tax + owed.refund + owed.refund_tax
    fees = [(fee.rate.of(gross), fee.tax) for fee in version.fees]
    return owed._replace(
        commission=-sum(fee for fee, _ in fees),
        commission_tax=-sum(tax.of(fee) for fee, tax in fees),
        withheld=-version.withholding.of(pending),
    )


_LEVIED: Final = frozenset(
    {*(LotState.CANCELLED, LotState.RETURNING, LotState.SHORT), *(LotState.BACK, LotState.INSPECTED, LotState.REFUNDED)}
)


def shared(version: Version, base: int) -> dict[str, int]:
    """What each third merchant gets, by role, of goods that are worth `base` minor units."""
    parts = amounts.portions(base, [share.rate for share in version.shares])
    return {share.role: part for share, part in zip(version.shares, parts, strict=True)}


def kept(version: Version, base: int) -> int:
    """What of it the buyer keeps back from the price."""
    parts = shared(version, base)
    return sum(parts[share.role] for share in version.shares if share.kept)


def value(terms: Sequence[LineTerms], of: Lots) -> int:
    """The gross value of some lots of a line, cumulative by price."""
    quantities: dict[int, int] = {}
    for lot in of:
        quantities[lot.terms] = quantities.get(lot.terms, 0) + lot.quantity
    return sum(terms[place].gross(quantity) for place, quantity in quantities.items())


def deltas(terms: Sequence[LineTerms], of: Lots) -> list[tuple[LotState, int]]:
    """What each unfulfilled lot takes off the line's quote. quote + deltas = value of what was fulfilled or is open."""
    kept = list(of)
    found = []
    for lot in _unfulfilled(of):
        before = value(terms, tuple(kept))
        kept.remove(lot)
        found.append((lot.state, value(terms, tuple(kept)) - before))
    return found


def _unfulfilled(of: Iterable[lots.Lot]) -> list[lots.Lot]:
    return [lot for lot in of if lot.state in lots.UNFULFILLED]
