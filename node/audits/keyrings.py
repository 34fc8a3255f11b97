"""The public keys of a node, old and new: which generation of keys signed a note.

A rotation does not make old notes invalid (docs/protocol.md section 3.9): a key is found by the name and the id in the
signature line, in every generation of the identity logbook.

KNOWN: the root `upto` of a rotation says up to which head the old `log` key counts, but the leaves under it are not
part of an export yet. What is checked instead is that later heads are never signed by an older generation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from protocol import checkpoints, identities
from protocol.errors import Code, PeerError

ALGORITHMS = {"log": checkpoints.ED25519, "receipt": checkpoints.ED25519, "mirror": checkpoints.COSIGNATURE}
"""The signature type of each role whose notes are exported."""


@dataclass(frozen=True, slots=True)
class Signer:
    """A key that signed something: its generation counted from 0, and the 32 bytes."""

    generation: int
    public: bytes


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys of one node. `path` is the folder of its identity logbook, for findings."""

    path: str
    identity: identities.Identity

    @property
    def node(self) -> identities.NodeId:
        """Whose keys these are."""
        return self.identity.node_id

    def name(self, role: str, origin: str) -> str:
        """The name of a key in notes: of `log` the origin of the logbook, of all others after the node."""
        return origin if role == "log" else checkpoints.key_name(self.node, role)

    def generations(self, role: str) -> tuple[bytes, ...]:
        """Every public key that this role ever had, oldest first."""
        return (*(retired.keys[role] for retired in self.identity.retired), self.identity.keys[role])

    def signer(self, role: str, origin: str, signatures: Sequence[checkpoints.Signature]) -> Signer:
        """The newest key of a role among the signature lines, not yet verified. `PeerError` SIGNATURE when none is."""
        name = self.name(role, origin)
        held = {line.key_id for line in signatures if line.name == name}
        for generation, public in reversed(list(enumerate(self.generations(role)))):
            if checkpoints.key_id(name, ALGORITHMS[role], public) in held:
                return Signer(generation, public)
        raise PeerError(
            Code.SIGNATURE,
            f"no signature of the {role} key",
            expected=name,
            got=", ".join(line.name for line in signatures),
        )


def load(path: str, leaves: Sequence[bytes]) -> Keyring:
    """The keyring that an identity logbook proves. `PeerError` for the first leaf that breaks a rule."""
    return Keyring(path, identities.replay(leaves))
