"""What one side says of a channel as it stands there: its head, what it holds of the other, what it gave a receipt for.

docs/protocol.md sections 7 and 8.
"""

from __future__ import annotations

from dataclasses import dataclass

from protocol import limits, maps
from protocol.encoding import Value


@dataclass(frozen=True, slots=True)
class ReceiptNotes:
    """One receipt: the mirror cosignature line and the pairing note (section 7)."""

    cosignature: str
    pair: str

    def compose(self) -> Value:
        """As it stands inside other messages."""
        return {"cs": self.cosignature, "pair": self.pair}

    @classmethod
    def parse(cls, value: Value) -> ReceiptNotes | None:
        """None stands for no receipt yet."""
        if value is None:
            return None
        if not isinstance(value, dict):
            raise maps.malformed("rcpt", "map or nil", value)
        return cls(maps.text(value, "cs"), maps.text(value, "pair"))


@dataclass(frozen=True, slots=True)
class Claim:
    """One channel as its sender sees it: a row of HEADS."""

    origin: str  # the sender's own logbook
    checkpoint: str  # its newest signed checkpoint, "" while it is empty
    mirror: str  # the origin of the receiver's logbook, as the sender holds it
    mirror_size: int
    mirror_root: bytes
    receipt: ReceiptNotes | None  # the newest receipt that the sender gave for it
    known: str  # the newest checkpoint of the receiver's logbook that the sender ever saw, "" for none

    def compose(self) -> Value:
        """The map on the wire."""
        return {
            "o": self.origin,
            "ck": self.checkpoint,
            "p": self.mirror,
            "size": self.mirror_size,
            "root": self.mirror_root,
            "rcpt": None if self.receipt is None else self.receipt.compose(),
            "known": self.known,
        }

    @classmethod
    def parse(cls, fields: maps.Fields) -> Claim:
        """The reverse; every field is required."""
        return cls(
            maps.text(fields, "o", limits.ORIGIN_CHARACTERS_MAX),
            maps.text(fields, "ck"),
            maps.text(fields, "p", limits.ORIGIN_CHARACTERS_MAX),
            maps.count(fields, "size"),
            maps.octets(fields, "root", 32),
            ReceiptNotes.parse(fields.get("rcpt")),
            maps.text(fields, "known"),
        )
