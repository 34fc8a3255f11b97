"""The proof of one single document, and nothing about any other."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from node import errors
from node.audits import documents, layouts
from protocol import identities
from tests.node.audits import trades, worlds
from tests.protocol import test_foreign

verify = test_foreign.verify


@pytest.fixture(scope="module")
def shop() -> trades.Shop:
    shop = trades.Shop()
    for _ in range(70):
        shop.sold(1)
    shop.world.settle()
    return shop


@pytest.fixture
def order(shop: trades.Shop) -> bytes:
    """The leaf hash of an order in the middle of the buyer's logbook."""
    return sorted(trades.fold(shop.world).orders)[30]


@pytest.fixture
def proof(shop: trades.Shop, order: bytes, tmp_path: Path) -> Path:
    documents.export(shop.world.db, tmp_path / "proof", shop.world.merchants[0].node, order)
    return tmp_path / "proof"


def files(directory: Path) -> list[Path]:
    return [path for path in sorted(directory.rglob("*")) if path.is_file() and path.name != layouts.README]


def test_proof_third_party_one_document_is_proven_by_itself(shop: trades.Shop, proof: Path, order: bytes) -> None:
    verdict = documents.verify(proof)
    assert verdict.faults == ()
    assert verdict.author == identities.to_text(shop.world.merchants[trades.BUYER].node)
    assert verdict.reader == identities.to_text(shop.world.merchants[trades.SELLER].node)
    assert verdict.origin == shop.world.logbook(trades.BUYER).origin
    assert (verdict.type, verdict.leaf) == ("order.place", order.hex())
    assert verdict.receipted_s > worlds.TIME_S
    assert verdict.body is not None
    assert verdict.body["agreement"] == shop.agreement.hex()
    assert len(files(proof)) == 10


def test_tamper_evident_no_byte_of_the_proof_can_be_changed(proof: Path) -> None:
    for path in files(proof):
        good = path.read_bytes()
        for position in range(0, len(good), max(1, len(good) // 20)):
            path.write_bytes(good[:position] + bytes((good[position] ^ 1,)) + good[position + 1 :])
            named = [fault.path for fault in documents.verify(proof).faults]
            assert path.relative_to(proof).as_posix() in named
        for bad in (b"", good + b"\n", good[:-1]):
            path.write_bytes(bad)
            assert not documents.verify(proof).ok
        path.unlink()
        assert not documents.verify(proof).ok
        path.write_bytes(good)
    assert documents.verify(proof).ok


def test_a_proof_of_another_document_does_not_fit(shop: trades.Shop, proof: Path, tmp_path: Path) -> None:
    other = sorted(trades.fold(shop.world).orders)[31]
    documents.export(shop.world.db, tmp_path / "other", shop.world.merchants[0].node, other)
    shutil.copy(tmp_path / "other/document.entry", proof / "document.entry")
    assert {fault.path for fault in documents.verify(proof).faults} == {"document.entry", "document.tlog-proof"}
    shutil.copy(tmp_path / "other/document.tlog-proof", proof / "document.tlog-proof")
    assert documents.verify(proof).leaf == other.hex()


def test_a_file_beside_the_proof_is_unexpected(proof: Path) -> None:
    (proof / "extra").write_text("x")
    assert [fault.code for fault in documents.verify(proof).faults] == ["audit.unexpected"]


def test_an_opening_of_other_parties_is_refused(proof: Path) -> None:
    shutil.copy(proof / "document.entry", proof / "opening.entry")
    assert "audit.opening" in [fault.code for fault in documents.verify(proof).faults]
    assert not documents.verify(proof.parent / "nothing").ok


def test_only_receipted_documents_can_be_proven(shop: trades.Shop, tmp_path: Path) -> None:
    subject = worlds.world()
    worlds.talk(subject, 10)
    leaf = subject.write(0, "peer.card", worlds.card("on its way"))
    subject.sequence(0)
    for unknown in (leaf, bytes(32)):
        with pytest.raises(errors.NodeError) as raised:
            documents.export(subject.db, tmp_path / "proof", subject.merchants[0].node, unknown)
        assert raised.value.code == "audit.document"
    assert list(tmp_path.iterdir()) == []


def test_the_proof_holds_for_go(verify: test_foreign.Verify, shop: trades.Shop, proof: Path, tmp_path: Path) -> None:
    """The Go program checks a proof beside the logbook's keys and checkpoint, with the tiles of a whole export."""
    shop.world.export(tmp_path / "export")
    origin = documents.verify(proof).origin
    (folder,) = (tmp_path / "export").rglob(layouts.logbook(origin))
    (folder / "proofs").mkdir()
    for name in ("document.entry", "document.tlog-proof", "opening.entry", "opening.tlog-proof"):
        shutil.copy(proof / name, folder / "proofs" / name)
    result = verify(folder)
    assert result.returncode == 0, result.stderr
    (folder / "proofs/document.entry").write_bytes(b"another")
    assert verify(folder).returncode == 1
