"""What two nodes say before they trust each other: the hello, its answer, and the proof of who is there.

protocol.md sections 5.2 to 5.6. Hello and answer go in the clear and are bound into the handshake by the prologue, so
that nobody can change what was offered. The proof goes inside it. Keys that a map has beyond those named here are
ignored: whatever must not be ignored takes a new version number.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from typing import Final

from protocol import encoding, limits, maps
from protocol.encoding import Value
from protocol.errors import Code, PeerError
from protocol.identities import NodeId

VERSIONS: Final = (1,)
"""What this node speaks, ascending."""
PROLOGUE: Final = b"hanse/session/1\n"
LENGTH: Final = Struct(">I")


@dataclass(frozen=True, slots=True)
class Hello:
    """The initiator's first message: whom it wants (32 bytes), what it speaks, which invitation it holds."""

    to: NodeId
    versions: tuple[int, ...]  # ascending
    tag: bytes | None  # 16 bytes, invitations.tag of the secret

    def compose(self) -> bytes:
        """The bytes on the wire."""
        fields: dict[str, Value] = {"t": "hello", "to": self.to, "vs": [*self.versions]}
        return encoding.encode(fields if self.tag is None else {**fields, "inv": self.tag})

    @classmethod
    def parse(cls, data: bytes) -> Hello:
        """The reverse; PeerError with a code of `encoding.decode`, or `wire.malformed` for a wrong field."""
        fields = decode(data, "hello")
        versions = fields.get("vs")
        if not isinstance(versions, list) or not 1 <= len(versions) <= limits.VERSIONS_OFFERED_MAX:
            raise maps.malformed("vs", f"1 to {limits.VERSIONS_OFFERED_MAX} versions", versions)
        offered = tuple(maps.count({"vs": version}, "vs") for version in versions)
        if sorted(set(offered)) != list(offered):
            raise PeerError(Code.MALFORMED, "message field vs", expected="ascending versions", got=offered)
        tag = maps.octets(fields, "inv", 16) if "inv" in fields else None
        return cls(NodeId(maps.octets(fields, "to", 32)), offered, tag)


@dataclass(frozen=True, slots=True)
class Answer:
    """The responder's first message: the version that both will speak."""

    version: int

    def compose(self) -> bytes:
        """The bytes on the wire."""
        return encoding.encode({"t": "hello", "v": self.version})

    @classmethod
    def parse(cls, data: bytes) -> Answer:
        """The reverse; PeerError `wire.unsupported` for a version that was not offered."""
        version = maps.count(decode(data, "hello"), "v")
        if version not in VERSIONS:
            raise PeerError(Code.UNSUPPORTED, "a version that was not offered", expected=VERSIONS, got=version)
        return cls(version)


@dataclass(frozen=True, slots=True)
class Proof:
    """Who speaks: inside handshake message 3, and in the responder's first frame.

    `kel` is (size, 32-byte root) of the speaker's identity log as it is now, `boot` 16 bytes new at each start.
    """

    node_id: NodeId
    kel: tuple[int, bytes]
    boot: bytes

    def compose(self) -> bytes:
        """The bytes that are encrypted."""
        return encoding.encode({"boot": self.boot, "id": self.node_id, "kel": [*self.kel]})

    @classmethod
    def parse(cls, data: bytes) -> Proof:
        """The reverse; PeerError with a code of `encoding.decode`, or `wire.malformed` for a wrong field."""
        fields = decode(data, None)
        kel = fields.get("kel")
        if not isinstance(kel, list) or len(kel) != 2:
            raise maps.malformed("kel", "[size, root]", kel)
        head = {"size": kel[0], "root": kel[1]}
        size = maps.count(head, "size")
        if size == 0:  # the inception entry is always there
            raise maps.malformed("size", "integer >= 1", size)
        node_id = NodeId(maps.octets(fields, "id", 32))
        return cls(node_id, (size, maps.octets(head, "root", 32)), maps.octets(fields, "boot", 16))


def choose_version(offered: tuple[int, ...], spoken: tuple[int, ...] = VERSIONS) -> int:
    """The highest version that both speak; PeerError `wire.unsupported` when there is none."""
    common = set(spoken).intersection(offered)
    if not common:
        raise PeerError(Code.UNSUPPORTED, "no common version", expected=spoken, got=offered)
    return max(common)


def prologue(hello: bytes, answer: bytes) -> bytes:
    """What the handshake authenticates beside itself: both clear messages exactly as they were on the wire."""
    return b"".join((PROLOGUE, LENGTH.pack(len(hello)), hello, LENGTH.pack(len(answer)), answer))


def decode(data: bytes, kind: str | None) -> dict[str, Value]:
    """The map in a message from somebody not yet trusted, with "t" as `kind` unless that is None."""
    fields = encoding.decode(data, bytes_max=limits.HELLO_BYTES_MAX, objects_max=limits.HELLO_OBJECTS_MAX, depth_max=4)
    if not isinstance(fields, dict):
        raise PeerError(Code.MALFORMED, "greeting", expected="a map", got=maps.describe(fields))
    if kind is not None and fields.get("t") != kind:
        raise maps.malformed("t", kind, fields.get("t"))
    return fields
