"""Statements: both compute the same lines, only right figures close, closed lines never change."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contracts import reconciliation, statements, threads
from contracts.errors import Misuse
from contracts.histories import History
from contracts.reconciliation import Cause
from contracts.statements import StatementEvent, StatementLine, StatementState
from tests.contracts import desks
from tests.contracts.desks import BUYER, SELLER, Shop, cancel, handover, money, result


def pay(shop: Shop, minor: int, **fields: object) -> bytes:
    body = {"agreement": shop.agreement, "role": "seller", "amount": money(minor), "reference": "RF18539007547034"}
    return shop.both(SELLER, "payment.received", {**body, **fields})


def test_a_month_that_matches() -> None:
    shop = Shop(cancel_fee="0.05")
    first, _ = shop.shipped(10)
    second = shop.agreed(2)
    name = shop.both(BUYER, "cancel.request", cancel(second, (1, 2)))
    shop.both(SELLER, "cancel.result", result(second, name, (1, 2, "stopped")))
    paid = pay(shop, 5000)
    cut = shop.desks[SELLER].sizes
    computed = [desk.statement_lines(shop.agreement, cut) for desk in shop.desks]
    assert computed[0] == computed[1]
    assert sorted(computed[0].lines) == sorted(
        [
            StatementLine(first, "goods", 10_000),
            StatementLine(first, "tax", 1_900),
            StatementLine(second, "fee", 100),
            StatementLine(paid, "payment", -5_000),
        ]
    )
    assert (computed[0].opening, computed[0].total, computed[0].closing) == (0, 7_000, 7_000)
    statement = shop.close_statement()
    history = shop.sync()
    assert history.statements[statement].state is StatementState.CLOSED
    assert history.balance("EUR") == 7_000
    assert statements.encoded(computed[0].lines)[0] == list(computed[0].lines[0])


ANSWERS = (StatementEvent.ACCORD, StatementEvent.CONTEST, StatementEvent.DIFFER)
ANSWERED = tuple(statements.TABLE[(StatementState.PROPOSED, event)] for event in ANSWERS)


@pytest.mark.parametrize("state", [StatementState.PROPOSED, *ANSWERED])
@pytest.mark.parametrize("event", ANSWERS)
def test_T9_every_pair(state: StatementState, event: StatementEvent) -> None:
    shop = Shop()
    thread, _ = shop.shipped(10)
    name = shop.both(SELLER, "statement.propose", shop.statement(SELLER))
    left: desks.Body = {"contested": [{"key": thread, "reason": "amount"}]}
    answers: dict[str, desks.Body] = {
        StatementState.CLOSED: shop.verdict(BUYER, name),
        StatementState.CONTESTED: shop.verdict(BUYER, name, **left),
        StatementState.DIFFERS: shop.verdict(BUYER, name, accord=False),
    }
    if state is not StatementState.PROPOSED:
        shop.both(BUYER, "statement.respond", answers[state])
    body = answers[statements.TABLE[(StatementState.PROPOSED, event)]]
    if (state, event) in statements.TABLE:
        shop.both(BUYER, "statement.respond", body)
        assert shop.sync().statements[name].state is statements.TABLE[(state, event)]
    else:
        assert shop.refuse(BUYER, "statement.respond", body) == ["statement.state"]
        assert shop.sync().statements[name].state is state


def test_the_next_statement_holds_only_what_came_after() -> None:
    shop = Shop()
    thread = shop.agreed(10)
    shop.both(SELLER, "shipment.handover", handover(thread, (1, 6)))
    shop.close_statement()
    shop.both(SELLER, "shipment.handover", handover(thread, (1, 4)))
    pay(shop, 7_140)
    computed = shop.desks[BUYER].statement_lines(shop.agreement, shop.desks[BUYER].sizes)
    assert [(line.kind, line.amount) for line in computed.lines if line.key == thread] == [
        ("goods", 4000),
        ("tax", 760),
    ]
    assert (computed.opening, computed.closing) == (7_140, 4_760)
    shop.close_statement(BUYER)
    assert shop.sync().balance("EUR") == 4_760
    assert shop.desks[0].statement_lines(shop.agreement, shop.desks[0].sizes).lines == ()


def test_a_late_document_never_changes_a_closed_line() -> None:
    shop = Shop()
    thread = shop.agreed(10)
    other, _ = shop.shipped(1)
    shop.write(SELLER, "shipment.handover", handover(thread, (1, 10)))
    name = shop.write(SELLER, "statement.propose", shop.statement(SELLER))
    shop.write(BUYER, "cancel.request", cancel(thread, (1, 10)))  # written before the hand-over was known
    shop.sync_quietly()
    shop.both(BUYER, "statement.respond", shop.verdict(BUYER, name))
    history = shop.sync()
    assert history.channel.ledgers[shop.agreement].closed[0].closing == 11_900 + 1_190
    assert shop.lots(thread) == {"rto-asked": 10}
    assert {line.key for line in history.statement_lines(shop.agreement, history.sizes).lines} == set()
    assert other in history.orders


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"total": 1, "closing": 1}, []),  # a wrong sum may be said; it is never agreed to
        ({"closing": 12_345}, ["money.sum"]),
        ({"opening": 5, "closing": 11_905}, ["statement.chain"]),
        ({"currency": "USD"}, ["money.currency"]),
        ({"calc": "other/9"}, ["document.unsupported"]),
        ({"previous": b"?" * 32}, ["statement.chain"]),
        ({"role": "buyer"}, ["role.mismatch"]),
        ({"agreement": b"?" * 32}, ["agreement.not-in-force"]),
        ({"respond_by_s": 1}, ["agreement.silence"]),
    ],
)
def test_D08_figures_that_do_not_add_up(changes: desks.Body, codes: list[str]) -> None:
    shop = Shop()
    shop.shipped(10)
    faults = shop.judge(SELLER, "statement.propose", {**shop.statement(SELLER), **changes})
    assert [fault.code for fault in faults] == codes


def test_D18_a_cut_beyond_what_the_author_has() -> None:
    shop = Shop()
    shop.shipped(10)
    sizes = shop.desks[SELLER].sizes
    for own, partner, paths in ((1, 0, ["own.size"]), (0, 1, ["partner.size"]), (2, 2, ["own.size", "partner.size"])):
        body = shop.statement(SELLER)
        body["own"] = {"size": sizes[SELLER] + own, "root": b"r" * 32}
        body["partner"] = {"size": sizes[BUYER] + partner, "root": b"r" * 32}
        faults = shop.judge(SELLER, "statement.propose", body)
        assert {fault.code for fault in faults} == {"statement.ahead"}
        assert sorted(fault.path for fault in faults) == paths


def test_a_cut_is_closed_downwards() -> None:
    shop = Shop()
    shop.shipped(10)
    sizes = shop.desks[SELLER].sizes
    body = shop.statement(SELLER, (sizes[0], 1))
    assert shop.refuse(SELLER, "statement.propose", body) == ["statement.cut"]
    shop.close_statement()
    earlier = shop.statement(SELLER, (2, 2))
    assert set(shop.refuse(SELLER, "statement.propose", earlier)) == {"statement.cut"}
    with pytest.raises(Misuse):
        shop.desks[SELLER].statement_lines(shop.agreement, (10_000, 0))


@pytest.mark.parametrize("change", [{"total": 11_901, "closing": 11_901}, {"count": 3}, {"lines_hash": b"w" * 32}])
def test_D17_a_statement_that_omits_repeats_or_alters_is_not_closed(change: desks.Body) -> None:
    shop = Shop()
    shop.shipped(10)
    name = shop.both(SELLER, "statement.propose", {**shop.statement(SELLER), **change})
    assert set(shop.refuse(BUYER, "statement.respond", shop.verdict(BUYER, name))) == {"statement.differs"}
    difference = {"key": b"k" * 32, "kind": "goods", "mine": 10_000}
    shop.both(BUYER, "statement.respond", shop.verdict(BUYER, name, accord=False, difference=difference))
    history = shop.sync()
    assert history.statements[name].state is StatementState.DIFFERS
    assert history.statements[name].difference is not None
    shop.close_statement()


def test_D17_the_first_line_that_differs_is_named() -> None:
    shop = Shop()
    thread, _ = shop.shipped(10)
    second, _ = shop.shipped(1)
    mine = shop.desks[BUYER].statement_lines(shop.agreement, shop.desks[BUYER].sizes).lines
    first, *rest = mine
    altered = [replace_amount(first, 20), *rest]
    (found,) = reconciliation.lines(mine, altered)
    assert (found.cause, found.key, found.mine, found.theirs) == (
        Cause.AMOUNT, first.key, first.amount, first.amount + 20,
    )  # fmt: skip
    assert [d.cause for d in reconciliation.lines(mine, rest)] == [Cause.MISSING]
    assert [d.cause for d in reconciliation.lines(rest, mine)] == [Cause.UNKNOWN]
    assert [d.cause for d in reconciliation.lines(mine, [*mine, first])] == [Cause.REPEATED]
    assert reconciliation.lines(mine, mine) == []
    assert {line.key for line in mine} == {thread, second}


def replace_amount(line: StatementLine, more: int) -> StatementLine:
    return line._replace(amount=line.amount + more)


def test_a_reconciliation_that_differs_by_twenty() -> None:
    # ONDC NTS10 recon flow: one component differs by 20.00, the others by 0.00
    shop = Shop()
    threads = [shop.shipped(quantity)[0] for quantity in (1, 2, 3)]
    lines = shop.desks[0].statement_lines(shop.agreement, shop.desks[0].sizes).lines
    theirs = [replace_amount(line, 2000) if (line.key, line.kind) == (threads[1], "goods") else line for line in lines]
    found = reconciliation.lines(lines, theirs)
    assert [(d.key, d.kind, (d.theirs or 0) - (d.mine or 0)) for d in found] == [(threads[1], "goods", 2000)]


def test_two_folds_name_what_they_see_differently_and_what_is_lacking() -> None:
    shop = Shop()
    thread = shop.agreed(10)
    name = shop.write(SELLER, "shipment.handover", handover(thread, (1, 10)))
    found = reconciliation.states(shop.desks[BUYER], shop.desks[SELLER])
    assert {(difference.what, difference.key) for difference in found} == {
        ("sizes", None), ("order", thread), ("ledgers", shop.agreement), ("accounts", thread),
    }  # fmt: skip
    mine = [item.hash for item in shop.logs[SELLER][: shop.desks[BUYER].sizes[SELLER]]]
    lacking = reconciliation.lacking(mine, [item.hash for item in shop.logs[SELLER]], SELLER)
    assert lacking == [((SELLER, len(mine)), name)]
    shop.sync()
    assert reconciliation.states(shop.desks[BUYER], shop.desks[SELLER]) == []


def test_one_open_statement_at_a_time() -> None:
    shop = Shop()
    shop.shipped(10)
    name = shop.both(SELLER, "statement.propose", shop.statement(SELLER))
    assert shop.refuse(SELLER, "statement.propose", shop.statement(SELLER)) == ["statement.open"]
    assert shop.refuse(BUYER, "statement.propose", shop.statement(BUYER)) == ["statement.open"]
    assert shop.refuse(SELLER, "statement.respond", shop.verdict(SELLER, name)) == ["role.mismatch"]
    shop.both(BUYER, "statement.respond", shop.verdict(BUYER, name))
    again = {**shop.verdict(BUYER, name), "lines_hash": b"h" * 32}
    assert shop.refuse(BUYER, "statement.respond", again) == ["statement.state"]


def test_proposals_that_cross_are_decided_by_role() -> None:
    shop = Shop()
    shop.shipped(10)
    mine = shop.write(SELLER, "statement.propose", shop.statement(SELLER))
    theirs = shop.write(BUYER, "statement.propose", shop.statement(BUYER))
    shop.sync()
    assert shop.refuse(SELLER, "statement.respond", shop.verdict(SELLER, theirs)) == ["statement.open"]
    shop.both(BUYER, "statement.respond", shop.verdict(BUYER, mine))
    history = shop.sync()
    assert history.statements[mine].state is StatementState.CLOSED
    assert not statements.standing(history.channel, history.statements[theirs])
    late = {"thread": theirs, "role": "seller", "accord": True, "lines_hash": b"h" * 32}
    assert shop.refuse(SELLER, "statement.respond", late) == ["statement.chain"]


def test_the_buyers_proposal_has_its_turn_when_the_sellers_differs() -> None:
    shop = Shop()
    shop.shipped(10)
    mine = shop.write(SELLER, "statement.propose", {**shop.statement(SELLER), "count": 9})
    theirs = shop.write(BUYER, "statement.propose", shop.statement(BUYER))
    shop.sync()
    shop.write(BUYER, "statement.respond", shop.verdict(BUYER, mine, accord=False))
    assert shop.refuse(SELLER, "statement.respond", shop.verdict(SELLER, theirs)) == ["statement.open"]
    shop.deliver(SELLER)
    shop.both(SELLER, "statement.respond", shop.verdict(SELLER, theirs))
    assert shop.sync().statements[theirs].state is StatementState.CLOSED


def test_a_response_to_nothing() -> None:
    shop = Shop()
    body = {"thread": shop.agreement, "role": "buyer", "accord": True, "lines_hash": b"h" * 32}
    assert shop.refuse(BUYER, "statement.respond", body) == ["reference.dangling"]


def test_settled_threads_are_forgotten_and_go_on() -> None:
    shop = Shop()
    thread, parcel = shop.shipped(10)
    shop.close_statement()
    for desk in shop.desks:
        kept = desk.channel.threads[thread]
        assert (threads.live(kept), kept.settled, kept.lines) == (([], []), (2, 0), (2, 0))
        assert [member.document.TYPE for member in kept.members[SELLER]] == ["order.respond", "shipment.handover"]
        assert not any(member.document.__dict__.get("lines") for member in kept.members[SELLER])
    shop.both(SELLER, "shipment.status", {"thread": thread, "shipment": parcel, "event": "delivered"})
    assert shop.lots(thread) == {"delivered": 10}
    shop.sync()


def test_balance_is_antisymmetric_at_equal_heads() -> None:
    shop = Shop()
    shop.shipped(3)
    shop.sync()
    mirrored = replace_sides(shop)
    assert mirrored.balance("EUR") == -shop.desks[0].balance("EUR") == -3 * 1190


def replace_sides(shop: Shop) -> History:
    """The same two logbooks, with the sides numbered the other way round."""
    logs = [[replace(item, side=1 - item.side) for item in log] for log in reversed(shop.logs)]
    return desks.replay((shop.nodes[1], shop.nodes[0]), logs, 0)
