"""The seller's side of returns: deciding, counting what came back, refunding and exchanging."""

from __future__ import annotations

from contracts import amounts
from contracts import returns as rules
from contracts.documents import returns as papers
from contracts.documents.fields import Role
from contracts.lots import LotState
from node import errors
from node.storage import shelves
from node.trade import books, doors
from node.trade.aftersales import issues, returns
from node.trade.goods import catalogues, promises, reservations
from node.trade.partners import agreements
from protocol.encoding import Value

register = doors.Register()


class Approve(returns.Step):
    """`location`: where to send it. `freight`: what the way back costs, paid to the carrier by `paid_by`. `fault`:
    whose it is, where not the one that the reason says."""

    location: str | None = None
    freight: str | None = None
    paid_by: Role = "buyer"
    fault: Role | None = None


class Reject(returns.Step):
    """`reason` is a short code."""

    reason: str = "refused"


class Offer(returns.Step):
    """`amount` in decimal text, for all of it together, tax included."""

    amount: str


class Verdicts(returns.Step):
    """Units by line that are `damaged`, `wrong_item` or `missing`; what is named in none of them can be sold again."""

    damaged: dict[str, doors.Quantity] | None = None
    wrong_item: dict[str, doors.Quantity] | None = None
    missing: dict[str, doors.Quantity] | None = None


class Refund(returns.Step):
    """`issue`: the complaint that it answers, by 8 or more characters of its hash."""

    issue: str | None = None


class Exchange(returns.Step):
    """`sku`: other goods instead, at the same price."""

    sku: str | None = None


def decide(desk: books.Desk, found: returns.Found, given: returns.Step, action: papers.Action, **more: Value) -> None:
    """One answer to everything that waits, or to the quantities asked for."""
    lines = returns.rows(returns.chosen(found, given.quantities, LotState.RETURN_ASKED), action=action)
    desk.write(found.book, "return.decide", returns.body(desk, found, given, lines, **more))


@register.case("return.approve", Approve)
async def approve(trade: doors.Trade, given: Approve, report: doors.Report) -> doors.Json:
    """Let the buyer send goods back."""

    def write(desk: books.Desk, found: returns.Found) -> None:
        more: dict[str, Value] = {"paid_by": given.paid_by}
        if given.freight is not None:
            freight = agreements.parse_money(given.freight, found.order.version.currency)
            more["freight"] = catalogues.money_value(freight.minor, freight.currency)
        more |= {name: value for name in ("location", "fault") if (value := getattr(given, name)) is not None}
        decide(desk, found, given, "approve", **more)

    return await returns.step(trade, given, write)


@register.case("return.reject", Reject)
async def reject(trade: doors.Trade, given: Reject, report: doors.Report) -> doors.Json:
    """Decline a request; the buyer may open an issue about it."""
    return await returns.step(
        trade, given, lambda desk, found: decide(desk, found, given, "reject", reason=given.reason)
    )


@register.case("return.offer", Offer)
async def offer(trade: doors.Trade, given: Offer, report: doors.Report) -> doors.Json:
    """Offer a part of the price for goods that the buyer keeps."""

    def write(desk: books.Desk, found: returns.Found) -> None:
        currency = found.order.version.currency
        whole = agreements.parse_money(given.amount, currency).minor
        picked = returns.chosen(found, given.quantities, LotState.RETURN_ASKED)
        values = [found.order.lines[number].terms[0].gross(quantity) for number, quantity in picked]
        lines: list[Value] = []
        for place, (number, quantity) in enumerate(picked):
            before, after = (amounts.share(whole, sum(values[:end]), max(1, sum(values))) for end in (place, place + 1))
            amount = catalogues.money_value(after - before, currency)
            lines.append({"line": number, "quantity": quantity, "action": "offer", "amount": amount})
        desk.write(found.book, "return.decide", returns.body(desk, found, given, lines))

    return await returns.step(trade, given, write)


@register.case("return.receive", returns.Step)
async def receive(trade: doors.Trade, given: returns.Step, report: doors.Report) -> doors.Json:
    """Say that goods came back: of a return, or of a parcel of the order that was not delivered."""

    def write(desk: books.Desk, found: returns.Found) -> None:
        came = (LotState.RETURNING,) if found.key is None else (LotState.IN_RETURN, LotState.RETURN_APPROVED)
        at = {"received_s": desk.now_ms() // 1000}
        if found.key is not None or given.quantities is not None:
            first = came if given.quantities is not None else came[:1]
            picked = returns.chosen(found, given.quantities, *first)
            desk.write(found.book, "return.receive", returns.body(desk, found, given, returns.rows(picked), **at))
            return
        for parcel in parcels(found):
            picked = parcels(found)[parcel]
            desk.write(
                found.book,
                "return.receive",
                returns.body(desk, found, given, returns.rows(picked), shipment=parcel, **at),
            )

    return await returns.step(trade, given, write, any_order=True)


def parcels(found: returns.Found) -> dict[bytes, list[tuple[int, int]]]:
    """What comes back undelivered, by hand-over. NodeError `return.nothing` for nothing."""
    returns.chosen(found, None, LotState.RETURNING)
    waiting: dict[bytes, list[tuple[int, int]]] = {}
    for line in found.order.lines.values():
        for lot in line.lots:
            if lot.state is LotState.RETURNING and lot.shipment is not None:
                waiting.setdefault(lot.shipment, []).append((line.number, lot.quantity))
    return {parcel: list(added(picked).items()) for parcel, picked in waiting.items()}


def added(picked: list[tuple[int, int]]) -> dict[int, int]:
    """Each line once."""
    whole: dict[int, int] = {}
    for number, quantity in picked:
        whole[number] = whole.get(number, 0) + quantity
    return whole


@register.case("return.inspect", Verdicts)
async def inspect(trade: doors.Trade, given: Verdicts, report: doors.Report) -> doors.Json:
    """Say what came back. What can be sold again lies on the shelf again."""

    def write(desk: books.Desk, found: returns.Found) -> None:
        left = dict(returns.chosen(found, given.quantities, LotState.BACK))
        lines: list[Value] = []
        verdicts = {"damaged": given.damaged, "wrong_item": given.wrong_item, "missing": given.missing}
        for verdict, named in verdicts.items():
            for number, quantity in (
                returns.chosen(found, named, LotState.BACK) if named and any(named.values()) else ()
            ):
                left[number] = left.get(number, 0) - quantity
                lines.append({"line": number, "quantity": quantity, "verdict": verdict})
        lines += returns.rows([(number, units) for number, units in left.items() if units > 0], verdict="resellable")
        desk.write(found.book, "return.inspect", returns.body(desk, found, given, lines))

    return await returns.step(trade, given, write, any_order=True)


@register.case("return.refund", Refund)
async def refund(trade: doors.Trade, given: Refund, report: doors.Report) -> doors.Json:
    """Give the price back: of what was inspected or refused, of what is contested or came back undelivered, or,
    where the buyer still waits for an answer, without having anything back."""

    def write(desk: books.Desk, found: returns.Found) -> None:
        if found.key is not None and LotState.RETURN_ASKED in found.units():
            decide(desk, found, given, "refund")
            return
        picked = dict(returns.chosen(found, given.quantities, *refundable(found)))
        currency = found.order.version.currency
        lines: list[Value] = [
            {"line": number, "quantity": quantity, "amount": catalogues.money_value(amount, currency)}
            for number, (quantity, amount) in rules.due(found.order, found.key, picked).items()
        ]
        named: dict[str, Value] = {} if given.issue is None else {"issue": issues.find(desk, given.issue).issue.key}
        desk.write(found.book, "refund.grant", returns.body(desk, found, given, lines, **named))

    return await returns.step(trade, given, write, any_order=True)


def refundable(found: returns.Found) -> tuple[LotState, ...]:
    """What a refund may act on."""
    return (LotState.INSPECTED, LotState.CONTESTED if found.key is None else LotState.RETURN_REFUSED)


@register.case("return.exchange", Exchange)
async def exchange(trade: doors.Trade, given: Exchange, report: doors.Report) -> doors.Json:
    """Send other goods for what came back: they are agreed anew in the same order, and wait to be shipped."""

    def write(desk: books.Desk, found: returns.Found) -> None:
        lines = exchanged(desk, found, given)
        desk.write(found.book, "exchange.order", {"thread": found.thread, "request": found.key, "lines": lines})

    return await returns.step(trade, given, write)


def exchanged(desk: books.Desk, found: returns.Found, given: Exchange) -> list[Value]:
    """The lines of an exchange, each from one place where so much lies. NodeError `stock.short`."""
    shelves_of: dict[str, dict[str, int]] = {}
    lines: list[Value] = []
    for number, quantity in returns.chosen(found, given.quantities, LotState.INSPECTED):
        sku = given.sku or sku_of(found, number)
        row: dict[str, Value] = {"line": number, "quantity": quantity}
        if given.sku is not None:
            row["sku"] = sku
        if reservations.is_own(desk, sku):
            free = shelves_of.setdefault(sku, promises.on_shelves(desk, sku))
            places = promises.chosen(desk, free, quantity, location=None, territory=None, country=None, whole=True)
            if not places:
                most = max(free.values())
                raise errors.NodeError("stock.short", f"{sku} does not lie on the shelf", expected=quantity, got=most)
            location = places[0][0]
            free[location] -= quantity
            if location != shelves.MAIN:
                row["location"] = location
        lines.append(row)
    return lines


def sku_of(found: returns.Found, number: int) -> str:
    """What came back of a line."""
    line = found.order.lines[number]
    lots = [lot for lot in line.lots if found.holds(lot) and lot.state is LotState.INSPECTED]
    return line.terms[lots[0].terms if lots else 0].sku
