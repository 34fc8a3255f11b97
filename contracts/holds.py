"""Holds (table T3): a signed promise of stock. The logbook of the stock's owner decides its races.

A release by the owner that does not know of the order wins over the order's use of the hold: the order stands, the
hold is `missed`. That more was promised than there is (oversell) is legal here and priced by the agreement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from contracts import tables
from contracts.documents import holds as papers
from contracts.documents import orders
from contracts.errors import Fault
from contracts.items import Member
from contracts.threads import Faults


class HoldState(StrEnum):
    """Where a hold stands."""

    ASKED = "asked"
    HELD = "held"
    REFUSED = "refused"
    RELEASED = "released"
    CONSUMED = "consumed"
    MISSED = "missed"


class HoldEvent(StrEnum):
    """What can happen to it."""

    GRANT = "grant"
    DENY = "deny"
    RELEASE = "release"
    CONSUME = "consume"


S, E = HoldState, HoldEvent
TABLE: Final[Mapping[tuple[HoldState, HoldEvent], HoldState]] = {
    (S.ASKED, E.GRANT): S.HELD,
    (S.ASKED, E.DENY): S.REFUSED,
    (S.ASKED, E.RELEASE): S.RELEASED,
    (S.HELD, E.RELEASE): S.RELEASED,
    (S.HELD, E.CONSUME): S.CONSUMED,
    (S.RELEASED, E.CONSUME): S.MISSED,  # the release did not know of the order, nor the order of the release
}
# consume last: the owner's release decides unless it knew of the order
RANKS: Final = {
    papers.Grant.TYPE: 0,
    papers.Deny.TYPE: 1,
    papers.Release.TYPE: 2,
    orders.Place.TYPE: 3,
}
_EVENTS: Final = {
    papers.Grant.TYPE: E.GRANT,
    papers.Deny.TYPE: E.DENY,
    papers.Release.TYPE: E.RELEASE,
    orders.Place.TYPE: E.CONSUME,
}


@dataclass(frozen=True, slots=True)
class Hold:
    """`quantity` of a SKU of the seller is kept back while `held`. `order` is the hash that used or missed it."""

    key: bytes
    agreement: bytes
    seller: int
    sku: str
    location: str
    quantity: int
    expires_s: int
    state: HoldState = S.ASKED
    order: bytes | None = None


def asked(member: Member, document: papers.Ask, agreement: bytes, seller: int) -> Hold:
    """The state after `stock.hold`; `agreement` is the key of the agreement's thread."""
    return Hold(member.hash, agreement, seller, document.sku, document.location, document.quantity, document.expires_s)


def step(hold: Hold, member: Member, blind: bool) -> tuple[Hold, Faults]:
    """One document of the thread, by table T3."""
    event = _EVENTS[member.document.TYPE]
    following = tables.step(TABLE, hold.state, event)
    if following is None and event is E.CONSUME:
        return hold, ()  # the order was judged by its own guards, and stands without the hold
    if following is None:
        wanted = " or ".join(tables.sources(TABLE, event))
        return hold, (Fault("hold.state", "", wanted, hold.state),)
    match member.document:
        case papers.Grant(quantity=quantity, expires_s=expires_s):
            if quantity is not None and quantity > hold.quantity:
                return hold, (Fault("quantity.over", "quantity", f"at most {hold.quantity}", str(quantity)),)
            return (
                replace(
                    hold, state=following, quantity=quantity or hold.quantity, expires_s=expires_s or hold.expires_s
                ),
                (),
            )
        case orders.Place():
            return replace(hold, state=following, order=member.hash), ()
        case _:
            return replace(hold, state=following), ()
