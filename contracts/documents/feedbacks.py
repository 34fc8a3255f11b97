"""Feedback documents (trade.md row 41): a consumer's word, from the consumer's seller up to whoever made the goods.

The words and pictures are attachments, so that nothing that a consumer wrote stands in a logbook (law 10).
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from pydantic import Field

from contracts.documents.capabilities import Signature
from contracts.documents.fields import BUYER, SELLER, Attachments, Code, Document, Fields, Hash, Short


class Rating(Fields):
    """`stars` from 1 to 5 for one thing: `overall`, `quality`, `packing`, `speed` and others."""

    code: Code
    stars: Annotated[int, Field(ge=1, le=5)]


class Token(Document):
    """The seller confirms the purchase `thread` where no hand-over does, so that its consumer may be heard."""

    TYPE: ClassVar[str] = "feedback.token"
    SIGNERS: ClassVar[frozenset[str]] = SELLER
    thread: Hash


class Give(Document):
    """What the consumer says of the order `thread`. `token` is the seller's proof of the purchase: a hand-over of the
    order that stands, or a `feedback.token`.

    `signature` is that of the order's `feedback_key` (docs/protocol.md section 12.15): whoever placed the order at the
    end of the chain says so, and nobody in between.
    """

    TYPE: ClassVar[str] = "feedback.give"
    SIGNERS: ClassVar[frozenset[str]] = BUYER
    thread: Hash
    token: Hash
    ratings: Annotated[tuple[Rating, ...], Field(strict=False, min_length=1, max_length=20)]
    tags: Short[Code] = ()
    attachments: Attachments = ()
    signature: Signature


class Forward(Give):
    """The same, passed on: `parent` is a blinded reference to the document that it came in."""

    TYPE: ClassVar[str] = "feedback.forward"
    parent: Hash | None = None


TYPES: Final[tuple[type[Document], ...]] = (Token, Give, Forward)
