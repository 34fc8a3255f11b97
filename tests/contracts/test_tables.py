"""Every pair of every table: the rows lead where they say, everything else is refused with the row's code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

import pytest

from contracts import (
    agreements,
    amounts,
    holds,
    invoices,
    issues,
    listings,
    lots,
    payments,
    peerings,
    placements,
    shipments,
    statements,
    tables,
    terms,
)
from contracts import orders as order_states
from contracts.agreements import AgreementEvent, AgreementState
from contracts.documents import agreements as agreement_papers
from contracts.documents import parse
from contracts.documents import returns as return_papers
from contracts.dues import LineTerms
from contracts.holds import HoldEvent, HoldState
from contracts.items import Member
from contracts.lots import Lot, LotEvent, LotState
from contracts.orders import Order, OrderLine, Parcel, ParcelState
from contracts.payments import PaymentEvent, PaymentState
from contracts.peerings import Peering, PeeringEvent, PeeringState
from tests.contracts import desks
from tests.contracts.desks import BUYER, NODES, SELLER, Body, money

H = b"h" * 32
ALL: list[Mapping[tuple[Any, Any], Any]] = [
    peerings.TABLE, agreements.TABLE, listings.TABLE, holds.TABLE, lots.TABLE, shipments.PARCELS, statements.TABLE,
    payments.TABLE, issues.TABLE, invoices.TABLE,
]  # fmt: skip
STARTS: list[StrEnum] = [
    PeeringState.NONE, AgreementState.PROPOSED, listings.ListingState.PUBLISHED, HoldState.ASKED, LotState.PLACED,
    ParcelState.HANDED_OVER, statements.StatementState.PROPOSED, PaymentState.PROMISED,
    issues.IssueState.OPEN, invoices.InvoiceState.ISSUED,
]  # fmt: skip


def member(side: int, index: int, seen: int, kind: str, body: Body, name: bytes = b"m" * 32) -> Member:
    return Member(side, index, seen, name, 0, parse(kind, 1, body))


# --- the tables as such


@pytest.mark.parametrize(("table", "start"), list(zip(ALL, STARTS, strict=True)))
def test_every_state_is_reachable_from_the_first(table: Mapping[tuple[Any, Any], Any], start: StrEnum) -> None:
    assert tables.reachable(table, start) == set(type(start))


@pytest.mark.parametrize("table", ALL)
def test_a_drawing_shows_every_row(table: Mapping[tuple[Any, Any], Any]) -> None:
    drawing = tables.mermaid(table)
    assert drawing.startswith("stateDiagram-v2\n")
    for (_, event), _ in table.items():
        assert event.value in drawing
    assert drawing.count("-->") == len({(state, following) for (state, _), following in table.items()})


def test_walking_a_table() -> None:
    table = payments.TABLE
    assert tables.step(table, PaymentState.SENT, PaymentEvent.RECEIVE) is PaymentState.RECEIVED
    assert tables.step(table, PaymentState.RECEIVED, PaymentEvent.SEND) is None
    assert tables.sources(table, PaymentEvent.DISPUTE) == (PaymentState.PROMISED, PaymentState.SENT)
    assert tables.legal(table, PaymentState.DISPUTED) == (PaymentEvent.SEND, PaymentEvent.RECEIVE, PaymentEvent.VOID)
    assert tables.terminal(payments.TABLE, PaymentState) == frozenset()  # what arrived can be voided by consent
    pairs = tables.refused(table, PaymentState, PaymentEvent)
    assert len(pairs) + len(table) == len(PaymentState) * len(PaymentEvent)


# --- T0


@pytest.mark.parametrize("state", PeeringState)
@pytest.mark.parametrize("event", PeeringEvent)
def test_T0_every_pair(state: PeeringState, event: PeeringEvent) -> None:
    other = 1
    before = Peering(
        state,
        invited=frozenset({other}) if state is not PeeringState.NONE else frozenset(),
        suspended=frozenset({0} if event is PeeringEvent.RESUME else {other}),
    )
    after, faults = peerings.step(before, member(0, 5, 5, f"peer.{event.value}", {}), False)
    if (state, event) not in peerings.TABLE:
        assert [fault.code for fault in faults] == ["peering.state"]
        assert after == before
    else:
        assert not faults
        assert after.state is peerings.TABLE[(state, event)]


@pytest.mark.parametrize("event", [PeeringEvent.ACCEPT, PeeringEvent.INVITE, PeeringEvent.SUSPEND, PeeringEvent.END])
def test_T0_the_same_side_twice_is_refused(event: PeeringEvent) -> None:
    state = PeeringState.INVITED if event in (PeeringEvent.ACCEPT, PeeringEvent.INVITE) else PeeringState.ENDING
    state = PeeringState.SUSPENDED if event is PeeringEvent.SUSPEND else state
    mine = frozenset({0})
    before = Peering(state, invited=mine, suspended=mine, ended=mine)
    after, faults = peerings.step(before, member(0, 5, 5, f"peer.{event.value}", {}), False)
    assert [fault.code for fault in faults] == ["peering.state"]
    assert after == before


def test_T0_only_who_suspended_resumes() -> None:
    both = Peering(PeeringState.SUSPENDED, suspended=frozenset({0, 1}))
    after, faults = peerings.step(both, member(0, 5, 5, "peer.resume", {}), False)
    assert (after.state, after.suspended, faults) == (PeeringState.SUSPENDED, frozenset({1}), ())
    after, faults = peerings.step(after, member(0, 6, 5, "peer.resume", {}), False)
    assert [fault.code for fault in faults] == ["peering.state"]


# --- T1


def agreement(state: AgreementState, last_side: int) -> agreements.Agreement:
    """An agreement whose last proposal is of `last_side`; where in force, an amendment of that side waits."""
    body = agreements.standard(NODES[SELLER], "EUR")
    paper = parse("agreement.propose", 1, {"role": "seller", "terms": body})
    assert isinstance(paper, agreement_papers.Propose)
    first = agreements.proposed(Member(last_side, 1, 0, b"1" * 32, 0, paper), paper, SELLER)
    if state in (AgreementState.PROPOSED, AgreementState.COUNTERED, AgreementState.DECLINED):
        return replace(first, state=state)
    amendment = replace(first.versions[first.key], hash=b"2" * 32, replaces=first.key)
    return replace(
        first,
        state=state,
        current=first.key,
        accepted=(first.key,),
        last=amendment.hash,
        versions={**first.versions, amendment.hash: amendment},
        accepted_at=(0, 2),
    )


def agreement_paper(event: AgreementEvent, before: agreements.Agreement) -> Body:
    body: Body = {"thread": before.key, "role": "buyer"}
    wanted = agreements.standard(NODES[SELLER], "EUR", cancel_fee="0.5")
    match event:
        case AgreementEvent.COUNTER:
            return {**body, "counters": before.last, "terms": wanted}
        case AgreementEvent.ACCEPT:
            return {**body, "accepts": before.last}
        case AgreementEvent.AMEND:
            return {**body, "amends": before.current or before.key, "terms": wanted}
        case AgreementEvent.TERMINATE:
            return body


@pytest.mark.parametrize("state", AgreementState)
@pytest.mark.parametrize("event", AgreementEvent)
def test_T1_every_pair(state: AgreementState, event: AgreementEvent) -> None:
    before = agreement(state, SELLER)
    paper = member(BUYER, 9, 9, f"agreement.{event.value}", agreement_paper(event, before))
    after, faults = agreements.step(before, paper, False)
    if (state, event) not in agreements.TABLE:
        assert [fault.code for fault in faults] == ["agreement.state"]
        assert after == before
    else:
        assert not faults
        assert after.state is agreements.TABLE[(state, event)]


@pytest.mark.parametrize("state", [AgreementState.PROPOSED, AgreementState.COUNTERED, AgreementState.IN_FORCE])
@pytest.mark.parametrize("event", [AgreementEvent.COUNTER, AgreementEvent.ACCEPT])
def test_T1_nobody_answers_the_own_proposal(state: AgreementState, event: AgreementEvent) -> None:
    before = agreement(state, BUYER)
    paper = member(BUYER, 9, 9, f"agreement.{event.value}", agreement_paper(event, before))
    after, faults = agreements.step(before, paper, False)
    assert [fault.code for fault in faults] == ["agreement.state"]
    assert after == before


# --- T2, T9: registers; their rows are walked in test_listings and test_statements


# --- T3


@pytest.mark.parametrize("state", HoldState)
@pytest.mark.parametrize("event", HoldEvent)
def test_T3_every_pair(state: HoldState, event: HoldEvent) -> None:
    before = holds.Hold(H, H, SELLER, "tea", "main", 5, 60, state)
    kind = {
        HoldEvent.GRANT: "stock.hold_ok",
        HoldEvent.DENY: "stock.hold_no",
        HoldEvent.RELEASE: "stock.release",
        HoldEvent.CONSUME: "order.place",
    }[event]
    line = {"line": 1, "sku": "tea", "listing": H, "price_list": H, "quantity": 1, "price": desks.price(1)}
    body: Body = {"thread": H}
    if event is HoldEvent.RELEASE:
        body["role"] = "buyer"
    if event is HoldEvent.CONSUME:
        body = {"agreement": H, "number": "1", "lines": [line]}
    after, faults = holds.step(before, member(BUYER, 9, 9, kind, body), False)
    if (state, event) not in holds.TABLE:
        # an order that names a hold is refused by its own guard, before it comes here
        assert [fault.code for fault in faults] == ([] if event is HoldEvent.CONSUME else ["hold.state"])
        assert after == before
    else:
        assert not faults
        assert after.state is holds.TABLE[(state, event)]


# --- T4, T5

CANCEL, PROPOSAL, PARCEL = b"c" * 32, b"p" * 32, b"x" * 32
OFFER = b"o" * 32
# where each document of the other side, or of the own one, stands: all have index 5 in their logbook
UNAWARE, AWARE = 5, 6
WAITING = {LotState.SELLER_PROPOSED: (OFFER, 0), LotState.CHANGE_PROPOSED: (PROPOSAL, 0)}
CANCELLED = {LotState.WITHDRAWN, LotState.CANCELLING, LotState.RTO_ASKED, LotState.FORFEITED}
GONE = {
    LotState.SHIPPED,
    LotState.RTO_ASKED,
    LotState.RETURNING,
    LotState.DELIVERED,
    LotState.RECEIVED,
    LotState.CONTESTED,
    LotState.FORFEITED,
    LotState.FINAL,
    *lots.RETURN_OPEN,
    *lots.RETURNED,
}
# rows that act only where the author did not know of what stands in the way
BLIND = {
    (LotState.WITHDRAWN, LotEvent.ACCEPT),
    (LotState.WITHDRAWN, LotEvent.OFFER),
    (LotState.WITHDRAWN, LotEvent.REJECT),
    (LotState.SHIPPED, LotEvent.CANCEL_BUYER),
    (LotState.DELIVERED, LotEvent.CANCEL_BUYER),
    (LotState.CANCELLING, LotEvent.CANCEL_SELLER),
    (LotState.CHANGE_PROPOSED, LotEvent.HANDOVER),
    (LotState.CANCELLING, LotEvent.HANDOVER),
    (LotState.CHANGE_PROPOSED, LotEvent.SHORTFALL),
    (LotState.RTO_ASKED, LotEvent.CANCEL_SILENT),
}


def version(accepting: bool = False) -> terms.Version:
    body: Body = agreements.standard(NODES[SELLER], "EUR", cancel_fee="0.05", seller_penalty="0.03")
    for answer in body["answers"]:
        if accepting and answer["proposal"] == "order":
            answer["on_silence"] = "accept"
    paper = agreement_papers.Terms.model_validate(body)
    return terms.version(member(SELLER, 1, 0, "peer.resume", {}), H, SELLER, None, paper)


def lot(state: LotState, event: LotEvent) -> Lot:
    """Ten units in a state, under the documents that bring a lot there."""
    too_late = event is LotEvent.TOO_LATE and state in GONE
    return Lot(
        state,
        10,
        proposal=WAITING.get(state),
        cancel=CANCEL if state in CANCELLED or too_late else None,
        shipment=PARCEL if state in GONE else None,
    )


def order(state: LotState, event: LotEvent) -> Order:
    accepting = event is LotEvent.ACCEPT_SILENT
    change = {"line": 1, "quantity": 10, "new_quantity": 0 if event is LotEvent.REDUCE else 10}
    offered = {"line": 1, "action": "backorder", "quantity": 10}
    reopen = event is LotEvent.REOPEN
    named = {
        CANCEL: member(BUYER, 5, 0, "cancel.request", desks.cancel(H, (1, None)), CANCEL),
        OFFER: member(SELLER, 5, 0, "order.respond", {"thread": H, "lines": [offered], "original_open": reopen}, OFFER),
        PROPOSAL: member(BUYER, 5, 0, "order.change", {"thread": H, "role": "buyer", "lines": [change]}, PROPOSAL),
    }
    parcel = Parcel(member(SELLER, 5, 0, "shipment.handover", desks.handover(H, (1, 10)), PARCEL), "DHL", "1")
    price = LineTerms("tea", 1000, 1, amounts.ZERO_RATE)
    line = OrderLine(1, "C62", 10, (price,), (lot(state, event),))
    return Order(H, version(accepting), (BUYER, 4), "1", True, 0, {1: line}, named, {PARCEL: parcel})


def paper(event: LotEvent, state: LotState) -> tuple[int, str, Body]:
    """Who signs the event's document, its type and body, for all ten units."""
    seller_offered = state is LotState.SELLER_PROPOSED
    answer = {"thread": H, "proposal": OFFER if seller_offered else PROPOSAL}
    answerer = (BUYER, "buyer") if seller_offered else (SELLER, "seller")
    match event:
        case LotEvent.ACCEPT:
            return SELLER, "order.respond", desks.respond(H, (1, "accept", 10))
        case LotEvent.OFFER:
            return SELLER, "order.respond", desks.respond(H, (1, "backorder", 10))
        case LotEvent.REJECT:
            return SELLER, "order.respond", desks.respond(H, (1, "reject", 10))
        case LotEvent.PACK:
            return SELLER, "shipment.pack", {"thread": H, "lines": [{"line": 1, "quantity": 10}]}
        case LotEvent.CHANGE:
            changed = {"line": 1, "quantity": 10, "new_quantity": 5}
            return BUYER, "order.change", {"thread": H, "role": "buyer", "lines": [changed]}
        case LotEvent.TAKE | LotEvent.REDUCE:
            return answerer[0], "order.change_respond", {**answer, "role": answerer[1], "accept": True}
        case LotEvent.DECLINE | LotEvent.REOPEN:
            return answerer[0], "order.change_respond", {**answer, "role": answerer[1], "accept": False}
        case LotEvent.CANCEL_BUYER:
            return BUYER, "cancel.request", desks.cancel(H, (1, 10))
        case LotEvent.CANCEL_SELLER:
            return SELLER, "cancel.request", desks.cancel(H, (1, 10), role="seller")
        case LotEvent.STOPPED:
            return SELLER, "cancel.result", desks.result(H, CANCEL, (1, 10, "stopped"))
        case LotEvent.TOO_LATE:
            return SELLER, "cancel.result", desks.result(H, CANCEL, (1, 10, "too_late", PARCEL))
        case LotEvent.RECALLED:
            return SELLER, "cancel.result", desks.result(H, CANCEL, (1, 10, "recalled"))
        case LotEvent.HANDOVER:
            return SELLER, "shipment.handover", desks.handover(H, (1, 10))
        case LotEvent.SHORTFALL:
            return SELLER, "shipment.handover", desks.handover(H, (1, 0, 0))
        case LotEvent.DELIVER:
            return SELLER, "shipment.status", {"thread": H, "shipment": PARCEL, "event": "delivered"}
        case LotEvent.REFUSE:
            return SELLER, "shipment.status", {"thread": H, "shipment": PARCEL, "event": "refused"}
        case LotEvent.RECEIVE:
            return BUYER, "receipt.advice", {"thread": H, "lines": [{"line": 1, "accepted": 10}]}
        case LotEvent.CONTEST:
            return BUYER, "receipt.advice", {"thread": H, "lines": [{"line": 1, "short": 10}]}
        case LotEvent.LAPSE | LotEvent.ACCEPT_SILENT:
            return BUYER, "deem", desks.deem(H, "buyer", "order.place", H)
        case LotEvent.LATE:
            return BUYER, "deem", desks.deem(H, "buyer", "order.overdue", H)
        case LotEvent.CANCEL_SILENT:
            return BUYER, "deem", desks.deem(H, "buyer", "cancel.request", CANCEL)
        case LotEvent.INSPECT_SILENT:
            return SELLER, "deem", desks.deem(H, "seller", "shipment.inspect", PARCEL)
        case LotEvent.FINAL:
            return SELLER, "deem", desks.deem(H, "seller", "shipment.final", PARCEL)
        case _:
            raise AssertionError(f"{event} is walked in test_returns")


ROW_CODES = {
    "order.respond": {"order.state"},
    "order.change": {"order.state"},
    "order.change_respond": {"order.state"},
    "cancel.request": {"cancel.state"},
    "cancel.result": {"cancel.state", "cancel.too-late"},
    "shipment.pack": {"order.state"},
    "shipment.handover": {"order.state", "cancel.held"},
    "receipt.advice": {"shipment.state"},
    "deem": {"deem.state"},
}
# the two answers to a proposal exclude each other by what the proposal says, not by the state
IMPOSSIBLE = {
    (LotState.SELLER_PROPOSED, LotEvent.REDUCE),  # an offer reduces nothing: its accept is TAKE
    (LotState.CHANGE_PROPOSED, LotEvent.REOPEN),  # a change has no original_open: its reject is DECLINE
}

RETURNS = list(LotEvent)[list(LotEvent).index(LotEvent.ASK_BACK) :]  # the events of T6: test_returns walks them
PAIRS = [
    (state, event)
    for state in LotState
    for event in LotEvent
    if (state, event) not in IMPOSSIBLE and event not in RETURNS
]


@pytest.mark.parametrize("knows", [UNAWARE, AWARE])
@pytest.mark.parametrize(("state", "event"), PAIRS)
def test_T4_T5_every_pair(state: LotState, event: LotEvent, knows: int) -> None:
    before = order(state, event)
    side, kind, body = paper(event, state)
    # an answer names what it answers, so its author knows it; everything else is tried with both
    seen = AWARE if kind in ("order.change_respond", "cancel.result") else knows
    after, faults = placements.step(before, member(side, 9, seen, kind, body), False)
    moved = _after(after, state)
    row = lots.TABLE.get((state, event))
    blocked = (state, event) in BLIND and seen == AWARE
    if row is not None and not blocked:
        assert not faults, faults
        assert moved == {row: 10}
    elif kind == "shipment.status" or event is LotEvent.SHORTFALL:
        assert moved == {state: 10}  # the parcel's event, or what is not outstanding, moves none of these
    else:
        assert {fault.code for fault in faults} <= ROW_CODES[kind] and faults
        assert after == before


def _after(after: Order, state: LotState) -> dict[LotState, int]:
    found: dict[LotState, int] = {}
    for one in after.lines[1].lots:
        found[one.state] = found.get(one.state, 0) + one.quantity
    assert sum(found.values()) == after.lines[1].ordered == 10
    return found


def test_T5_a_recall_asks_back_what_its_author_knew_to_be_under_way() -> None:
    before = order(LotState.SHIPPED, LotEvent.CANCEL_BUYER)
    asked = member(BUYER, 9, AWARE, "cancel.request", desks.cancel(H, (1, 10), recall=True))
    after, faults = placements.step(before, asked, False)
    assert (_after(after, LotState.SHIPPED), faults) == ({LotState.RTO_ASKED: 10}, ())
    assert after.lines[1].lots[0].levy == ("fee", "handed_over")


# --- parcels


@pytest.mark.parametrize("state", ParcelState)
@pytest.mark.parametrize("event", [state for state in ParcelState if state is not ParcelState.HANDED_OVER])
def test_parcels_every_pair(state: ParcelState, event: ParcelState) -> None:
    before = order(LotState.SHIPPED, LotEvent.DELIVER)
    parcels = {PARCEL: replace(before.parcels[PARCEL], state=state)}
    before = replace(before, parcels=parcels)
    told = member(SELLER, 9, 9, "shipment.status", {"thread": H, "shipment": PARCEL, "event": event.value})
    after, faults = placements.step(before, told, False)
    if (state, event) in shipments.PARCELS:
        assert not faults
        assert after.parcels[PARCEL].state is event
    else:
        assert [fault.code for fault in faults] == ["shipment.state"]
        assert after == before


# --- T10


def payment_paper(event: PaymentEvent) -> tuple[str, Body]:
    match event:
        case PaymentEvent.SEND | PaymentEvent.RECEIVE:
            return f"payment.{event.value}", {"agreement": H, "amount": money(500), "reference": "RF18"}
        case PaymentEvent.DISPUTE:
            return "payment.dispute", {"reason": "not_seen"}
        case PaymentEvent.VOID | PaymentEvent.ASK:
            target = H if event is PaymentEvent.VOID else b"a" * 32
            return "void", {"target": target, "reason": "did_not_occur"}
        case _:
            return "void.accept", {"void": b"v" * 32, "accept": event is not PaymentEvent.KEEP}


@pytest.mark.parametrize("state", PaymentState)
@pytest.mark.parametrize("event", PaymentEvent)
def test_T10_every_pair(state: PaymentState, event: PaymentEvent) -> None:
    received = 500 if state is PaymentState.RECEIVED else 0
    before = payments.Payment(
        H, H, SELLER, BUYER, "EUR", 500, "RF18", state,
        received=received, announced=event is not PaymentEvent.ERASE, arrived=b"a" * 32, asked=b"v" * 32,
    )  # fmt: skip
    creditor = event in (PaymentEvent.RECEIVE, PaymentEvent.DISPUTE, PaymentEvent.ASK)
    side, role = (SELLER, "seller") if creditor else (BUYER, "buyer")
    kind, body = payment_paper(event)
    told = member(side, 9, 9, kind, {"thread": H, "role": role, **body})
    after, faults = payments.step(before, told, False)
    if (state, event) not in payments.TABLE:
        assert [fault.code for fault in faults] == ["payment.state"]
        assert after == before
    else:
        assert not faults
        assert after.state is payments.TABLE[(state, event)]
        assert after.owed.total == (-500 if after.state is PaymentState.RECEIVED else 0)
    other = replace(told, side=1 - side)
    voiding = event in (PaymentEvent.VOID, PaymentEvent.ASK)
    assert [fault.code for fault in payments.step(before, other, False)[1]] == [
        "void.target" if voiding else "role.mismatch"
    ]


def test_ranks_name_the_documents_of_their_table() -> None:
    assert set(order_states.RANKS) == {
        "order.respond", "order.change", "order.change_respond", "cancel.request", "cancel.result",
        "shipment.plan", "shipment.pack", "shipment.handover", "shipment.status", "receipt.advice", "deem",
        *(paper.TYPE for paper in return_papers.TYPES), "settle.accept",
    }  # fmt: skip
    assert sorted(order_states.RANKS, key=order_states.RANKS.__getitem__)[-2:] == ["cancel.request", "deem"]
    assert max(agreements.RANKS, key=agreements.RANKS.__getitem__) == "agreement.terminate"
    assert max(peerings.RANKS, key=peerings.RANKS.__getitem__) == "peer.end"
    assert max(holds.RANKS, key=holds.RANKS.__getitem__) == "order.place"
    assert max(payments.RANKS, key=payments.RANKS.__getitem__) == "payment.received"
