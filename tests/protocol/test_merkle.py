from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pymerkle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import merkle
from protocol.errors import Code, LocalError
from tests import vectors
from tests.protocol.properties import quick
from tests.protocol.refusals import code_of
from tests.vectors import trees

FILE = vectors.load("merkle")
PUBLISHED = vectors.load("merkle-published")
ROOTS = {row["size"]: bytes.fromhex(row["root"]) for row in FILE["trees"]}


def leaves(size: int) -> list[bytes]:
    return [trees.leaf(index) for index in range(size)]


def unhex(proof: list[str]) -> list[bytes]:
    return [bytes.fromhex(each) for each in proof]


@pytest.mark.parametrize("row", FILE["trees"], ids=lambda row: row["size"])
def test_a_tree_has_this_root_and_frontier(row: dict[str, Any]) -> None:
    frontier = merkle.append(merkle.EMPTY, leaves(row["size"]))
    assert merkle.pack(frontier).hex() == row["frontier"]
    assert merkle.unpack(bytes.fromhex(row["frontier"]), row["size"]) == frontier
    assert merkle.root(frontier).hex() == merkle.root_at(row["size"], trees.complete).hex() == row["root"]
    assert merkle.frontier_at(row["size"], trees.complete) == frontier


def test_L06_the_hashes_are_those_of_rfc_6962() -> None:
    """Leaf and node are told apart by their first byte, so 64 bytes of leaf never pass for two hashes."""
    left, right = merkle.leaf_hash(b"l"), merkle.leaf_hash(b"r")
    assert left == hashlib.sha256(b"\x00l").digest()
    assert merkle.node_hash(left, right) == hashlib.sha256(b"\x01" + left + right).digest()
    assert merkle.leaf_hash(left + right) != merkle.node_hash(left, right)
    assert hashlib.sha256(b"").digest() == merkle.EMPTY_ROOT


def test_the_tree_of_certificate_transparency() -> None:
    reference = FILE["certificate_transparency"]
    hashes = [merkle.leaf_hash(bytes.fromhex(data)) for data in reference["leaves"]]
    assert merkle.root(merkle.append(merkle.EMPTY, hashes)).hex() == reference["root"]


def test_roots_and_proofs_are_those_of_pymerkle() -> None:
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    frontier = merkle.EMPTY
    assert tree.get_root(0) == merkle.EMPTY_ROOT
    for size in range(1, 131):
        tree.append_entry(trees.data(size - 1))
        frontier = merkle.append(frontier, [trees.leaf(size - 1)])
        assert tree.get_root(size) == merkle.root(frontier)
    for size in (1, 2, 3, 64, 65, 100, 129, 130):
        for index in range(0, size, 7):
            path = tree.prove_inclusion(index + 1, size).path  # the leaf itself first, then its siblings
            assert path[1:] == merkle.inclusion(index, size, trees.complete)


@pytest.mark.parametrize("row", FILE["inclusions"], ids=lambda row: f"{row['index']} of {row['size']}")
def test_an_inclusion_is_proven_so(row: dict[str, Any]) -> None:
    index, size, proof = row["index"], row["size"], unhex(row["proof"])
    root = merkle.root_at(size, trees.complete)
    assert merkle.inclusion(index, size, trees.complete) == proof
    merkle.verify_inclusion(trees.leaf(index), index, size, proof, root)


@pytest.mark.parametrize("row", FILE["consistencies"], ids=lambda row: f"{row['old']} to {row['new']}")
def test_consistency_is_proven_so(row: dict[str, Any]) -> None:
    old, new, proof = row["old"], row["new"], unhex(row["proof"])
    assert merkle.consistency(old, new, trees.complete) == proof
    merkle.verify_consistency(old, merkle.root_at(old, trees.complete), new, merkle.root_at(new, trees.complete), proof)


@pytest.mark.parametrize("row", PUBLISHED["inclusions"], ids=lambda row: row["name"])
def test_L05_published_inclusion_proofs(row: dict[str, Any]) -> None:
    arguments = bytes.fromhex(row["leaf"]), row["index"], row["size"], unhex(row["proof"]), bytes.fromhex(row["root"])
    assert code_of(lambda: merkle.verify_inclusion(*arguments)) == (None if row["valid"] else Code.PROOF)


@pytest.mark.parametrize("row", PUBLISHED["consistencies"], ids=lambda row: row["name"])
def test_L05_published_consistency_proofs(row: dict[str, Any]) -> None:
    old_root, new_root = bytes.fromhex(row["old_root"]), bytes.fromhex(row["new_root"])
    verdict = code_of(
        lambda: merkle.verify_consistency(row["old"], old_root, row["new"], new_root, unhex(row["proof"]))
    )
    assert verdict == (None if row["valid"] else Code.PROOF)


def test_L05_every_proof_of_small_trees_and_every_length_beside_it() -> None:
    for size in range(1, 20):
        root = merkle.root_at(size, trees.complete)
        for index in range(size):
            proof = merkle.inclusion(index, size, trees.complete)
            merkle.verify_inclusion(trees.leaf(index), index, size, proof, root)
            refused(lambda p: merkle.verify_inclusion(trees.leaf(index), index, size, p, root), proof)  # noqa: B023
        for old in range(1, size):
            proof, before = merkle.consistency(old, size, trees.complete), merkle.root_at(old, trees.complete)
            merkle.verify_consistency(old, before, size, root, proof)
            refused(lambda p: merkle.verify_consistency(old, before, size, root, p), proof)  # noqa: B023


def refused(verify: Callable[[list[bytes]], None], proof: list[bytes]) -> None:
    """Every proof that is one hash longer, shorter or different is refused."""
    others = [[*proof, bytes(32)], [bytes(32), *proof], *([*proof[:n], *proof[n + 1 :]] for n in range(len(proof)))]
    others += [[*proof[:n], bytes(32), *proof[n + 1 :]] for n in range(len(proof))]
    assert all(code_of(lambda: verify(other)) == Code.PROOF for other in others)  # noqa: B023


@pytest.mark.parametrize(
    ("index", "size"), [(0, 0), (1, 1), (-1, 5), (5, 5), (2**63, 2**63), (0, 2**63), (0, -1), (3, 2**53)]
)
def test_L05_sizes_that_cannot_be(index: int, size: int) -> None:
    assert code_of(lambda: merkle.verify_inclusion(bytes(32), index, size, [], bytes(32))) == Code.PROOF


@pytest.mark.parametrize(("old", "new"), [(-1, 0), (3, 2), (2**63, 2**63), (0, 2**53), (1, 0)])
def test_L05_sizes_out_of_order(old: int, new: int) -> None:
    assert code_of(lambda: merkle.verify_consistency(old, bytes(32), new, bytes(32), [])) == Code.PROOF


def test_L05_hashes_of_another_length_and_endless_proofs() -> None:
    root = merkle.root_at(2, trees.complete)
    assert code_of(lambda: merkle.verify_inclusion(trees.leaf(0), 0, 2, [trees.leaf(1)[:31]], root)) == Code.PROOF
    assert code_of(lambda: merkle.verify_inclusion(trees.leaf(0), 0, 2, [bytes(32)] * 1_000_000, root)) == Code.PROOF


def test_nothing_is_a_prefix_of_everything() -> None:
    root = merkle.root_at(5, trees.complete)
    merkle.verify_consistency(0, merkle.EMPTY_ROOT, 5, root, [])
    merkle.verify_consistency(0, merkle.EMPTY_ROOT, 0, merkle.EMPTY_ROOT, [])
    assert code_of(lambda: merkle.verify_consistency(0, root, 5, root, [])) == Code.PROOF
    assert code_of(lambda: merkle.verify_consistency(0, merkle.EMPTY_ROOT, 5, root, [bytes(32)])) == Code.PROOF


def test_asking_for_what_is_not_there_is_our_mistake() -> None:
    for call in (
        lambda: merkle.inclusion(5, 5, trees.complete),
        lambda: merkle.inclusion(-1, 5, trees.complete),
        lambda: merkle.consistency(6, 5, trees.complete),
        lambda: merkle.unpack(bytes(31), 1),
        lambda: merkle.unpack(bytes(32), 3),
        lambda: merkle.Frontier(3, (bytes(32),)),
    ):
        with pytest.raises(LocalError):
            call()


def test_appending_costs_one_inner_hash_a_leaf(monkeypatch: pytest.MonkeyPatch) -> None:
    count = 0

    def counting(data: bytes) -> Any:
        nonlocal count
        count += 1
        return hashlib.sha256(data)

    monkeypatch.setattr(merkle, "_sha256", counting)
    frontier = merkle.EMPTY
    for start in range(0, 1000, 10):
        frontier = merkle.append(frontier, [bytes(32)] * 10)
        assert count <= start + 10


@quick
@given(st.integers(0, 300), st.lists(st.integers(0, 40), max_size=8))
def test_batches_of_any_size_give_the_same_tree(first: int, more: list[int]) -> None:
    frontier, size = merkle.append(merkle.EMPTY, leaves(first)), first
    for count in more:
        frontier = merkle.append(frontier, [trees.leaf(index) for index in range(size, size + count)])
        size += count
    assert frontier == merkle.frontier_at(size, trees.complete)


@quick
@given(st.integers(1, 1025), st.data())
def test_proofs_prove(size: int, data: st.DataObject) -> None:
    root = merkle.root_at(size, trees.complete)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    proof = merkle.inclusion(index, size, trees.complete)
    merkle.verify_inclusion(trees.leaf(index), index, size, proof, root)
    consistency, before = merkle.consistency(old, size, trees.complete), merkle.root_at(old, trees.complete)
    merkle.verify_consistency(old, before, size, root, consistency)
    wrong = bytes(31) + b"\x01"
    assert code_of(lambda: merkle.verify_inclusion(wrong, index, size, proof, root)) == Code.PROOF
    assert code_of(lambda: merkle.verify_consistency(old, wrong, size, root, consistency)) == Code.PROOF
