"""Vectors of Merkle trees and of two logbooks read as one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from protocol import logbooks, merkle
from protocol.errors import PeerError

SIZES = (*range(18), 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 512, 513, 1000, 1023, 1024, 1025)
INCLUSIONS = (
    (0, 1), (0, 2), (1, 2), (2, 3), (0, 3), (4, 7), (6, 7), (7, 8), (0, 255), (254, 255), (0, 256), (255, 256),
    (256, 257), (100, 257), (511, 513), (512, 513), (999, 1000), (0, 1024), (1023, 1024), (1024, 1025), (700, 1025),
)  # fmt: skip
CONSISTENCIES = (
    (0, 0), (0, 1), (1, 1), (1, 2), (1, 3), (2, 3), (3, 7), (4, 7), (6, 7), (4, 8), (7, 8), (6, 8), (255, 256),
    (256, 257), (128, 257), (100, 1000), (512, 1025), (1024, 1025), (1, 1025), (1023, 1025), (1025, 1025),
)  # fmt: skip

# The eight leaves of the reference implementation of RFC 6962 (certificate-transparency, merkle tree tests).
CT_LEAVES = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")


def data(index: int) -> bytes:
    """The leaf of every vector here: the index in four bytes, big-endian."""
    return index.to_bytes(4, "big")


@cache
def leaf(index: int) -> bytes:
    return merkle.leaf_hash(data(index))


@cache
def complete(level: int, index: int) -> bytes:
    """The complete subtree of the vectors' tree, by the definition alone."""
    if level == 0:
        return leaf(index)
    return merkle.node_hash(complete(level - 1, 2 * index), complete(level - 1, 2 * index + 1))


def defined_root(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if not leaves:
        return merkle.EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return merkle.node_hash(defined_root(leaves[:split]), defined_root(leaves[split:]))


def merkle_file() -> dict[str, Any]:
    return {
        "about": "RFC 6962 trees over the leaves u32be(0), u32be(1), …; proofs from the leaf upwards.",
        "trees": [
            {
                "size": size,
                "root": defined_root([leaf(index) for index in range(size)]).hex(),
                "frontier": merkle.pack(merkle.append(merkle.EMPTY, [leaf(index) for index in range(size)])).hex(),
            }
            for size in SIZES
        ],
        "inclusions": [
            {"index": index, "size": size, "proof": [each.hex() for each in merkle.inclusion(index, size, complete)]}
            for index, size in INCLUSIONS
        ],
        "consistencies": [
            {"old": old, "new": new, "proof": [each.hex() for each in merkle.consistency(old, new, complete)]}
            for old, new in CONSISTENCIES
        ],
        "certificate_transparency": {
            "source": "the reference implementation of RFC 6962, google/certificate-transparency",
            "leaves": CT_LEAVES,
            "root": "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        },
    }


INTERLEAVES: tuple[tuple[str, list[int], list[int]], ...] = (
    ("nothing", [], []),
    ("one side only", [0, 0, 0], []),
    ("an order and its answer", [0], [1]),
    ("a conversation", [0, 1, 2], [1, 2, 3]),
    ("neither has seen the other: the smaller NodeID goes first", [0, 0], [0, 0]),
    ("the second speaks first", [1, 1], [0, 2]),
    ("both write at once in the middle", [0, 1, 1], [1, 1, 3]),
    ("each has seen the other's future", [1], [1]),
    ("an entry that is not there was seen", [3], [0]),
)


def logbook_file() -> dict[str, Any]:
    rows: list[dict[str, Any]] = []
    for name, first, second in INTERLEAVES:
        try:
            order: Any = [list(step) for step in logbooks.interleave(first, second)]
        except PeerError as error:
            order = error.code.value
        rows.append(
            {
                "name": name,
                "first": first,
                "second": second,
                "order": order,
                "closed": logbooks.is_closed(first, second),
            }
        )
    return {
        "about": "Both logbooks as one, docs/protocol.md section 4.9: `first`: the smaller NodeID; values: `seen`.",
        "interleaves": rows,
    }
