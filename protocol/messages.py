"""What two nodes say inside an open session: one frozen dataclass a message, to and from HCM maps.

docs/protocol.md section 8. A message is a map whose key "t" names it. Parsing checks every field before anything is
done; an unknown "t" is `wire.unsupported` and leaves the session open (faults.md W24).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from protocol import limits
from protocol.encoding import Value
from protocol.errors import Code, PeerError

Parsed = TypeVar("Parsed")
Fields = Mapping[str, Value]


def malformed(path: str, expected: str, value: object) -> PeerError:
    """The error for a field that is missing or of another kind."""
    return PeerError(Code.MALFORMED, f"message field {path}", expected=expected, got=describe(value))


def describe(value: object) -> str:
    """What came, short enough for an error line and without its content."""
    if isinstance(value, (str, bytes, list, dict)):
        return f"{type(value).__name__} of length {len(value)}"
    return repr(value)


def text(fields: Fields, key: str, length_max: int = limits.NOTE_CHARACTERS_MAX) -> str:
    """A string of at most `length_max` characters."""
    value = fields.get(key)
    if not isinstance(value, str) or len(value) > length_max:
        raise malformed(key, f"text of at most {length_max} characters", value)
    return value


def count(fields: Fields, key: str) -> int:
    """A non-negative integer."""
    value = fields.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise malformed(key, "integer >= 0", value)
    return value


def octets(fields: Fields, key: str, length: int) -> bytes:
    """Exactly `length` bytes."""
    value = fields.get(key)
    if not isinstance(value, bytes) or len(value) != length:
        raise malformed(key, f"{length} bytes", value)
    return value


def octet_strings(fields: Fields, key: str, count_max: int, bytes_max: int) -> tuple[bytes, ...]:
    """At most `count_max` byte strings of at most `bytes_max` bytes each."""
    value = fields.get(key)
    if not isinstance(value, list) or len(value) > count_max:
        raise malformed(key, f"list of at most {count_max}", value)
    for item in value:
        if not isinstance(item, bytes) or len(item) > bytes_max:
            raise malformed(key, f"byte strings of at most {bytes_max} bytes", item)
    return tuple(item for item in value if isinstance(item, bytes))


def table(fields: Fields, key: str, count_max: int) -> list[Fields]:
    """At most `count_max` maps."""
    value = fields.get(key)
    if not isinstance(value, list) or len(value) > count_max:
        raise malformed(key, f"list of at most {count_max} maps", value)
    for item in value:
        if not isinstance(item, dict):
            raise malformed(key, "maps", item)
    return [item for item in value if isinstance(item, dict)]


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
            raise malformed("rcpt", "map or nil", value)
        return cls(text(value, "cs"), text(value, "pair"))


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
    def parse(cls, fields: Fields) -> Claim:
        """The reverse; every field is required."""
        return cls(
            text(fields, "o", limits.ORIGIN_CHARACTERS_MAX),
            text(fields, "ck"),
            text(fields, "p", limits.ORIGIN_CHARACTERS_MAX),
            count(fields, "size"),
            octets(fields, "root", 32),
            ReceiptNotes.parse(fields.get("rcpt")),
            text(fields, "known"),
        )


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
    def parse(cls, fields: Fields) -> Heads:
        """The reverse."""
        credit = fields.get("credit")
        if not isinstance(credit, list) or len(credit) != 2:
            raise malformed("credit", "[bytes, entries]", credit)
        grant = {"bytes": credit[0], "entries": credit[1]}
        state = text(fields, "state", 16)
        if state not in ("ok", "recovering"):
            raise malformed("state", "ok or recovering", state)
        return cls(
            tuple(Claim.parse(row) for row in table(fields, "l", limits.CHANNELS_PER_PARTNER_MAX)),
            count(grant, "bytes"),
            count(grant, "entries"),
            octets(fields, "fence", 16),
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
    def parse(cls, fields: Fields) -> Batch:
        """The reverse; at least one entry."""
        entries = octet_strings(fields, "e", limits.BATCH_ENTRIES_MAX, limits.ENTRY_BYTES_MAX)
        if not entries:
            raise malformed("e", "at least one entry", [])
        origin = text(fields, "o", limits.ORIGIN_CHARACTERS_MAX)
        return cls(origin, count(fields, "from"), entries, text(fields, "ck"))


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
    def parse(cls, fields: Fields) -> Receipt:
        """The reverse."""
        notes = ReceiptNotes.parse(fields.get("rcpt"))
        if notes is None:
            raise malformed("rcpt", "map", None)
        origin = text(fields, "o", limits.ORIGIN_CHARACTERS_MAX)
        return cls(origin, count(fields, "size"), notes, text(fields, "mine"))


@dataclass(frozen=True, slots=True)
class Credit:
    """Absolute totals since the session began that the receiver may send in batches."""

    bytes: int
    entries: int

    def compose(self) -> dict[str, Value]:
        """The map on the wire."""
        return {"t": "credit", "b": self.bytes, "n": self.entries}

    @classmethod
    def parse(cls, fields: Fields) -> Credit:
        """The reverse."""
        return cls(count(fields, "b"), count(fields, "n"))


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
    def parse(cls, fields: Fields) -> Want:
        """The reverse; the range is not empty."""
        first, end = count(fields, "from"), count(fields, "to")
        if end <= first:
            raise malformed("to", f"more than {first}", end)
        return cls(text(fields, "o", limits.ORIGIN_CHARACTERS_MAX), first, end)


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
    def parse(cls, fields: Fields) -> Data:
        """The reverse; no entries means that the sender has none of the range."""
        entries = octet_strings(fields, "e", limits.BATCH_ENTRIES_MAX, limits.ENTRY_BYTES_MAX)
        return cls(text(fields, "o", limits.ORIGIN_CHARACTERS_MAX), count(fields, "from"), entries)


@dataclass(frozen=True, slots=True)
class BlobWant:
    """Asks for blobs by their SHA-256."""

    hashes: tuple[bytes, ...]

    def compose(self) -> dict[str, Value]:
        """The map on the wire."""
        return {"t": "blobq", "h": list(self.hashes)}

    @classmethod
    def parse(cls, fields: Fields) -> BlobWant:
        """The reverse."""
        hashes = octet_strings(fields, "h", limits.BLOB_WANTS_MAX, 32)
        if any(len(item) != 32 for item in hashes):
            raise malformed("h", "hashes of 32 bytes", list(hashes))
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
    def parse(cls, fields: Fields) -> Blob:
        """The reverse; the piece lies inside the blob."""
        data = fields.get("d")
        if not isinstance(data, bytes) or len(data) > limits.BLOB_PIECE_BYTES_MAX:
            raise malformed("d", f"at most {limits.BLOB_PIECE_BYTES_MAX} bytes", data)
        offset, length = count(fields, "off"), count(fields, "len")
        if length > limits.BLOB_BYTES_MAX or offset + len(data) > length:
            raise malformed("len", f"offset + piece at most {limits.BLOB_BYTES_MAX}", length)
        return cls(octets(fields, "h", 32), offset, length, data)


@dataclass(frozen=True, slots=True)
class IdentityWant:
    """Asks for the sender's identity log from entry `first` on."""

    first: int

    def compose(self) -> dict[str, Value]:
        """The map on the wire."""
        return {"t": "idwant", "from": self.first}

    @classmethod
    def parse(cls, fields: Fields) -> IdentityWant:
        """The reverse."""
        return cls(count(fields, "from"))


@dataclass(frozen=True, slots=True)
class IdentityLog:
    """Entries of the sender's own identity log from `first` on."""

    first: int
    entries: tuple[bytes, ...]

    def compose(self) -> dict[str, Value]:
        """The map on the wire."""
        return {"t": "idlog", "from": self.first, "e": list(self.entries)}

    @classmethod
    def parse(cls, fields: Fields) -> IdentityLog:
        """The reverse."""
        entries = octet_strings(fields, "e", limits.IDENTITY_ENTRIES_MAX, limits.ENTRY_BYTES_MAX)
        return cls(count(fields, "from"), entries)


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
    def parse(cls, fields: Fields) -> Pair:
        """The reverse."""
        addresses = fields.get("a")
        if not isinstance(addresses, list) or len(addresses) > limits.ADDRESSES_MAX:
            raise malformed("a", f"at most {limits.ADDRESSES_MAX} addresses", addresses)
        return cls(
            octet_strings(fields, "id", limits.IDENTITY_ENTRIES_MAX, limits.ENTRY_BYTES_MAX),
            text(fields, "name", limits.NAME_CHARACTERS_MAX),
            tuple(text({"a": item}, "a", limits.ADDRESS_CHARACTERS_MAX) for item in addresses),
            octets(fields, "salt", 16),
        )


@dataclass(frozen=True, slots=True)
class Recovery:
    """Signed by the sender: "I hold no later head of your logbook" (section 10)."""

    note: str

    def compose(self) -> dict[str, Value]:
        """The map on the wire."""
        return {"t": "recovery", "note": self.note}

    @classmethod
    def parse(cls, fields: Fields) -> Recovery:
        """The reverse."""
        return cls(text(fields, "note"))


@dataclass(frozen=True, slots=True)
class Fork:
    """Two checkpoints of one logbook that contradict each other. Stored before anything else is done."""

    first: str
    second: str

    def compose(self) -> dict[str, Value]:
        """The map on the wire."""
        return {"t": "fork", "a": self.first, "b": self.second}

    @classmethod
    def parse(cls, fields: Fields) -> Fork:
        """The reverse."""
        return cls(text(fields, "a"), text(fields, "b"))


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the sender refused the last message; a fatal one ends the session."""

    code: str
    fatal: bool

    def compose(self) -> dict[str, Value]:
        """The map on the wire."""
        return {"t": "err", "code": self.code, "fatal": self.fatal}

    @classmethod
    def parse(cls, fields: Fields) -> Failure:
        """The reverse."""
        fatal = fields.get("fatal")
        if not isinstance(fatal, bool):
            raise malformed("fatal", "true or false", fatal)
        return cls(text(fields, "code", limits.CODE_CHARACTERS_MAX), fatal)


@dataclass(frozen=True, slots=True)
class Bye:
    """The sender ends the session on purpose."""

    why: str

    def compose(self) -> dict[str, Value]:
        """The map on the wire."""
        return {"t": "bye", "why": self.why}

    @classmethod
    def parse(cls, fields: Fields) -> Bye:
        """The reverse."""
        return cls(text(fields, "why", limits.CODE_CHARACTERS_MAX))


Message = (
    Heads | Batch | Receipt | Credit | Want | Data | BlobWant | Blob | IdentityWant | IdentityLog | Pair
    | Recovery | Fork | Failure | Bye
)  # fmt: skip

PARSERS: Mapping[str, Callable[[Fields], Message]] = {
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


def parse(fields: Fields) -> Message:
    """The message in a received map; PeerError `wire.unsupported` for an unknown "t", `wire.malformed` otherwise."""
    kind = fields.get("t")
    parser = PARSERS.get(kind) if isinstance(kind, str) else None
    if parser is None:
        raise PeerError(Code.UNSUPPORTED, "unknown message", expected=sorted(PARSERS), got=describe(kind))
    return parser(fields)
