"""System documents of a channel: what opens, keys, seals and closes a logbook, and the answer to a refused document."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from contracts.documents.fields import Bytes16, Code, Document, Fields, Hash, Label, NodeId, Size

FOLD: Final = "hanse-fold/1"  # the version of the trade rules; only an entry of both can raise it
Pair = Annotated[tuple[NodeId, ...], Field(strict=False, min_length=2, max_length=2)]
Origins = Annotated[tuple[Label, ...], Field(strict=False, min_length=2, max_length=2)]
Suites = Annotated[tuple[Code, ...], Field(strict=False, max_length=16)]
NakText = Annotated[str, Field(max_length=200)]
NakFault = Annotated[tuple[NakText, ...], Field(strict=False, min_length=4, max_length=4)]


class Head(Fields):
    """The last head of the epoch before: its origin, size and root."""

    origin: Label
    size: Size
    root: Hash


class Open(Document):
    """Entry 0 of each logbook. `nodes` and `origins`: the author's first, then the reader's."""

    TYPE: ClassVar[str] = "channel.open"
    nodes: Pair
    origins: Origins
    salt: Bytes16
    epoch: Annotated[int, Field(ge=0, le=2**32 - 1)]
    suites: Suites
    fold: Code = FOLD
    words_compared: bool = False
    retention_years: Annotated[int, Field(ge=0, le=100)] = 10
    prev: Head | None = None


class Nak(Document):
    """What the author's fold refused: entry `idx` of logbook `d` (0 own, 1 the partner's). Changes no state.

    Each fault is [code, path, expected, got].
    """

    TYPE: ClassVar[str] = "channel.nak"
    d: Literal[0, 1]
    idx: Size
    faults: Annotated[tuple[NakFault, ...], Field(strict=False, min_length=1, max_length=50)]


class Key(Document):
    """The head of the author's identity log, so that key changes have a place in the order of things."""

    TYPE: ClassVar[str] = "channel.key"
    size: Size
    root: Hash


class Seal(Document):
    """The last entry of an epoch: this logbook goes on in a new one."""

    TYPE: ClassVar[str] = "channel.seal"
    reason: Code | None = None


class Close(Document):
    """The author ends the channel: nothing that knows of it is accepted any more."""

    TYPE: ClassVar[str] = "channel.close"
    reason: Code | None = None


TYPES: Final[tuple[type[Document], ...]] = (Open, Nak, Key, Seal, Close)
