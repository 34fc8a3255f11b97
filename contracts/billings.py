"""Writing invoices and credit notes: the guards that look at the agreement, the statement and the orders."""

from __future__ import annotations

from contracts import channels, invoices, statements, threads
from contracts.agreements import Agreement
from contracts.channels import Candidate, Change, Channel, Plan
from contracts.documents import invoices as papers
from contracts.errors import Fault
from contracts.invoices import Invoice, Sum
from contracts.orders import Order
from contracts.statements import Statement
from contracts.terms import Version


def issue(channel: Channel, candidate: Candidate) -> Plan:
    """`invoice.issue` of the seller, or of the buyer who bills itself."""
    document = candidate.document
    assert isinstance(document, papers.Issue)
    found = channels.accepted(channel, candidate, document.agreement)
    if isinstance(found, Plan):
        return found
    agreement, version = found
    faults = channels.role_faults(candidate, agreement.seller)
    faults.extend(_kind(candidate, version, document))
    faults.extend(_number(channel, candidate, document.number))
    if document.currency != agreement.currency:
        faults.append(Fault("money.currency", "currency", agreement.currency, document.currency))
    faults.extend(_lines(channel, candidate, document, agreement))
    faults.extend(invoices.figures(document))
    added = Sum(document.net, document.tax)
    faults.extend(_covers(channel, candidate, agreement.key, document.statement, added, document.part, document.parts))
    if faults:
        return channels.refused(faults)
    member = candidate.member(0)
    invoice = Invoice(member.hash, agreement.key, version, member.side, document)
    root = (member.side, member.index)
    thread = threads.opened(member.hash, "invoice", agreement.seller, invoice, invoices.step, root)
    return Plan(effect=lambda: [_issued(channel, thread)])


def _issued(channel: Channel, thread: threads.Thread[Invoice]) -> Change:
    invoice = thread.state
    channel.invoice_numbers[invoice.side].add(invoice.document.number)
    if invoice.document.statement is not None:
        _add(channel, invoice.side, invoice.document.statement, Sum(invoice.document.net, invoice.document.tax))
    return channels.begin(channel, thread)


def follow(channel: Channel, candidate: Candidate) -> Plan:
    """`invoice.credit` and `invoice.respond`."""
    thread = channels.follow(channel, candidate, "invoice")
    if isinstance(thread, Plan):
        return thread
    start: Invoice = thread.start
    document = candidate.document
    faults = channels.role_faults(candidate, start.version.seller)
    if isinstance(document, papers.Respond):
        faults.extend(invoices.explained(document))
    else:
        assert isinstance(document, papers.Credit)
        faults.extend(_number(channel, candidate, document.number))
        faults.extend(invoices.credit_figures(document))
        if document.statement is not None:
            taken = Sum(-document.net, -document.tax)
            faults.extend(_covers(channel, candidate, start.agreement, document.statement, taken, 1, 1))
    join = channels.joining(channel, candidate, thread, invoices.RANKS[document.TYPE], faults)
    if join is None:
        return channels.refused(faults)
    # the author alone writes credit notes, so whether this one stands is known here and now
    stands = (candidate.item.side, candidate.item.index) not in join.walked.refused
    if isinstance(document, papers.Credit) and stands:
        return Plan(joins=(join,), effect=lambda: _credited(channel, candidate, start, document))
    return Plan(joins=(join,))


def _credited(channel: Channel, candidate: Candidate, start: Invoice, document: papers.Credit) -> list[Change]:
    channel.invoice_numbers[candidate.item.side].add(document.number)
    statement = document.statement or start.document.statement
    if statement is not None:
        _add(channel, candidate.item.side, statement, Sum(-document.net, -document.tax))
    return []


def _add(channel: Channel, side: int, statement: bytes, added: Sum) -> None:
    known = Sum(*channel.invoiced.get((side, statement), Sum()))
    channel.invoiced[(side, statement)] = invoices.plus(known, added)


def _kind(candidate: Candidate, version: Version, document: papers.Issue) -> list[Fault]:
    side, wanted = (1 - version.seller, "389") if version.terms.self_billing else (version.seller, "380")
    if candidate.item.side == side and document.kind == wanted:
        return []
    return [Fault("invoice.kind", "kind", f"{wanted} by the {channels.role(version.seller, side)}", document.kind)]


def _number(channel: Channel, candidate: Candidate, number: str) -> list[Fault]:
    if number not in channel.invoice_numbers[candidate.item.side]:
        return []
    return [Fault("invoice.number", "number", "a number that was not used before", number)]


def _lines(channel: Channel, candidate: Candidate, document: papers.Issue, agreement: Agreement) -> list[Fault]:
    faults = []
    for place, line in enumerate(document.lines):
        path = f"lines.{place}"
        if line.price.amount.c != agreement.currency:
            faults.append(Fault("money.currency", f"{path}.price", agreement.currency, line.price.amount.c))
        faults.extend(channels.dangling(channel, candidate, [(f"{path}.shipment", line.shipment)]))
        if line.order is not None:
            faults.extend(_order(channel, candidate, line, agreement, path))
    return faults


def _order(
    channel: Channel, candidate: Candidate, line: papers.InvoiceLine, agreement: Agreement, path: str
) -> list[Fault]:
    assert line.order is not None
    thread = channel.threads.get(line.order)
    order = None if thread is None else channels.thread_at(channel, thread, candidate.past)
    if not isinstance(order, Order) or order.version.key != agreement.key:
        wanted = "an order under this agreement that the author knows"
        return [Fault("reference.dangling", f"{path}.order", wanted, line.order.hex())]
    if line.order_line is not None and line.order_line not in order.lines:
        return [Fault("order.line", f"{path}.order_line", "a line of the order", str(line.order_line))]
    return []


def _covers(
    channel: Channel, candidate: Candidate, key: bytes, name: bytes | None, added: Sum, part: int, parts: int
) -> list[Fault]:
    """With this document, the invoices over a statement say exactly what it holds; before the last part, anything."""
    if name is None:
        return []
    statement = channel.statements.get(name)
    if statement is None or not statements.closed(statement, key, candidate.past):
        return [Fault("reference.dangling", "statement", "a closed statement of this agreement", name.hex())]
    if part < parts:
        return []
    held = billable(statement)
    told = invoices.plus(Sum(*channel.invoiced.get((candidate.item.side, name), Sum())), added)
    return [
        Fault("invoice.statement", path, str(wanted), str(got))
        for path, wanted, got in (("net", held.net, told.net), ("tax", held.tax, told.tax))
        if wanted != got
    ]


def billable(statement: Statement) -> Sum:
    """What a closed statement holds for invoices: goods and charges, and the tax on them."""
    return Sum(statement.added.goods + statement.added.charge, statement.added.tax)
