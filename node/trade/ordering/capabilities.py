"""Capabilities: what partners can do for each other, and one transition of mine in the hands of a third key."""

from __future__ import annotations

import re
from typing import Annotated

import pydantic

from contracts.capabilities import Capability, CapabilityState
from contracts.documents import capabilities as papers
from contracts.documents import shipments
from contracts.lots import LotState
from contracts.orders import Order
from node import errors
from node.trade import books, doors, hashes, peering, volumes
from node.trade.goods import catalogues, reservations
from node.trade.ordering import orders, sales, tasks
from node.trade.partners import agreements
from protocol import keys
from protocol.encoding import Value
from protocol.errors import PeerError

register = doors.Register()
HOUR_S = 3_600
HOURS_MAX = 10 * 366 * 24  # ten years, the longest time that a document can name
Hours = Annotated[int, pydantic.Field(ge=1, le=HOURS_MAX)]


class Offer(doors.Arguments):
    """What I can do for a partner. `rates`: what a unit of each service costs, in decimal text of `currency`."""

    partner: str
    kind: papers.Kind
    name: str | None = None
    countries: list[str] = pydantic.Field(default_factory=list)
    capacity_per_day: Annotated[int, pydantic.Field(ge=1)] | None = None
    within_hours: Hours | None = None
    rates: dict[str, str] = pydantic.Field(default_factory=dict)
    currency: str = "CNY"


class Grant(doors.Arguments):
    """One transition for whoever holds `key` (Ed25519 in hex), in the channel with `partner`."""

    partner: str
    transition: papers.Transition
    key: str
    kind: papers.Kind = "warehouse"
    holder: str | None = None
    hours: Hours | None = None
    entries_max: Annotated[int, pydantic.Field(ge=1)] | None = None


class One(doors.Arguments):
    """An offer or a grant by its hash, or 8 or more characters of it."""

    capability: str


class Revoke(One):
    """`reason`: why."""

    reason: str = "revoked"


class Assign(doors.Arguments):
    """What the holder of a grant has to do for an order."""

    order: str
    grant: str


class Enter(doors.Arguments):
    """Documents that the holders of granted keys have signed, as `tasks.Signed` writes them."""

    signed: list[str]


@register.case("capability.offer", Offer)
async def offer(trade: doors.Trade, given: Offer, report: doors.Report) -> doors.Json:
    """Offer a partner what this merchant can do."""
    rates: list[Value] = []
    for code, text in given.rates.items():
        amount = agreements.parse_money(text, given.currency)
        rates.append({"code": code, "amount": catalogues.money_value(amount.minor, amount.currency)})
    body: books.Body = {"kind": given.kind, "countries": list(given.countries), "rates": rates}
    if given.name is not None:
        body["name"] = given.name
    if given.capacity_per_day is not None:
        body["capacity_per_day"] = given.capacity_per_day
    if given.within_hours is not None:
        body["within_s"] = given.within_hours * HOUR_S

    def unit(desk: books.Desk) -> doors.Json:
        _, channel = peering.find(desk, given.partner)
        return {"capability": desk.write(desk.book(channel.id), "capability.offer", body).hash.hex()}

    return await trade.books.act(unit)


@register.case("capability.grant", Grant)
async def grant(trade: doors.Trade, given: Grant, report: doors.Report) -> doors.Json:
    """Let a third key sign one kind of document for this merchant, in the channel with one partner."""
    key = public_key(given.key)
    body: books.Body = {"transition": given.transition, "key": key, "kind": given.kind}
    if given.holder is not None:
        body["holder"] = given.holder
    if given.hours is not None:
        body["expires_s"] = given.hours * HOUR_S
    if given.entries_max is not None:
        body["entries_max"] = given.entries_max

    def unit(desk: books.Desk) -> doors.Json:
        _, channel = peering.find(desk, given.partner)
        return {"capability": desk.write(desk.book(channel.id), "capability.grant", body).hash.hex()}

    return await trade.books.act(unit)


def public_key(text: str) -> bytes:
    """NodeError `request.malformed` for what is no Ed25519 key in hex."""
    if re.fullmatch(r"[0-9a-fA-F]{64}", text):
        key = bytes.fromhex(text)
        try:
            keys.check_ed25519(key)
        except PeerError:
            pass
        else:
            return key
    raise errors.NodeError(
        "request.malformed",
        "this is no public key",
        expected="64 characters that `hanse capability key` shows",
        got=text,
    )


@register.case("capability.revoke", Revoke)
async def revoke(trade: doors.Trade, given: Revoke, report: doors.Report) -> doors.Json:
    """End an offer or a grant of mine. What was signed under it before stands."""

    def unit(desk: books.Desk) -> doors.Json:
        book, found = find(desk, given.capability)
        body: books.Body = {"capability": found.key, "reason": given.reason}
        desk.write(desk.book(book.channel.id), "capability.revoke", body)
        return {"capability": found.key.hex(), "state": "revoked"}

    return await trade.books.act(unit)


@register.case("capability.list", doors.OfPartner)
async def listed(trade: doors.Trade, given: doors.OfPartner, report: doors.Report) -> doors.Json:
    """Every offer and grant, mine and partners'."""

    def unit(desk: books.Desk) -> doors.Json:
        found = [
            describe(book, capability)
            for book in peering.open_books(desk, given.partner)
            for capability in book.history.capabilities.values()
        ]
        return {"capabilities": found}

    return await trade.books.read(unit)


def describe(book: books.Book, capability: Capability) -> doors.Json:
    """One offer or grant for people."""
    document = capability.document
    shown: doors.Json = {
        "capability": capability.key.hex(),
        "what": "grant" if isinstance(document, papers.Grant) else "offer",
        "partner": book.partner.name,
        "mine": capability.side == book.side,
        "kind": document.kind,
        "state": capability.state.value,
        "reason": capability.reason,
    }
    if isinstance(document, papers.Grant):
        return {
            **shown,
            "transition": document.transition,
            "holder": document.holder or document.key.hex()[:16],
            "key": document.key.hex(),
            "hours": None if document.expires_s is None else document.expires_s // HOUR_S,
            "entries_max": document.entries_max,
        }
    return {
        **shown,
        "name": document.name,
        "countries": list(document.countries),
        "capacity_per_day": document.capacity_per_day,
        "within_hours": None if document.within_s is None else document.within_s // HOUR_S,
        "rates": {rate.code: str(rate.amount.money) for rate in document.rates},
    }


def find(desk: books.Desk, wanted: str) -> tuple[books.Book, Capability]:
    """The offer or grant of this merchant that a person means."""
    found = [
        (book, capability)
        for book in peering.open_books(desk)
        for capability in book.history.capabilities.values()
        if capability.side == book.side and hashes.means(wanted, capability.key)
    ]
    if len(found) != 1:
        raise errors.NodeError(
            "capability.unknown", "no single offer or grant", expected="8 or more characters of its hash", got=wanted
        )
    return found[0]


@register.case("capability.task", Assign)
async def assign(trade: doors.Trade, given: Assign, report: doors.Report) -> doors.Json:
    """What the holder of a grant needs to know of an order: no price, no partner, no address."""

    def unit(desk: books.Desk) -> doors.Json:
        found = orders.find(desk, given.order)
        book, capability = find(desk, given.grant)
        grant = capability.document
        if not isinstance(grant, papers.Grant) or book.channel.id != found.book.channel.id:
            raise errors.NodeError(
                "capability.unknown",
                "this does not let anybody act in the order",
                expected=f"a grant to {found.book.partner.name}",
                got=given.grant,
            )
        return task_of(found.order, found.row.number, capability.key, grant.transition).model_dump()

    return await trade.books.read(unit)


def task_of(order: Order, number: str, grant: bytes, transition: str) -> tasks.Task:
    """An order as the holder of a grant sees it."""
    lines = [
        tasks.Part(line=line.number, sku=line.terms[0].sku, quantity=line.quantity(*reservations.READY))
        for line in order.lines.values()
    ]
    parcels = [
        tasks.Parcel(shipment=hash.hex(), carrier=parcel.carrier, waybill=parcel.waybill)
        for hash, parcel in order.parcels.items()
    ]
    cancels = [
        tasks.Cancelled(cancel=lot.cancel.hex(), line=line.number, quantity=lot.quantity)
        for line in order.lines.values()
        for lot in line.lots
        if lot.cancel is not None and lot.state is LotState.CANCELLING
    ]
    returns = [
        tasks.Returned(
            line=line.number,
            quantity=lot.quantity,
            request=None if lot.request is None else lot.request.hex(),
            shipment=None if lot.request is not None or lot.shipment is None else lot.shipment.hex(),
        )
        for line in order.lines.values()
        for lot in line.lots
        if lot.state is LotState.BACK
    ]
    return tasks.Task(
        grant=grant.hex(),
        transition=transition,
        thread=order.key.hex(),
        number=number,
        lines=[line for line in lines if line.quantity],
        parcels=parcels,
        cancels=cancels,
        returns=returns,
    )


@register.case("capability.enter", Enter)
async def enter(trade: doors.Trade, given: Enter, report: doors.Report) -> doors.Json:
    """Enter what holders of granted keys have signed. One that was entered before is not entered twice."""
    signed: list[tasks.Signed] = [tasks.read(content, tasks.Signed) for content in given.signed]

    def unit(desk: books.Desk) -> doors.Json:
        return {"entered": sum(enter_one(desk, document) for document in signed)}

    return await trade.books.act(unit)


def enter_one(desk: books.Desk, signed: tasks.Signed) -> bool:
    """One signed document; tells whether it is new."""
    body = tasks.body_of(signed)
    thread = body.get("thread")
    found = orders.find(desk, thread.hex() if isinstance(thread, bytes) else "")
    signature = bytes.fromhex(signed.signature)
    for member in found.book.history.channel.threads[found.row.thread].members[found.book.side]:
        if signed.type != member.document.TYPE:
            continue
        by: papers.Signed | None = volumes.whole(desk.db, found.book, member).document.__dict__.get("by")
        if by is not None and by.signature == signature:
            return False
    if signed.type == shipments.Handover.TYPE:
        left = shipments.Handover.model_validate(body)
        sales.on_shelf(desk, found, {line.line: line.quantity for line in left.lines}, left.location)
    desk.write(found.book, signed.type, body)
    return True


# --- what `expiries` asks


def mine(book: books.Book) -> list[bytes]:
    """What I ever offered or granted in a channel."""
    return [key for side, key in book.history.capabilities if side == book.side]


def standing(book: books.Book, key: bytes) -> tuple[int, int] | None:
    """My grant, and for how many seconds it holds."""
    capability = book.history.capabilities.get((book.side, key))
    if capability is None or capability.state is not CapabilityState.IN_FORCE:
        return None
    document = capability.document
    if not isinstance(document, papers.Grant) or document.expires_s is None:
        return None
    return capability.index, document.expires_s


def end(desk: books.Desk, book: books.Book, key: bytes) -> None:
    """Revoke a grant whose time is over."""
    desk.write(book, "capability.revoke", {"capability": key, "reason": "expired"})
