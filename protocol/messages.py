"""What two nodes say inside an open session: one frozen dataclass a message, to and from HCM maps.

docs/protocol.md section 8. A message is a map whose key "t" names it. Parsing checks every field before anything is
done; an unknown "t" is `wire.unsupported` and leaves the session open (faults.md W24).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from protocol import limits, maps
from protocol.claims import Claim, ReceiptNotes
from protocol.encoding import Value
from protocol.errors import Code, PeerError


@dataclass(frozen=True, slots=True)
class Heads:
    """The first message of both sides in every session; never from a cache."""

    claims: tuple[Claim, ...]
    credit_bytes: int
    credit_entries: int
    fence: bytes  # 16 bytes
    recovering: bool

    def compose(self) -> dict[str, Value]:
        """The map on the wire."""
        return {
            "t": "heads",
            "l": [claim.compose() for claim in self.claims],
            "credit": [self.credit_bytes, self.credit_entries],
            "fence": self.fence,
            "state": "recovering" if self.recovering else "ok",
        }

    @classmethod
    def parse(cls, fields: maps.Fields) -> Heads:
        """The reverse."""
        credit = fields.get("credit")
        if not isinstance(credit, list) or len(credit) != 2:
            raise maps.malformed("credit", "[bytes, entries]", credit)
        grant = {"bytes": credit[0], "entries": credit[1]}
        state = maps.text(fields, "state", 16)
        if state not in ("ok", "recovering"):
            raise maps.malformed("state", "ok or recovering", state)
        return cls(
            tuple(Claim.parse(row) for row in maps.table(fields, "l", limits.CHANNELS_PER_PARTNER_MAX)),
            maps.count(grant, "bytes"),
            maps.count(grant, "entries"),
            maps.octets(fields, "fence", 16),
            state == "recovering",
        )


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries of the sender's logbook from index `first` on, ending exactly at a checkpoint that its author signed."""

    origin: str
    first: int
    entries: tuple[bytes, ...]
    checkpoint: str

    def compose(self) -> dict[str, Value]:
        """The map on the wire."""
        return {"t": "batch", "o": self.origin, "from": self.first, "e": list(self.entries), "ck": self.checkpoint}

    @classmethod
    def parse(cls, fields: maps.Fields) -> Batch:
        """The reverse; at least one entry."""
        entries = maps.octet_strings(fields, "e", limits.BATCH_ENTRIES_MAX, limits.ENTRY_BYTES_MAX)
        if not entries:
            raise maps.malformed("e", "at least one entry", [])
        origin = maps.text(fields, "o", limits.ORIGIN_CHARACTERS_MAX)
        return cls(origin, maps.count(fields, "from"), entries, maps.text(fields, "ck"))


@dataclass(frozen=True, slots=True)
class Receipt:
    """Everything below `size` of `origin` (the receiver's logbook) is on the sender's disk."""

    origin: str
    size: int
    notes: ReceiptNotes
    mine: str  # the sender's own newest checkpoint, "" while empty: the head m of the pairing note

    def compose(self) -> dict[str, Value]:
        """The map on the wire."""
        rcpt = self.notes.compose()
        return {"t": "rcpt", "o": self.origin, "size": self.size, "rcpt": rcpt, "mine": self.mine}

    @classmethod
    def parse(cls, fields: maps.Fields) -> Receipt:
        """The reverse."""
        notes = ReceiptNotes.parse(fields.get("rcpt"))
        if notes is None:
            raise maps.malformed("rcpt", "map", None)
        origin = maps.text(fields, "o", limits.ORIGIN_CHARACTERS_MAX)
        return cls(origin, maps.count(fields, "size"), notes, maps.text(fields, "mine"))


@dataclass(frozen=True, slots=True)
class Credit:
    """Absolute totals since the session began that the receiver may send in batches."""

    bytes: int
    entries: int

    def compose(self) -> dict[str, Value]:
        """The map on the wire."""
        return {"t": "credit", "b": self.bytes, "n": self.entries}

    @classmethod
    def parse(cls, fields: maps.Fields) -> Credit:
        """The reverse."""
        return cls(maps.count(fields, "b"), maps.count(fields, "n"))


@dataclass(frozen=True, slots=True)
class Want:
    """Asks for entries [first, end) of a logbook that the receiver writes or mirrors."""

    origin: str
    first: int
    end: int

    def compose(self) -> dict[str, Value]:
        """The map on the wire."""
        return {"t": "want", "o": self.origin, "from": self.first, "to": self.end}

    @classmethod
    def parse(cls, fields: maps.Fields) -> Want:
        """The reverse; the range is not empty."""
        first, end = maps.count(fields, "from"), maps.count(fields, "to")
        if end <= first:
            raise maps.malformed("to", f"more than {first}", end)
        return cls(maps.text(fields, "o", limits.ORIGIN_CHARACTERS_MAX), first, end)


@dataclass(frozen=True, slots=True)
class Data:
    """Entries from `first` on, as stored by the sender, in answer to a WANT; it may be fewer than asked for."""

    origin: str
    first: int
    entries: tuple[bytes, ...]

    def compose(self) -> dict[str, Value]:
        """The map on the wire."""
        return {"t": "data", "o": self.origin, "from": self.first, "e": list(self.entries)}

    @classmethod
    def parse(cls, fields: maps.Fields) -> Data:
        """The reverse; no entries means that the sender has none of the range."""
        entries = maps.octet_strings(fields, "e", limits.BATCH_ENTRIES_MAX, limits.ENTRY_BYTES_MAX)
        return cls(maps.text(fields, "o", limits.ORIGIN_CHARACTERS_MAX), maps.count(fields, "from"), entries)


@dataclass(frozen=True, slots=True)
class BlobWant:
    """Asks for blobs by their SHA-256."""

    hashes: tuple[bytes, ...]

    def compose(self) -> dict[str, Value]:
        """The map on the wire."""
        return {"t": "blobq", "h": list(self.hashes)}

    @classmethod
    def parse(cls, fields: maps.Fields) -> BlobWant:
        """The reverse."""
        hashes = maps.octet_strings(fields, "h", limits.BLOB_WANTS_MAX, 32)
        if any(len(item) != 32 for item in hashes):
            raise maps.malformed("h", "hashes of 32 bytes", list(hashes))
        return cls(hashes)


@dataclass(frozen=True, slots=True)
class Blob:
    """A piece of a blob: `data` stands at `offset` of `length` bytes."""

    hash: bytes
    offset: int
    length: int
    data: bytes

    def compose(self) -> dict[str, Value]:
        """The map on the wire."""
        return {"t": "blob", "h": self.hash, "off": self.offset, "len": self.length, "d": self.data}

    @classmethod
    def parse(cls, fields: maps.Fields) -> Blob:
        """The reverse; the piece lies inside the blob."""
        data = fields.get("d")
        if not isinstance(data, bytes) or len(data) > limits.BLOB_PIECE_BYTES_MAX:
            raise maps.malformed("d", f"at most {limits.BLOB_PIECE_BYTES_MAX} bytes", data)
        offset, length = maps.count(fields, "off"), maps.count(fields, "len")
        if length > limits.BLOB_BYTES_MAX or offset + len(data) > length:
            raise maps.malformed("len", f"offset + piece at most {limits.BLOB_BYTES_MAX}", length)
        return cls(maps.octets(fields, "h", 32), offset, length, data)


@dataclass(frozen=True, slots=True)
class IdentityWant:
    """Asks for the sender's identity log from entry `first` on."""

    first: int

    def compose(self) -> dict[str, Value]:
        """The map on the wire."""
        return {"t": "idwant", "from": self.first}

    @classmethod
    def parse(cls, fields: maps.Fields) -> IdentityWant:
        """The reverse."""
        return cls(maps.count(fields, "from"))


@dataclass(frozen=True, slots=True)
class IdentityLog:
    """Entries of the sender's own identity log from `first` on."""

    first: int
    entries: tuple[bytes, ...]

    def compose(self) -> dict[str, Value]:
        """The map on the wire."""
        return {"t": "idlog", "from": self.first, "e": list(self.entries)}

    @classmethod
    def parse(cls, fields: maps.Fields) -> IdentityLog:
        """The reverse."""
        entries = maps.octet_strings(fields, "e", limits.IDENTITY_ENTRIES_MAX, limits.ENTRY_BYTES_MAX)
        return cls(maps.count(fields, "from"), entries)


@dataclass(frozen=True, slots=True)
class Pair:
    """What both sides of an invitation tell each other once, inside the session (section 9)."""

    identity: tuple[bytes, ...]  # the whole identity log
    name: str
    addresses: tuple[str, ...]
    salt: bytes  # 16 bytes

    def compose(self) -> dict[str, Value]:
        """The map on the wire."""
        return {
            "t": "pair",
            "id": list(self.identity),
            "name": self.name,
            "a": list(self.addresses),
            "salt": self.salt,
        }

    @classmethod
    def parse(cls, fields: maps.Fields) -> Pair:
        """The reverse."""
        addresses = fields.get("a")
        if not isinstance(addresses, list) or len(addresses) > limits.ADDRESSES_MAX:
            raise maps.malformed("a", f"at most {limits.ADDRESSES_MAX} addresses", addresses)
        return cls(
            maps.octet_strings(fields, "id", limits.IDENTITY_ENTRIES_MAX, limits.ENTRY_BYTES_MAX),
            maps.text(fields, "name", limits.NAME_CHARACTERS_MAX),
            tuple(maps.text({"a": item}, "a", limits.ADDRESS_CHARACTERS_MAX) for item in addresses),
            maps.octets(fields, "salt", 16),
        )


@dataclass(frozen=True, slots=True)
class Recovery:
    """Signed by the sender: "I hold no later head of your logbook" (section 10)."""

    note: str

    def compose(self) -> dict[str, Value]:
        """The map on the wire."""
        return {"t": "recovery", "note": self.note}

    @classmethod
    def parse(cls, fields: maps.Fields) -> Recovery:
        """The reverse."""
        return cls(maps.text(fields, "note"))


@dataclass(frozen=True, slots=True)
class Fork:
    """Two checkpoints of one logbook that contradict each other. Stored before anything else is done."""

    first: str
    second: str

    def compose(self) -> dict[str, Value]:
        """The map on the wire."""
        return {"t": "fork", "a": self.first, "b": self.second}

    @classmethod
    def parse(cls, fields: maps.Fields) -> Fork:
        """The reverse."""
        return cls(maps.text(fields, "a"), maps.text(fields, "b"))


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the sender refused the last message; a fatal one ends the session."""

    code: str
    fatal: bool

    def compose(self) -> dict[str, Value]:
        """The map on the wire."""
        return {"t": "err", "code": self.code, "fatal": self.fatal}

    @classmethod
    def parse(cls, fields: maps.Fields) -> Failure:
        """The reverse."""
        fatal = fields.get("fatal")
        if not isinstance(fatal, bool):
            raise maps.malformed("fatal", "true or false", fatal)
        return cls(maps.text(fields, "code", limits.CODE_CHARACTERS_MAX), fatal)


@dataclass(frozen=True, slots=True)
class Bye:
    """The sender ends the session on purpose."""

    why: str

    def compose(self) -> dict[str, Value]:
        """The map on the wire."""
        return {"t": "bye", "why": self.why}

    @classmethod
    def parse(cls, fields: maps.Fields) -> Bye:
        """The reverse."""
        return cls(maps.text(fields, "why", limits.CODE_CHARACTERS_MAX))


Message = (
    Heads | Batch | Receipt | Credit | Want | Data | BlobWant | Blob | IdentityWant | IdentityLog | Pair
    | Recovery | Fork | Failure | Bye
)  # fmt: skip

PARSERS: Mapping[str, Callable[[maps.Fields], Message]] = {
    "heads": Heads.parse,
    "batch": Batch.parse,
    "rcpt": Receipt.parse,
    "credit": Credit.parse,
    "want": Want.parse,
    "data": Data.parse,
    "blobq": BlobWant.parse,
    "blob": Blob.parse,
    "idwant": IdentityWant.parse,
    "idlog": IdentityLog.parse,
    "pair": Pair.parse,
    "recovery": Recovery.parse,
    "fork": Fork.parse,
    "err": Failure.parse,
    "bye": Bye.parse,
}


def parse(fields: maps.Fields) -> Message:
    """The message in a received map; PeerError `wire.unsupported` for an unknown "t", `wire.malformed` otherwise."""
    kind = fields.get("t")
    parser = PARSERS.get(kind) if isinstance(kind, str) else None
    if parser is None:
        raise PeerError(Code.UNSUPPORTED, "unknown message", expected=sorted(PARSERS), got=maps.describe(kind))
    return parser(fields)
