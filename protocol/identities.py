"""Who a node is: its NodeID, the text form of it, and the identity logbook (docs/protocol.md section 3).

An identity logbook is a Merkle tree like any other, with leaves of five kinds. The first, the inception, is the
identity: the NodeID is its hash. Every other leaf names the leaf hash of its predecessor, so the leaves alone, in
order, prove each other; a checkpoint is needed only to know that none is missing at the end.

    icp   keys, kem, and commitments to the next keys and to the recovery key
    kem   new keys for personal data          addr   new addresses and relays
    rot   new keys, which the last commitment foretold
    rec   new keys, by the recovery key; the one leaf that may replace others: those at index `from` and after

A recovery never replaces an earlier recovery: `from` lies after the last one. Keys are never used again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from protocol import leaves, limits, merkle
from protocol.encoding import Value
from protocol.errors import Code, LocalError, PeerError
from protocol.keys import (
    Secrets,
    check_ed25519,
    check_x25519,
    derive,
    ed25519_sign,
    ed25519_verify,
    public,
    public_keys,
    x25519,
)
from protocol.leaves import Why
from protocol.nodeids import NodeId, from_text, node_id, origin, to_text

__all__ = [
    "Identity",
    "NodeId",
    "Retirement",
    "Secrets",
    "Why",
    "addr_leaf",
    "check_ed25519",
    "check_x25519",
    "derive",
    "ed25519_sign",
    "ed25519_verify",
    "extend",
    "from_text",
    "inception",
    "kem_leaf",
    "node_id",
    "origin",
    "public",
    "public_keys",
    "reconcile",
    "recovery_leaf",
    "replay",
    "rotation_leaf",
    "to_text",
    "x25519",
]


@dataclass(frozen=True, slots=True)
class Retirement:
    """Keys that a leaf at `index` replaced.

    `upto` is the 32-byte root over (logbook, size, root) of every logbook at that moment: heads by the old `log`
    key are valid up to it and not beyond.
    """

    index: int
    keys: dict[str, bytes]
    upto: bytes
    why: str


@dataclass(frozen=True, slots=True)
class Identity:
    """What an identity logbook says after its last leaf.

    `keys` maps role -> public key (32 bytes), `kem` are the keys for personal data, newest last. `next` and
    `recovery` are the commitments; `used` is every key that ever stood in the logbook; `recovered` is the index of
    the last recovery leaf, 0 for none.
    """

    node_id: NodeId
    entries: tuple[bytes, ...]
    frontier: merkle.Frontier
    keys: dict[str, bytes]
    kem: tuple[bytes, ...]
    next: bytes
    recovery: bytes
    used: frozenset[bytes]
    addresses: tuple[str, ...] = ()
    relays: tuple[NodeId, ...] = ()
    retired: tuple[Retirement, ...] = ()
    recovered: int = 0

    @property
    def size(self) -> int:
        """Number of leaves."""
        return len(self.entries)

    @property
    def root(self) -> bytes:
        """Root over the leaves, 32 bytes."""
        return merkle.root(self.frontier)


def inception(root: bytes, next_root: bytes, recovery_public: bytes, kem: Sequence[bytes], nonce: bytes) -> bytes:
    """The signed inception leaf of a new identity.

    `root` and `next_root` are the root secrets (32 bytes) of this key generation and the one after; only a hash of
    the next public keys is published. `recovery_public` is an Ed25519 key whose private half stays on paper.
    `nonce` are 16 random bytes. `LocalError` for arguments that `replay` would refuse.
    """
    fields: dict[str, Value] = {
        "t": leaves.INCEPTION,
        "v": 1,
        "keys": leaves.key_map(public_keys(derive(root))),
        "kem": list(kem),
        "next": leaves.next_commitment(public_keys(derive(next_root))),
        "rec": leaves.recovery_commitment(recovery_public),
        "pq": None,
        "n": nonce,
    }
    leaf = leaves.sign(fields, leaves.signers(derive(root)))
    _own(lambda: replay([leaf]))
    return leaf


def kem_leaf(identity: Identity, root: bytes, kem: Sequence[bytes]) -> bytes:
    """A leaf that publishes the keys for personal data from now on, newest last."""
    fields: dict[str, Value] = {"t": leaves.KEM, "kem": list(kem)}
    return _next_leaf(identity, fields, {"log": derive(root).log})


def addr_leaf(identity: Identity, root: bytes, addresses: Sequence[str], relays: Sequence[NodeId] = ()) -> bytes:
    """A leaf that publishes the addresses (`host:port`) and relays (NodeIDs) from now on."""
    fields: dict[str, Value] = {"t": leaves.ADDRESSES, "urls": list(addresses), "relays": list(relays)}
    return _next_leaf(identity, fields, {"log": derive(root).log})


def rotation_leaf(
    identity: Identity, *, old_root: bytes | None, root: bytes, next_root: bytes, upto: bytes, why: Why
) -> bytes:
    """A leaf that replaces every key by the generation that the last commitment foretold.

    `old_root` is the generation that ends; None when it is compromised, since a thief can sign with it as well.
    `root` is the generation that begins, `next_root` the one after. `upto`: see `Retirement`.
    """
    signers = leaves.signers(derive(root))
    if old_root is not None:
        signers["old"] = derive(old_root).log
    fields: dict[str, Value] = {
        "t": leaves.ROTATION,
        "keys": leaves.key_map(public_keys(derive(root))),
        "next": leaves.next_commitment(public_keys(derive(next_root))),
        "upto": upto,
        "why": why.value,
    }
    return _next_leaf(identity, fields, signers)


def recovery_leaf(
    identity: Identity,
    *,
    first: int,
    recovery_private: bytes,
    root: bytes,
    next_root: bytes,
    recovery_public: bytes,
    upto: bytes,
) -> bytes:
    """A leaf by the recovery key that replaces the leaves from index `first` on, and every key.

    `recovery_public` is the *next* recovery key, whose hash is published.
    """
    fields: dict[str, Value] = {
        "t": leaves.RECOVERY,
        "key": public(recovery_private, "rec"),
        "keys": leaves.key_map(public_keys(derive(root))),
        "next": leaves.next_commitment(public_keys(derive(next_root))),
        "rec": leaves.recovery_commitment(recovery_public),
        "from": first,
        "upto": upto,
    }
    if not 1 <= first <= identity.size:
        raise LocalError(f"a recovery replaces leaves from 1 to {identity.size}, not {first}")
    base = replay(identity.entries[:first])
    signers = {**leaves.signers(derive(root)), "rec": recovery_private}
    leaf = leaves.sign({**fields, "prev": merkle.leaf_hash(base.entries[-1])}, signers)
    _own(lambda: extend(identity, [leaf]))
    return leaf


def replay(entries: Sequence[bytes]) -> Identity:
    """The identity that the leaves prove, from the inception on. `PeerError` for the first that breaks a rule."""
    if not entries:
        raise PeerError(Code.IDENTITY, "an identity logbook is empty")
    return extend(_begin(entries[0]), entries[1:])


def extend(identity: Identity, entries: Sequence[bytes]) -> Identity:
    """The identity after more leaves.

    A first leaf that is a recovery may replace leaves of `identity`, as its `from` says. `PeerError` for the first
    leaf that breaks a rule; nothing of `entries` counts then.
    """
    _check_amount(entries)
    for position, entry in enumerate(entries):
        identity = _step(identity, entry, may_replace=position == 0)
    _check_amount(identity.entries)
    return identity


def reconcile(held: Identity, offered: Sequence[bytes]) -> Identity:
    """The identity to believe when the partner shows its whole logbook again.

    The longer of two that agree; where they part, the one that goes on with a valid recovery. Anything else is
    evidence: `PeerError` IDENTITY_FORK.
    """
    common = 0
    for mine, theirs in zip(held.entries, offered, strict=False):
        if mine != theirs:
            break
        common += 1
    if common == len(offered):
        return held
    if common == held.size:
        return extend(held, offered[common:])
    candidate = replay(offered)
    recoveries = [each for each in (held, candidate) if _recovers_at(each, common)]
    if candidate.node_id != held.node_id or len(recoveries) != 1 or _superseded(held, candidate, common):
        raise PeerError(Code.IDENTITY_FORK, "two identity logbooks contradict each other", got=f"leaf {common}")
    return recoveries[0]


def _recovers_at(identity: Identity, index: int) -> bool:
    return leaves.parse(identity.entries[index])["t"] == leaves.RECOVERY


def _superseded(held: Identity, candidate: Identity, common: int) -> bool:
    """Whether the branch without the recovery holds a recovery itself, which nothing replaces."""
    other = candidate if _recovers_at(held, common) else held
    return other.recovered >= common


def _begin(entry: bytes) -> Identity:
    fields = leaves.parse(entry)
    if fields["t"] != leaves.INCEPTION:
        raise PeerError(Code.IDENTITY, "an identity logbook begins with an inception", got=fields["t"])
    key_map = leaves.read_keys(fields)
    leaves.verify(fields, leaves.verifiers(key_map))
    return Identity(
        node_id(entry),
        (entry,),
        merkle.append(merkle.EMPTY, [merkle.leaf_hash(entry)]),
        key_map,
        leaves.read_kem(fields),
        leaves.octets(fields, "next", 32),
        leaves.octets(fields, "rec", 32),
        frozenset(key_map.values()),
    )


def _check_amount(entries: Sequence[bytes]) -> None:
    if len(entries) > limits.IDENTITY_ENTRIES_MAX or sum(map(len, entries)) > limits.IDENTITY_BYTES_MAX:
        expected = f"{limits.IDENTITY_ENTRIES_MAX} leaves, {limits.IDENTITY_BYTES_MAX} bytes"
        raise PeerError(Code.TOO_BIG, "an identity logbook is too big", expected=expected)


def _step(identity: Identity, entry: bytes, *, may_replace: bool) -> Identity:
    fields = leaves.parse(entry)
    match fields["t"]:
        case leaves.KEM:
            changed = replace(identity, kem=leaves.read_kem(fields))
            leaves.verify(fields, {"log": identity.keys["log"]})
        case leaves.ADDRESSES:
            relays = tuple(NodeId(relay) for relay in leaves.read_relays(fields))
            changed = replace(identity, addresses=leaves.read_addresses(fields), relays=relays)
            leaves.verify(fields, {"log": identity.keys["log"]})
        case leaves.ROTATION:
            changed = _rotate(identity, fields)
        case leaves.RECOVERY:
            identity = _before(identity, leaves.integer(fields, "from"), may_replace=may_replace)
            changed = _recover(identity, fields)
        case _:
            raise PeerError(Code.IDENTITY, "an identity logbook has one inception")
    return _grow(identity, changed, fields, entry)


def _grow(before: Identity, changed: Identity, fields: dict[str, Value], entry: bytes) -> Identity:
    if leaves.octets(fields, "prev", 32) != merkle.leaf_hash(before.entries[-1]):
        raise PeerError(Code.IDENTITY, "the leaf follows another one", expected=f"predecessor {before.size - 1}")
    frontier = merkle.append(before.frontier, [merkle.leaf_hash(entry)])
    return replace(changed, entries=(*before.entries, entry), frontier=frontier)


def _before(identity: Identity, first: int, *, may_replace: bool) -> Identity:
    """The identity without the leaves that a recovery `from` index `first` replaces."""
    least = identity.recovered + 1 if may_replace else identity.size
    if not least <= first <= identity.size:
        raise PeerError(
            Code.IDENTITY,
            "a recovery replaces leaves after the last recovery only",
            expected=f"from {least} to {identity.size}",
            got=first,
        )
    return identity if first == identity.size else replay(identity.entries[:first])


def _rotate(identity: Identity, fields: dict[str, Value]) -> Identity:
    key_map, why = leaves.read_keys(fields), leaves.read_why(fields)
    if leaves.next_commitment(key_map) != identity.next:
        raise PeerError(Code.IDENTITY, "the new keys are not those that were foretold")
    verifiers = leaves.verifiers(key_map)
    if why is not Why.COMPROMISED:
        verifiers["old"] = identity.keys["log"]
    leaves.verify(fields, verifiers)
    return _replace_keys(identity, fields, key_map, why.value)


def _recover(identity: Identity, fields: dict[str, Value]) -> Identity:
    key_map, recovery = leaves.read_keys(fields), leaves.octets(fields, "key", 32)
    check_ed25519(recovery)
    if leaves.recovery_commitment(recovery) != identity.recovery:
        raise PeerError(Code.IDENTITY, "the recovery key is not the one that was foretold")
    leaves.verify(fields, {**leaves.verifiers(key_map), "rec": recovery})
    changed = _replace_keys(identity, fields, key_map, "recovery")
    return replace(
        changed,
        recovery=leaves.octets(fields, "rec", 32),
        used=changed.used | {recovery},
        recovered=identity.size,
    )


def _replace_keys(identity: Identity, fields: dict[str, Value], key_map: dict[str, bytes], why: str) -> Identity:
    if identity.used & set(key_map.values()):
        raise PeerError(Code.KEY, "a key was used before")
    retirement = Retirement(identity.size, identity.keys, leaves.octets(fields, "upto", 32), why)
    return replace(
        identity,
        keys=key_map,
        next=leaves.octets(fields, "next", 32),
        used=identity.used | set(key_map.values()),
        retired=(*identity.retired, retirement),
    )


def _next_leaf(identity: Identity, fields: dict[str, Value], signers: dict[str, bytes]) -> bytes:
    leaf = leaves.sign({**fields, "prev": merkle.leaf_hash(identity.entries[-1])}, signers)
    _own(lambda: extend(identity, [leaf]))
    return leaf


def _own(check: Callable[[], object]) -> None:
    """What this side made must be what it would accept from others."""
    try:
        check()
    except PeerError as error:
        raise LocalError(f"not a valid identity leaf: {error}") from error
