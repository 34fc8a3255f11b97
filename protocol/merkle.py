"""Merkle trees as RFC 6962 section 2.1 defines them: roots, inclusion proofs, consistency proofs.

Every hash is 32 bytes of SHA-256. A tree over n leaves is split at the largest power of two below n, so every
subtree to the left is complete. A *complete subtree* is named (level, index): it covers the leaves
[index * 2^level, (index + 1) * 2^level). Whoever stores the tree answers for complete subtrees through `NodeAt`;
the right edge is computed here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from protocol import limits
from protocol.errors import Code, LocalError, PeerError

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
"""Root of the tree without leaves (RFC 6962 section 2.1: the hash of the empty string)."""

NodeAt = Callable[[int, int], bytes]
"""The hash of the complete subtree (level, index); level 0 are the leaf hashes."""

_sha256 = hashlib.sha256


@dataclass(frozen=True, slots=True)
class Frontier:
    """The complete subtrees along the right edge of a tree of `size` leaves, largest first.

    One for each bit set in `size`. It is all that is needed to append and to compute the root.
    """

    size: int
    nodes: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if len(self.nodes) != self.size.bit_count():
            raise LocalError(f"a tree of {self.size} leaves has {self.size.bit_count()} subtrees at its edge")


EMPTY: Final = Frontier(0, ())


def leaf_hash(data: bytes) -> bytes:
    """Hash of a leaf: SHA-256(0x00 ‖ data), RFC 6962 section 2.1."""
    return _sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node: SHA-256(0x01 ‖ left ‖ right), RFC 6962 section 2.1."""
    return _sha256(b"\x01" + left + right).digest()


def append(frontier: Frontier, leaves: Sequence[bytes]) -> Frontier:
    """The frontier after more leaves; `leaves` are leaf hashes in order. One inner hash a leaf, amortised."""
    row = list(leaves)
    size, rest = frontier.size, list(frontier.nodes)
    edge: list[bytes] = []  # the new edge, smallest subtree first
    while row or rest:
        if size & 1:
            row.insert(0, rest.pop())
        if len(row) & 1:
            edge.append(row.pop())
        pairs = iter(row)
        row = [_sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
        size >>= 1
    return Frontier(frontier.size + len(leaves), tuple(reversed(edge)))


def root(frontier: Frontier) -> bytes:
    """The root (Merkle tree hash) of the tree with this frontier."""
    if not frontier.nodes:
        return EMPTY_ROOT
    result = frontier.nodes[-1]
    for left in frontier.nodes[-2::-1]:
        result = node_hash(left, result)
    return result


def frontier_at(size: int, node_at: NodeAt) -> Frontier:
    """The frontier of the first `size` leaves of a stored tree."""
    return Frontier(size, tuple(node_at(level, index) for level, index in _complete(0, size)))


def root_at(size: int, node_at: NodeAt) -> bytes:
    """The root over the first `size` leaves of a stored tree. O(log size)."""
    return root(frontier_at(size, node_at))


def inclusion(index: int, size: int, node_at: NodeAt) -> list[bytes]:
    """The audit path of leaf `index` in a tree of `size` leaves, leaf to root (RFC 6962 section 2.1.1)."""
    if not 0 <= index < size:
        raise LocalError(f"leaf {index} is not in a tree of {size}")
    path: list[bytes] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            path.append(_range_root(middle, end, node_at))
            end = middle
        else:
            path.append(_range_root(begin, middle, node_at))
            begin = middle
    return path[::-1]


def consistency(old: int, new: int, node_at: NodeAt) -> list[bytes]:
    """The proof that the tree of `old` leaves is a prefix of the tree of `new` (RFC 6962 section 2.1.2).

    Empty for `old` = 0 (nothing to prove) and for equal sizes.
    """
    if not 0 <= old <= new:
        raise LocalError(f"a tree of {old} leaves is no prefix of one of {new}")
    if old in (0, new):
        return []
    path: list[bytes] = []
    begin, end = 0, new
    while old != end:
        middle = begin + _split(end - begin)
        if old <= middle:
            path.append(_range_root(middle, end, node_at))
            end = middle
        else:
            path.append(_range_root(begin, middle, node_at))
            begin = middle
    if begin:
        path.append(_range_root(begin, end, node_at))
    return path[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf hash `leaf` is number `index` of the tree with this size and root.

    The algorithm of RFC 9162 section 2.1.3.2. Raises `PeerError` PROOF.
    """
    if not 0 <= index < size <= limits.INTEGER_MAX:
        raise PeerError(Code.PROOF, "no such leaf", expected=f"an index below {size}", got=index)
    _check_hashes(leaf, root, *proof)
    position, last, result = index, size - 1, leaf
    for sibling in proof:
        if not last:
            raise PeerError(Code.PROOF, "the inclusion proof is too long")
        if position & 1 or position == last:
            result = node_hash(sibling, result)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        position, last = position >> 1, last >> 1
    if last:
        raise PeerError(Code.PROOF, "the inclusion proof is too short")
    _check_root(result, root)


def verify_consistency(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the old tree is a prefix of the new one. The algorithm of RFC 9162 section 2.1.4.2.

    An old size of 0 needs the empty root and an empty proof, equal sizes need equal roots and an empty proof (C2SP
    tlog-witness). Raises `PeerError` PROOF.
    """
    if not 0 <= old_size <= new_size <= limits.INTEGER_MAX:
        raise PeerError(Code.PROOF, "the sizes are out of order", expected=f"at least {old_size}", got=new_size)
    _check_hashes(old_root, new_root, *proof)
    if old_size in (0, new_size):
        if proof:
            raise PeerError(Code.PROOF, "the consistency proof is too long", expected="no hashes", got=len(proof))
        _check_root(old_root, EMPTY_ROOT if old_size == 0 else new_root)
        return
    _walk_consistency(old_size, old_root, new_size, new_root, proof)


def _walk_consistency(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    # RFC 9162: an old tree that is one complete subtree is its own first hash.
    path = list(proof) if old_size & (old_size - 1) else [old_root, *proof]
    if not path:
        raise PeerError(Code.PROOF, "the consistency proof is too short")
    position, last = old_size - 1, new_size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if not last:
            raise PeerError(Code.PROOF, "the consistency proof is too long")
        if position & 1 or position == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        position, last = position >> 1, last >> 1
    if last:
        raise PeerError(Code.PROOF, "the consistency proof is too short")
    _check_root(old, old_root)
    _check_root(new, new_root)


def pack(frontier: Frontier) -> bytes:
    """The frontier's hashes one after the other; the size is stored beside them."""
    return b"".join(frontier.nodes)


def unpack(data: bytes, size: int) -> Frontier:
    """The inverse of `pack`. `LocalError` when the bytes are not as many as the size says."""
    if len(data) != size.bit_count() * HASH_BYTES:
        raise LocalError(f"the frontier of {size} leaves has {size.bit_count() * HASH_BYTES} bytes, not {len(data)}")
    return Frontier(size, tuple(data[start : start + HASH_BYTES] for start in range(0, len(data), HASH_BYTES)))


def _split(count: int) -> int:
    """The largest power of two below `count` (which is at least 2)."""
    return 1 << ((count - 1).bit_length() - 1)


def _complete(begin: int, end: int) -> list[tuple[int, int]]:
    """The complete subtrees, largest first, that make up [begin, end) of a tree split at `begin`."""
    parts = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        parts.append((level, begin >> level))
        begin += 1 << level
    return parts


def _range_root(begin: int, end: int, node_at: NodeAt) -> bytes:
    """The root of the leaves [begin, end), where `begin` is a multiple of the largest power of two within."""
    nodes = [node_at(level, index) for level, index in _complete(begin, end)]
    return root(Frontier(end - begin, tuple(nodes)))


def _check_hashes(*hashes: bytes) -> None:
    if len(hashes) > limits.PROOF_HASHES_MAX + 2:
        raise PeerError(Code.PROOF, "too many hashes", expected=f"at most {limits.PROOF_HASHES_MAX}")
    if any(len(each) != HASH_BYTES for each in hashes):
        raise PeerError(Code.PROOF, "a hash has another length", expected=f"{HASH_BYTES} bytes")


def _check_root(computed: bytes, claimed: bytes) -> None:
    if computed != claimed:
        raise PeerError(Code.PROOF, "the proof leads to another root", expected=claimed.hex(), got=computed.hex())
