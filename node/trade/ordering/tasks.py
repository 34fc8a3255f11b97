"""Work for the holder of a granted key: what there is to do, as a file, and the signed document that comes back.

A warehouse that ships for a merchant needs no node. It is given a task, which names no price and no address, and gives
back the document that the grant lets it sign. Nothing here asks a node or a disk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

import pydantic

from node import errors
from node.trade import carriers
from protocol import delegations, encoding, limits
from protocol.encoding import Value
from protocol.errors import PeerError

TASK_FORMAT = "hanse/task/1"
SIGNED_FORMAT = "hanse/signed/1"


class Part(pydantic.BaseModel):
    """So many of a SKU, in a line of the order."""

    line: int
    sku: str
    quantity: int


class Parcel(pydantic.BaseModel):
    """A parcel that left: the hash of its hand-over, in hex."""

    shipment: str
    carrier: str
    waybill: str


class Cancelled(pydantic.BaseModel):
    """What a cancel holds back: the hash of the cancel, in hex, and the quantity of a line."""

    cancel: str
    line: int
    quantity: int


class Returned(pydantic.BaseModel):
    """Goods that came back and wait for a verdict: of the return `request`, or of a parcel that was not delivered
    (`shipment`), both in hex."""

    line: int
    quantity: int
    request: str | None = None
    shipment: str | None = None


class Task(pydantic.BaseModel):
    """What the holder of a grant may do for one order. Hashes are in hex."""

    format: str = TASK_FORMAT
    grant: str
    transition: str
    thread: str
    number: str
    lines: list[Part]
    parcels: list[Parcel]
    cancels: list[Cancelled]
    returns: list[Returned] = pydantic.Field(default_factory=list)


class Signed(pydantic.BaseModel):
    """A document that the holder signed: `body_hex` is its content without the signature, in HCM."""

    format: str = SIGNED_FORMAT
    type: str
    grant: str
    body_hex: str
    signature: str


@dataclass(frozen=True, slots=True)
class Doing:
    """What the holder did: the answers that the document of its grant needs, and no others."""

    carrier: str | None = None
    waybill: str | None = None
    event: str | None = None
    quantities: Mapping[int, int] | None = None
    sscc: str | None = None
    weight_g: int | None = None
    verdicts: Mapping[str, Mapping[int, int]] | None = None


def read(content: str, model: type[Task] | type[Signed]) -> Any:
    """A task or a signed document from its file. NodeError `task.unreadable`."""
    try:
        found = model.model_validate_json(content)
    except pydantic.ValidationError as error:
        got = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()[:5])
        raise errors.NodeError("task.unreadable", "this is not such a file", expected=model.__name__, got=got) from None
    wanted = model.model_fields["format"].default
    if found.format != wanted:
        raise errors.NodeError("task.unreadable", "this is another kind of file", expected=wanted, got=found.format)
    return found


def sign(task: Task, private: bytes, doing: Doing, at_s: int) -> Signed:
    """The document of a task, signed with the granted key (32 bytes)."""
    body = BODIES[task.transition](task, doing, at_s) if task.transition in BODIES else None
    if body is None:
        raise errors.NodeError(
            "task.unreadable", "no such work can be done here", expected=", ".join(BODIES), got=task.transition
        )
    signature = delegations.sign(private, bytes.fromhex(task.grant), task.transition, body)
    return Signed(
        type=task.transition, grant=task.grant, body_hex=encoding.encode(body).hex(), signature=signature.hex()
    )


def handover(task: Task, doing: Doing, at_s: int) -> dict[str, Value]:
    """`shipment.handover`: everything, or the quantities that left."""
    need(doing, "carrier", "waybill")
    carrier = carriers.code(str(doing.carrier))
    if carrier is None:
        raise errors.NodeError("request.malformed", "the carrier is unknown", expected="SF, 顺丰", got=doing.carrier)
    lines: list[Value] = [
        {"line": part.line, "quantity": left, "outstanding": max(0, part.quantity - left)}
        for part, left in taken(task, doing)
    ]
    something(lines)
    body = {"thread": bytes.fromhex(task.thread), "carrier": carrier, "waybill": doing.waybill, "lines": lines}
    return {**body, "shipped_s": at_s}


def taken(task: Task, doing: Doing) -> list[tuple[Part, int]]:
    """The lines of which anything is done, and how much: all of each, or the quantities that were named."""
    counted = [
        (part, part.quantity if doing.quantities is None else doing.quantities.get(part.line, 0)) for part in task.lines
    ]
    return [(part, quantity) for part, quantity in counted if quantity]


def pack(task: Task, doing: Doing, at_s: int) -> dict[str, Value]:
    """`shipment.pack`: one parcel with everything, or with the quantities that lie in it."""
    lines: list[Value] = [{"line": part.line, "quantity": quantity} for part, quantity in taken(task, doing)]
    something(lines)
    body: dict[str, Value] = {"thread": bytes.fromhex(task.thread), "lines": lines}
    if doing.sscc is not None:
        body["sscc"] = doing.sscc
    if doing.weight_g is not None:
        body["weight_g"] = doing.weight_g
    return body


def inspect(task: Task, doing: Doing, at_s: int) -> dict[str, Value]:
    """`return.inspect` of the first return that waits: what no verdict names can be sold again."""
    first = task.returns[0] if task.returns else None
    rows = [row for row in task.returns if first and (row.request, row.shipment) == (first.request, first.shipment)]
    lines: list[Value] = []
    for row in rows:
        left = row.quantity
        for verdict, named in (doing.verdicts or {}).items():
            found = min(left, named.get(row.line, 0))
            left -= found
            if found:
                lines.append({"line": row.line, "quantity": found, "verdict": verdict})
        if left:
            lines.append({"line": row.line, "quantity": left, "verdict": "resellable"})
    something(lines)
    assert first is not None
    names = {"request": first.request, "shipment": first.shipment}
    about: dict[str, Value] = {name: bytes.fromhex(hash) for name, hash in names.items() if hash is not None}
    return {"thread": bytes.fromhex(task.thread), **about, "lines": lines}


def status(task: Task, doing: Doing, at_s: int) -> dict[str, Value]:
    """`shipment.status` of the parcel with the waybill, or of the only one."""
    need(doing, "event")
    found = [parcel for parcel in task.parcels if doing.waybill in (None, parcel.waybill)]
    if len(found) != 1:
        raise errors.NodeError(
            "request.malformed",
            "name one parcel by its waybill",
            expected=", ".join(parcel.waybill for parcel in task.parcels) or "an order of which something left",
            got=doing.waybill,
        )
    shipment = bytes.fromhex(found[0].shipment)
    return {"thread": bytes.fromhex(task.thread), "shipment": shipment, "event": doing.event, "at_s": at_s}


def stopped(task: Task, doing: Doing, at_s: int) -> dict[str, Value]:
    """`cancel.result`: what the oldest open cancel holds back does not leave."""
    cancel = task.cancels[0].cancel if task.cancels else ""
    lines: list[Value] = [
        {"line": row.line, "quantity": row.quantity, "outcome": "stopped"}
        for row in task.cancels
        if row.cancel == cancel
    ]
    something(lines)
    return {"thread": bytes.fromhex(task.thread), "cancel": bytes.fromhex(cancel), "lines": lines}


BODIES = {
    "shipment.pack": pack,
    "shipment.handover": handover,
    "shipment.status": status,
    "cancel.result": stopped,
    "return.inspect": inspect,
}


def need(doing: Doing, *names: str) -> None:
    """NodeError `request.malformed` where an answer is missing."""
    missing = [name for name in names if not asdict(doing)[name]]
    if missing:
        raise errors.NodeError(
            "request.malformed", "this document says more", expected=", ".join(names), got=f"no {', '.join(missing)}"
        )


def something(lines: Sequence[Value]) -> None:
    """NodeError `order.nothing` where nothing would be said."""
    if not lines:
        raise errors.NodeError("order.nothing", "there is nothing of this to do for the order")


def body_of(signed: Signed) -> dict[str, Value]:
    """The content of a signed document with its signature, as it is entered. NodeError `task.unreadable`."""
    try:
        body = encoding.decode(bytes.fromhex(signed.body_hex), bytes_max=limits.ENTRY_BYTES_MAX)
        by = {"grant": bytes.fromhex(signed.grant), "signature": bytes.fromhex(signed.signature)}
    except (PeerError, ValueError) as error:
        raise errors.NodeError("task.unreadable", "the signed content is damaged", got=str(error)) from None
    if not isinstance(body, dict):
        raise errors.NodeError("task.unreadable", "the signed content is damaged", expected="a map")
    return {**body, delegations.FIELD: cast(Value, by)}
