"""Settlement offers (trade.md row 30): a bilateral split, in an issue or over a return."""

from __future__ import annotations

from typing import ClassVar, Final

from contracts.documents.fields import Attachments, Document, Hash, Money, Role, Seconds, Silence


class Offer(Document):
    """Proposes to end the issue `thread` by paying `amount` to the side with the role `to`."""

    TYPE: ClassVar[str] = "settle.offer"
    thread: Hash
    role: Role
    to: Role
    amount: Money
    respond_by_s: Seconds | None = None
    on_silence: Silence | None = None
    parent: Hash | None = None
    upstream: Hash | None = None
    attachments: Attachments = ()


class Accept(Document):
    """Takes (`accept`) or declines the other side's `offer`: the hash of a `settle.offer`, or, in the thread of an
    order, of the `return.decide` that offered a part."""

    TYPE: ClassVar[str] = "settle.accept"
    thread: Hash
    role: Role
    offer: Hash
    accept: bool = True
    parent: Hash | None = None
    upstream: Hash | None = None


TYPES: Final[tuple[type[Document], ...]] = (Offer, Accept)
