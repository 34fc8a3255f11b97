"""Changes by consent (the middle of table T4): a seller's offers, changes of either side, and answers to both."""

from __future__ import annotations

from collections.abc import Mapping

from contracts import changes, dues
from contracts.lots import LotState
from contracts.orders import Order, OrderLine
from node import errors
from node.trade import books, doors, portions
from node.trade.goods import catalogues, promises, reservations
from node.trade.ordering import orders, proposals
from node.trade.ordering.proposals import Proposal
from node.trade.partners import agreements, credits
from protocol.encoding import Value

register = doors.Register()


class Propose(orders.One):
    """A seller's offer in place of what was ordered: another SKU, price or ship time (unix seconds), or later.

    `quantities` by line; all that wait for an answer when absent. `price` in decimal text, for what the listed price
    is for. `keep_open`: if the buyer declines, the order waits for an answer again.
    """

    quantities: dict[str, doors.Quantity] | None = None
    substitute: str | None = None
    price: str | None = None
    promise_s: int | None = None
    backorder: bool = False
    keep_open: bool = False
    reason: str | None = None
    key: str | None = None


class Change(orders.One):
    """Either side: of each line, `becomes` units in place of the agreed ones (or of `quantities` of them), at another
    price or ship time. Without lines, the ship time of all of them."""

    quantities: dict[str, doors.Quantity] | None = None
    becomes: dict[str, doors.Quantity] | None = None
    prices: dict[str, str] | None = None
    promise_s: int | None = None
    reason: str | None = None
    key: str | None = None


class Answer(orders.One):
    """To the partner's proposal, which may be left out where only one waits; only to its part for some `lines`."""

    accept: bool
    proposal: str | None = None
    lines: list[int] | None = None
    reason: str | None = None


@register.case("order.propose", Propose)
async def propose(trade: doors.Trade, given: Propose, report: doors.Report) -> doors.Json:
    """Offer the buyer something else than it ordered."""

    def unit(desk: books.Desk) -> doors.Json:
        found = orders.find(desk, given.order)
        part = offered(found.order, given)
        wanted = portions.line_quantities(found.order, given.quantities, LotState.PLACED)
        lines = {number: quantity for number, quantity in wanted.items() if quantity}
        need_lines(found, lines, single=given.price is not None or given.substitute is not None)
        parts: list[Value] = [
            {"line": number, "quantity": quantity, **part, **priced(found.order.lines[number], found, given.price)}
            for number, quantity in lines.items()
        ]
        body: books.Body = {"thread": found.row.thread, "lines": parts, "original_open": given.keep_open}
        written = desk.write(found.book, "order.respond", body)
        return {"order": found.row.thread.hex(), "proposal": written.hash.hex()}

    return await doors.once(trade, given.key, unit)


def offered(order: Order, given: Propose) -> dict[str, Value]:
    """What all parts of an offer have in common. NodeError `request.malformed` for one that offers nothing else."""
    part: dict[str, Value] = {"reason": given.reason} if given.reason is not None else {}
    if given.promise_s is not None:
        part["promised_ship_s"] = given.promise_s
    if given.substitute is not None:
        return {**part, "action": "substitute", "sku": given.substitute}
    if given.backorder:
        return {**part, "action": "backorder"}
    if given.price is None and given.promise_s is None:
        raise errors.NodeError(
            "request.malformed", "nothing else is offered", expected="another SKU, price or time, or a backorder"
        )
    return {**part, "action": "change"}


def priced(line: OrderLine, found: orders.Found, price: str | None) -> dict[str, Value]:
    """Another price of a line, if there is one."""
    if price is None:
        return {}
    currency = found.order.version.currency
    amount = agreements.parse_money(price, currency)
    return {"price": {"amount": catalogues.money_value(amount.minor, currency), "base": line.terms[0].base}}


def need_lines(found: orders.Found, lines: Mapping[int, int], *, single: bool = False) -> None:
    """NodeError `order.nothing` where no line is concerned, `request.malformed` where one has to be named."""
    if not lines:
        raise errors.NodeError(
            "order.nothing", "nothing of this order can be changed so", expected="units", got=found.row.state
        )
    if single and len(lines) > 1:
        raise errors.NodeError(
            "request.malformed",
            "a price and a SKU are those of one line",
            expected="one line",
            got=", ".join(map(str, lines)),
        )


@register.case("order.change", Change)
async def change(trade: doors.Trade, given: Change, report: doors.Report) -> doors.Json:
    """Propose to change what was agreed. Until the partner accepts it, the original stands."""

    def unit(desk: books.Desk) -> doors.Json:
        found = orders.find(desk, given.order)
        named = sorted({int(key) for key in {**(given.becomes or {}), **(given.prices or {})} if key.isdigit()})
        wanted = portions.line_quantities(
            found.order, given.quantities or {str(number): 0 for number in named} or None, *reservations.READY
        )
        lines: list[Value] = []
        for number, quantity in wanted.items():
            line = found.order.lines[number]
            changed: dict[str, Value] = {
                "line": number,
                "quantity": quantity or line.quantity(*reservations.READY),
                **priced(line, found, (given.prices or {}).get(str(number))),
            }
            if given.becomes is not None and str(number) in given.becomes:
                changed["new_quantity"] = given.becomes[str(number)]
            if given.promise_s is not None:
                changed["promised_ship_s"] = given.promise_s
            if changed["quantity"]:
                lines.append(changed)
        need_lines(found, {place: 1 for place, _ in enumerate(lines)})
        role = "buyer" if found.row.buying else "seller"
        body: books.Body = {"thread": found.row.thread, "role": role, "lines": lines}
        if given.reason is not None:
            body["reason"] = given.reason
        written = desk.write(found.book, "order.change", body)
        return {"order": found.row.thread.hex(), "proposal": written.hash.hex()}

    return await doors.once(trade, given.key, unit)


@register.case("order.answer", Answer)
async def answer(trade: doors.Trade, given: Answer, report: doors.Report) -> doors.Json:
    """Accept or decline what the partner proposed. Declined, the original stands."""

    def unit(desk: books.Desk) -> doors.Json:
        found = orders.find(desk, given.order)
        proposal = proposals.one_of(found.book, found.order, given.proposal)
        parts = [
            place
            for place in proposal.parts
            if given.lines is None or proposal.document.lines[place].line in given.lines
        ]
        if not parts:
            raise errors.NodeError(
                "order.line",
                "no such line in the proposal",
                expected=", ".join(str(proposal.document.lines[place].line) for place in proposal.parts),
                got=", ".join(map(str, given.lines or [])),
            )
        if given.accept:
            refuse_to_overreach(desk, found, proposal, parts)
        body: books.Body = {
            "thread": found.row.thread,
            "role": "buyer" if found.row.buying else "seller",
            "proposal": proposal.hash,
            "accept": given.accept,
            "parts": list(parts),
        }
        if given.reason is not None:
            body["reason"] = given.reason
        desk.write(found.book, "order.change_respond", body)
        return {"order": found.row.thread.hex(), "proposal": proposal.hash.hex(), "accepted": given.accept}

    return await trade.books.act(unit)


def refuse_to_overreach(desk: books.Desk, found: orders.Found, proposal: Proposal, parts: list[int]) -> None:
    """A buyer does not agree to more than its credit reaches for, nor a seller to more than lies there.

    NodeError `order.credit`, `stock.short`.
    """
    more = 0
    for place in parts:
        number = proposal.document.lines[place].line
        line = found.order.lines[number]
        after = changes.answered(line, (proposal.hash, place), proposal.document, accept=True)
        more += worth(after) - worth(line)
        grown, sku = after.ordered - line.ordered, line.terms[0].sku
        if not found.row.buying and grown > 0 and reservations.is_own(desk, sku):
            free = sum(promises.on_shelves(desk, sku).values())
            if grown > free:
                raise errors.NodeError("stock.short", f"{sku} does not lie on the shelf", expected=grown, got=free)
    if found.row.buying and more > 0:
        credits.require(found.book, found.order.version, more)


def worth(line: OrderLine) -> int:
    """What is promised of a line or waits, with tax, in minor units."""
    states = credits.PROMISED | credits.ASKED
    return dues.value(line.terms, tuple(lot for lot in line.lots if lot.state in states))
