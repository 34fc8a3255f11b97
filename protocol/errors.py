"""Who is wrong, and how.

    ProtocolError
    ├── LocalError      we misused the protocol: a bug or a bad argument on this side
    └── PeerError       what came from outside breaks the protocol; carries a code of the closed list below

The list is closed: a node never sends a code that is not here, and treats an unknown one as `wire.unsupported`.
docs/protocol.md section 15 lists every code with the same sentence.
"""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """The closed list of codes that a partner may be told."""

    # Bytes. W09, W10, W11 of the fault catalogue.
    MALFORMED = "wire.malformed"
    """The bytes are not what the format says: truncated, trailing, too deep, too many objects, wrong fields."""
    NOT_CANONICAL = "wire.not-canonical"
    """The same value has another spelling, or the value lies outside the profile (float, control character)."""
    RANGE = "wire.range"
    """An integer lies outside the bounds of its field."""
    TOO_BIG = "wire.too-big"
    """More bytes than the bound; nothing of it was read."""
    UNSUPPORTED = "wire.unsupported"
    """A message, version or suite that this node does not know."""

    # Logbooks.
    WRONG_LOG = "log.wrong-log"
    """The logbook is not the one that this session, note or proof is about."""
    GAP = "log.gap"
    """An entry is missing before this one; nothing past the gap was stored."""
    FORK = "log.fork"
    """Two histories of one logbook contradict each other; both were kept as evidence."""
    ROLLBACK = "log.rollback"
    """A head smaller than one already receipted was shown as the newest."""
    ROOT = "log.root"
    """The entries do not hash to the signed root."""
    PROOF = "log.proof"
    """An inclusion or consistency proof does not prove it."""
    RECEIPT = "log.receipt"
    """A receipt over a head never sent, of another logbook, or by the wrong key."""
    SEEN = "log.seen"
    """`seen` went back, or two logbooks claim to have seen each other's future."""
    AHEAD = "log.ahead"
    """The other side has seen more of a logbook than its holder has: fetch first, sign nothing."""

    # Keys, notes, identities.
    KEY = "key.refused"
    """The public key is weak, malformed, retired or not the one that was expected."""
    SIGNATURE = "key.signature"
    """No known key signed this, or a known key's signature fails."""
    NOTE = "note.malformed"
    """The text is not a signed note, checkpoint, receipt or proof file."""
    IDENTITY = "identity.refused"
    """An identity entry breaks the rules of identity logbooks (rotation, recovery, order)."""
    IDENTITY_FORK = "identity.fork"
    """Two identity histories contradict each other and no recovery explains it."""

    # Sealed data.
    SEALED = "sealed.refused"
    """Sealed data does not open, or does not match what was signed about it."""

    # Sessions.
    HANDSHAKE = "session.handshake"
    """The handshake failed; nothing was agreed."""
    STATE = "session.state"
    """A message that is not allowed in this state of the session."""
    REPLAY = "session.replay"
    """A message of another session, partner or time."""
    CREDIT = "session.credit"
    """More was sent than the credit allowed."""
    SUPERSEDED = "session.superseded"
    """A newer session of the same two nodes replaced this one."""
    TWIN = "session.twin"
    """Two living nodes use the same keys; both stop signing."""

    # Pairing.
    INVITE = "pair.invite"
    """The invitation is malformed, expired, used by another node, or the secret is wrong."""

    # The node as a whole.
    BUSY = "node.busy"
    """Not now: over a quota, out of space or recovering. Try again later."""


class ProtocolError(Exception):
    """Anything that the trust floor refuses."""


class LocalError(ProtocolError):
    """This side asked for something that the protocol forbids. A bug here, never the partner's fault."""


class PeerError(ProtocolError):
    """What came from outside breaks the protocol.

    `code` is from the closed list, `hint` one plain sentence without secrets, `expected` and `got` are the rule
    and what was found, short enough to be shown.
    """

    def __init__(self, code: Code, hint: str, *, expected: object = None, got: object = None) -> None:
        self.code = code
        self.hint = hint
        self.expected = expected
        self.got = got
        super().__init__(code, hint, expected, got)

    def __str__(self) -> str:
        parts = [f"{self.code}: {self.hint}"]
        if self.expected is not None:
            parts.append(f"expected {self.expected}")
        if self.got is not None:
            parts.append(f"got {self.got}")
        return "; ".join(parts)
