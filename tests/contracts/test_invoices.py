"""Table T8: answers that only move forward, figures that add up, sums that equal the statement."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from contracts import invoices, tables
from contracts.documents import invoices as invoice_papers
from contracts.documents import parse
from contracts.invoices import InvoiceEvent, InvoiceState
from contracts.items import Member
from tests.contracts import desks
from tests.contracts.desks import BUYER, NODES, SELLER, TAX, Body, Shop, price
from tests.contracts.papers import credit, invoice, line, respond
from tests.contracts.test_issues import version

H = b"h" * 32


def issued(shop: Shop, *lines: Body, **fields: Any) -> bytes:
    return shop.both(SELLER, "invoice.issue", invoice(shop.agreement, *(lines or (line(1, 2),)), **fields))


# --- the table, pair by pair


@pytest.mark.parametrize("state", InvoiceState)
@pytest.mark.parametrize("event", InvoiceEvent)
def test_T8_every_pair(state: InvoiceState, event: InvoiceEvent) -> None:
    document = invoice_papers.Issue.model_validate(parse("invoice.issue", 1, invoice(H, line(1, 2))))
    before = invoices.Invoice(H, H, version(), SELLER, document, state)
    if event is InvoiceEvent.CREDIT:
        told = Member(SELLER, 9, 9, b"m" * 32, 0, parse("invoice.credit", 1, credit(H, (1, 1, 1000, 190))))
    else:
        body = respond(H, event.value[:2], partial=event is InvoiceEvent.PAY_PART)
        told = Member(BUYER, 9, 9, b"m" * 32, 0, parse("invoice.respond", 1, body))
    after, faults = invoices.step(before, told, False)
    following = tables.step(invoices.TABLE, state, event)
    if following is None:
        assert [fault.code for fault in faults] == ["invoice.state"]
        assert after == before
    else:
        assert not faults
        assert after.state is following
        assert after.corrected == ((1000, 190) if event is InvoiceEvent.CREDIT else (2000, 380))
    other = replace(told, side=1 - told.side)
    assert [fault.code for fault in invoices.step(before, other, False)[1]] == ["role.mismatch"]


ORDER = ["AB", "IP", "UQ", "CA", "RE", "AP", "PD"]


@pytest.mark.parametrize("first", ORDER)
@pytest.mark.parametrize("second", ORDER)
def test_T8_is_monotone_as_Peppol(first: str, second: str) -> None:
    # BIS Invoice Response, OP-BR111-R004 and after: any may be first, any may be left out, UQ alone repeats
    shop = Shop()
    thread = issued(shop)
    shop.both(BUYER, "invoice.respond", respond(thread, first))
    forward = ORDER.index(second) > ORDER.index(first) or first == second == "UQ"
    legal = forward and first != "RE"
    if legal:
        shop.both(BUYER, "invoice.respond", respond(thread, second))
    else:
        assert shop.refuse(BUYER, "invoice.respond", respond(thread, second)) == ["invoice.state"]
    shop.sync()


def test_T8_the_worked_example_of_Peppol() -> None:
    # trade.md section 11: AP then RE is refused; UQ, UQ, AP, PD(PPD), PD is legal
    shop = Shop()
    thread = issued(shop)
    for status, partial in (("UQ", False), ("UQ", False), ("AP", False)):
        shop.both(BUYER, "invoice.respond", respond(thread, status, partial=partial))
    assert shop.refuse(BUYER, "invoice.respond", respond(thread, "RE")) == ["invoice.state"]
    for partial in (True, True, False):
        shop.both(BUYER, "invoice.respond", respond(thread, "PD", partial=partial))
    assert shop.refuse(BUYER, "invoice.respond", respond(thread, "PD", partial=True)) == ["invoice.state"]
    assert shop.sync().invoices[thread].state is InvoiceState.PAID


@pytest.mark.parametrize("status", ["UQ", "CA", "RE"])
@pytest.mark.parametrize("reasons", [[], [{"reason": "PRI"}]])
def test_a_refusal_says_why_and_what_to_do(status: str, reasons: list[Body]) -> None:
    shop = Shop()
    thread = issued(shop)
    body = respond(thread, status, reasons=reasons)
    assert shop.refuse(BUYER, "invoice.respond", body) == ["invoice.reason"]


def test_single_lines_are_refused_and_credited() -> None:
    shop = Shop()
    thread = issued(shop, line(1, 2), line(2, 3))
    why = {"reason": "QTY", "action": "CNP", "term": "BT-129", "value": "1", "line": 2}
    wrong = respond(thread, "RE", reasons=[{**why, "line": 7}])
    assert shop.refuse(BUYER, "invoice.respond", wrong) == ["invoice.line"]
    shop.both(BUYER, "invoice.respond", respond(thread, "RE", reasons=[why]))
    assert shop.sync().invoices[thread].rejected == (2,)
    shop.both(SELLER, "invoice.credit", credit(thread, (2, 2, 2000, 380)))
    assert shop.sync().invoices[thread].corrected == (3000, 570)


# --- figures


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"net": 1999}, "net"),
        ({"tax": 381, "total": 2381, "payable": 2381}, "tax"),
        ({"total": 2379, "payable": 2379}, "total"),
        ({"payable": 2000}, "payable"),
        ({"taxes": []}, "taxes"),
        ({"taxes": [{"tax": TAX, "taxable": 2000, "amount": 379}]}, "taxes"),
        ({"taxes": [{"tax": TAX, "taxable": 1000, "amount": 190}] * 2}, "taxes"),
        ({"lines": [{**line(1, 2), "net": 2002}]}, "lines.0.net"),
        ({"lines": [{**line(1, 2), "tax_amount": 382}]}, "lines.0.tax_amount"),
    ],
)
def test_D08_figures_that_do_not_add_up(changes: Body, path: str) -> None:
    shop = Shop()
    item = shop.put(SELLER, "invoice.issue", {**invoice(shop.agreement, line(1, 2)), **changes})
    faults = shop.desks[SELLER].refusals[(SELLER, item.index)]
    assert {fault.code for fault in faults} == {"money.sum"}
    assert path in [fault.path for fault in faults]
    shop.sync()


def test_D08_parts_of_a_line_may_differ_by_one_unit() -> None:
    shop = Shop()
    part = {**line(1, 1, 333), "price": price(1000, 3), "net": 334}
    issued(shop, part)
    assert not shop.sync().refusals


@pytest.mark.parametrize("over", [(1, 3, 2000, 380), (1, 2, 2001, 380), (1, 2, 2000, 381)])
def test_D04_D20_more_cannot_be_credited_than_was_invoiced(over: tuple[int, int, int, int]) -> None:
    shop = Shop()
    thread = issued(shop)
    assert shop.refuse(SELLER, "invoice.credit", credit(thread, over)) == ["invoice.over"]
    shop.both(SELLER, "invoice.credit", credit(thread, (1, 2, 2000, 380)))
    again = credit(thread, (1, 0, 1, 0), number="C-2")
    assert shop.refuse(SELLER, "invoice.credit", again) == ["invoice.over"]
    assert shop.sync().invoices[thread].corrected == (0, 0)


def test_D08_a_credit_note_adds_up() -> None:
    shop = Shop()
    thread = issued(shop)
    for changes in ({"net": 1}, {"tax": 1}, {"total": 1}):
        codes = shop.refuse(SELLER, "invoice.credit", {**credit(thread, (1, 1, 1000, 190)), **changes})
        assert set(codes) == {"money.sum"}
    assert shop.refuse(SELLER, "invoice.credit", credit(thread, (9, 1, 1, 0))) == ["invoice.line"]
    shop.sync()


# --- who, and about what


def test_an_invoice_over_a_statement_says_what_it_holds() -> None:
    shop = Shop()
    order, parcel = shop.shipped(3)
    statement = shop.close_statement()
    shop.sync()
    known = shop.desks[SELLER].statements[statement]
    assert [tuple(sold) for sold in known.sold] == [(order, 1, 0, 3, 3000, 570)]
    body = invoice(shop.agreement, line(1, 2, order=order, order_line=1, shipment=parcel), statement=statement)
    assert shop.refuse(SELLER, "invoice.issue", body) == ["invoice.statement"] * 2
    whole = invoice(shop.agreement, line(1, 3, order=order, order_line=1, shipment=parcel), statement=statement)
    thread = shop.both(SELLER, "invoice.issue", whole)
    again = {**whole, "number": "2026-2"}
    assert shop.refuse(SELLER, "invoice.issue", again) == ["invoice.statement"] * 2
    # corrected by a credit note, it may be written anew
    shop.both(SELLER, "invoice.credit", credit(thread, (1, 3, 3000, 570)))
    shop.both(SELLER, "invoice.issue", again)
    assert shop.sync().channel.invoiced[(SELLER, statement)] == (3000, 570)


def test_a_statement_of_many_lines_is_billed_in_parts() -> None:
    shop = Shop()
    shop.shipped(3)
    statement = shop.close_statement()
    shop.sync()
    for part, quantity in ((1, 2), (2, 1)):
        body = invoice(shop.agreement, line(1, quantity), number=f"P{part}", statement=statement, part=part, parts=2)
        shop.both(SELLER, "invoice.issue", body)
    assert shop.sync().channel.invoiced[(SELLER, statement)] == (3000, 570)


def test_a_statement_sells_what_its_own_cut_added() -> None:
    shop = Shop(basis="delivery")
    order = shop.agreed(5)
    parcels = [shop.both(SELLER, "shipment.handover", desks.handover(order, (1, quantity))) for quantity in (3, 2)]
    names = []
    for parcel in parcels:
        shop.both(SELLER, "shipment.status", {"thread": order, "shipment": parcel, "event": "delivered"})
        names.append(shop.close_statement())
    history = shop.sync()
    assert [history.statements[name].sold[0].quantity for name in names] == [3, 2]
    assert [history.statements[name].added.goods for name in names] == [3000, 2000]


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"kind": "389"}, ["invoice.kind"]),
        ({"agreement": H}, ["agreement.not-in-force"]),
        ({"currency": "USD"}, ["money.currency"]),
        ({"role": "buyer"}, ["role.mismatch"]),
        ({"statement": H}, ["reference.dangling"]),
        ({"lines": [line(1, 2, order=H)]}, ["reference.dangling"]),
        ({"lines": [line(1, 2, shipment=H)]}, ["reference.dangling"]),
        ({"lines": [{**line(1, 2), "price": price(1000, 1, "USD")}]}, ["money.currency"]),
        ({"lines": [line(1, 1), line(1, 1)]}, ["document.repeated"]),
    ],
)
def test_an_invoice_names_what_exists(changes: Body, codes: list[str]) -> None:
    shop = Shop()
    assert shop.refuse(SELLER, "invoice.issue", {**invoice(shop.agreement, line(1, 2)), **changes}) == codes
    shop.sync()


def test_a_line_of_an_order_that_it_does_not_have() -> None:
    shop = Shop()
    order, _ = shop.shipped(2)
    body = invoice(shop.agreement, line(1, 2, order=order, order_line=5))
    assert shop.refuse(SELLER, "invoice.issue", body) == ["order.line"]


def test_numbers_are_used_once() -> None:
    shop = Shop()
    thread = issued(shop, number="A")
    assert shop.refuse(SELLER, "invoice.issue", invoice(shop.agreement, line(1, 1), number="A")) == ["invoice.number"]
    assert shop.refuse(SELLER, "invoice.credit", credit(thread, (1, 1, 1, 0), number="A")) == ["invoice.number"]
    shop.both(SELLER, "invoice.credit", credit(thread, (1, 1, 1, 0), number="B"))
    assert shop.refuse(SELLER, "invoice.issue", invoice(shop.agreement, line(1, 1), number="B")) == ["invoice.number"]
    shop.sync()


def test_a_buyer_bills_itself_where_the_agreement_says_so() -> None:
    shop = Shop()
    terms = {**desks.terms(NODES[SELLER]), "self_billing": True}
    name = shop.both(SELLER, "agreement.propose", {"role": "seller", "terms": terms})
    shop.both(BUYER, "agreement.accept", {"thread": name, "role": "buyer", "accepts": name})
    assert shop.refuse(SELLER, "invoice.issue", invoice(name, line(1, 2))) == ["invoice.kind"]
    body = invoice(name, line(1, 2), kind="389", role="buyer")
    thread = shop.both(BUYER, "invoice.issue", body)
    shop.both(SELLER, "invoice.respond", respond(thread, "AP", role="seller"))
    assert shop.refuse(SELLER, "invoice.credit", credit(thread, (1, 1, 1, 0))) == ["role.mismatch"]
    shop.both(BUYER, "invoice.credit", credit(thread, (1, 1, 1, 0), role="buyer"))
    assert shop.sync().invoices[thread].state is InvoiceState.APPROVED


def test_an_invoice_owes_nothing() -> None:
    shop = Shop()
    issued(shop, national={"system": "CN-QDFP", "number": "26442000000123456789"})
    assert shop.sync().balance("EUR") == 0
