"""The buyer's side of returns: asking, answering an offer, sending back, keeping the goods after all."""

from __future__ import annotations

from contracts import lots
from contracts.documents import returns as papers
from contracts.lots import LotEvent, LotState
from node import errors
from node.trade import books, doors
from node.trade.aftersales import returns
from node.trade.goods import offers
from node.trade.ordering import orders as order_cases
from protocol.encoding import Value

register = doors.Register()


class Request(returns.Told):
    """`quantities`: units by line, else everything that arrived."""

    order: str
    quantities: dict[str, doors.Quantity] | None = None
    reason: papers.Reason = "other"
    remedy: papers.Remedy = "refund"


class Ship(returns.Step):
    """The parcel with what goes back."""

    carrier: str
    waybill: str


class Proof(returns.Step):
    """`waybill`: of which parcel, where several were sent back; `files`: what the carrier gave for it."""

    waybill: str | None = None


@register.case("return.request", Request)
async def request(trade: doors.Trade, given: Request, report: doors.Report) -> doors.Json:
    """Ask to give goods back, or for money for goods that stay or never came."""

    def unit(desk: books.Desk) -> doors.Json:
        order = order_cases.find(desk, given.order)
        found = returns.Found(order.book, order.row.thread, None)
        picked = returns.chosen(found, given.quantities, *lots.ARRIVED)
        if given.reason in papers.BUYERS_FAULT:
            returnable(found, picked)
        content = returns.body(desk, found, given, returns.rows(picked), reason=given.reason, remedy=given.remedy)
        written = desk.write(found.book, "return.request", content)
        return returns.describe(returns.Found(found.book, found.thread, written.hash))

    return await doors.once(trade, given.key, unit)


def returnable(found: returns.Found, picked: list[tuple[int, int]]) -> None:
    """NodeError `return.not-returnable` where a listing says so and the seller is not at fault."""
    for number, _ in picked:
        sku = found.order.lines[number].terms[0].sku
        listed = offers.listing(found.book, found.order.version.seller, sku)
        if listed is not None and not listed[1].returnable:
            raise errors.NodeError(
                "return.not-returnable",
                f"{sku} is not taken back without a fault of the seller",
                expected="a reason such as damaged, defective or wrong_item",
                got=listed[1].non_returnable_reason or "not returnable",
            )


@register.case("return.withdraw", returns.Step)
async def withdraw(trade: doors.Trade, given: returns.Step, report: doors.Report) -> doors.Json:
    """Keep the goods after all."""

    def write(desk: books.Desk, found: returns.Found) -> None:
        picked = returns.chosen(found, given.quantities, *rules_of(LotEvent.KEEP))
        desk.write(
            found.book, "return.withdraw", {"thread": found.thread, "request": found.key, "lines": returns.rows(picked)}
        )

    return await returns.step(trade, given, write)


def rules_of(event: LotEvent) -> tuple[LotState, ...]:
    """The states that an event leaves for another one."""
    return tuple(state for state in lots.SOURCES[event] if lots.TABLE[(state, event)] is not state)


@register.case("return.ship", Ship)
async def ship(trade: doors.Trade, given: Ship, report: doors.Report) -> doors.Json:
    """Say that approved goods left for the seller."""

    def write(desk: books.Desk, found: returns.Found) -> None:
        picked = returns.chosen(found, given.quantities, LotState.RETURN_APPROVED)
        more: dict[str, Value] = {"carrier": given.carrier, "waybill": given.waybill}
        content = returns.body(desk, found, given, returns.rows(picked), **more, shipped_s=desk.now_ms() // 1000)
        desk.write(found.book, "return.ship", content)

    return await returns.step(trade, given, write)


@register.case("return.proof", Proof)
async def proof(trade: doors.Trade, given: Proof, report: doors.Report) -> doors.Json:
    """Show the carrier's proof that goods which I sent back were delivered: the seller has a time to say so itself."""

    def write(desk: books.Desk, found: returns.Found) -> None:
        assert found.key is not None
        sent = found.order.returns[found.key].shipped
        label = next((one for one in reversed(sent) if given.waybill in (None, one[1])), None)
        if label is None or not given.files:
            raise errors.NodeError(
                "return.nothing",
                "there is no parcel to prove the delivery of" if given.files else "the carrier's proof is missing",
                expected="a parcel that was sent back, and a file",
                got=given.waybill or "none",
            )
        content = returns.body(desk, found, given, [], carrier=label[0], waybill=label[1])
        del content["lines"]
        desk.write(found.book, papers.Proof.TYPE, content)

    return await returns.step(trade, given, write)


@register.case("return.accept", returns.Step)
async def accept(trade: doors.Trade, given: returns.Step, report: doors.Report) -> doors.Json:
    """Take the part of the price that the seller offers, and keep the goods."""
    return await returns.step(trade, given, lambda desk, found: answer(desk, found, True))


@register.case("return.decline", returns.Step)
async def decline(trade: doors.Trade, given: returns.Step, report: doors.Report) -> doors.Json:
    """Say no to the seller's offer: the request waits for another answer."""
    return await returns.step(trade, given, lambda desk, found: answer(desk, found, False))


def answer(desk: books.Desk, found: returns.Found, take: bool) -> None:
    """Answer every offer of a return that waits."""
    returns.chosen(found, None, LotState.RETURN_OFFERED)
    waiting = {
        lot.proposal[0]: None
        for line in found.order.lines.values()
        for lot in line.lots
        if lot.request == found.key and lot.state is LotState.RETURN_OFFERED and lot.proposal is not None
    }
    for offer in waiting:
        content: books.Body = {"thread": found.thread, "role": found.role, "offer": offer, "accept": take}
        desk.write(found.book, "settle.accept", content)
