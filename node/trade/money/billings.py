"""The lines of invoices, from what was sold: a merchant types no figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contracts import amounts, sales
from contracts.documents import invoices as papers
from contracts.documents import orders as order_papers
from contracts.invoices import Invoice
from contracts.orders import Order
from contracts.sales import Sold
from node import errors
from node.storage import logbooks
from node.trade import books, readings
from node.trade.goods import catalogues, offers
from protocol.encoding import Value

NAME_CHARACTERS_MAX = 60
LINES_MAX = 100
"""Lines of one invoice: about 500 bytes each, within the 64 KiB of an entry. More are billed in parts."""
UNTAXED: dict[str, Value] = {"category": "Z", "percent": "0", "scheme": "VAT"}
CHARGES = "Freight and charges"
Line = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Figures:
    """What some lines come to: `net` and `tax` in minor units, and the rows of `taxes`."""

    net: int
    tax: int
    taxes: list[Value]


def of_sold(desk: books.Desk, book: books.Book, sold: Sequence[Sold]) -> list[Line]:
    """A line for each quantity that was sold, in the order of the orders; its number is given by `numbered`."""
    orders = book.history.orders
    taxes: dict[bytes, Mapping[int, dict[str, Value]]] = {}
    lines: list[Line] = []
    for one in sold:
        order = orders[one.order]
        if one.order not in taxes:
            taxes[one.order] = taxes_of(desk, book, one.order)
        lines.append(line_of(book, order, one, taxes[one.order].get(one.line, UNTAXED)))
    return lines


def line_of(book: books.Book, order: Order, sold: Sold, tax: dict[str, Value]) -> Line:
    """One line: the goods at the price that they were agreed at."""
    line = order.lines[sold.line]
    terms = line.terms[sold.terms]
    listed = offers.listing(book, order.version.seller, terms.sku)
    title = "" if listed is None else catalogues.title_of({text.lang: text.text for text in listed[1].titles})
    row: Line = {
        "order": order.key,
        "order_line": sold.line,
        "sku": terms.sku,
        "name": (title or terms.sku)[:NAME_CHARACTERS_MAX],
        "quantity": sold.quantity,
        "unit": line.unit,
        "price": {"amount": catalogues.money_value(terms.price, order.version.currency), "base": terms.base},
        "net": sold.net,
        "tax": tax,
        "tax_amount": sold.tax,
    }
    if len(order.parcels) == 1:
        row["shipment"] = next(iter(order.parcels))
    return row


def charge(minor: int, currency: str) -> Line:
    """What is owed once for an order, such as freight: without tax, as the agreement computes it."""
    price: Line = {"amount": catalogues.money_value(abs(minor), currency), "base": 1}
    quantity = 1 if minor > 0 else -1
    figures: Line = {"quantity": quantity, "price": price, "net": minor, "tax_amount": 0}
    return {"name": CHARGES, **figures, "tax": UNTAXED}


def taxes_of(desk: books.Desk, book: books.Book, order: bytes) -> Mapping[int, dict[str, Value]]:
    """The tax of each line of an order as it was placed."""
    root = book.history.channel.threads[order].root
    assert root is not None
    logbook = logbooks.of_channel(desk.db, book.channel.id, mine=root[0] == book.side)
    entry = readings.stored_entry(desk.db, logbook.id, root[1])
    placed = None if entry is None else order_papers.Place.model_validate(entry.body)
    lines = () if placed is None else placed.lines
    return {
        line.line: {"category": line.tax.category, "percent": line.tax.percent, "scheme": line.tax.scheme}
        for line in lines
        if line.tax is not None
    }


def of_order(book: books.Book, order: Order) -> list[Sold]:
    """What an order has sold and no invoice names yet."""
    billed: dict[tuple[int, int], tuple[int, int, int]] = {}
    for invoice in mine(book):
        for line in invoice.document.lines:
            if line.order == order.key and line.order_line is not None:
                place = terms_of(order, line)
                known = billed.get((line.order_line, place), (0, 0, 0))
                taken = invoice.credited.get(line.line)
                quantity, net, tax = (0, 0, 0) if taken is None else taken
                left = (line.quantity - quantity, line.net - net, line.tax_amount - tax)
                billed[(line.order_line, place)] = (known[0] + left[0], known[1] + left[1], known[2] + left[2])
    found = []
    for one in sales.since({}, order):
        quantity, net, tax = billed.get((one.line, one.terms), (0, 0, 0))
        if one.quantity != quantity:
            found.append(Sold(one.order, one.line, one.terms, one.quantity - quantity, one.net - net, one.tax - tax))
    return found


def terms_of(order: Order, line: papers.InvoiceLine) -> int:
    """Which of the terms of an order's line an invoice line was billed at."""
    assert line.order_line is not None
    wanted = (line.sku, line.price.amount.a, line.price.base)
    terms = order.lines[line.order_line].terms
    return next((place for place, one in enumerate(terms) if (one.sku, one.price, one.base) == wanted), 0)


def mine(book: books.Book) -> list[Invoice]:
    """The invoices that this node wrote to a partner."""
    return [invoice for invoice in book.history.invoices.values() if invoice.side == book.side]


def figures(lines: Sequence[Line]) -> Figures:
    """The totals of some lines, by category and rate of tax."""
    sums: dict[tuple[Value, Value, Value], list[int]] = {}
    for line in lines:
        tax, net, amount = line["tax"], line["net"], line["tax_amount"]
        assert isinstance(tax, dict) and isinstance(net, int) and isinstance(amount, int)
        row = sums.setdefault((tax["category"], tax["percent"], tax["scheme"]), [0, 0])
        row[0] += net
        row[1] += amount
    taxes: list[Value] = [
        {"tax": {"category": key[0], "percent": key[1], "scheme": key[2]}, "taxable": net, "amount": amount}
        for key, (net, amount) in sums.items()
    ]
    return Figures(sum(row[0] for row in sums.values()), sum(row[1] for row in sums.values()), taxes)


def numbered(lines: Sequence[Line]) -> list[list[Line]]:
    """The lines in parts that fit into an invoice each, counted from 1."""
    parts = [lines[first : first + LINES_MAX] for first in range(0, len(lines), LINES_MAX)]
    return [[{"line": number, **line} for number, line in enumerate(part, 1)] for part in parts]


def credited(invoice: Invoice, quantities: Mapping[int, int] | None) -> list[Line]:
    """The lines of a credit note: everything that is left, or so many units of the lines that are named.

    Units are credited at what they were billed; the last ones take what rounding has left.
    """
    rows: list[Line] = []
    for line in invoice.document.lines:
        taken = invoice.credited.get(line.line)
        quantity, net, tax = (0, 0, 0) if taken is None else taken
        left = line.quantity - quantity
        wanted = left if quantities is None else quantities.get(line.line, 0)
        if line.quantity <= 0 or wanted <= 0:
            continue
        after = quantity + wanted
        row: Line = {"line": line.line, "quantity": wanted}
        row["net"] = max(0, amounts.share(line.net, min(after, line.quantity), line.quantity) - net)
        row["tax_amount"] = max(0, amounts.share(line.tax_amount, min(after, line.quantity), line.quantity) - tax)
        rows.append(row)
    return rows


def numbers(typed: Mapping[str, int] | None) -> dict[int, int] | None:
    """Lines by their numbers. NodeError `order.line` for a name that is none."""
    if typed is None:
        return None
    for name in typed:
        if not name.isdecimal():
            raise errors.NodeError("order.line", "no such line", expected="a line's number", got=name)
    return {int(name): quantity for name, quantity in typed.items()}
