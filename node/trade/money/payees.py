"""How this merchant wants to be paid, by currency: kept as blobs beside its card, which names them by their hashes.

docs/protocol.md section 11.8; docs/decisions/0044-payment-details-hang-on-the-card.md says why there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from contracts import payees
from contracts.errors import Refused
from node import errors
from node.storage import blobs
from node.trade import books, doors, peering, pictures, rasters
from protocol import encoding
from protocol.errors import PeerError

register = doors.Register()
TEXTS: Final = ("holder", "iban", "bic", "number", "bank", "link")
SOLID: Final = frozenset({"iban", "bic", "number"})
"""What people write in groups, and what banks read without the spaces."""


class Set(doors.Arguments):
    """`iban`, or `number` at `bank`; a `link` to where one pays; `name` and `data_hex`: the picture of a collection
    code. What is absent is taken away; `keep_code` leaves the picture that is there."""

    currency: str
    holder: str
    iban: str | None = None
    bic: str | None = None
    number: str | None = None
    bank: str | None = None
    link: str | None = None
    name: str | None = None
    data_hex: str | None = None
    keep_code: bool = False
    key: str | None = None


class One(doors.Arguments):
    """The details in one currency."""

    currency: str


@register.case("payee.set", Set)
async def put(trade: doors.Trade, given: Set, report: doors.Report) -> doors.Json:
    """Say how I want to be paid in a currency, and tell every partner; the same as before is not told again."""
    code = None if given.data_hex is None else await drawn(given.data_hex)

    def unit(desk: books.Desk) -> doors.Json:
        rows = mine(desk)
        before = of_mine(desk, rows, given.currency)
        kept = before.code if given.keep_code and before is not None else None
        content = {
            "currency": given.currency,
            "code": code or kept,
            "salt": desk.books.entropy.token(payees.SALT_BYTES),
        }
        content |= {name: tidy(name, getattr(given, name)) for name in TEXTS}
        details = checked({name: value for name, value in content.items() if value})
        if before is not None and payees.is_same(before, details):
            return {**described(details), "told": 0}
        data = encoding.encode(details.model_dump(exclude_none=True))
        row = {"hash": blobs.put(desk.db, data).hex(), "len": len(data), "since_ms": desk.now_ms()}
        told = tell(desk, {**rows, given.currency: {"currency": given.currency, **row}})
        return {**described(details), "told": told}

    return await doors.once(trade, given.key, unit)


@register.case("payee.remove", One)
async def remove(trade: doors.Trade, given: One, report: doors.Report) -> doors.Json:
    """Take the details in one currency back, and tell every partner."""

    def unit(desk: books.Desk) -> doors.Json:
        rows = mine(desk)
        if rows.pop(given.currency, None) is None:
            raise unknown(given.currency, rows)
        return {"currency": given.currency, "told": tell(desk, rows)}

    return await trade.books.act(unit)


@register.case("payee.list", doors.NoArguments)
async def listed(trade: doors.Trade, given: doors.NoArguments, report: doors.Report) -> doors.Json:
    """How I want to be paid, in every currency."""

    def unit(desk: books.Desk) -> doors.Json:
        rows = mine(desk)
        found = [(row, of_mine(desk, rows, currency)) for currency, row in sorted(rows.items())]
        return {
            "payees": [
                {**described(details), "since_ms": row["since_ms"]} for row, details in found if details is not None
            ]
        }

    return await trade.books.read(unit)


def mine(desk: books.Desk) -> dict[str, Any]:
    """The rows of my own card, by currency."""
    return {row["currency"]: row for row in peering.stored_card(desk).get("payees", ())}


def tell(desk: books.Desk, rows: Mapping[str, Any]) -> int:
    """Put the rows on my card; how many partners hear of it."""
    return peering.tell_card(desk, {**peering.stored_card(desk), "payees": [row for _, row in sorted(rows.items())]})


def of_mine(desk: books.Desk, rows: Mapping[str, Any], currency: str) -> payees.Details | None:
    """My own details in a currency; None where there are none."""
    row = rows.get(currency)
    return None if row is None else stored(desk, bytes.fromhex(row["hash"]), currency)


def unknown(currency: str, rows: Mapping[str, Any]) -> errors.NodeError:
    """The error for a currency without details."""
    known = ", ".join(sorted(rows)) or "payment details"
    return errors.NodeError("payee.unknown", "there are no such payment details", expected=known, got=currency)


async def drawn(data_hex: str) -> bytes:
    """The picture in an upload, made anew. NodeError `attachment.unreadable`."""
    try:
        return (await asyncio.to_thread(rasters.made, bytes.fromhex(data_hex))).data
    except (pictures.Unreadable, ValueError) as error:
        code = error.code if isinstance(error, pictures.Unreadable) else "picture.damaged"
        fault = {"code": code, "path": "data_hex", "expected": str(error), "got": "other bytes"}
        raise errors.NodeError("attachment.unreadable", "a picture cannot be shown", faults=[fault]) from error


def tidy(name: str, text: str | None) -> str | None:
    """What was typed, as banks read it."""
    if text is None:
        return None
    return "".join(text.split()).upper() if name in SOLID else text.strip()


def checked(content: Mapping[str, object]) -> payees.Details:
    """The details that somebody typed. NodeError `request.malformed` with every fault."""
    try:
        return payees.read(content)
    except Refused as error:
        raise errors.NodeError(
            "request.malformed", "the payment details have faults", faults=doors.fault_rows(error)
        ) from error


def stored(desk: books.Desk, digest: bytes, currency: str) -> payees.Details | None:
    """The details in a blob; None where it is not here. NodeError `payee.unreadable` for anything else in it."""
    data = blobs.get(desk.db, digest)
    if data is None:
        return None
    try:
        details = payees.read(encoding.decode(data, bytes_max=payees.BYTES_MAX))
    except (PeerError, Refused) as error:
        raise errors.NodeError("payee.unreadable", "the payment details are unreadable") from error
    if details.currency != currency:
        raise errors.NodeError(
            "payee.unreadable", "the payment details are for another currency", expected=currency, got=details.currency
        )
    return details


def described(details: payees.Details) -> doors.Json:
    """Details for people. `code`: whether there is a picture of a collection code."""
    shown = {name: getattr(details, name) for name in TEXTS}
    return {"currency": details.currency, **shown, "code": details.code is not None}
