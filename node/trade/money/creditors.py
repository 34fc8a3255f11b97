"""How partners want to be paid. Details that change are what fraud looks like: they are told from the known ones.

What a partner's card names is kept by channel, the oldest first. The first details count as known; whatever comes after
them counts only when a person has said that it is right, and until then both are shown side by side.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, Final

from contracts import currencies, histories, obligations, payees
from contracts.invoices import InvoiceState
from contracts.payments import CLOSED
from node import errors
from node.storage import blobs, duties, settings
from node.trade import books, doors, peering, pictures, rasters, versions
from node.trade.goods import catalogues
from node.trade.money import invoices, payments, statements
from node.trade.money import payees as mine

register = doors.Register()
CARD: Final = "peer.card"
DUTY: Final = "payee"
ROWS_MAX: Final = 60
"""Of one partner; older ones that nobody needs any more are forgotten."""
OVER: Final = frozenset({InvoiceState.PAID, InvoiceState.REJECTED})
Row = dict[str, Any]


class Standing(StrEnum):
    """What a debtor may make of the details of a partner."""

    KNOWN = "known"
    CHANGED = "changed"  # and nobody has said yet that it is right
    ARRIVING = "arriving"  # named, and not here yet
    UNREADABLE = "unreadable"
    WITHDRAWN = "withdrawn"


class Shown(doors.Arguments):
    """`statement`, `invoice` or `payment` (8 or more characters of its hash): with what I owe by it; `agreement` (its
    whole hash): with all that is open under it."""

    partner: str
    currency: str | None = None
    statement: str | None = None
    invoice: str | None = None
    payment: str | None = None
    agreement: str | None = None


class Accept(doors.Arguments):
    """`hash`: of the details that were looked at, so that nothing else is accepted."""

    partner: str
    currency: str
    hash: str


class Picture(doors.Arguments):
    """The collection code of a partner in a currency, or mine."""

    currency: str
    partner: str | None = None


# --- what partners have named


def kept(desk: books.Desk, channel: int) -> list[Row]:
    """What a partner's cards named, the oldest first: `currency`, `hash` (empty: taken back), `len`, `since_ms`, the
    `entry`, and by whom and when it was accepted."""
    content = settings.get(desk.db, f"payees/{channel}")
    return [] if content is None else json.loads(content)


def keep(desk: books.Desk, channel: int, rows: list[Row]) -> None:
    """Keep what is known of a partner, and what waits for a person."""
    settings.put(desk.db, f"payees/{channel}", json.dumps(shortened(rows)).encode())
    waiting = {bytes.fromhex(row["hash"]): row for row in waits(rows)}
    for key in set(duties.keys(desk.db, channel, DUTY)) - waiting.keys():
        duties.replace(desk.db, key, channel, {}, desk.now_ms())
    for key, row in waiting.items():
        duties.replace(desk.db, key, channel, {DUTY: duties.NEVER}, row["since_ms"])


def shortened(rows: list[Row]) -> list[Row]:
    """The newest rows, and of each currency what is known and what was named last."""
    needed = {id(find(rows, row["currency"])) for row in rows for find in (newest, trusted)}
    return [row for place, row in enumerate(rows) if place >= len(rows) - ROWS_MAX or id(row) in needed]


def note(desk: books.Desk, book: books.Book, item: histories.Item) -> None:
    """Take over what a card of the partner names, and ask for what is not here."""
    history, place = book.history, (item.side, item.index)
    stands = place not in history.refusals and history.channel.positions[item.side].get(item.hash) == item.index
    if item.type != CARD or not stands:
        return
    rows = kept(desk, book.channel.id)
    named = {one["currency"]: one for one in listed(item.body) if one["currency"] in currencies.EXPONENTS}
    if any(row["entry"] == item.hash.hex() for row in rows):  # a logbook that was recovered is read again
        return
    for currency in sorted(named.keys() | {row["currency"] for row in rows}):
        one, last = named.get(currency), newest(rows, currency)
        digest = "" if one is None else one["hash"].hex()
        if digest != ("" if last is None else last["hash"]):
            first = last is None
            rows.append(
                {
                    "currency": currency,
                    "hash": digest,
                    "len": 0 if one is None else one["len"],
                    "since_ms": min(item.ts_ms, desk.now_ms()),
                    "entry": item.hash.hex(),
                    "accepted_ms": desk.now_ms() if first else None,
                    "by": "",
                }
            )
    keep(desk, book.channel.id, rows)
    wanted = [(one["hash"], one["len"]) for one in named.values() if one["len"] <= payees.BYTES_MAX]
    blobs.want(desk.db, book.channel.id, wanted)


def listed(body: Mapping[str, Any]) -> list[Row]:
    """The rows of a card."""
    return list(body.get("payees") or ())


def newest(rows: list[Row], currency: str) -> Row | None:
    """What was named last in a currency."""
    return next((row for row in reversed(rows) if row["currency"] == currency), None)


def trusted(rows: list[Row], currency: str) -> Row | None:
    """What counts as known in a currency: what was accepted last, the first of all at the latest."""
    return next((row for row in reversed(rows) if row["currency"] == currency and row["accepted_ms"]), None)


def waits(rows: list[Row]) -> Iterator[Row]:
    """What differs from what is known, and was not accepted by anybody."""
    for currency in sorted({row["currency"] for row in rows}):
        row = newest(rows, currency)
        if row is not None and row["hash"] and row is not trusted(rows, currency):
            yield row


# --- asking


@register.case("payee.show", Shown)
async def show(trade: doors.Trade, given: Shown, report: doors.Report) -> doors.Json:
    """How a partner wants to be paid; `before`: what was known until it changed; `pay`: what is open of a bill."""

    def unit(desk: books.Desk) -> doors.Json:
        partner, channel = peering.find(desk, given.partner)
        rows = kept(desk, channel.id)
        bill = bill_of(desk, given)
        currency = given.currency or (bill["amount"]["currency"] if bill else None)
        named = sorted({row["currency"] for row in rows if currency in (None, row["currency"])})
        found = [describe(desk, rows, each, bill) for each in named]
        return {"partner": partner.name, "payees": found, "pay": bill}

    return await trade.books.read(unit)


def describe(desk: books.Desk, rows: list[Row], currency: str, bill: Row | None) -> doors.Json:
    """The details in one currency. `epc`: the content of a QR code that fills in the transfer, for known ones."""
    row, known = newest(rows, currency), trusted(rows, currency)
    assert row is not None
    details, standing = judged(desk, row)
    other = known if known is not row else None
    if standing is Standing.KNOWN and row is not known:
        standing = Standing.CHANGED
    before = None if other is None else judged(desk, other)[0]
    epc = None
    if details is not None and standing is Standing.KNOWN and bill is not None:
        epc = payees.epc(details, bill["amount"]["amount"], bill["reference"])
    nothing = {"currency": currency, **dict.fromkeys(mine.TEXTS), "code": False}
    return {
        **(nothing if details is None else mine.described(details)),
        "state": standing.value,
        "hash": row["hash"],
        "since_ms": row["since_ms"],
        "accepted_by": row["by"],
        "before": None if before is None else mine.described(before),
        "before_since_ms": None if other is None else other["since_ms"],
        "epc": epc,
    }


def judged(desk: books.Desk, row: Row) -> tuple[payees.Details | None, Standing]:
    """What a row names, and whether that can be read."""
    if not row["hash"]:
        return None, Standing.WITHDRAWN
    if row["len"] > payees.BYTES_MAX:
        return None, Standing.UNREADABLE
    try:
        details = mine.stored(desk, bytes.fromhex(row["hash"]), row["currency"])
    except errors.NodeError:
        return None, Standing.UNREADABLE
    return details, Standing.ARRIVING if details is None else Standing.KNOWN


def bill_of(desk: books.Desk, given: Shown) -> Row | None:
    """What I owe by a bill of the partner, and how a transfer names it; None for none, or where I owe nothing by it."""
    if given.payment is not None:
        book, paid = payments.find(desk, given.payment)
        if paid.debtor != book.side or paid.state in CLOSED:
            return None
        return {"amount": catalogues.shown(paid.amount, paid.currency), "reference": paid.reference, "due": None}
    if given.invoice is not None:
        return of_invoice(invoices.find(desk, given.invoice))
    if given.statement is not None:
        found = statements.find(desk, given.statement)
        return of_statement(found.book, found.statement.key)
    return None if given.agreement is None else of_agreement(desk, given.agreement)


def of_invoice(found: invoices.Found) -> Row | None:
    """What is open of the statement that an invoice bills, else what it asks for."""
    invoice, document = found.invoice, found.invoice.document
    if document.statement is not None:
        return of_statement(found.book, document.statement)
    left = sum(invoice.corrected) - document.prepaid
    if invoice.version.seller == found.book.side or invoice.state in OVER or left < 1:
        return None
    amount = catalogues.shown(left, document.currency)
    return {"amount": amount, "reference": payees.reference(invoice.key), "due": document.due}


def of_agreement(desk: books.Desk, wanted: str) -> Row | None:
    """All that is open under an agreement; a transfer of it names the newest statement."""
    for book in peering.open_books(desk):
        for version in versions.newest(book):
            found = obligations.of(book.history.channel, version.key) if version.hash.hex() == wanted else []
            mine_open = [one for one in found if one.debtor == book.side]
            if mine_open:
                amount = catalogues.shown(sum(one.open for one in mine_open), version.currency)
                return {
                    "amount": amount,
                    "reference": payees.reference(mine_open[-1].statement or version.hash),
                    "due": mine_open[0].due,
                }
    return None


def of_statement(book: books.Book, name: bytes) -> Row | None:
    """What is open of a closed statement."""
    for version in versions.newest(book):
        for one in obligations.of(book.history.channel, version.key):
            if one.statement == name and one.debtor == book.side:
                amount = catalogues.shown(one.open, one.currency)
                return {"amount": amount, "reference": payees.reference(name), "due": one.due}
    return None


@register.case("payee.accept", Accept)
async def accept(trade: doors.Trade, given: Accept, report: doors.Report) -> doors.Json:
    """Say that changed details of a partner are right: from now on they are shown as known."""

    def unit(desk: books.Desk) -> doors.Json:
        partner, channel = peering.find(desk, given.partner)
        rows = kept(desk, channel.id)
        row = newest(rows, given.currency)
        if row is None or not row["hash"] or row["hash"] != given.hash:
            raise errors.NodeError(
                "payee.unknown",
                "these are not the payment details of now",
                expected="what is shown now",
                got=given.hash[:64],
            )
        row |= {"accepted_ms": desk.now_ms(), "by": trade.caller.name}
        keep(desk, channel.id, rows)
        return {"partner": partner.name, "currency": given.currency, "state": Standing.KNOWN.value}

    return await trade.books.act(unit)


@register.case("payee.code", Picture)
async def code(trade: doors.Trade, given: Picture, report: doors.Report) -> doors.Json:
    """The picture of a collection code, made anew. NodeError `picture.unknown` where there is none that is known."""

    def unit(desk: books.Desk) -> doors.Json:
        if given.partner is None:
            details = mine.of_mine(desk, mine.mine(desk), given.currency)
        else:
            rows = kept(desk, peering.find(desk, given.partner)[1].id)
            row = newest(rows, given.currency)
            known = row is not None and row is trusted(rows, given.currency)
            details = judged(desk, row)[0] if known and row is not None else None
        return {"data_hex": "" if details is None or details.code is None else details.code.hex()}

    found = await trade.books.read(unit)
    try:
        picture = await asyncio.to_thread(rasters.made, bytes.fromhex(found["data_hex"]))
    except pictures.Unreadable as error:
        raise errors.NodeError("picture.unknown", "there is no such picture", got=given.currency) from error
    return {"media": picture.media, "width": picture.width, "height": picture.height, "data_hex": picture.data.hex()}
