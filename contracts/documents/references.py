"""Disclosure by consent (law 9): opening a blinded reference to the partner."""

from __future__ import annotations

from typing import ClassVar, Final, Literal

from contracts.documents.fields import Document, Hash


class Disclose(Document):
    """Opens the reference in the field `name` of `document`, an entry of the author in this channel: it is a commitment
    to the entry `hash` of another channel, under `salt`. Whether they fit is computed by whoever reads it; the fold
    only keeps what was said."""

    TYPE: ClassVar[str] = "reference.disclose"
    document: Hash
    name: Literal["parent", "upstream", "source"]
    salt: Hash
    hash: Hash


TYPES: Final[tuple[type[Document], ...]] = (Disclose,)
