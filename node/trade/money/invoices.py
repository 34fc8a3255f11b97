"""Invoices: written from a closed statement or from what an order has shipped, answered, and corrected by credit."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Annotated

import pydantic

from contracts import invoices
from contracts.documents import invoices as papers
from contracts.invoices import Invoice, InvoiceState
from contracts.terms import Version
from node import errors
from node.trade import attachments, books, doors, hashes, peering
from node.trade.goods import catalogues
from node.trade.money import billings, rolls, statements
from node.trade.ordering import orders
from protocol.encoding import Value

register = doors.Register()
Dated = Annotated[str, pydantic.Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]


class Issue(doors.Arguments):
    """Over a closed `statement`, or over what an `order` has shipped and no invoice names yet.

    `national` is a pair: the state's system, and the number that it gave.
    """

    statement: str | None = None
    order: str | None = None
    number: str | None = None
    due: Dated | None = None
    buyer_reference: str | None = None
    national: tuple[str, str] | None = pydantic.Field(default=None, strict=False)
    key: str | None = None


class Credit(doors.Arguments):
    """`lines`: how many units of which line; without it, all that is left."""

    invoice: str
    lines: dict[str, doors.Quantity] | None = None
    reason: str | None = None
    number: str | None = None
    key: str | None = None


class Respond(doors.Arguments):
    """`partial`: paid in part. `lines` names the lines that the reason is about."""

    invoice: str
    status: papers.Status
    partial: bool = False
    reason: papers.Reason | None = None
    action: papers.Action | None = None
    term: str | None = None
    value: str | None = None
    lines: list[int] | None = None
    message: str | None = None


class One(doors.Arguments):
    """An invoice by its number, or by 8 or more characters of its hash."""

    invoice: str


class Listed(rolls.Page):
    """A page of invoices; `waiting`: only those that wait for my answer, or only the others; `statement`: only those
    over one statement, by its hash."""

    waiting: bool | None = None
    statement: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """An invoice in its book."""

    book: books.Book
    invoice: Invoice


@dataclass(frozen=True, slots=True)
class Basis:
    """What an invoice is written about: the terms, the lines, and the statement that they come from."""

    book: books.Book
    version: Version
    lines: list[billings.Line]
    statement: bytes | None = None


@register.case("invoice.issue", Issue)
async def issue(trade: doors.Trade, given: Issue, report: doors.Report) -> doors.Json:
    """Write the invoice over a statement or an order, in parts where it has very many lines."""

    def unit(desk: books.Desk) -> doors.Json:
        basis = of_statement(desk, given.statement) if given.statement is not None else of_order(desk, given.order)
        parts = billings.numbered(basis.lines)
        if not parts:
            raise errors.NodeError(
                "invoice.nothing", "nothing was sold that could be invoiced", expected="goods that are owed", got="none"
            )
        names = [write(desk, basis, given, lines, place, len(parts)) for place, lines in enumerate(parts, 1)]
        first = describe(Found(basis.book, basis.book.history.invoices[names[0]]))
        return {**first, "invoices": [name.hex() for name in names]}

    return await doors.once(trade, given.key, unit)


def of_statement(desk: books.Desk, wanted: str) -> Basis:
    """Everything that a closed statement sold. NodeError `invoice.nothing` for one that is not closed, or whose
    orders were invoiced one by one."""
    found = statements.find(desk, wanted)
    book, statement = desk.book(found.book.channel.id), found.statement
    if statement.closing is None:
        raise errors.NodeError(
            "invoice.nothing", "the statement is not closed", expected="a closed statement", got=statement.state.value
        )
    sold = {one.order for one in statement.sold}
    for invoice in billings.mine(book):
        twice = {line.order for line in invoice.document.lines} & sold
        if invoice.document.statement is None and twice and any(invoice.corrected):
            raise errors.NodeError(
                "invoice.nothing", "an order of this statement was invoiced by itself", got=invoice.document.number
            )
    version = book.history.agreements[statement.ledger].versions[statement.document.agreement]
    lines = billings.of_sold(desk, book, statement.sold)
    if statement.added.charge:
        lines.append(billings.charge(statement.added.charge, version.currency))
    return Basis(book, version, lines, statement.key)


def of_order(desk: books.Desk, wanted: str | None) -> Basis:
    """What an order has sold and no invoice names yet. NodeError `request.malformed` without an order."""
    if wanted is None:
        raise errors.NodeError(
            "request.malformed", "an invoice is over a statement or an order", expected="one of them", got="neither"
        )
    found = orders.find(desk, wanted)
    book, order = found.book, found.order
    lines = billings.of_sold(desk, book, billings.of_order(book, order))
    first = not any(line.order == order.key for one in billings.mine(book) for line in one.document.lines)
    if order.owed.charge and first:
        lines.append({**billings.charge(order.owed.charge, order.version.currency), "order": order.key})
    return Basis(book, order.version, lines)


def write(
    desk: books.Desk, basis: Basis, given: Issue, lines: list[billings.Line], place: int, parts: int
) -> bytes:  # fmt: skip
    """One invoice; its hash."""
    book, version = basis.book, basis.version
    sums = billings.figures(lines)
    number = given.number if given.number is None or parts == 1 else f"{given.number}-{place}"
    rows: list[Value] = list(lines)
    body: books.Body = {
        "agreement": version.hash,
        "role": book.role(version.seller),
        "kind": "389" if version.terms.self_billing else "380",
        "number": number or next_number(desk),
        "issued": date(desk.now_ms() // 1000),
        "due": given.due or date(desk.now_ms() // 1000 + (version.terms.payment_due_s or 0)),
        "currency": version.currency,
        "buyer_reference": given.buyer_reference,
        "seller": party(desk, book, version.seller),
        "buyer": party(desk, book, 1 - version.seller),
        "statement": basis.statement,
        "part": place,
        "parts": parts,
        "lines": rows,
        "taxes": sums.taxes,
        "net": sums.net,
        "tax": sums.tax,
        "total": sums.net + sums.tax,
        "payable": sums.net + sums.tax,
    }
    if given.national is not None:
        body["national"] = {"system": given.national[0], "number": given.national[1]}
    return desk.write(book, "invoice.issue", body).hash


def next_number(desk: books.Desk) -> str:
    """The next number in one sequence over all partners: tax offices want no gaps."""
    used = sum(
        len(book.history.channel.invoice_numbers[book.side]) for book in peering.open_books(desk)
    )  # fmt: skip
    return f"{date(desk.now_ms() // 1000)[:4]}-{used + 1:06}"


def date(at_s: int) -> str:
    """Unix seconds as an ISO 8601 date, UTC."""
    return datetime.datetime.fromtimestamp(at_s, datetime.UTC).date().isoformat()


def party(desk: books.Desk, book: books.Book, side: int) -> dict[str, Value]:
    """A side as an invoice names it: by its card."""
    card = book.history.cards.get(side)
    if card is None:
        name = desk.books.merchant.name if side == book.side else book.partner.name
        return {"name": name, "country": desk.books.merchant.country}
    found: dict[str, Value] = {"name": card.name, "country": card.country}
    return found | ({} if card.tax_id is None else {"tax_id": card.tax_id})


def find(desk: books.Desk, wanted: str) -> Found:
    """The invoice that a person means. NodeError `invoice.unknown` when there is no single one."""
    every = [Found(book, one) for book in peering.open_books(desk) for one in book.history.invoices.values()]
    found = [one for one in every if one.invoice.document.number == wanted] or [
        one for one in every if hashes.means(wanted, one.invoice.key)
    ]
    if len(found) != 1:
        raise errors.NodeError(
            "invoice.unknown",
            "no single invoice is called so",
            expected="its number, or 8 or more characters of its hash",
            got=wanted,
            hint="`hanse invoice list` shows them",
        )
    book = desk.book(found[0].book.channel.id)
    return Found(book, book.history.invoices[found[0].invoice.key])


@register.case("invoice.credit", Credit)
async def credit(trade: doors.Trade, given: Credit, report: doors.Report) -> doors.Json:
    """Take an invoice back by a credit note, wholly or by lines."""

    def unit(desk: books.Desk) -> doors.Json:
        found = find(desk, given.invoice)
        lines = billings.credited(found.invoice, billings.numbers(given.lines))
        if not lines:
            raise errors.NodeError("invoice.nothing", "nothing is left to be credited", got=given.invoice)
        net, tax = (sum(int(str(line[name])) for line in lines) for name in ("net", "tax_amount"))
        rows: list[Value] = list(lines)
        body: books.Body = {
            "thread": found.invoice.key,
            "role": found.book.role(found.invoice.version.seller),
            "number": given.number or next_number(desk),
            "issued": date(desk.now_ms() // 1000),
            "lines": rows,
            "net": net,
            "tax": tax,
            "total": net + tax,
            "reason": given.reason,
        }
        desk.write(found.book, "invoice.credit", body)
        return {**describe(again(found)), "credit_note": body["number"]}

    return await doors.once(trade, given.key, unit)


@register.case("invoice.respond", Respond)
async def respond(trade: doors.Trade, given: Respond, report: doors.Report) -> doors.Json:
    """Say what this merchant thinks of an invoice."""

    def unit(desk: books.Desk) -> doors.Json:
        found = find(desk, given.invoice)
        why: dict[str, Value] = {
            name: value
            for name, value in (
                ("reason", given.reason),
                ("action", given.action),
                ("term", given.term),
                ("value", given.value),
            )
            if value is not None
        }
        reasons: list[Value] = [{**why, "line": line} for line in given.lines or ()] or ([why] if why else [])
        body: books.Body = {
            "thread": found.invoice.key,
            "role": found.book.role(found.invoice.version.seller),
            "status": given.status,
            "partial": given.partial,
            "reasons": reasons,
            "attachments": attachments.put(desk, given.message, None),
        }
        desk.write(found.book, "invoice.respond", body)
        return describe(again(found))

    return await trade.books.act(unit)


def again(found: Found) -> Found:
    """The same invoice as it is now."""
    return Found(found.book, found.book.history.invoices[found.invoice.key])


@register.case("invoice.list", Listed)
async def listed(trade: doors.Trade, given: Listed, report: doors.Report) -> doors.Json:
    """Invoices with what is left of them, and how they were answered; the newest of each partner first."""

    def fits(book: books.Book, invoice: Invoice) -> bool:
        about = invoice.document.statement
        wanted = given.statement is None or (about is not None and about.hex() == given.statement)
        return wanted and given.waiting in (None, waits_for(book, invoice))

    def unit(desk: books.Desk) -> doors.Json:
        found, following = rolls.page(desk, given, lambda book: book.history.invoices.items(), fits)
        return {"invoices": [describe(Found(book, invoice)) for book, invoice in found], "next": following}

    return await trade.books.read(unit)


def describe(found: Found) -> doors.Json:
    """One invoice for people."""
    invoice, currency = found.invoice, found.invoice.document.currency
    document, left = invoice.document, invoice.corrected
    return {
        "invoice": invoice.key.hex(),
        "number": document.number,
        "kind": document.kind,
        "partner": found.book.partner.name,
        "by": "me" if invoice.side == found.book.side else found.book.partner.name,
        "issued": document.issued,
        "due": document.due,
        "state": invoice.state.value,
        "total": catalogues.shown(document.total, currency),
        "credited": catalogues.shown(document.total - left.net - left.tax, currency),
        "statement": None if document.statement is None else document.statement.hex(),
        "waits_for_me": waits_for(found.book, invoice),
    }


def waits_for(book: books.Book, invoice: Invoice) -> bool:
    """Whether an invoice waits for this merchant's answer."""
    return invoice.side != book.side and invoice.state is InvoiceState.ISSUED


def waits(book: books.Book) -> int:
    """How many invoices wait for this merchant's answer."""
    return sum(waits_for(book, one) for one in book.history.invoices.values())


@register.case("invoice.show", One)
async def show(trade: doors.Trade, given: One, report: doors.Report) -> doors.Json:
    """One invoice line by line, with every document about it."""

    def unit(desk: books.Desk) -> doors.Json:
        found = find(desk, given.invoice)
        document, currency = found.invoice.document, found.invoice.document.currency
        known = found.book.history.orders
        lines = [
            {
                "line": line.line,
                "order": known[line.order].number if line.order is not None and line.order in known else "",
                "sku": line.sku,
                "name": line.name,
                "quantity": line.quantity,
                "unit": line.unit,
                "price": catalogues.shown(line.price.amount.a, currency),
                "net": catalogues.shown(line.net, currency),
                "tax": f"{line.tax.category} {line.tax.percent} %",
                "tax_amount": catalogues.shown(line.tax_amount, currency),
                "rejected": line.line in found.invoice.rejected,
                "credited": found.invoice.credited.get(line.line, invoices.Credited()).quantity,
            }
            for line in document.lines
        ]
        return {
            **describe(found),
            "seller": document.seller.name,
            "buyer": document.buyer.name,
            "parties": {
                side: party.model_dump(exclude_none=True)
                for side, party in (("seller", document.seller), ("buyer", document.buyer))
            },
            "currency": currency,
            "buyer_reference": document.buyer_reference,
            "tax_point": document.tax_point,
            "payable": catalogues.shown(document.payable, currency),
            "prepaid": catalogues.shown(document.prepaid, currency) if document.prepaid else None,
            "taxes": [
                {
                    "category": total.tax.category,
                    "percent": total.tax.percent,
                    "taxable": catalogues.shown(total.taxable, currency),
                    "amount": catalogues.shown(total.amount, currency),
                }
                for total in document.taxes
            ],
            "answers": [] if found.invoice.side == found.book.side else invoices.answers(found.invoice.state),
            "can_credit": found.invoice.side == found.book.side and any(found.invoice.corrected),
            "part": f"{document.part} of {document.parts}",
            "national": None if document.national is None else f"{document.national.system} {document.national.number}",
            "net": catalogues.shown(document.net, currency),
            "tax": catalogues.shown(document.tax, currency),
            "lines": lines,
            "reasons": [reason.model_dump(exclude_none=True) for reason in found.invoice.reasons],
            "documents": orders.documents(desk, found.book, found.invoice.key, papers.Issue.TYPE),
        }

    return await trade.books.act(unit)
