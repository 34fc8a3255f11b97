"""The table of returns (T6): every pair of a state and an event, said and silent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contracts import lots, placements
from contracts.lots import LotEvent, LotState
from contracts.orders import Order, Return
from tests.contracts import desks, test_tables
from tests.contracts.desks import BUYER, SELLER, Body, back, decide, inspect, refund
from tests.contracts.test_tables import AWARE, UNAWARE, H, member

REQUEST, OFFER = b"r" * 32, b"d" * 32
SILENT = {
    LotEvent.APPROVE_SILENT: ("return.request", "buyer"),
    LotEvent.FORGO_SILENT: ("return.request", "buyer"),
    LotEvent.LAPSE_BACK: ("return.ship", "seller"),
    LotEvent.RESELLABLE_SILENT: ("return.inspect", "buyer"),
    LotEvent.ARRIVE_SILENT: ("return.proof", "buyer"),
}
IN_A_RETURN = (*lots.RETURN_OPEN, *lots.RETURNED)


def order(state: LotState) -> Order:
    """Ten units in a state, under the documents that bring a lot there."""
    before = test_tables.order(state, LotEvent.ACCEPT)
    asked = member(BUYER, 5, 0, "return.request", back(H, None, (1, 10), reason="damaged", remedy="exchange"), REQUEST)
    offered = member(SELLER, 5, 6, "return.decide", decide(H, REQUEST, (1, 10, "offer", 100)), OFFER)
    (lot,) = before.lines[1].lots
    lot = lot._replace(
        request=REQUEST if state in IN_A_RETURN else None,
        proposal=(OFFER, 0) if state is LotState.RETURN_OFFERED else lot.proposal,
        cancel=None if state is LotState.RETURNING else lot.cancel,
    )
    line = replace(before.lines[1], lots=(lot,))
    named = {**before.named, OFFER: offered}
    return replace(before, lines={1: line}, named=named, returns={REQUEST: Return(asked, "seller")})


def paper(event: LotEvent, state: LotState) -> tuple[int, str, Body]:
    """Who signs the event's document, its type and body, for all ten units."""
    under = None if state in (LotState.RETURNING, LotState.CONTESTED, LotState.RETURN_ASKED) else REQUEST
    actions = {
        LotEvent.APPROVE: (1, 10, "approve"),
        LotEvent.REFUSE_BACK: (1, 10, "reject"),
        LotEvent.FORGO: (1, 10, "refund"),
        LotEvent.OFFER_PART: (1, 10, "offer", 5),
    }
    answer = {"thread": H, "role": "buyer", "offer": OFFER, "accept": event is LotEvent.TAKE_PART}
    match event:
        case LotEvent.ASK_BACK:
            return BUYER, "return.request", back(H, None, (1, 10), reason="damaged")
        case LotEvent.APPROVE | LotEvent.REFUSE_BACK | LotEvent.FORGO | LotEvent.OFFER_PART:
            return SELLER, "return.decide", decide(H, REQUEST, actions[event])
        case LotEvent.TAKE_PART | LotEvent.DECLINE_PART:
            return BUYER, "settle.accept", answer
        case LotEvent.KEEP:
            return BUYER, "return.withdraw", back(H, REQUEST, (1, 10))
        case LotEvent.SEND_BACK:
            return BUYER, "return.ship", back(H, REQUEST, (1, 10), carrier="DHL", waybill="1")
        case LotEvent.TAKE_BACK:
            return SELLER, "return.receive", back(H, under, (1, 10))
        case LotEvent.INSPECT:
            return SELLER, "return.inspect", inspect(H, REQUEST, (1, 10, "resellable"))
        case LotEvent.REFUND:
            return SELLER, "refund.grant", refund(H, under, (1, 10, 10_000))
        case LotEvent.EXCHANGE:
            return SELLER, "exchange.order", back(H, REQUEST, (1, 10))
        case _:
            raise AssertionError(f"{event} is no event of T6")


@pytest.mark.parametrize("state", LotState)
@pytest.mark.parametrize("event", [event for event in test_tables.RETURNS if event not in SILENT])
def test_T6_every_pair(state: LotState, event: LotEvent) -> None:
    before = order(state)
    side, kind, body = paper(event, state)
    # the refund of what is contested finds it under a request that its author did not know
    seen = UNAWARE if (state, event) == (LotState.RETURN_ASKED, LotEvent.REFUND) else AWARE
    after, faults = placements.step(before, member(side, 9, seen, kind, body), False)
    row = lots.TABLE.get((state, event))
    if row is None:
        assert [fault.code for fault in faults] == ["return.state"]
        assert after == before
        return
    assert not faults, faults
    moved = {lot.state: lot.quantity for lot in after.lines[1].lots}
    assert moved.pop(LotState.AGREED, 0) == (10 if event is LotEvent.EXCHANGE else 0)
    assert moved == {row: 10}


@pytest.mark.parametrize("state", LotState)
@pytest.mark.parametrize("event", SILENT)
def test_T6_every_pair_of_silence(state: LotState, event: LotEvent) -> None:
    before = order(state)
    if event is LotEvent.FORGO_SILENT:
        asked = before.returns[REQUEST].member
        wanted = asked.document.model_copy(update={"remedy": "refund_only"})
        before = replace(before, returns={REQUEST: Return(replace(asked, document=wanted), "seller")})
    row, role = SILENT[event]
    side = BUYER if role == "buyer" else SELLER
    deem = member(side, 9, AWARE, "deem", desks.deem(H, role, row, REQUEST))
    after, faults = placements.step(before, deem, False)
    following = lots.TABLE.get((state, event))
    if following is None:
        assert [fault.code for fault in faults] == ["deem.state"]
        assert after == before
    else:
        assert not faults
        assert after.lines[1].lots[0].state is following
        assert deem.hash in after.named  # marked as deemed for ever
