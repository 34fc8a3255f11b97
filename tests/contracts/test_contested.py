"""Contested lines: what both agree to closes at once, the rest stands in the next statement again."""

from __future__ import annotations

from typing import Any

from contracts import reconciliation, statements
from contracts.histories import History
from contracts.statements import StatementLine, StatementState
from tests.contracts import desks
from tests.contracts.desks import BUYER, SELLER, Body, Shop, cancel, money


def contest(shop: Shop, name: bytes, *keys: bytes, **changes: Any) -> Body:
    """The buyer agrees to everything but the lines of some threads."""
    left = [{"key": key, "reason": "amount"} for key in keys]
    return shop.verdict(BUYER, name, contested=left, **changes)


def closing(history: History, shop: Shop) -> int:
    return history.channel.ledgers[shop.agreement].closed[-1].closing


def test_what_is_agreed_closes_and_the_rest_rolls_on() -> None:
    shop = Shop()
    first, _ = shop.shipped(1)
    second, _ = shop.shipped(2)
    name = shop.both(SELLER, "statement.propose", shop.statement(SELLER))
    shop.both(BUYER, "statement.respond", contest(shop, name, second, closing=1_190, due="2026-12-15"))
    history = shop.sync()
    statement = history.statements[name]
    assert (statement.state, statement.closing, statement.due) == (StatementState.CONTESTED, 1_190, "2026-12-15")
    assert (closing(history, shop), history.balance("EUR")) == (1_190, 3 * 1_190)
    computed = history.statement_lines(shop.agreement, history.sizes)
    assert computed.lines == (StatementLine(second, "goods", 2_000), StatementLine(second, "tax", 380))
    following = shop.close_statement()
    history = shop.sync()
    assert [history.statements[one].state for one in (name, following)] == [StatementState.CLOSED] * 2
    assert closing(history, shop) == history.balance("EUR") == 3 * 1_190
    assert first not in {line.key for line in computed.lines}


def test_a_correction_meanwhile_is_what_the_next_statement_says() -> None:
    shop = Shop(cancel_fee="0.05")
    thread = shop.agreed(10)
    shop.both(SELLER, "shipment.handover", desks.handover(thread, (1, 4)))
    name = shop.both(SELLER, "statement.propose", shop.statement(SELLER))
    shop.both(BUYER, "statement.respond", contest(shop, name, thread))
    wanted = shop.both(BUYER, "cancel.request", cancel(thread, (1, 6)))
    shop.both(SELLER, "cancel.result", desks.result(thread, wanted, (1, 6, "stopped")))
    shop.close_statement()
    assert closing(shop.sync(), shop) == 4 * 1_190 + 300


def test_nobody_contests_the_same_thing_for_ever() -> None:
    shop = Shop()
    thread, parcel = shop.shipped(2)
    name = shop.both(SELLER, "statement.propose", shop.statement(SELLER))
    shop.both(BUYER, "statement.respond", contest(shop, name, thread))
    again = shop.both(SELLER, "statement.propose", shop.statement(SELLER))
    assert shop.refuse(BUYER, "statement.respond", contest(shop, again, thread)) == ["statement.contested"]
    shop.both(BUYER, "statement.respond", shop.verdict(BUYER, again, accord=False))
    shop.both(SELLER, "shipment.status", {"thread": thread, "shipment": parcel, "event": "delivered"})
    third = shop.both(SELLER, "statement.propose", shop.statement(SELLER))
    shop.both(BUYER, "statement.respond", contest(shop, third, thread))
    history = shop.sync()
    assert history.statements[third].state is StatementState.CONTESTED
    assert closing(history, shop) == 0


def test_contesting_what_is_not_there() -> None:
    shop = Shop()
    shop.shipped(1)
    silent = shop.agreed(1)
    name = shop.both(SELLER, "statement.propose", shop.statement(SELLER))
    for thread in (silent, b"?" * 32):
        assert shop.refuse(BUYER, "statement.respond", contest(shop, name, thread)) == ["statement.contested"]
    twice = contest(shop, name, silent, silent)
    assert shop.refuse(BUYER, "statement.respond", twice) == ["document.repeated"]
    assert shop.refuse(BUYER, "statement.respond", contest(shop, name, silent, accord=False)) == ["document.conflict"]
    wrong = contest(shop, name, closing=7)
    assert shop.refuse(BUYER, "statement.respond", wrong) == ["statement.differs"]


def test_D17_an_altered_line_is_named_and_the_others_close() -> None:
    # ONDC NTS10 recon flow: one line differs by 20.00, every other component by 0.00
    shop = Shop()
    threads = [shop.shipped(quantity)[0] for quantity in (1, 2, 3)]
    honest = shop.desks[SELLER].statement_lines(shop.agreement, shop.desks[SELLER].sizes)
    altered = [
        line._replace(amount=line.amount + 2_000) if (line.key, line.kind) == (threads[1], "goods") else line
        for line in honest.lines
    ]
    claimed = shop.statement(
        SELLER, total=honest.total + 2_000, closing=honest.closing + 2_000, lines_hash=desks.digest(altered)
    )
    name = shop.both(SELLER, "statement.propose", claimed)
    (found,) = reconciliation.lines(honest.lines, altered)
    assert (found.theirs or 0) - (found.mine or 0) == 2_000
    assert set(shop.refuse(BUYER, "statement.respond", contest(shop, name, threads[1]))) == {"statement.differs"}
    line = {"kind": found.kind, "mine": found.mine, "theirs": found.theirs}
    named = [{"key": found.key, "reason": found.cause.value, "lines": [line]}]
    lie = [{"key": found.key, "reason": "amount", "lines": [{**line, "mine": found.theirs}]}]
    assert "statement.differs" in shop.refuse(BUYER, "statement.respond", shop.verdict(BUYER, name, contested=lie))
    shop.both(BUYER, "statement.respond", shop.verdict(BUYER, name, contested=named, closing=4 * 1_190))
    history = shop.sync()
    assert closing(history, shop) == 4 * 1_190
    rolled = history.statement_lines(shop.agreement, history.sizes)
    assert [(line.kind, line.amount) for line in rolled.lines] == [("goods", 2_000), ("tax", 380)]


def test_D17_lines_that_are_left_out_or_made_up_are_contested() -> None:
    shop = Shop()
    thread, _ = shop.shipped(1)
    claimed = shop.statement(SELLER, count=3, total=1_500, closing=1_500)
    name = shop.both(SELLER, "statement.propose", claimed)
    differing = [
        {"key": thread, "reason": "missing", "lines": [{"kind": "tax", "mine": 190}]},
        {"key": b"?" * 32, "reason": "unknown", "lines": [{"kind": "goods", "theirs": n} for n in (400, 100)]},
    ]
    assert "statement.differs" in shop.refuse(
        BUYER, "statement.respond", shop.verdict(BUYER, name, contested=differing[:1])
    )
    shop.both(BUYER, "statement.respond", shop.verdict(BUYER, name, contested=differing))
    history = shop.sync()
    assert (closing(history, shop), history.balance("EUR")) == (0, 1_190)


def test_an_account_with_something_contested_is_not_ended() -> None:
    shop = Shop()
    thread, parcel = shop.shipped(1)
    shop.both(SELLER, "shipment.status", {"thread": thread, "shipment": parcel, "event": "delivered"})
    shop.both(BUYER, "receipt.advice", {"thread": thread, "lines": [{"line": 1, "accepted": 1}]})
    shop.both(BUYER, "peer.end", {"notice_s": 0})
    name = shop.both(SELLER, "statement.propose", shop.statement(SELLER))
    shop.both(BUYER, "statement.respond", contest(shop, name, thread))
    assert not shop.sync().ended
    shop.close_statement()
    assert shop.sync().ended


def test_what_is_left_open_can_be_paid_for_like_the_rest() -> None:
    shop = Shop()
    thread, _ = shop.shipped(1)
    shop.shipped(1)
    name = shop.both(SELLER, "statement.propose", shop.statement(SELLER))
    shop.both(BUYER, "statement.respond", contest(shop, name, thread))
    body = {"agreement": shop.agreement, "role": "buyer", "amount": money(1_190), "reference": "R1"}
    shop.both(BUYER, "payment.sent", {**body, "statements": [name]})
    assert not shop.sync().refusals
    assert shop.desks[0].statements[name].state in statements.CLOSED
