"""A buyer's complaint in a dealer's chain: opened with the supplier as well, and every word passed on both ways.

Each pair has an issue of its own with clocks of its own. What people wrote and photographed is passed on as it is;
amounts are passed on as the same share of what the goods cost in the other pair. Escalations and disputes have a room
of their own (`escalations`). What a dealer settles with its buyer before its supplier has answered is left to people.
"""

from __future__ import annotations

from collections.abc import Iterator

from contracts import amounts, histories, issues
from contracts.documents import fields, splits
from contracts.documents import issues as papers
from contracts.issues import Issue
from contracts.items import Member
from contracts.orders import Order
from node.storage import orderbooks
from node.trade import books, errands, references
from node.trade.dealers import escalations
from node.trade.goods import catalogues
from node.trade.ordering import echoes
from protocol.encoding import Value

TYPES: tuple[type[fields.Document], ...] = (papers.Open, papers.Reply, papers.Close, splits.Offer, splits.Accept)
BILATERAL = frozenset({"payment", "invoice", "statement"})  # what concerns nobody further up


def follow(desk: books.Desk, book: books.Book, item: histories.Item) -> None:
    """The buyer or the supplier said something about a complaint: the other one is told alike."""
    thread = item.body.get("thread", item.hash)
    if isinstance(thread, bytes):
        resume(desk, book, thread)


def resume(desk: books.Desk, book: books.Book, thread: bytes) -> None:
    """Pass on what was said about a complaint and not passed on yet, if it is one."""
    issue = book.history.issues.get(thread)
    if issue is None or issue.document.order is None or issue.document.category in BILATERAL:
        return
    if issue.version.seller != book.side:
        downward(desk, book, issue, issue.document.order)
    elif issue.side != book.side:
        for child, channel in orderbooks.children_of(desk.db, issue.document.order):
            upward(desk, book, issue, desk.book(channel), child)


def of_order(desk: books.Desk, book: books.Book, order: bytes) -> None:
    """Pass on what was said about every complaint about an order, or about the buyer's order that it serves."""
    parent = orderbooks.parent_of(desk.db, order)
    row = None if parent is None else orderbooks.order(desk.db, parent)
    if parent is not None and row is not None:
        book, order = desk.book(row.channel), parent
    for issue in book.history.issues_about(order):
        resume(desk, book, issue.key)


def upward(desk: books.Desk, book: books.Book, issue: Issue, supplier: books.Book, child: bytes) -> None:
    """A buyer complains about an order that a supplier's order serves."""
    if child not in supplier.history.orders:
        return
    name = references.commitment(desk, supplier, issue.key)
    above = next((other for other in about(supplier, child) if other.document.parent == name), None)
    if above is None and issue.state in issues.LIVE:
        above = opened(desk, book, issue, supplier, child)
    if above is not None:
        said_of(desk, book, issue, supplier, above)
        pass_on(desk, book, issue, supplier, above)


def downward(desk: books.Desk, supplier: books.Book, above: Issue, child: bytes) -> None:
    """A supplier answered a complaint of mine: the buyer whose complaint it passes on is told."""
    parent = orderbooks.parent_of(desk.db, child)
    row = None if parent is None else orderbooks.order(desk.db, parent)
    if parent is None or row is None or above.document.parent is None:
        return
    book = desk.book(row.channel)
    for issue in about(book, parent):
        if references.commitment(desk, supplier, issue.key) == above.document.parent:
            pass_on(desk, book, issue, supplier, above)


def abandon(desk: books.Desk, book: books.Book, key: bytes) -> None:
    """A buyer let its complaint lie, and I have claimed so: mine with the supplier has nothing behind it any more."""
    issue = book.history.issues.get(key)
    if issue is None or issue.deemed is None or issue.document.order is None or issue.version.seller != book.side:
        return
    for child, channel in orderbooks.children_of(desk.db, issue.document.order):
        supplier = desk.book(channel)
        name = references.commitment(desk, supplier, issue.key)
        for above in about(supplier, child):
            if above.document.parent == name and above.state in issues.LIVE:
                body: books.Body = {"thread": above.key, "role": "buyer", "satisfied": False}
                desk.write(supplier, papers.Close.TYPE, body)


def counterpart(desk: books.Desk, book: books.Book, supplier: books.Book, above: bytes) -> bytes | None:
    """The complaint of a buyer that a complaint of mine with the supplier passes on."""
    issue = supplier.history.issues.get(above)
    if issue is None or issue.document.order is None or issue.document.parent is None:
        return None
    parent, name = orderbooks.parent_of(desk.db, issue.document.order), issue.document.parent
    known = () if parent is None else about(book, parent)
    return next((one.key for one in known if references.commitment(desk, supplier, one.key) == name), None)


def about(book: books.Book, order: bytes) -> Iterator[Issue]:
    """The complaints of a buyer about an order."""
    return (issue for issue in book.history.issues_about(order) if issue.side != issue.version.seller)


def opened(desk: books.Desk, book: books.Book, issue: Issue, supplier: books.Book, child: bytes) -> Issue | None:
    """Open the same complaint with the supplier, about its lines and at its prices; None where a rule refuses it."""
    document, order = issue.document, supplier.history.orders[child]
    lines = [line for line in document.lines if line.line in order.lines]
    if document.lines and not lines:
        return None
    rows: list[Value] = [
        {"line": line.line, "quantity": min(line.quantity, order.lines[line.line].ordered)} for line in lines
    ]
    body: books.Body = {
        "agreement": order.version.hash,
        "role": "buyer",
        "order": child,
        "category": document.category,
        "lines": rows,
        "attachments": echoes.attached(document.attachments),
        **references.to(desk, supplier, "parent", issue.key),
    }
    if document.remedy is not None:
        body["remedy"] = document.remedy
    if document.claim is not None:
        claim = exchange(book, issue, supplier, child).of(document.claim.a)
        body["claim"] = catalogues.money_value(claim, order.version.currency)
    written = errands.say(desk, supplier, errands.place(supplier, child, papers.Open.TYPE, issue.key), body)
    return None if written is None else supplier.history.issues[written.hash]


def said_of(desk: books.Desk, book: books.Book, issue: Issue, supplier: books.Book, above: Issue) -> None:
    """Tell the buyer that its complaint went further up."""
    name = references.commitment(desk, book, above.key)
    if name not in issue.upstream and issue.state in issues.LIVE:
        body: books.Body = {"thread": issue.key, "role": "seller", "upstream": name}
        errands.say(desk, book, errands.place(book, issue.key, papers.Cascade.TYPE, above.key), body)


def exchange(book: books.Book, issue: Issue, supplier: books.Book, child: bytes) -> amounts.Rate:
    """What an amount between buyer and dealer is between dealer and supplier: the same share of the goods' value."""
    below, above = book.history.orders[issue.document.order or b""], supplier.history.orders[child]
    concerned = {line.line: line.quantity for line in issue.document.lines}
    concerned = concerned or {line.number: line.ordered for line in below.lines.values()}
    return amounts.Rate(worth(above, concerned), max(1, worth(below, concerned)))


def worth(order: Order, quantities: dict[int, int]) -> int:
    """The value with tax of some units of an order, as they were ordered."""
    lines = ((order.lines[number], quantity) for number, quantity in quantities.items() if number in order.lines)
    return sum(line.terms[0].gross(min(quantity, line.ordered)) for line, quantity in lines)


# --- word by word


def pass_on(desk: books.Desk, book: books.Book, issue: Issue, supplier: books.Book, above: Issue) -> None:
    """Repeat on either side what was said on the other and not passed on yet."""
    child = above.document.order
    assert child is not None
    rate = exchange(book, issue, supplier, child)
    buyer = echoes.End(book, issue.key, "upstream")
    seller = echoes.End(supplier, above.key, "parent")
    echo = echoes.Echo(desk, buyer, seller)
    back = amounts.Rate(rate.denominator, max(1, rate.numerator))
    up, down = escalations.Way(echo, rate, "buyer"), escalations.Way(echo.turned(), back, "seller")
    for way in (up, down):
        for member in way.echo.unsaid(TYPES):
            body = translated(way, member)
            if body is not None:
                way.echo.repeat(member, {**body, "role": way.role})
    escalations.follow(up, down)


def translated(way: escalations.Way, member: Member) -> books.Body | None:
    """What a document of one pair is in the other; None for what is not passed on."""
    match member.document:
        case papers.Reply() as reply:
            body: books.Body = {"status": reply.status, "attachments": echoes.attached(reply.attachments)}
            return body if reply.remedy is None else {**body, "remedy": reply.remedy}
        case papers.Close() as close:
            return {"satisfied": close.satisfied}
        case splits.Offer() as offer:
            said: books.Body = {"to": offer.to, "amount": way.money(offer.amount.a)}
            return {**said, "attachments": echoes.attached(offer.attachments)}
        case splits.Accept() as accept:
            original = way.echo.original(accept.offer)
            return None if original is None else {"offer": original, "accept": accept.accept}
        case _:
            return None
